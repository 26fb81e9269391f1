#include "streamer/wire.h"

#include <catch2/catch.hpp>
#include <string>

using namespace waljet;
using namespace std::string_literals;

TEST_CASE("'w' carries a position and a payload", "[wire]") {
  const std::string bytes = "w\x00\x00\x00\x01\x02\x03\x04\x05\x00\x00\x00\x00\x00\x00\x00\x00"s +
                            "\x00\x00\x00\x00\x00\x00\x00\x00"s + "payload";
  const auto message = parse_replication_message(bytes);
  REQUIRE(message);
  const auto& data = std::get<XLogData>(*message);
  CHECK(data.start == 0x0000000102030405);
  CHECK(data.payload == "payload");
}

TEST_CASE("'k' carries a position and asks for a reply or not", "[wire]") {
  std::string bytes = "k\xFF\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x00\x01"s;
  auto message = parse_replication_message(bytes);
  REQUIRE(message);
  CHECK(std::get<Keepalive>(*message).end == 0xFF00000000000001);
  CHECK(std::get<Keepalive>(*message).reply_requested);
  bytes.back() = 0;
  message = parse_replication_message(bytes);
  REQUIRE(message);
  CHECK_FALSE(std::get<Keepalive>(*message).reply_requested);
}

TEST_CASE("short and unknown messages are refused", "[wire]") {
  CHECK_FALSE(parse_replication_message(""));
  CHECK_FALSE(parse_replication_message("w"));
  CHECK_FALSE(parse_replication_message(std::string(24, 'w')));
  CHECK(parse_replication_message("w" + std::string(24, 0)));
  CHECK_FALSE(parse_replication_message("k" + std::string(16, 0)));
  CHECK_FALSE(parse_replication_message("x" + std::string(40, 0)));
}

TEST_CASE("'r' is 34 big-endian bytes", "[wire]") {
  const auto bytes = build_status({0x0102030405060708, 0x10, 0x20, 0x30, true});
  const std::string expected =
      "r\x01\x02\x03\x04\x05\x06\x07\x08"s + "\x00\x00\x00\x00\x00\x00\x00\x10"s +
      "\x00\x00\x00\x00\x00\x00\x00\x20"s + "\x00\x00\x00\x00\x00\x00\x00\x30\x01"s;
  CHECK(std::string(bytes.data(), bytes.size()) == expected);
  CHECK(bytes.size() == 34);
  CHECK(build_status({}).back() == 0);
}
