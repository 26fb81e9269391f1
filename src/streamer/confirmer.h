// From what is stored to what may be confirmed to PostgreSQL.
//
//     stored up to P ─▶ record with P written (at most once a second) ─▶ recorded ─▶ delay ─▶
//     confirmed
//
// The record comes first, so that a slot beyond the record was moved by somebody else. The delay is
// for a broker that acknowledges before it has synced to its disk: what it loses with its power is
// then still in the slot, to be sent again. It counts from the record, which can be lost as well,
// and only where an event was stored less than a delay ago: an idle database waits for nothing.
//
// Pure: the present is an argument.
#pragma once

#include <cstddef>
#include <deque>
#include <optional>
#include <vector>

#include "event/position.h"
#include "streamer/clock.h"
#include "streamer/record.h"

namespace waljet {

class Confirmer {
 public:
  static constexpr Duration record_interval{1000};
  static constexpr size_t waiting_max = 1024;  // beyond it the newest waiting position moves on

  // A new session: what waited is forgotten, since the broker may have lost it. `confirmed`: where
  // the slot stands, all of it stored at or before its sequence.
  void begin(Mark confirmed, Duration delay, Instant now);

  // An event was stored now, or found stored.
  void on_stored(Instant now) { event_at_ = now; }
  // Everything up to `mark` is stored. Never falls within a session.
  void on_storable(Mark mark);

  // A record is to be written: something is new, no other one is under way, and the last one is old
  // enough. `at_once`: or not.
  bool record_due(Instant now, bool at_once) const;
  // No other one is under way, and the last one is old enough, whether anything is new or not.
  bool may_record(Instant now) const;
  // When it will be due; Instant::max() if nothing is new.
  Instant record_at() const;
  // What to write.
  Mark begin_record(Instant now);
  std::vector<Mark> marks() const;  // that may be confirmed by now or soon, the oldest first
  void on_recorded(Instant now);
  // The link was lost before the answer came: whether it was written is not known.
  void on_record_lost() { writing_.reset(); }
  bool writing() const { return writing_.has_value(); }
  // Nothing is left to be recorded.
  bool clean() const { return !writing_ && stored_.lsn <= written_.lsn; }

  // May be confirmed at `now`, and without looking at the time again; rises within a session, and
  // is 0 until something beyond the slot's own position may be.
  Lsn confirmed(Instant now);
  Lsn confirmed() const { return confirmed_any_ ? confirmed_.lsn : 0; }
  // When more may be confirmed if nothing happens before.
  Instant confirm_at() const;

 private:
  struct Waiting {
    Mark mark;
    Instant ready_at;
  };

  Duration delay_{0};
  std::optional<Instant> event_at_;  // when the newest event was stored
  Mark stored_;
  std::optional<Mark> writing_;
  std::optional<Instant> written_at_;  // when the newest record was begun
  Mark written_;
  std::deque<Waiting> waiting_;
  Mark confirmed_;
  bool confirmed_any_ = false;
};

}  // namespace waljet
