// Times as people write them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "streamer/clock.h"

namespace waljet {

// RFC 3339, such as 2026-01-31T12:00:00.5Z or 2026-01-31T12:00:00+02:00, as nanoseconds since 1970,
// UTC. Nothing if it is not one.
std::optional<int64_t> parse_rfc3339_ns(std::string_view text);

// `0`, or a whole number with its unit: 500ms, 90s, 2m, 1h, 7d. Nothing if it is not one.
std::optional<Duration> parse_duration(std::string_view text);

// The shortest text that parse_duration() reads back.
std::string duration_text(Duration duration);

}  // namespace waljet
