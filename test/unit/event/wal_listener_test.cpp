#include "event/wal_listener.h"

#include <catch2/catch.hpp>
#include <string>

#include "event/temporal.h"
#include "event/test_sink.h"

namespace waljet {
namespace {

std::string head(const Position& position, std::string_view action) {
  const std::string relation = written(
      [](Sink& sink) { wal_listener::put_relation(sink, "public", "us\"ers", JsonText::utf8); });
  return written([&](Sink& sink) {
    wal_listener::put_head(sink, {"app.1A2B3C4D", position, relation, action});
  });
}

// The UUID is what Python's uuid5(NAMESPACE_URL, 'app.1A2B3C4D:000000001743E238:0000002A.0000') is.
TEST_CASE("an event's head", "[wal_listener]") {
  CHECK(head({0x1743E238, 42, 0}, "INSERT") ==
        R"({"id":"c14f28b3-02f4-5a64-8a5f-b1bd94f583fc","schema":"public","table":"us\"ers",)"
        R"("action":"INSERT","data":)");
}

TEST_CASE("ids tell events apart", "[wal_listener]") {
  CHECK(head({1, 1, 0}, "DELETE") != head({1, 1, 1}, "DELETE"));
  CHECK(head({1, 1, 0}, "DELETE") != head({1, 2, 0}, "DELETE"));
  CHECK(head({1, 1, 0}, "DELETE") != head({2, 1, 0}, "DELETE"));
  CHECK(head({1, 1, 0}, "DELETE") == head({1, 1, 0}, "DELETE"));
}

TEST_CASE("numbers of any size fit into the id", "[wal_listener]") {
  const std::string text = head({~Lsn{0}, ~uint64_t{0}, ~uint32_t{0}}, "TRUNCATE");
  CHECK(text.find(R"("action":"TRUNCATE","data":)") != std::string::npos);
}

TEST_CASE("the commit time has six digits behind the second", "[wal_listener]") {
  const auto commit_time = [](int64_t us) {
    return written([&](Sink& sink) { wal_listener::put_commit_time(sink, us); });
  };
  CHECK(commit_time(1700000000123456) == R"(,"commitTime":"2023-11-14T22:13:20.123456Z")");
  CHECK(commit_time(1700000000000000) == R"(,"commitTime":"2023-11-14T22:13:20.000000Z")");
}

}  // namespace
}  // namespace waljet
