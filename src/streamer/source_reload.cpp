// Another filter, while the process runs.
#include <algorithm>
#include <array>
#include <utility>

#include "streamer/source.h"

namespace waljet {
namespace {

// What may heal by itself, and so says nothing about the filter.
bool is_passing(const Error& error) {
  constexpr std::array<std::string_view, 6> passing{
      "08",     // connection
      "40",     // rolled back
      "53",     // out of connections, memory, disk
      "55006",  // the slot is in use
      "57",     // shutting down, cancelled
      "58030",  // input and output
  };
  return error.sqlstate.empty() ||
         std::any_of(passing.begin(), passing.end(),
                     [&](std::string_view prefix) { return error.sqlstate.starts_with(prefix); });
}

}  // namespace

void Source::look_at_configuration() {
  live_.look();
  handoff_.report_configuration_error(live_.error());
}

void Source::bring_about_turn(Instant now) {
  if (!live_.coming_filter()) return;
  if (turning_session_ != session_number_) {
    turning_session_ = session_number_;
    turn_due_at_ = now + turn_usual;
    turn_wait_said_ = false;
    handoff_.request_turn(session_number_);
  } else if (!turn_wait_said_ && now >= turn_due_at_) {
    turn_wait_said_ = true;
    log_warning("filter version {} waits until NATS has stored the transaction in hand",
                live_.coming_filter()->name());
  }
}

// What may be confirmed of the session is said first, and the slot is let go of.
SourceState Source::after_turn(const Handoff::SessionEnd& end) {
  feedback_->on_confirmed(std::max(end.confirmed, confirmed()));
  const Instant now = std::chrono::steady_clock::now();
  if (!send_status(now)) connection_->end_stream(now + end_stream_max);
  disconnect();
  live_.use_coming_filter();
  return SourceState::connecting;
}

// A filter that the server does not take leaves the one before in force.
SourceState Source::after_refused_start(Error error) {
  if (is_passing(error) || !live_.on_filter_refused(error.text)) {
    return after_error(std::move(error));
  }
  handoff_.report_configuration_error(live_.error());
  disconnect();
  return SourceState::connecting;
}

}  // namespace waljet
