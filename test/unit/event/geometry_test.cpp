#include "event/geometry.h"

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "event/test_random.h"
#include "event/test_sink.h"

namespace waljet {
namespace {

std::string geometry(std::string_view hex) {
  return written([&](Sink& sink) { CHECK(put_geometry(sink, hex)); });
}

bool is_refused(std::string_view hex) {
  bool accepted = true;
  const std::string left = written([&](Sink& sink) {
    sink.put("before");
    accepted = put_geometry(sink, hex);
  });
  return !accepted && left == "before";
}

std::string point(double x, double y, std::string_view x_text, std::string_view y_text) {
  return written([&](Sink& sink) { put_point(sink, x, y, x_text, y_text); });
}

TEST_CASE("geometry with an SRID, in both byte orders", "[geometry]") {
  // SRID=3187;POINT(174.9479 -36.7208)
  CHECK(geometry("0101000020730C00001C7C613255DE6540787AA52C435C42C0") ==
        R"({"wkb":"AQEAACBzDAAAHHxhMlXeZUB4eqUsQ1xCwA==","srid":3187})");
  CHECK(geometry("002000000100000C734065DE5532617C1CC0425C432CA57A78") ==
        R"({"wkb":"ACAAAAEAAAxzQGXeVTJhfBzAQlxDLKV6eA==","srid":3187})");
  CHECK(geometry("0101000020730c00001c7c613255de6540787aa52c435c42c0") ==
        geometry("0101000020730C00001C7C613255DE6540787AA52C435C42C0"));
  CHECK(geometry("0101000020FFFFFFFF") == R"({"wkb":"AQEAACD/////","srid":-1})");
  CHECK(geometry("010100002000000000") == R"({"wkb":"AQEAACAAAAAA","srid":0})");
}

TEST_CASE("geometry without an SRID", "[geometry]") {
  CHECK(geometry("0101000000000000000000F03F000000000000F03F") ==
        R"({"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAPA/","srid":null})");
  CHECK(geometry("010700000000000000") == R"({"wkb":"AQcAAAAAAAAA","srid":null})");
  // The Z and M flags are not the SRID's.
  CHECK(geometry("01010000C0") == R"({"wkb":"AQEAAMA=","srid":null})");
}

TEST_CASE("geometry: what is no hex EWKB is refused and leaves nothing", "[geometry]") {
  CHECK(is_refused(""));
  CHECK(is_refused("01"));
  CHECK(is_refused("01010000"));
  CHECK(is_refused("01010000000"));       // half a byte
  CHECK(is_refused("0201000000"));        // no byte order
  CHECK(is_refused("0101000020730C00"));  // less than an SRID
  CHECK(is_refused({"010100002000000000", 16}));
  CHECK(is_refused("010100000G"));
  CHECK(is_refused("01010000:0"));
  CHECK(is_refused("0101000000-1"));
  CHECK(is_refused("POINT(1 1)"));
  CHECK(is_refused("0101000000" + std::string(5000, '0') + "0x"));  // behind the first chunk
}

TEST_CASE("geometry, random, is the base64 of its bytes", "[geometry]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 2000; ++i) {
    const std::string bytes = std::string("\1\2\0\0\0", 5) + random.bytes(random.below(3000));
    std::string hex;
    for (const char c : bytes) {
      hex += "0123456789ABCDEF"[static_cast<uint8_t>(c) >> 4];
      hex += "0123456789abcdef"[static_cast<uint8_t>(c) & 15];
    }
    const std::string json = geometry(hex);
    const std::string base64 = written([&](Sink& sink) { put_base64(sink, bytes); });
    if (json != "{\"wkb\":\"" + base64 + "\",\"srid\":null}") FAIL(hex);
    if (json.size() > geometry_bytes_max(hex.size())) FAIL(json.size());
  }
}

TEST_CASE("the longest SRID stays within the bound", "[geometry]") {
  CHECK(geometry("010100002000000080").size() <= geometry_bytes_max(18));
}

TEST_CASE("points", "[geometry]") {
  CHECK(point(1, 1, "1", "1") ==
        R"({"x":1.0,"y":1.0,"wkb":"AQEAAAAAAAAAAADwPwAAAAAAAPA/","srid":null})");
  CHECK(point(-0.5, 1e300, "-0.5", "1e+300") ==
        R"({"x":-0.5,"y":1.0E300,"wkb":"AQEAAAAAAAAAAADgv5x1AIg85Dd+","srid":null})");
  const double infinity = std::numeric_limits<double>::infinity();
  CHECK(point(infinity, -infinity, "Infinity", "-Infinity") ==
        R"({"x":"Infinity","y":"-Infinity","wkb":"AQEAAAAAAAAAAADwfwAAAAAAAPD/","srid":null})");
}

}  // namespace
}  // namespace waljet
