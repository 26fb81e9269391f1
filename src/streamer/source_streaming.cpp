// A source that streams: each turn reads what has come, tells the server what is stored, and sees
// whether it still answers.
#include <poll.h>

#include <algorithm>
#include <array>
#include <thread>
#include <utility>

#include "streamer/source.h"
#include "streamer/stop_signal.h"

namespace waljet {
namespace {

constexpr std::string_view cannot_connect_now = "57P03";

Instant present() {
  return std::chrono::steady_clock::now();
}

int64_t microseconds_since_2000() {
  constexpr int64_t seconds_1970_to_2000 = 946'684'800;
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count() -
         seconds_1970_to_2000 * 1'000'000;
}

}  // namespace

SourceState Source::stream() {
  constexpr bool stopping = false;
  while (!stop_signalled(stop_fd_)) {
    const Handoff::Report report = handoff_.report();
    if (report.fatal) return after_fatal(*report.fatal);
    if (report.session_end.number == session_number_) return after_session_end(report.session_end);
    bring_about_turn(present());
    if (auto error = turn(stopping)) {
      if (present() - session_since_ >= session_proved) backoff_.reset();
      return after_error(std::move(*error));
    }
  }
  return SourceState::draining;
}

std::optional<Error> Source::turn(bool stopping) {
  const bool wanted = handoff_.has_room();
  Instant now = present();
  feedback_->set_reading(wanted, now);
  auto unsent = connection_->flush();
  if (!unsent) return unsent.error();

  Instant until = feedback_->wake_at(now);
  if (probe_) until = std::min(until, probe_deadline_);
  const bool turn_may_be_late = !stopping && live_.coming_filter() && !turn_wait_said_;
  if (turn_may_be_late) until = std::min(until, turn_due_at_);
  // While nothing is read, only the end of the connection is of interest.
  const int events = (wanted ? POLLIN : POLLRDHUP) | (*unsent ? POLLOUT : 0);
  const auto unless_stopping = static_cast<short>(stopping ? 0 : POLLIN);
  std::array<pollfd, 5> fds{{{stop_fd_, unless_stopping, 0},
                             {handoff_.wake_fd(), POLLIN, 0},
                             {connection_->fd(), static_cast<short>(events), 0},
                             {probe_ ? probe_->fd() : -1, probe_events_, 0},
                             {live_.fd(), unless_stopping, 0}}};
  poll(fds.data(), fds.size(), milliseconds_between(now, until));
  now = present();
  if (fds[1].revents != 0) handoff_.clear_wake();
  if (fds[4].revents != 0) look_at_configuration();
  feedback_->on_confirmed(confirmed());

  if ((fds[2].revents & POLLIN) != 0) {
    std::this_thread::sleep_until(pace_.turn_at(now));
    now = present();
    if (auto error = connection_->receive()) return error;
  } else if ((fds[2].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) {
    return Error{ErrorClass::retry, "the server closed the replication connection", {}, {}};
  }
  const size_t received_before = received_bytes_;
  if (auto error = read_messages(now)) return error;
  pace_.on_turn(now, received_bytes_ - received_before);
  if (feedback_->status_due(now)) {
    if (auto error = send_status(now)) return error;
  }
  return advance_probe(now);
}

std::optional<Error> Source::read_messages(Instant now) {
  while (handoff_.has_room()) {
    auto message = connection_->next_message();
    if (!message) return message.error();
    if (!*message) return std::nullopt;
    if (auto error = take_message(std::move(**message), now)) return error;
  }
  return std::nullopt;
}

std::optional<Error> Source::take_message(Connection::StreamMessage message, Instant now) {
  received_bytes_ += message.bytes;
  handoff_.set_contact(now);
  const auto parsed = parse_replication_message({message.buffer.get(), message.bytes});
  if (!parsed) {
    return Error{ErrorClass::retry, "a message of unknown form came from the server", {}, {}};
  }
  if (const auto* data = std::get_if<XLogData>(&*parsed)) {
    feedback_->on_received(data->start);
    handoff_.push(make_chunk(std::move(message.buffer), message.bytes, data->payload));
    return std::nullopt;
  }
  const auto& keepalive = std::get<Keepalive>(*parsed);
  feedback_->on_received(keepalive.end);
  if (keepalive.reply_requested) feedback_->on_reply_requested(now);
  handoff_.push(make_received(keepalive.end));
  return std::nullopt;
}

// Of this session alone: LSNs of another one may belong to another history.
Lsn Source::confirmed() const {
  const Handoff::Report report = handoff_.report();
  return report.confirmed_session == session_number_ ? report.confirmed : 0;
}

std::optional<Error> Source::send_status(Instant now) {
  Status status;
  status.written = feedback_->written();
  status.flushed = feedback_->confirmed();
  status.applied = feedback_->confirmed();
  status.time_us = microseconds_since_2000();
  feedback_->on_status_sent(now);
  return connection_->send_status(status);
}

std::optional<Error> Source::advance_probe(Instant now) {
  if (!probe_) {
    if (!feedback_->probe_due(now)) return std::nullopt;
    feedback_->on_probe_started(now);
    probe_.emplace(settings_.postgres, ConnectionKind::plain, connection_->address());
    probe_deadline_ = now + probe_timeout;
    probe_events_ = POLLOUT;
    if (probe_->fd() >= 0) return std::nullopt;
  }
  if (now >= probe_deadline_) {
    end_probe();
    return std::nullopt;
  }
  pollfd ready{probe_->fd(), probe_events_, 0};
  if (ready.fd >= 0 && poll(&ready, 1, 0) == 0) return std::nullopt;
  switch (probe_->advance()) {
    case Connector::Progress::wants_read: probe_events_ = POLLIN; return std::nullopt;
    case Connector::Progress::wants_write: probe_events_ = POLLOUT; return std::nullopt;
    case Connector::Progress::connected:
      end_probe();  // it runs
      return std::nullopt;
    case Connector::Progress::failed: {
      const Error error = probe_->error();
      end_probe();
      if (error.sqlstate != cannot_connect_now) return std::nullopt;
      return Error{ErrorClass::retry,
                   "the server is shutting down, and must not wait for events that NATS has not "
                   "stored: replication connection closed",
                   error.sqlstate,
                   {}};
    }
  }
  return std::nullopt;
}

void Source::end_probe() {
  probe_.reset();
  feedback_->on_probe_ended();
}

}  // namespace waljet
