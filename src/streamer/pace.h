// How soon a loop takes what has come.
//
// Small pieces that come one soon after the other are gathered for half a millisecond. Taken one by
// one, each of them would wake PostgreSQL, NATS and two threads of ours, which costs more than all
// that is done with it. After a pause, and behind a large piece, nothing waits.
//
// Pure. Not thread-safe.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

#include "streamer/clock.h"

namespace waljet {

class Pace {
 public:
  static constexpr std::chrono::microseconds interval{500};

  // Less than `large_bytes` is a small piece.
  explicit Pace(size_t large_bytes) : large_bytes_(large_bytes) {}

  // Something has come: when it is to be taken, `now` or a little later.
  Instant turn_at(Instant now) const { return std::max(now, next_); }

  // What had come was taken at `now`: so many bytes. Nothing, if nothing had.
  void on_turn(Instant now, size_t bytes) {
    if (bytes > 0) next_ = bytes < large_bytes_ ? now + interval : now;
  }

 private:
  size_t large_bytes_;
  Instant next_{};
};

}  // namespace waljet
