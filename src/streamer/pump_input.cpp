// Items and frames on their way into the window, and out of it.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "streamer/pump.h"

namespace waljet {
namespace {

// Outside a transaction: no commit frame follows.
bool ends_itself(const Frame& frame) {
  return frame.end_lsn != 0;
}

}  // namespace

size_t Pump::window_bytes(const Frame& frame) {
  return frame_header_bytes + frame.subject.size() + frame.table.size() + frame.key.size() +
         frame.headers.size() + frame.body.size() + frame.index.size();
}

void Pump::on_item(Item item, Instant now) {
  if (item.kind == ItemKind::session_start) {
    coming_ = *item.session;
    skipping_ = false;
    return;
  }
  if (!session_ || skipping_)
    return;  // given up: the source begins another one, which sends it again
  if (item.kind == ItemKind::received) {
    window_.add_checkpoint(item.lsn);
  } else {
    unread_ = item.frames;
    kept_bytes_ += item.buffer_bytes;
    chunks_.push_back({std::move(item), 0, false});
    absorb(now);
  }
  confirmer_.on_storable({window_.confirmable(), stored_sequence_});
}

// Moves rows that stand here and frames of the newest chunk into the window, as far as there is
// room.
void Pump::absorb(Instant now) {
  while (!fatal_ && !is_closing()) {
    if (!absorb_rows()) return;
    if (unread_.empty()) break;
    std::string_view rest = unread_;
    const auto frame = take_frame(rest);
    if (!frame) {
      return fail({ErrorClass::refused,
                   "the plugin sent bytes that are not a frame; plugin and streamer must come from "
                   "one version of waljet",
                   {},
                   {}});
    }
    if (!apply(*frame, now)) return;
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

// False: there is no room for it, or for the rest of it, yet.
bool Pump::apply(const Frame& frame, Instant now) {
  if (!greeted_ && frame.kind != FrameKind::hello) {
    fail({ErrorClass::refused, "the plugin sent an event before its hello frame", {}, {}});
    return true;
  }
  switch (frame.kind) {
    case FrameKind::hello: greet(frame); return true;
    case FrameKind::control:
      if (rows_ != nullptr) rows_->on_control(frame);
      window_.add_checkpoint(frame.end_lsn);
      return true;
    case FrameKind::commit:
      in_transaction_ = false;
      transaction_open_ = false;
      last_end_ = frame.position;
      window_.add_checkpoint(frame.end_lsn);
      return true;
    case FrameKind::event:
    case FrameKind::message:
    case FrameKind::stub:
    case FrameKind::marker:
      transaction_open_ = !ends_itself(frame);
      if (!take_events(frame, now)) return false;
      if (rows_ != nullptr && rows_->wants_events()) rows_->on_event(frame);
      if (ends_itself(frame)) window_.add_checkpoint(frame.end_lsn);
      return true;
    case FrameKind::row:
    case FrameKind::read_end: break;  // never in the stream of changes
  }
  fail({ErrorClass::refused,
        fmt::format("the plugin sent a frame of kind {}, which this streamer does not know: "
                    "upgrade the streamer",
                    static_cast<int>(frame.kind)),
        {},
        {}});
  return true;
}

// What has entered the window of a frame whose rest has to wait is not wanted any more.
bool Pump::take_events(const Frame& frame, Instant now) {
  const size_t count = event_count(frame);
  for (size_t begin = 0; begin < count;) {
    if (!is_wanted(position_at(frame, begin))) {
      confirmer_.on_stored(now);  // its delay begins anew
      ++begin;
      continue;
    }
    const size_t end = end_of_wanted(frame, begin);
    const Frame part = part_of(frame, begin, end);
    if (!window_.has_room(window_bytes(part))) return false;
    enter_window(part);
    begin = end;
  }
  return true;
}

// An event that is not stored, nor on its way.
bool Pump::is_wanted(const Position& position) const {
  if (last_entered_ && position <= *last_entered_) return false;
  return stored_.judge(position) != StoredEvents::Verdict::stored;
}

// From the event at `begin` on, which is wanted: where those end that may be one message with it.
size_t Pump::end_of_wanted(const Frame& frame, size_t begin) const {
  const size_t count = event_count(frame);
  const auto verdict = stored_.judge(position_at(frame, begin));
  if (verdict == StoredEvents::Verdict::unknown) return count;  // as is all behind it
  size_t end = begin + 1;
  while (end < count && stored_.judge(position_at(frame, end)) == verdict) ++end;
  return end;
}

void Pump::enter_window(const Frame& frame) {
  if (stored_.judge(frame.position) == StoredEvents::Verdict::missing) {
    note_late(frame);
    publish_singly(chain_);
  }
  if (frame.kind == FrameKind::stub) note_stub(frame);
  keep({.frame = frame, .place = {position_at(frame, 0), frame.position}}, chunks_.back().end);
  chunks_.back().used = true;
  in_transaction_ = !ends_itself(frame);
}

// `end`: of whatever keeps its bytes.
void Pump::keep(const KeptEvent& event, Token& end) {
  window_.add(window_bytes(event.frame));
  last_entered_ = event.place.last;
  newest_own_ = std::max(newest_own_.value_or(event.place.last), event.place.last);
  events_.push_back(event);
  end = window_.end();
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
  if (settings_.names.source_id != hello->source_id) {
    return fail({ErrorClass::refused,
                 fmt::format("the plugin calls its source {}, which must be {}: another database "
                             "cluster answers at this address",
                             hello->source_id, settings_.names.source_id),
                 {},
                 {}});
  }
  greeted_ = true;
}

// Lets go of what is acknowledged.
void Pump::release() {
  while (events_first_ < window_.first()) {
    const KeptEvent& event = events_.front();
    stored_sequence_ = std::max(stored_sequence_, event.sequence);
    stored_last_ = std::max(stored_last_.value_or(event.place.last), event.place.last);
    if (event.is_row) note_stored_row(event);
    events_.pop_front();
    ++events_first_;
  }
  while (!chunks_.empty() && chunks_.front().end <= window_.first()) {
    if (chunks_.size() == 1 && !unread_.empty()) break;
    kept_bytes_ -= chunks_.front().chunk.buffer_bytes;
    chunks_.pop_front();
  }
  release_rows();
}

}  // namespace waljet
