#include "streamer/backoff.h"

#include <algorithm>

namespace waljet {

Duration Backoff::take(double chance) {
  const Duration whole = next_;
  next_ = std::min(next_ * 2, longest_);
  const double half_ms = static_cast<double>(whole.count()) / 2;
  return Duration(static_cast<Duration::rep>(half_ms + half_ms * chance));
}

}  // namespace waljet
