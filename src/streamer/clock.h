// Time as the streamer counts it. The pure parts are handed the present, they never ask for it.
#pragma once

#include <algorithm>
#include <chrono>

namespace waljet {

using Instant = std::chrono::steady_clock::time_point;
using Duration = std::chrono::milliseconds;

// As poll() takes them, a minute at most.
inline int milliseconds_between(Instant now, Instant then) {
  const auto left = std::chrono::ceil<Duration>(then - now).count();
  return static_cast<int>(std::clamp<Duration::rep>(left, 0, 60'000));
}

}  // namespace waljet
