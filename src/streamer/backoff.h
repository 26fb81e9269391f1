// How long to wait before trying again: doubling, bounded, spread by chance.
#pragma once

#include "streamer/clock.h"

namespace waljet {

class Backoff {
 public:
  Backoff(Duration first, Duration longest) : first_(first), longest_(longest), next_(first) {}

  // The next wait. `chance` is from 0 to 1 and spreads it over the upper half of its length, so
  // that many clients of one server do not come back in step.
  Duration take(double chance);

  // Call it when what was waited for has proved to work.
  void reset() { next_ = first_; }

 private:
  Duration first_;
  Duration longest_;
  Duration next_;
};

}  // namespace waljet
