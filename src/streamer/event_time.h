// When a stored event was committed, as its body tells. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace waljet {

// Microseconds since 1970. `body` is an event in any format of the plugin's, or a group of them, of
// which the last one counts. Nothing where it tells no time.
std::optional<int64_t> commit_time_us(std::string_view body);

}  // namespace waljet
