// Time as the streamer counts it. The pure parts are handed the present, they never ask for it.
#pragma once

#include <chrono>

namespace waljet {

using Instant = std::chrono::steady_clock::time_point;
using Duration = std::chrono::milliseconds;

}  // namespace waljet
