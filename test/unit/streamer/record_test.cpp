#include "streamer/record.h"

#include <catch2/catch.hpp>
#include <string>

#include "event/test_random.h"

using namespace waljet;

namespace {

// The worked example of docs/record-format.md.
Record example() {
  Record record;
  record.writer = 3141592653;
  record.system_identifier = 7123456789012345678;
  record.timeline = 1;
  record.position = 0x1743E238;
  record.stream = "app";
  record.stream_created = "2026-01-31T12:00:00.123456789Z";
  record.stream_sequence = 123;
  record.newest_sequence = 123;
  record.newest_event = {0x1743E1A0, 3, 0};
  record.last_event = Position{0x1743E1A0, 3, 0};
  record.read_from = 124;
  record.max_pending = 4096;
  record.max_pending_bytes = 8388608;
  record.group_bytes = 65536;
  record.settled = true;
  record.marks = {{0x1743D000, 118}, {0x1743E238, 123}};
  return record;
}

constexpr const char* example_json =
    R"({"version":1,"writer":3141592653,"system_identifier":"7123456789012345678","timeline":1,)"
    R"("position":"0/1743E238","stream":"app",)"
    R"("stream_created":"2026-01-31T12:00:00.123456789Z","stream_sequence":123,)"
    R"("newest_sequence":123,"newest_event":"app.FE89ECF0:000000001743E1A0:00000003.0000",)"
    R"("last_event":"app.FE89ECF0:000000001743E1A0:00000003.0000","read_from":124,)"
    R"("max_pending":4096,"max_pending_bytes":8388608,"group_bytes":65536,"rows":false,"settled":true,)"
    R"("history_sequence":0,)"
    R"("marks":[["0/1743D000",118],["0/1743E238",123]]})";

Position random_position(Random& random) {
  return {random.bits(), random.below(0xFFFFFFFF), static_cast<uint32_t>(random.below(0xFFFF))};
}

Record random_record(Random& random) {
  constexpr std::string_view pieces[] = {"a", "Z", "=2E", "\"", "\\", "é", "\n", " "};
  Record record;
  record.writer = random.any_width();
  record.system_identifier = random.any_width();
  record.timeline = static_cast<uint32_t>(random.bits());
  record.position = random.any_width();
  record.stream = random.pieces(random.below(10), pieces);
  record.stream_created = random.pieces(random.below(10), pieces);
  record.stream_sequence = random.any_width();
  if (random.chance(2)) {
    record.newest_sequence = 1 + random.below(1'000'000);
    record.newest_event = random_position(random);
  }
  if (random.chance(2)) record.last_event = random_position(random);
  record.read_from = random.any_width();
  record.max_pending = random.any_width();
  record.max_pending_bytes = random.any_width();
  record.group_bytes = random.any_width();
  record.rows = random.chance(2);
  record.settled = random.chance(2);
  record.history_sequence = random.any_width();
  if (random.chance(2)) record.diverged = random_position(random);
  for (size_t i = random.below(record_marks_max + 1); i > 0; --i) {
    record.marks.push_back({random.any_width(), random.any_width()});
  }
  return record;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

}  // namespace

TEST_CASE("the worked example is written byte for byte, and read back", "[record]") {
  CHECK(record_json(example(), "app.FE89ECF0") == example_json);
  CHECK(parse_record(example_json) == example());
}

TEST_CASE("the record's names in JetStream", "[record]") {
  CHECK(record_stream() == "KV_waljet");
  CHECK(record_subject("app.FE89ECF0") == "$KV.waljet.app.FE89ECF0");
}

TEST_CASE("an event seen beyond the server's log is written only if there is one", "[record]") {
  Record record = example();
  CHECK(record_json(record, "app.FE89ECF0").find("diverged") == std::string::npos);
  record.diverged = Position{0x1743E1A0, 3, 0};
  const std::string json = record_json(record, "app.FE89ECF0");
  CHECK(json.find(R"("diverged":"app.FE89ECF0:000000001743E1A0:00000003.0000")") !=
        std::string::npos);
  CHECK(parse_record(json) == record);
}

TEST_CASE("a record without an event has an empty id", "[record]") {
  Record record = example();
  record.last_event.reset();
  const std::string json = record_json(record, "app.FE89ECF0");
  CHECK(json.find(R"("last_event":"")") != std::string::npos);
  CHECK(parse_record(json) == record);
}

TEST_CASE("any record is read back as it was written", "[record]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int run = 0; run < 2000; ++run) {
    const Record record = random_record(random);
    const std::string json = record_json(record, "app.FE89ECF0");
    INFO(json);
    REQUIRE(parse_record(json) == record);
  }
}

TEST_CASE("fields that a later release adds are passed over", "[record]") {
  CHECK(parse_record(replaced(example_json, "{", R"({"snapshot":{"state":"pending"},)")) ==
        example());
}

TEST_CASE("what is not a record of this version is not read", "[record]") {
  CHECK_FALSE(parse_record(replaced(example_json, R"("version":1)", R"("version":2)")));
  CHECK_FALSE(parse_record(replaced(example_json, R"("version":1)", R"("version":"1")")));
  CHECK_FALSE(parse_record(replaced(example_json, R"("version":1,)", "")));
  CHECK_FALSE(parse_record(replaced(example_json, "0/1743E238", "nonsense")));
  for (const char* text : {"", "{}", "[]", "1", "null", "{\"version\":1", "nonsense"}) {
    INFO(text);
    CHECK_FALSE(parse_record(text));
  }
}

TEST_CASE("garbage is never taken for a record", "[record]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int run = 0; run < 2000; ++run) {
    std::string text = example_json;
    text.resize(random.below(text.size()));
    std::string garbage = random.bytes(random.below(8));
    std::erase(garbage, '}');  // it might complete the object
    text += garbage;
    REQUIRE_FALSE(parse_record(text));
  }
}
