#include "streamer/job_keeper.h"

#include <catch2/catch.hpp>

using namespace waljet;

namespace {

constexpr Instant start{};

SnapshotJob job(const char* id) {
  SnapshotJob made;
  made.id = id;
  return made;
}

// One that has read that there is nothing, at revision 0.
JobKeeper keeper() {
  JobKeeper made{Duration(1000)};
  REQUIRE(made.takes_read());
  made.on_read(std::nullopt, 0);
  return made;
}

}  // namespace

TEST_CASE("nothing is written before the bucket was read", "[snapshot]") {
  JobKeeper made{Duration(1000)};
  made.put(job("a"));
  CHECK_FALSE(made.take_write(start, 1));
  CHECK(made.takes_read());
  CHECK_FALSE(made.takes_read());
  CHECK_FALSE(made.take_write(start, 1));
  made.on_read(std::nullopt, 7);
  const auto written = made.take_write(start, 1);
  REQUIRE(written);
  CHECK(written->updated_us == 1);
  CHECK(made.revision() == 7);
}

TEST_CASE("progress is written at intervals, all else at once", "[snapshot]") {
  JobKeeper keeps = keeper();
  keeps.put(job("a"));
  REQUIRE(keeps.take_write(start, 1));
  keeps.on_written(1);
  keeps.change_progress().rows = 5;
  CHECK_FALSE(keeps.take_write(start + Duration(999), 2));
  CHECK(keeps.wake_at() == start + Duration(1000));
  REQUIRE(keeps.take_write(start + Duration(1000), 2));
  keeps.on_written(2);
  CHECK(keeps.wake_at() == Instant::max());
  keeps.change().state = JobState::complete;
  REQUIRE(keeps.take_write(start + Duration(1001), 3));
  CHECK_FALSE(keeps.take_write(start + Duration(1001), 3));  // one at a time
}

TEST_CASE("a change is written once a write that has it is acknowledged", "[snapshot]") {
  JobKeeper keeps = keeper();
  keeps.put(job("a"));
  const uint64_t first = keeps.changes();
  REQUIRE(keeps.take_write(start, 1));
  keeps.change().rows = 1;
  const uint64_t second = keeps.changes();
  CHECK_FALSE(keeps.is_written(first));
  keeps.on_written(1);
  CHECK(keeps.is_written(first));
  CHECK_FALSE(keeps.is_written(second));
  REQUIRE(keeps.take_write(start, 2));
  keeps.on_written(2);
  CHECK(keeps.is_written(second));
}

TEST_CASE("a write whose answer was lost is known again from what is read", "[snapshot]") {
  JobKeeper keeps = keeper();
  keeps.put(job("a"));
  const auto written = keeps.take_write(start, 1);
  keeps.on_unknown();
  CHECK_FALSE(keeps.take_write(start + Duration(5000), 2));
  REQUIRE(keeps.takes_read());
  SECTION("it had been stored") {
    keeps.on_read(written, 4);
    CHECK(keeps.is_written(keeps.changes()));
    CHECK_FALSE(keeps.take_write(start + Duration(5000), 2));
  }
  SECTION("it had not") {
    keeps.on_read(std::nullopt, 0);
    CHECK_FALSE(keeps.is_written(keeps.changes()));
    CHECK(keeps.take_write(start, 2));
  }
}

TEST_CASE("what is taken over from the bucket needs no write", "[snapshot]") {
  JobKeeper keeps = keeper();
  keeps.adopt(job("b"));
  CHECK(keeps.job()->id == "b");
  CHECK(keeps.is_written(keeps.changes()));
  CHECK_FALSE(keeps.take_write(start, 1));
}
