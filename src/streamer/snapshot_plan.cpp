#include "streamer/snapshot_plan.h"

#include <algorithm>
#include <numeric>

namespace waljet {

std::vector<BlockRange> plan_ranges(const std::vector<uint64_t>& table_blocks, bool may_split) {
  std::vector<size_t> order(table_blocks.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return table_blocks[a] > table_blocks[b]; });
  std::vector<BlockRange> ranges;
  for (const size_t table : order) {
    uint64_t first = 0;
    for (; may_split && first + range_blocks < table_blocks[table]; first += range_blocks) {
      ranges.push_back({table, first, first + range_blocks});
    }
    ranges.push_back({table, first, std::nullopt});
  }
  return ranges;
}

}  // namespace waljet
