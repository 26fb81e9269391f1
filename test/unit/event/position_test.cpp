#include "event/position.h"

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "event/test_random.h"
#include "event/test_sink.h"
#include "event/text.h"

namespace waljet {
namespace {

std::string position_text(const Position& position) {
  return written([&](Sink& sink) { put_position(sink, position); });
}

std::string source_id(std::string_view name, uint32_t hash) {
  return written([&](Sink& sink) { put_source_id(sink, name, hash); });
}

std::string event_id(std::string_view source, const Position& position) {
  return std::string(source) + ":" + position_text(position);
}

std::string lsn_text(Lsn lsn) {
  return written([&](Sink& sink) { put_lsn(sink, lsn); });
}

// A value that fits into `digits` hex digits.
uint64_t random_field(Random& random, int digits) {
  return random.any_width() >> (64 - 4 * digits);
}

// These values are stored in streams: a change of any of them is a new id version.
TEST_CASE("the source hash is fixed for ever", "[position]") {
  CHECK(source_hash(7123456789012345678, "waljet_app") == 0xFE89ECF0);
  CHECK(source_id("app", source_hash(7123456789012345678, "waljet_app")) == "app.FE89ECF0");
}

TEST_CASE("the source hash is FNV-1a of the big-endian identifier and the slot", "[position]") {
  const std::string bytes = std::string("\x01\x02\x03\x04\x05\x06\x07\x08") + "slot";
  CHECK(source_hash(0x0102030405060708, "slot") == fnv1a_32(bytes));
}

TEST_CASE("another cluster or another slot is another source", "[position]") {
  const uint32_t hash = source_hash(7123456789012345678, "waljet_app");
  CHECK(hash != source_hash(7123456789012345679, "waljet_app"));
  CHECK(hash != source_hash(7123456789012345678, "waljet_ap"));
  CHECK(hash != source_hash(7123456789012345678, ""));
}

TEST_CASE("a source id has eight digits and an encoded name", "[position]") {
  CHECK(source_id("app", 0x1A) == "app.0000001A");
  CHECK(source_id("my.db:1", 0x1A2B3C4D) == "my=2Edb=3A1.1A2B3C4D");
  CHECK(source_id("", 0) == "=00.00000000");
}

TEST_CASE("an event id in full", "[position]") {
  const Position position{0x1743E238, 0x2A, 0};
  CHECK(event_id("app.1A2B3C4D", position) == "app.1A2B3C4D:000000001743E238:0000002A.0000");
}

TEST_CASE("values wider than their field take more digits", "[position]") {
  CHECK(position_text({1, 0x100000000, 0x10000}) == "0000000000000001:100000000.10000");
  const auto id = parse_event_id("a.00000000:0000000000000001:100000000.10000");
  REQUIRE(id);
  CHECK(id->position == Position{1, 0x100000000, 0x10000});
}

TEST_CASE("event ids survive a round trip", "[position]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 5000; ++i) {
    const std::string source =
        source_id(random.bytes(1 + random.below(20)), static_cast<uint32_t>(random.bits()));
    const Position position{random.any_width(), random.any_width(),
                            static_cast<uint32_t>(random_field(random, 8))};
    const std::string text = event_id(source, position);
    const auto id = parse_event_id(text);
    if (!id || id->source != source || id->position != position) FAIL(text);
  }
}

TEST_CASE("event ids sort as their positions", "[position]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 20000; ++i) {
    Position a{random_field(random, 16), random_field(random, 8),
               static_cast<uint32_t>(random_field(random, 4))};
    Position b{random.chance(2) ? a.commit_lsn : random_field(random, 16),
               random.chance(2) ? a.ordinal : random_field(random, 8),
               static_cast<uint32_t>(random_field(random, 4))};
    const bool texts_less = position_text(a) < position_text(b);
    if (texts_less != (a < b)) FAIL(position_text(a) << " " << position_text(b));
  }
}

TEST_CASE("no prefix of an event id is one", "[position]") {
  const std::string id = "app.1A2B3C4D:000000001743E238:0000002A.0000";
  REQUIRE(parse_event_id(id));
  for (size_t length = 0; length < id.size(); ++length) {
    CHECK_FALSE(parse_event_id(id.substr(0, length)));
  }
}

TEST_CASE("what is not an event id", "[position]") {
  for (const char* text : {
           "app.1A2B3C4D:000000001743E238:0000002A.0000 ",  // more behind it
           "app.1A2B3C4D:000000001743E238:0000002A.0000\n",
           "app.1A2B3C4D:000000001743E238:0000002A.000000000",  // part wider than 32 bits
           "app.1A2B3C4D:000000001743E238:0000002a.0000",       // lower case
           "app.1a2b3c4d:000000001743E238:0000002A.0000",
           "app.1A2B3C4D:00000001743E238:0000002A.0000",    // a digit short
           "app.1A2B3C4D:0000000001743E238:0000002A.0000",  // a digit long
           "app.1A2B3C4D:000000001743E238:000002A.0000",
           "app.1A2B3C4D:000000001743E238:0000000000000002A.0000",
           "app.1A2B3C4:000000001743E238:0000002A.0000",
           "app.01A2B3C4D:000000001743E238:0000002A.0000",
           ".1A2B3C4D:000000001743E238:0000002A.0000",  // no name
           "1A2B3C4D:000000001743E238:0000002A.0000",
           "app.1A2B3C4D:000000001743E238.0000002A:0000",
           "app.1A2B3C4D:000000001743E238:+000002A.0000",
           "app.1A2B3C4D:000000001743E238:0000002A.-001",
           "::.",
       }) {
    CHECK_FALSE(parse_event_id(text));
  }
}

TEST_CASE("LSNs as PostgreSQL prints them", "[position]") {
  CHECK(lsn_text(0) == "0/0");
  CHECK(lsn_text(0x1743E238) == "0/1743E238");
  CHECK(lsn_text(0x16B374D848) == "16/B374D848");
  CHECK(lsn_text(std::numeric_limits<Lsn>::max()) == "FFFFFFFF/FFFFFFFF");
  CHECK(parse_lsn("0/0") == Lsn{0});
  CHECK(parse_lsn("00000016/0B374D84") == Lsn{0x160B374D84});
  CHECK(parse_lsn("FFFFFFFF/FFFFFFFF") == std::numeric_limits<Lsn>::max());
}

TEST_CASE("LSNs survive a round trip", "[position]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 5000; ++i) {
    const Lsn lsn = random.any_width();
    if (parse_lsn(lsn_text(lsn)) != lsn) FAIL(lsn_text(lsn));
  }
}

TEST_CASE("what is not an LSN", "[position]") {
  for (const char* text : {"", "/", "0", "0/", "/0", "0/0/0", " 0/0", "0/0 ", "0/-1", "0x1/0",
                           "123456789/0", "0/123456789", "G/0", "0/G"}) {
    CHECK_FALSE(parse_lsn(text));
  }
}

}  // namespace
}  // namespace waljet
