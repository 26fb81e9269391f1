// States and link. Sessions and surveys are in pump_session.cpp, the record in pump_record.cpp,
// frames in pump_input.cpp, rows in pump_rows.cpp.
#include "streamer/pump.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "streamer/frame_text.h"

namespace waljet {
namespace {

constexpr Duration contact_poll_interval{100};

}  // namespace

PumpAction Pump::next(Instant now, bool link_takes_more) {
  PumpAction action;
  const bool link_wanted = state_ != PumpState::backing_off && state_ != PumpState::stopped;
  if (link_held_ && !link_wanted) {
    link_held_ = false;
    action.kind = PumpAction::Kind::drop_link;
    return action;
  }
  switch (state_) {
    case PumpState::backing_off:
      if (now < retry_at_) {
        action.until = retry_at_;
        return action;
      }
      state_ = PumpState::connecting;
      [[fallthrough]];
    case PumpState::connecting:
      action.kind = PumpAction::Kind::connect;
      action.epoch = ++epoch_;
      return action;
    case PumpState::standing_by:
      if (divergence_ && survey_ && survey_->record) return write_divergence();
      if (!coming_ && !survey_wanted_) return action;
      state_ = PumpState::preparing;
      [[fallthrough]];
    case PumpState::preparing: return prepare();
    case PumpState::creating:
      if (!coming_) {
        state_ = PumpState::standing_by;
        return next(now);
      }
      action.kind = PumpAction::Kind::create;
      return action;
    case PumpState::publishing:
    case PumpState::draining: return publish_or_wait(now, link_takes_more);
    case PumpState::stopped: action.kind = PumpAction::Kind::stop; return action;
  }
  return action;
}

PumpAction Pump::prepare() const {
  PumpAction action;
  action.kind = PumpAction::Kind::prepare;
  action.may_create = in_session();
  if (session_ && !ready_to_turn()) action.read_from = stored_sequence_ + 1;
  return action;
}

PumpAction Pump::publish_or_wait(Instant now, bool link_takes_more) {
  const bool draining = state_ == PumpState::draining;
  confirmer_.confirmed(now);
  if (draining && (is_settled() || now >= drain_deadline_)) {
    state_ = PumpState::stopped;
    return next(now);
  }
  if (!draining && is_settled()) {
    end_settled_session();
    return next(now);
  }
  if (awaiting() && now >= silent_since_ + ack_silence_max) {
    back_off({ErrorClass::retry, "NATS has not acknowledged an event for 10 s", {}, {}}, now);
    return next(now);
  }
  if (!draining && ready_to_turn()) {
    state_ = PumpState::preparing;
    return next(now);
  }
  if (recorded_ && chain_ < fence_until_) return publish_fence(now);
  const bool last = is_closing() && window_.empty() && fences_under_way_ == 0;
  const bool far = stored_sequence_ >= record_.stream_sequence + unrecorded_messages_max &&
                   confirmer_.may_record(now);
  const bool due =
      !recorded_ || confirmer_.record_due(now, last) || (last && !record_.settled) || far;
  if (!record_under_way_ && due) {
    return write_record(now);
  }
  return publish_next(now, link_takes_more);
}

PumpAction Pump::publish_fence(Instant now) {
  if (!awaiting()) silent_since_ = now;
  ++fences_under_way_;
  PumpAction action;
  action.kind = PumpAction::Kind::publish_fence;
  action.fence_behind = chain_++;
  return action;
}

PumpAction Pump::publish_next(Instant now, bool link_takes_more) {
  while (send_ < window_.end() && window_.is_acknowledged(send_)) ++send_;
  if (oversize_ && !awaiting()) {
    give_way_to_oversize(now);
    return next(now);
  }
  PumpAction action;
  const bool single = settings_.policy.strict && chain_ < single_until_;
  const bool held = !recorded_ || oversize_ || !link_takes_more || fences_under_way_ > 0 ||
                    (single && window_.first() < send_);
  if (held || send_ == window_.end() || !may_follow(events_[send_ - events_first_])) {
    action.until = wake_at();
    return action;
  }
  KeptEvent& event = events_[send_ - events_first_];
  if (event.is_row && has_lost_contact() && !awaiting()) {
    end_session_without_contact();
    return next(now);
  }
  if (event.is_row && !is_in_contact(now)) {
    action.until = std::min(wake_at(), now + contact_poll_interval);
    return action;
  }
  if (needs_record(event)) {
    rows_under_way_ = event.is_row;
    if (!record_under_way_) return write_record(now);
    action.until = wake_at();
    return action;
  }
  if (!awaiting()) silent_since_ = now;
  event.sequence = chain_;
  action.kind = PumpAction::Kind::publish;
  action.message = {send_, settings_.names.source_id, &event.frame,
                    event.is_row ? &event.row : nullptr, std::nullopt};
  if (settings_.policy.strict) action.message.expected_sequence = chain_++;
  ++send_;
  return action;
}

// Rows and events are not under way together, and only so many rows.
bool Pump::may_follow(const KeptEvent& event) const {
  if (!settings_.policy.strict || window_.first() == send_) return true;
  if (events_[send_ - 1 - events_first_].is_row != event.is_row) return false;
  return !event.is_row || send_ - window_.first() < rows_under_way_max;
}

bool Pump::is_in_contact(Instant now) const {
  if (has_lost_contact()) return false;
  return contact_at_ == Instant::max() || now <= contact_at_ + settings_.contact_max;
}

// For good: its connection is gone, and another process may have had the slot since.
bool Pump::has_lost_contact() const {
  return live_session_ != session_->number;
}

// What a process that ends now could leave behind.
bool Pump::may_leave_rows() const {
  if (chain_ < fence_until_ || fences_under_way_ > 0) return true;
  return rows_under_way_ && !(is_closing() && window_.empty());
}

// The server takes less than when the session began, if even a group is too large.
void Pump::give_way_to_oversize(Instant now) {
  Error error = *std::exchange(oversize_, std::nullopt);
  const Frame& frame = events_[send_ - events_first_].frame;
  if (event_count(frame) > 1) return lose_session(std::move(error.text), now);
  back_off(std::move(error), now);
}

Instant Pump::wake_at() const {
  Instant until = std::min(confirmer_.record_at(), confirmer_.confirm_at());
  if (awaiting()) until = std::min(until, silent_since_ + ack_silence_max);
  if (state_ == PumpState::draining) until = std::min(until, drain_deadline_);
  return until;
}

// The window of the session before is empty, the next one can begin.
bool Pump::ready_to_turn() const {
  return coming_ && window_.empty() && unread_.empty() && !record_under_way_ &&
         fences_under_way_ == 0;
}

// Once stopping, only the rest of the transaction in hand is of interest.
bool Pump::input_closed() const {
  return state_ == PumpState::draining && (!in_transaction_ || input_ended_ || coming_);
}

// The session's groups are not those that are wanted, and no others can arrive any more.
bool Pump::regroup_due() const {
  return session_ && session_->groups.used != session_->groups.wanted &&
         stored_sequence_ >= regroup_at_;
}

// Between two transactions, and behind all that was found stored: nothing of that can turn out to
// be missing any more.
bool Pump::turn_due() const {
  if (!session_ || session_->number != turning_ || transaction_open_) return false;
  return !settings_.policy.strict || has_passed_what_was_found();
}

// Nothing is under way, nothing will be, and that is on record.
bool Pump::is_settled() const {
  return is_closing() && window_.empty() && !record_under_way_ && recorded_ && record_.settled &&
         confirmer_.clean();
}

Lsn Pump::confirmed(Instant now) {
  if (!session_) return 0;
  const bool linked = state_ == PumpState::publishing || state_ == PumpState::draining;
  return linked ? confirmer_.confirmed(now) : confirmer_.confirmed();
}

void Pump::on_connected() {
  if (state_ != PumpState::connecting) return;
  link_held_ = true;
  state_ = PumpState::preparing;
}

void Pump::on_prepare_failed(Error error, bool jetstream_absent, Instant now) {
  if (state_ != PumpState::preparing && state_ != PumpState::creating) return;
  if (!jetstream_absent) jetstream_absent_since_.reset();
  if (jetstream_absent && !jetstream_absent_since_) jetstream_absent_since_ = now;
  if (jetstream_absent && !was_ready_ && now >= *jetstream_absent_since_ + jetstream_absent_max) {
    error.error_class = ErrorClass::refused;
  }
  back_off(std::move(error), now);
}

void Pump::on_trouble(Error error, uint64_t epoch, Instant now) {
  if (epoch != epoch_) return;
  // Only in these states there is a link, or an attempt at one, that can fail.
  if (state_ == PumpState::backing_off || state_ == PumpState::stopped) return;
  back_off(std::move(error), now);
}

void Pump::on_oversize(Token token, Error error) {
  if (token + 1 != send_) return;
  --send_;
  if (settings_.policy.strict) --chain_;
  oversize_ = std::move(error);
}

void Pump::on_ack(const Ack& ack, Instant now) {
  if (state_ != PumpState::publishing && state_ != PumpState::draining) return;
  if (ack.epoch != epoch_) return;
  if (ack.token == record_token) return on_record_ack(ack, now);
  if (ack.token == fence_token) return on_fence_ack(ack, now);
  on_event_ack(ack, now);
}

void Pump::on_event_ack(const Ack& ack, Instant now) {
  if (ack.token >= send_ || window_.is_acknowledged(ack.token)) return;
  KeptEvent& event = events_[ack.token - events_first_];
  if (ack.result.outcome != PubAckOutcome::stored) {
    return back_off({ErrorClass::retry,
                     fmt::format("NATS did not store an event {}: {} ({})", place_text(event.frame),
                                 ack.result.text, ack.result.error_code),
                     {},
                     {}},
                    now);
  }
  const bool in_place = ack.result.duplicate || ack.result.sequence == event.sequence + 1;
  if (settings_.policy.strict && !in_place) {
    return back_off({ErrorClass::retry,
                     fmt::format("NATS stored an event at sequence {} instead of {}",
                                 ack.result.sequence, event.sequence + 1),
                     {},
                     {}},
                    now);
  }
  note_stored(event, ack.result.sequence);
  const Token first = window_.first();
  window_.acknowledge(ack.token);
  confirmer_.on_stored(now);
  if (window_.first() == first) return;
  silent_since_ = now;
  proved_ = true;
  backoff_.reset();  // not on connecting: a stream that refuses every event accepts connections
  on_progress(now);
}

void Pump::note_stored(KeptEvent& event, uint64_t sequence) {
  event.sequence = sequence;
  acknowledged_sequence_ = std::max(acknowledged_sequence_, sequence);
  if (newest_ && sequence <= newest_->sequence) return;
  newest_ = StoredEvent(sequence, event.place.first, event.place.last);
}

void Pump::on_fence_ack(const Ack& ack, Instant now) {
  if (fences_under_way_ == 0) return;
  if (ack.result.outcome != PubAckOutcome::stored) {
    return back_off(
        {ErrorClass::retry,
         fmt::format("NATS did not store a fence: {} ({})", ack.result.text, ack.result.error_code),
         {},
         {}},
        now);
  }
  --fences_under_way_;
  acknowledged_sequence_ = std::max(acknowledged_sequence_, ack.result.sequence);
  stored_sequence_ = std::max(stored_sequence_, ack.result.sequence);
  silent_since_ = now;
  proved_ = true;
}

// Something has left the window, or may: what follows from that.
void Pump::on_progress(Instant now) {
  release();
  absorb(now);
  confirmer_.on_storable({window_.confirmable(), stored_sequence_});
}

void Pump::request_stop(Instant now) {
  if (state_ == PumpState::stopped || state_ == PumpState::draining) return;
  if (state_ != PumpState::publishing) {
    state_ = PumpState::stopped;  // what is left comes again at the next start
    return;
  }
  state_ = PumpState::draining;
  drain_deadline_ = now + drain_max;
  absorb(now);
}

void Pump::request_turn(uint64_t session, Instant now) {
  if (std::exchange(turning_, session) == session) return;
  if (is_closing() && !unread_.empty()) absorb(now);
}

void Pump::back_off(Error error, Instant now) {
  if (!was_ready_ && error.error_class != ErrorClass::retry) return fail(std::move(error));
  trouble_ = std::move(error);
  oversize_.reset();
  proved_ = false;
  fences_under_way_ = 0;
  if (state_ == PumpState::draining) {
    state_ = PumpState::stopped;
    return;
  }
  state_ = PumpState::backing_off;
  retry_at_ = now + backoff_.take(chance_());
}

void Pump::fail(Error error) {
  fatal_ = std::move(error);
  state_ = PumpState::stopped;
}

}  // namespace waljet
