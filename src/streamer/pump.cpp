#include "streamer/pump.h"

#include <spdlog/fmt/fmt.h>

#include <algorithm>
#include <utility>

namespace waljet {

PumpAction Pump::next(Instant now) {
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
      if (!permitted_) return action;
      state_ = PumpState::preparing;
      [[fallthrough]];
    case PumpState::preparing:
      action.kind = PumpAction::Kind::prepare;
      action.may_create = permitted_;
      return action;
    case PumpState::publishing:
    case PumpState::draining: return publish_or_wait(now);
    case PumpState::stopped: action.kind = PumpAction::Kind::stop; return action;
  }
  return action;
}

PumpAction Pump::publish_or_wait(Instant now) {
  const bool draining = state_ == PumpState::draining;
  if (draining && (drained() || now >= drain_deadline_)) {
    state_ = PumpState::stopped;
    return next(now);
  }
  const bool awaiting = window_.first() < send_;
  if (awaiting && now >= silent_since_ + ack_silence_max) {
    back_off({ErrorClass::retry, "NATS has not acknowledged an event for 10 s", {}, {}}, now);
    return next(now);
  }
  while (send_ < window_.end() && window_.is_acknowledged(send_)) ++send_;

  PumpAction action;
  if (send_ < window_.end()) {
    if (!awaiting) silent_since_ = now;
    action.kind = PumpAction::Kind::publish;
    action.message = {send_, source_id_, &events_[send_ - events_first_]};
    ++send_;
    return action;
  }
  if (awaiting) action.until = silent_since_ + ack_silence_max;
  if (draining) action.until = std::min(action.until, drain_deadline_);
  return action;
}

// Once stopping, only the rest of the transaction in hand is of interest.
bool Pump::input_closed() const {
  return state_ == PumpState::draining && (!in_transaction_ || input_ended_);
}

bool Pump::drained() const {
  return input_closed() && window_.empty();
}

void Pump::on_item(Item item) {
  switch (item.kind) {
    case ItemKind::chunk:
      unread_ = item.frames;
      kept_bytes_ += item.buffer_bytes;
      chunks_.push_back({std::move(item), 0, false});
      return absorb();
    case ItemKind::received: return window_.add_checkpoint(item.lsn);
    case ItemKind::session_start: greeted_ = false; return;
  }
}

void Pump::on_connected() {
  if (state_ != PumpState::connecting) return;
  link_held_ = true;
  state_ = PumpState::preparing;
}

void Pump::on_prepared(Instant now) {
  if (state_ != PumpState::preparing) return;
  jetstream_absent_since_.reset();
  if (!permitted_) {
    state_ = PumpState::standing_by;
    return;
  }
  was_ready_ = true;
  state_ = PumpState::publishing;
  resume(now);
}

void Pump::on_prepare_failed(Error error, bool jetstream_absent, Instant now) {
  if (state_ != PumpState::preparing) return;
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

void Pump::on_ack(const Ack& ack, Instant now) {
  if (state_ != PumpState::publishing && state_ != PumpState::draining) return;
  if (ack.epoch != epoch_ || ack.token >= send_ || window_.is_acknowledged(ack.token)) return;
  if (ack.result.outcome != PubAckOutcome::stored) {
    const std::string_view table = events_[ack.token - events_first_].table;
    back_off({ErrorClass::retry,
              fmt::format("NATS did not store an event of {}: {} ({})", table, ack.result.text,
                          ack.result.error_code),
              {},
              {}},
             now);
    return;
  }
  const Token first = window_.first();
  window_.acknowledge(ack.token);
  if (window_.first() == first) return;
  silent_since_ = now;
  backoff_.reset();  // not on connecting: a stream that refuses every event accepts connections
  release();
  absorb();
}

void Pump::request_stop(Instant now) {
  if (state_ == PumpState::stopped || state_ == PumpState::draining) return;
  if (state_ != PumpState::publishing) {
    state_ = PumpState::stopped;  // what is left comes again at the next start
    return;
  }
  state_ = PumpState::draining;
  drain_deadline_ = now + drain_max;
  if (!unread_.empty()) absorb();
}

// Begins to publish on a new link: first what the old one left unacknowledged.
void Pump::resume(Instant now) {
  send_ = window_.first();
  silent_since_ = now;
}

void Pump::back_off(Error error, Instant now) {
  if (!was_ready_ && error.error_class != ErrorClass::retry) return fail(std::move(error));
  trouble_ = std::move(error);
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

// Moves frames of the newest chunk into the window, as far as there is room.
void Pump::absorb() {
  while (!unread_.empty() && !fatal_ && !input_closed()) {
    std::string_view rest = unread_;
    const auto frame = take_frame(rest);
    if (!frame) {
      return fail({ErrorClass::refused,
                   "the plugin sent bytes that are not a frame; plugin and streamer must come from "
                   "one version of waljet",
                   {},
                   {}});
    }
    const size_t bytes = unread_.size() - rest.size();
    if (is_new_event(*frame) && !window_.has_room(bytes)) return;
    apply(*frame, bytes);
    unread_ = rest;
  }
  unread_ = {};
  forget_unused();
  release();
}

// A chunk of which nothing entered the window is kept by nobody: a transaction that is sent again
// may be of any size, while NATS is away.
void Pump::forget_unused() {
  if (chunks_.empty() || chunks_.back().used) return;
  kept_bytes_ -= chunks_.back().chunk.buffer_bytes;
  chunks_.pop_back();
}

void Pump::apply(const Frame& frame, size_t bytes) {
  if (!greeted_ && frame.kind != FrameKind::hello) {
    return fail({ErrorClass::refused, "the plugin sent an event before its hello frame", {}, {}});
  }
  switch (frame.kind) {
    case FrameKind::hello: return greet(frame);
    case FrameKind::event:
    case FrameKind::stub: return enter_window(frame, bytes);
    case FrameKind::message:
      enter_window(frame, bytes);
      if (frame.end_lsn != 0) window_.add_checkpoint(frame.end_lsn);
      return;
    case FrameKind::commit:
      // That of a transaction sent again does not end the one in hand.
      if (!last_entered_ || frame.position > *last_entered_) in_transaction_ = false;
      return window_.add_checkpoint(frame.end_lsn);
  }
  fail({ErrorClass::refused,
        fmt::format("the plugin sent a frame of kind {}, which this streamer does not know: "
                    "upgrade the streamer",
                    static_cast<int>(frame.kind)),
        {},
        {}});
}

bool Pump::is_new_event(const Frame& frame) const {
  if (frame.kind == FrameKind::hello || frame.kind == FrameKind::commit) return false;
  return !last_entered_ || frame.position > *last_entered_;
}

void Pump::enter_window(const Frame& frame, size_t bytes) {
  if (!is_new_event(frame)) return;
  window_.add(bytes);
  events_.push_back(frame);
  last_entered_ = frame.position;
  in_transaction_ = frame.end_lsn == 0;  // a message outside a transaction ends itself
  chunks_.back().end = window_.end();
  chunks_.back().used = true;
}

void Pump::greet(const Frame& frame) {
  if (frame.flags != frame_version) {
    const char* side = frame.flags > frame_version ? "streamer" : "plugin";
    return fail({ErrorClass::refused,
                 fmt::format("the plugin sends frames of version {}, this streamer reads version "
                             "{}: upgrade the {}",
                             frame.flags, frame_version, side),
                 {},
                 {}});
  }
  const auto hello = parse_hello(frame.body);
  if (!hello) return fail({ErrorClass::refused, "the plugin's hello frame is malformed", {}, {}});
  if (source_id_ != hello->source_id) {
    return fail({ErrorClass::refused,
                 fmt::format("the plugin calls its source {}, which must be {}: another database "
                             "cluster answers at this address",
                             hello->source_id, source_id_),
                 {},
                 {}});
  }
  greeted_ = true;
}

// Lets go of what is acknowledged.
void Pump::release() {
  while (events_first_ < window_.first()) {
    events_.pop_front();
    ++events_first_;
  }
  while (!chunks_.empty() && chunks_.front().end <= window_.first()) {
    if (chunks_.size() == 1 && !unread_.empty()) return;
    kept_bytes_ -= chunks_.front().chunk.buffer_bytes;
    chunks_.pop_front();
  }
}

}  // namespace waljet
