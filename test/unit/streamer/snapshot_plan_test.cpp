#include "streamer/snapshot_plan.h"

#include <catch2/catch.hpp>

using namespace waljet;

namespace {

using Ranges = std::vector<BlockRange>;
constexpr bool may_split = true;

}  // namespace

TEST_CASE("small tables are one range each, the largest first", "[snapshot_plan]") {
  CHECK(plan_ranges({3, 0, 7, 3}, may_split) == Ranges{{2, 0, std::nullopt},
                                                       {0, 0, std::nullopt},
                                                       {3, 0, std::nullopt},
                                                       {1, 0, std::nullopt}});
  CHECK(plan_ranges({}, may_split).empty());
}

TEST_CASE("a large table is split, and its last range has no end", "[snapshot_plan]") {
  const uint64_t r = range_blocks;
  CHECK(plan_ranges({1, 2 * r + 1}, may_split) ==
        Ranges{{1, 0, r}, {1, r, 2 * r}, {1, 2 * r, std::nullopt}, {0, 0, std::nullopt}});
  CHECK(plan_ranges({r}, may_split) == Ranges{{0, 0, std::nullopt}});
  CHECK(plan_ranges({2 * r}, may_split) == Ranges{{0, 0, r}, {0, r, std::nullopt}});
}

TEST_CASE("where blocks cannot be told apart nothing is split", "[snapshot_plan]") {
  CHECK(plan_ranges({5, 9 * range_blocks}, !may_split) ==
        Ranges{{1, 0, std::nullopt}, {0, 0, std::nullopt}});
}
