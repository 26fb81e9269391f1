#include "streamer/backoff.h"

#include <catch2/catch.hpp>

using namespace waljet;

TEST_CASE("waits double up to the longest and begin anew after a reset", "[backoff]") {
  Backoff backoff(Duration(100), Duration(350));
  CHECK(backoff.take(1) == Duration(100));
  CHECK(backoff.take(1) == Duration(200));
  CHECK(backoff.take(1) == Duration(350));
  CHECK(backoff.take(1) == Duration(350));
  backoff.reset();
  CHECK(backoff.take(1) == Duration(100));
}

TEST_CASE("chance spreads a wait over its upper half", "[backoff]") {
  CHECK(Backoff(Duration(100), Duration(100)).take(0) == Duration(50));
  CHECK(Backoff(Duration(100), Duration(100)).take(0.5) == Duration(75));
}
