// Rows of snapshots on their way into the window, and out of it.
#include <algorithm>
#include <utility>

#include "streamer/pump.h"
#include "streamer/row_place.h"

namespace waljet {
namespace {

bool is_row_frame(const Frame& frame) {
  return frame.kind == FrameKind::row || frame.kind == FrameKind::stub;
}

bool is_left_out(const KeyHashes* without, const Frame& frame, size_t place) {
  return without != nullptr && without->contains(key_hash_at(frame, place));
}

// How many will enter the window.
uint64_t count_wanted(std::string_view frames, const KeyHashes* without) {
  uint64_t wanted = 0;
  while (const auto frame = take_frame(frames)) {
    const size_t count = event_count(*frame);
    for (size_t place = 0; place < count; ++place) {
      if (!is_left_out(without, *frame, place)) ++wanted;
    }
  }
  return wanted;
}

}  // namespace

// False: there is no room for the next one yet.
bool Pump::absorb_rows() {
  if (rows_ == nullptr) return true;
  while (session_ && !coming_ && !skipping_ && !fatal_) {
    if (!in_hand_) {
      auto rows = rows_->take_rows();
      if (!rows) return true;
      begin_rows(std::move(*rows));
    }
    while (!in_hand_->unread.empty()) {
      std::string_view rest = in_hand_->unread;
      const auto frame = take_frame(rest);
      if (!frame || !is_row_frame(*frame)) {
        fail({ErrorClass::refused,
              "waljet.read() sent bytes that are not rows; extension and streamer must come from "
              "one version of waljet",
              {},
              {}});
        return true;
      }
      if (!take_rows(*frame)) return false;
      in_hand_->unread = rest;
      in_hand_->taken = 0;
    }
    end_rows();
  }
  return true;
}

void Pump::begin_rows(RowsInPlace rows) {
  if (rows.lsn != rows_lsn_) {
    rows_lsn_ = rows.lsn;
    rows_there_ = 0;
  }
  RowsInHand& hand = in_hand_.emplace(RowsInHand{});
  hand.unread = rows.batch.frames;
  hand.without = std::move(rows.without);
  hand.first = rows.first;
  if (rows.last) hand.left_to_last = count_wanted(hand.unread, hand.without.get());
  hand.number = rows.number;
  kept_bytes_ += rows.batch.buffer_bytes;
  kept_rows_.push_back({std::move(rows.batch), window_.end()});
}

bool Pump::take_rows(const Frame& frame) {
  const size_t count = event_count(frame);
  const KeyHashes* without = in_hand_->without.get();
  while (in_hand_->taken < count) {
    const size_t begin = in_hand_->taken;
    size_t end = begin;
    while (end < count && !is_left_out(without, frame, end)) ++end;
    if (end == begin) {
      ++in_hand_->taken;
      continue;
    }
    const Frame part = part_of(frame, begin, end);
    if (!window_.has_room(window_bytes(part))) return false;
    enter_rows(part);
    in_hand_->taken = end;
  }
  return true;
}

void Pump::enter_rows(const Frame& part) {
  const size_t count = event_count(part);
  const Position first = place_of_row(rows_lsn_, rows_there_);
  rows_there_ += count;
  const Position last = place_of_row(rows_lsn_, rows_there_ - 1);
  RowMark mark{.place = last};
  constexpr char discard_op = 't';  // a marker, not a row
  if (part.op != discard_op) mark.first = std::exchange(in_hand_->first, false);
  if (part.kind == FrameKind::stub) note_stub(part);
  if (in_hand_->left_to_last > 0) {
    in_hand_->left_to_last -= std::min<uint64_t>(count, in_hand_->left_to_last);
    mark.last = in_hand_->left_to_last == 0;
  }
  keep({.frame = part, .place = {first, last}, .is_row = true, .row = mark}, kept_rows_.back().end);
}

void Pump::end_rows() {
  rows_ends_.push_back({window_.end(), in_hand_->number});
  in_hand_.reset();
  release_rows();
}

// Lets go of what is acknowledged, and says so.
void Pump::release_rows() {
  while (!kept_rows_.empty() && kept_rows_.front().end <= window_.first()) {
    if (in_hand_ && kept_rows_.size() == 1) break;
    kept_bytes_ -= kept_rows_.front().batch.buffer_bytes;
    kept_rows_.pop_front();
  }
  std::optional<uint64_t> stored;
  while (!rows_ends_.empty() && rows_ends_.front().end <= window_.first()) {
    stored = rows_ends_.front().number;
    rows_ends_.pop_front();
  }
  if (stored) rows_->on_rows_stored(*stored, newest_row_ ? &*newest_row_ : nullptr);
}

// Without the chain they may be stored in another order.
void Pump::note_stored_row(const KeptEvent& row) {
  if (newest_row_ && newest_row_->sequence > row.sequence) return;
  newest_row_ = StoredRow{row.sequence, row.place.last, stream_.created};
}

// Nothing sends them again but the row source.
void Pump::forget_rows() {
  const bool lost = in_hand_ || !rows_ends_.empty();
  in_hand_.reset();
  rows_ends_.clear();
  kept_rows_.clear();
  newest_row_.reset();
  if (lost) rows_->on_rows_lost();
}

}  // namespace waljet
