#include "event/text.h"

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "event/test_random.h"
#include "event/test_sink.h"

namespace waljet {
namespace {

std::string int_text(int64_t value) {
  return written([&](Sink& sink) { put_int(sink, value); });
}

std::string uint_text(uint64_t value) {
  return written([&](Sink& sink) { put_uint(sink, value); });
}

std::string padded(uint64_t value, int width) {
  return written([&](Sink& sink) { put_padded(sink, value, width); });
}

std::string hex(uint64_t value, int width) {
  return written([&](Sink& sink) { put_hex(sink, value, width); });
}

std::string base64(std::string_view bytes) {
  return written([&](Sink& sink) { put_base64(sink, bytes); });
}

// Bit by bit, without a table of groups.
std::string naive_base64(std::string_view bytes) {
  const std::string digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  size_t value = 0;
  int bits = 0;
  for (const char c : bytes) {
    for (int bit = 7; bit >= 0; --bit) {
      value = value << 1 | (static_cast<unsigned char>(c) >> bit & 1u);
      if (++bits == 6) {
        text += digits[value];
        value = 0;
        bits = 0;
      }
    }
  }
  if (bits > 0) text += digits[value << (6 - bits)];
  while (text.size() % 4 != 0) text += '=';
  return text;
}

TEST_CASE("integers at the edges of their types", "[text]") {
  CHECK(int_text(0) == "0");
  CHECK(int_text(-1) == "-1");
  CHECK(int_text(std::numeric_limits<int64_t>::max()) == "9223372036854775807");
  CHECK(int_text(std::numeric_limits<int64_t>::min()) == "-9223372036854775808");
  CHECK(uint_text(std::numeric_limits<uint64_t>::max()) == "18446744073709551615");
}

TEST_CASE("integers around every power of ten", "[text]") {
  uint64_t power = 1;
  for (int digits = 1; digits <= 19; ++digits, power *= 10) {
    for (const uint64_t value : {power - 1, power, power + 1}) {
      CHECK(uint_text(value) == std::to_string(value));
      const auto negative = -static_cast<int64_t>(value & 0x7FFFFFFFFFFFFFFF);
      CHECK(int_text(negative) == std::to_string(negative));
    }
  }
}

TEST_CASE("integers, random", "[text]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 20000; ++i) {
    const uint64_t value = random.any_width();
    const auto as_signed = static_cast<int64_t>(random.bits()) >> random.below(64);
    if (uint_text(value) != std::to_string(value)) FAIL(value);
    if (int_text(as_signed) != std::to_string(as_signed)) FAIL(as_signed);
  }
}

TEST_CASE("padding never cuts", "[text]") {
  CHECK(padded(7, 0) == "7");
  CHECK(padded(7, 1) == "7");
  CHECK(padded(7, 2) == "07");
  CHECK(padded(0, 4) == "0000");
  CHECK(padded(12345, 4) == "12345");
  CHECK(padded(std::numeric_limits<uint64_t>::max(), 22) == "0018446744073709551615");
}

TEST_CASE("hex is upper case and padding never cuts", "[text]") {
  CHECK(hex(0, 1) == "0");
  CHECK(hex(0, 16) == "0000000000000000");
  CHECK(hex(0xABCDEF, 4) == "ABCDEF");
  CHECK(hex(0x1A, 4) == "001A");
  CHECK(hex(std::numeric_limits<uint64_t>::max(), 1) == "FFFFFFFFFFFFFFFF");
}

TEST_CASE("base64: the vectors of RFC 4648", "[text]") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foob") == "Zm9vYg==");
  CHECK(base64("fooba") == "Zm9vYmE=");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64("\xFB\xFF\xBF") == "+/+/");
}

TEST_CASE("base64, random", "[text]") {
  Random random;
  INFO(random.how_to_repeat());
  for (size_t length = 0; length < 300; ++length) {
    const std::string bytes = random.bytes(length);
    if (base64(bytes) != naive_base64(bytes)) FAIL(naive_base64(bytes));
    if (base64(bytes).size() != base64_bytes(length)) FAIL(length << " bytes");
  }
}

TEST_CASE("fnv1a: published vectors, in one piece or several", "[text]") {
  CHECK(fnv1a_32("") == 0x811c9dc5);
  CHECK(fnv1a_32("a") == 0xe40c292c);
  CHECK(fnv1a_32("foobar") == 0xbf9cf968);
  CHECK(fnv1a_32("bar", fnv1a_32("foo")) == fnv1a_32("foobar"));
  CHECK(fnv1a_32("\xFF") == 0x7a0b824e);  // bytes are unsigned
}

}  // namespace
}  // namespace waljet
