#include "streamer/pace.h"

#include <catch2/catch.hpp>

using namespace waljet;

namespace {

constexpr Instant begin{std::chrono::seconds(100)};
constexpr std::chrono::microseconds soon{80};
constexpr size_t large = 8192;

}  // namespace

TEST_CASE("what comes after a pause is taken at once", "[pace]") {
  Pace pace(large);
  CHECK(pace.turn_at(begin) == begin);
  pace.on_turn(begin, 600);
  CHECK(pace.turn_at(begin + Pace::interval) == begin + Pace::interval);
}

TEST_CASE("small pieces are gathered from the first of them on", "[pace]") {
  Pace pace(large);
  pace.on_turn(begin, 600);
  CHECK(pace.turn_at(begin + soon) == begin + Pace::interval);
  pace.on_turn(begin + Pace::interval, 4 * 600);
  CHECK(pace.turn_at(begin + Pace::interval + soon) == begin + 2 * Pace::interval);
}

TEST_CASE("behind a large piece nothing waits", "[pace]") {
  Pace pace(large);
  pace.on_turn(begin, 600);
  pace.on_turn(begin + soon, large);
  CHECK(pace.turn_at(begin + 2 * soon) == begin + 2 * soon);
}

TEST_CASE("a turn that found nothing delays nothing", "[pace]") {
  Pace pace(large);
  pace.on_turn(begin, 0);
  CHECK(pace.turn_at(begin + soon) == begin + soon);
}
