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

TEST_CASE("durations", "[time_text]") {
  CHECK(parse_duration("0") == Duration(0));
  CHECK(parse_duration("0s") == Duration(0));
  CHECK(parse_duration("500ms") == Duration(500));
  CHECK(parse_duration("90s") == Duration(90'000));
  CHECK(parse_duration("2m") == Duration(120'000));
  CHECK(parse_duration("1h") == Duration(3'600'000));
  CHECK(parse_duration("7d") == Duration(604'800'000));
  CHECK(parse_duration("1000000000h") == Duration(3'600'000'000'000'000));
  for (const char* text : {"", "5", "s", "-1s", "1.5s", "1 s", "1w", "1sec", "1s2m", "+1s", "1S",
                           "1000000001ms", "99999999999999999999s"}) {
    INFO(text);
    CHECK_FALSE(parse_duration(text));
  }
}

TEST_CASE("a duration is written with the largest unit that fits", "[time_text]") {
  CHECK(duration_text(Duration(0)) == "0s");
  CHECK(duration_text(Duration(1500)) == "1500ms");
  CHECK(duration_text(Duration(90'000)) == "90s");
  CHECK(duration_text(Duration(900'000)) == "15m");
  CHECK(duration_text(Duration(604'800'000)) == "7d");
}
