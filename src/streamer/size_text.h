// Numbers of bytes as people write them. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waljet {

// A whole number, and a unit or none: B, k, M, G, also kB, KiB and so on, in either case. All count
// by 1024. Nothing if it is not one, or does not fit.
std::optional<uint64_t> parse_size(std::string_view text);

// The shortest text that parse_size() reads back: `8MiB`, `1000`.
std::string size_text(uint64_t bytes);

}  // namespace waljet
