#include "streamer/visibility.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

using namespace waljet;

namespace {

Visibility snapshot(const std::string& text) {
  const auto parsed = Visibility::parse(text);
  REQUIRE(parsed);
  return *parsed;
}

}  // namespace

TEST_CASE("a snapshot shows what ended before it", "[snapshot][visibility]") {
  const Visibility seen = snapshot("100:110:100,105");
  CHECK(seen.shows(99));
  CHECK_FALSE(seen.shows(100));
  CHECK(seen.shows(101));
  CHECK_FALSE(seen.shows(105));
  CHECK(seen.shows(109));
  CHECK_FALSE(seen.shows(110));
  CHECK_FALSE(seen.shows(4000));
  CHECK(seen.open() == std::vector<uint32_t>{100, 105});
}

TEST_CASE("a snapshot without open transactions", "[snapshot][visibility]") {
  const Visibility seen = snapshot("750:750:");
  CHECK(seen.shows(749));
  CHECK_FALSE(seen.shows(750));
  CHECK(seen.open().empty());
}

TEST_CASE("the 32 bits of a change's xid are those of the nearest one", "[snapshot][visibility]") {
  // 5 * 2^32 + 10, and 6 below the turn.
  const Visibility seen = snapshot("21474836474:21474836490:21474836474,21474836482");
  CHECK(seen.shows(4294967289));
  CHECK_FALSE(seen.shows(4294967290));  // 21474836474
  CHECK(seen.shows(4294967295));
  CHECK(seen.shows(1));
  CHECK_FALSE(seen.shows(2));  // 21474836482
  CHECK(seen.shows(9));
  CHECK_FALSE(seen.shows(10));
  CHECK_FALSE(seen.shows(11));
  CHECK(seen.open() == std::vector<uint32_t>{4294967290, 2});
}

TEST_CASE("in the first epoch the xids before the turn are shown", "[snapshot][visibility]") {
  CHECK(snapshot("700:710:").shows(4294967000));
}

TEST_CASE("what is not a snapshot is not read", "[snapshot][visibility]") {
  for (const char* text : {"", ":", "::", "1:2", "1:2:3:4", "a:2:", "1:b:", "2:1:", "0:0:",
                           "1:5:2,", "1:5:,2", "1:5:5", "3:5:2", "1:5:3,2", "1:5:2,2", "1:5:2 ",
                           " 1:5:2", "-1:5:", "1:99999999999999999999999:"}) {
    INFO(text);
    CHECK_FALSE(Visibility::parse(text));
  }
}
