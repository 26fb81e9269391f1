// Which part of which table is read at a time, when all tables are read by several workers.
//
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

namespace waljet {

// Blocks of one table's file, as PostgreSQL counts them: 8 KiB each.
struct BlockRange {
  size_t table = 0;  // place in the list of tables
  uint64_t first = 0;
  std::optional<uint64_t> end;  // the first block behind it; nothing: to the table's end

  friend bool operator==(const BlockRange&, const BlockRange&) = default;
};

constexpr uint64_t range_blocks = 16'384;  // 128 MiB

// All blocks of tables so large, in the order in which workers take them: the largest table first,
// so that nobody is left with much when the others are done. Without `may_split` a table is one
// range. The last range of a table has no end, since the table may have grown.
std::vector<BlockRange> plan_ranges(const std::vector<uint64_t>& table_blocks, bool may_split);

}  // namespace waljet
