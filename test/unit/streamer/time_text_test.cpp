#include "streamer/time_text.h"

#include <catch2/catch.hpp>

using namespace waljet;

TEST_CASE("RFC 3339 times", "[time_text]") {
  CHECK(parse_rfc3339_ns("1970-01-01T00:00:00Z") == 0);
  CHECK(parse_rfc3339_ns("2026-01-31T12:00:00Z") == 1769860800LL * 1'000'000'000);
  CHECK(parse_rfc3339_ns("2026-01-31T14:00:00+02:00") == 1769860800LL * 1'000'000'000);
  CHECK(parse_rfc3339_ns("2026-01-31T06:30:00-05:30") == 1769860800LL * 1'000'000'000);
  CHECK(parse_rfc3339_ns("1970-01-01t00:00:00.5z") == 500'000'000);
  CHECK(parse_rfc3339_ns("1970-01-01T00:00:00.1234567891Z") == 123'456'789);
}

TEST_CASE("what is not one", "[time_text]") {
  for (const char* text : {"", "now", "2026-01-31", "2026-01-31T12:00:00", "2026-02-30T12:00:00Z",
                           "2026-01-31T24:00:00Z", "2026-01-31T12:00:00.Z", "2026-01-31T12:00:00Zx",
                           "2026-01-31T12:00:00+2:00", "2026-1-31T12:00:00Z"}) {
    INFO(text);
    CHECK_FALSE(parse_rfc3339_ns(text));
  }
}
