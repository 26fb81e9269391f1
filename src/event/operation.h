// What a statement did to a table, as sets of bits.
#pragma once

#include <cstdint>

namespace waljet {

enum class Operation : uint8_t { insert = 1, update = 2, remove = 4, truncate = 8 };
constexpr uint8_t all_operations = 1 | 2 | 4 | 8;
constexpr uint8_t row_operations = 1 | 2 | 4;

}  // namespace waljet
