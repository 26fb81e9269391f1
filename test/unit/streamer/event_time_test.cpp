#include "streamer/event_time.h"

#include <catch2/catch.hpp>

using namespace waljet;

TEST_CASE("each format tells when its event was committed", "[event_time]") {
  CHECK(commit_time_us(R"({"before":null,"after":{"id":1},"source":{"ts_ms":5,"ts_us":5123,)"
                       R"("ts_ns":5123000},"op":"c","ts_ms":9})") == 5123);
  CHECK(commit_time_us(R"({"source":{"ts_ms":5},"op":"c","ts_ms":9})") == 5000);
  CHECK(commit_time_us(R"({"schema":{},"payload":{"source":{"ts_us":5123},"op":"c"}})") == 5123);
  CHECK(commit_time_us(R"({"id":"x","action":"INSERT","data":{"source":{"ts_us":1}},)"
                       R"("commitTime":"1970-01-01T00:00:01.000002Z"})") == 1'000'002);
  // A transaction's marker has no source.
  CHECK(commit_time_us(R"({"status":"END","id":"7:1","ts_ms":5})") == 5000);
}

TEST_CASE("of a group the last event counts", "[event_time]") {
  CHECK(commit_time_us("{\"source\":{\"ts_us\":1}}\n{\"source\":{\"ts_us\":2}}") == 2);
  CHECK(commit_time_us("{\"source\":{\"ts_us\":1}}\n{\"source\":{\"ts_us\":2}}\n") == 2);
}

TEST_CASE("numbers that no double holds do not hide the time", "[event_time]") {
  const std::string digits(400, '9');
  CHECK(commit_time_us(R"({"after":{"n":)" + digits + R"(},"source":{"ts_us":5123}})") == 5123);
}

TEST_CASE("what tells no time is nothing", "[event_time]") {
  for (const char* body : {"", "text", "[1]", "{}", R"({"source":{"ts_us":"5123"}})",
                           R"({"source":{"ts_us":5.5}})", R"({"commitTime":"yesterday"})"}) {
    INFO(body);
    CHECK_FALSE(commit_time_us(body));
  }
}
