#include "event/bits.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "event/test_random.h"
#include "event/test_sink.h"

namespace waljet {
namespace {

// `ones_and_zeros` as PostgreSQL stores it, with ones behind its end, which must not matter.
std::vector<uint8_t> stored(const std::string& ones_and_zeros, bool ones_behind = false) {
  std::vector<uint8_t> bytes((ones_and_zeros.size() + 7) / 8, ones_behind ? 0xFF : 0);
  for (size_t i = 0; i < ones_and_zeros.size(); ++i) {
    const auto bit = static_cast<uint8_t>(0x80 >> i % 8);
    bytes[i / 8] =
        static_cast<uint8_t>(ones_and_zeros[i] == '1' ? bytes[i / 8] | bit : bytes[i / 8] & ~bit);
  }
  return bytes;
}

std::string bits(const std::string& ones_and_zeros, bool ones_behind = false) {
  const std::vector<uint8_t> bytes = stored(ones_and_zeros, ones_behind);
  return written([&](Sink& sink) { put_bits(sink, bytes.data(), ones_and_zeros.size()); });
}

// A number as decimal digits, doubled once a bit and then divided by 256 until nothing is left.
std::string naive_little_endian(const std::string& ones_and_zeros) {
  std::vector<int> digits;  // lowest first
  for (const char bit : ones_and_zeros) {
    int carry = bit == '1' ? 1 : 0;
    for (int& digit : digits) {
      carry += digit * 2;
      digit = carry % 10;
      carry /= 10;
    }
    if (carry > 0) digits.push_back(carry);
  }
  std::string bytes;
  while (!digits.empty()) {
    int rest = 0;
    for (size_t i = digits.size(); i-- > 0;) {
      rest = rest * 10 + digits[i];
      digits[i] = rest / 256;
      rest %= 256;
    }
    bytes += static_cast<char>(rest);
    while (!digits.empty() && digits.back() == 0) digits.pop_back();
  }
  return bytes;
}

std::string quoted_base64(std::string_view bytes) {
  return '"' + written([&](Sink& sink) { put_base64(sink, bytes); }) + '"';
}

std::string random_bits(Random& random, size_t count) {
  std::string text;
  const size_t one_in = size_t{1} << random.below(5);
  for (size_t i = 0; i < count; ++i) text += random.chance(one_in) ? '1' : '0';
  return text;
}

TEST_CASE("bit strings are little-endian numbers", "[bits]") {
  CHECK(bits("1000000") == R"("QA==")");
  CHECK(bits("00") == R"("")");
  CHECK(bits("1" + std::string(63, '0')) == R"("AAAAAAAAAIA=")");
  CHECK(bits("101") == R"("BQ==")");
  CHECK(bits("") == R"("")");
  CHECK(bits("1") == R"("AQ==")");
  CHECK(bits("11") == R"("Aw==")");
  CHECK(bits("100000001") == quoted_base64("\x01\x01"));
  CHECK(bits("1000000000") == quoted_base64(std::string_view("\x00\x02", 2)));
}

TEST_CASE("zeros in front are dropped, however many", "[bits]") {
  for (size_t zeros = 0; zeros <= 40; ++zeros) {
    CHECK(bits(std::string(zeros, '0') + "1").substr(0, 4) == R"("AQ=)");
    CHECK(bits(std::string(zeros, '0')) == R"("")");
    CHECK(bits(std::string(zeros, '0') + "100000000") == quoted_base64(std::string("\0\1", 2)));
  }
}

TEST_CASE("bit strings of every length, against decimal arithmetic", "[bits]") {
  Random random;
  INFO(random.how_to_repeat());
  for (size_t length = 0; length <= 300; ++length) {
    for (int i = 0; i < 8; ++i) {
      const std::string text = random_bits(random, length);
      INFO(text);
      const std::string json = bits(text);
      if (json != quoted_base64(naive_little_endian(text))) FAIL(json);
      if (bits(text, true) != json) FAIL("depends on what stands behind the last bit");
      if (json.size() > bits_bytes(length)) FAIL(json.size());
    }
  }
}

// Longer than one chunk of base64.
TEST_CASE("long bit strings", "[bits]") {
  Random random;
  INFO(random.how_to_repeat());
  for (const size_t length : {6143u, 6144u, 6145u, 6152u, 12288u, 12297u, 20001u}) {
    const std::string text = "1" + random_bits(random, length - 1);
    std::string bytes((length + 7) / 8, '\0');
    for (size_t i = 0; i < length; ++i) {
      if (text[length - 1 - i] == '1') bytes[i / 8] = static_cast<char>(bytes[i / 8] | 1 << i % 8);
    }
    INFO(length);
    CHECK((bits(text) == quoted_base64(bytes)));
    CHECK(bits(text).size() == bits_bytes(length));
  }
}

}  // namespace
}  // namespace waljet
