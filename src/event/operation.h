// What a statement did to a table, as sets of bits.
#pragma once

#include <cstdint>

namespace waljet {

// `read` is what a snapshot does: no option speaks of it.
enum class Operation : uint8_t { insert = 1, update = 2, remove = 4, truncate = 8, read = 16 };
constexpr uint8_t all_operations = 1 | 2 | 4 | 8;
constexpr uint8_t row_operations = 1 | 2 | 4;

}  // namespace waljet
