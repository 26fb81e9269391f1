#include "streamer/log_json.h"

#include <catch2/catch.hpp>

using namespace waljet;

namespace {

const std::chrono::system_clock::time_point time_point{
    std::chrono::milliseconds(1'769'860'800'007)};

}  // namespace

TEST_CASE("a line is an object with time, level and message", "[log_json]") {
  CHECK(log_line_json(time_point, "info", "ready") ==
        "{\"time\":\"2026-01-31T12:00:00.007Z\",\"level\":\"info\",\"message\":\"ready\"}\n");
}

TEST_CASE("a message cannot break out of its line", "[log_json]") {
  CHECK(log_line_json(time_point, "error", "a \"b\"\n\xFF\x01")
            .ends_with("\"message\":\"a \\\"b\\\"\\n\xEE\xBF\xBF\\u0001\"}\n"));
}
