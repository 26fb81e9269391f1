#include "event/decimal.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "event/test_random.h"
#include "event/test_sink.h"
#include "event/text.h"

namespace waljet {
namespace {

// The scratch is exactly as large as promised, so that a word too many is a finding.
std::string decimal(std::string_view text, int scale) {
  const auto scratch = std::make_unique<uint64_t[]>(decimal_scratch_words(text.size(), scale));
  return written([&](Sink& sink) { put_connect_decimal(sink, text, scale, scratch.get()); });
}

std::string variable_decimal(std::string_view text) {
  const auto scratch = std::make_unique<uint64_t[]>(decimal_scratch_words(text.size(), 0));
  return written([&](Sink& sink) { put_variable_scale_decimal(sink, text, scratch.get()); });
}

std::string whole_decimal(int64_t unscaled) {
  return written([&](Sink& sink) { put_connect_decimal(sink, unscaled); });
}

std::string fixed_point(int64_t unscaled, int scale) {
  return written([&](Sink& sink) { put_fixed_point(sink, unscaled, scale); });
}

std::string base64(std::string_view bytes) {
  return written([&](Sink& sink) { put_base64(sink, bytes); });
}

std::string quoted_base64(std::string_view bytes) {
  return '"' + base64(bytes) + '"';
}

// Schoolbook division by 256, digit by digit: the magnitude's bytes, highest first.
std::string naive_magnitude(std::string digits) {
  std::string bytes;
  while (digits.find_first_not_of('0') != std::string::npos) {
    int rest = 0;
    for (char& digit : digits) {
      const int value = rest * 10 + (digit - '0');
      digit = static_cast<char>('0' + value / 256);
      rest = value % 256;
    }
    bytes += static_cast<char>(rest);
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  }
  std::reverse(bytes.begin(), bytes.end());
  return bytes;
}

std::string naive_bytes(const std::string& digits, bool negative) {
  std::string bytes = std::string(1, '\0') + naive_magnitude(digits);
  if (negative) {
    int carry = 1;
    for (size_t i = bytes.size(); i-- > 0;) {
      const int value = (~bytes[i] & 0xFF) + carry;
      bytes[i] = static_cast<char>(value & 0xFF);
      carry = value >> 8;
    }
  }
  const auto repeats_sign = [&] {
    const bool sign = (bytes[1] & 0x80) != 0;
    return bytes[0] == (sign ? '\xFF' : '\0');
  };
  while (bytes.size() > 1 && repeats_sign()) bytes.erase(0, 1);
  return bytes;
}

std::string random_digits(Random& random, size_t length) {
  std::string digits;
  for (size_t i = 0; i < length; ++i) digits += static_cast<char>('0' + random.below(10));
  return digits;
}

// As numeric_out prints: no zeros in front but the one before the point.
std::string trimmed(std::string digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  return digits.empty() ? "0" : digits;
}

TEST_CASE("decimals with a scale", "[decimal]") {
  CHECK(decimal("10", 0) == R"("Cg==")");
  CHECK(decimal("22", 0) == R"("Fg==")");
  CHECK(decimal("22.2200", 4) == R"("A2P4")");
  CHECK(decimal("22.0000", 4) == R"("A1tg")");
  CHECK(decimal("1.00", 2) == R"("ZA==")");
  CHECK(decimal("1234.11", 2) == R"("AeIT")");
  CHECK(decimal("-1234.11", 2) == R"("/h3t")");
  CHECK(decimal("123.5", 1) == R"("BNM=")");
  CHECK(decimal("1.20", 2) == R"("eA==")");
  CHECK(decimal("5.60", 2) == R"("AjA=")");
  CHECK(decimal("-92233720368547758.08", 2) == R"("gAAAAAAAAAA=")");
}

TEST_CASE("decimals take the fewest bytes that keep the sign", "[decimal]") {
  CHECK(decimal("0", 0) == R"("AA==")");
  CHECK(decimal("-0.00", 2) == R"("AA==")");
  CHECK(decimal("-1", 0) == R"("/w==")");
  CHECK(decimal("127", 0) == quoted_base64("\x7F"));
  CHECK(decimal("128", 0) == R"("AIA=")");
  CHECK(decimal("-128", 0) == quoted_base64("\x80"));
  CHECK(decimal("-129", 0) == quoted_base64("\xFF\x7F"));
  CHECK(decimal("255", 0) == quoted_base64(std::string_view("\x00\xFF", 2)));
  CHECK(decimal("-256", 0) == quoted_base64(std::string_view("\xFF\x00", 2)));
}

TEST_CASE("decimals at the edges of a word", "[decimal]") {
  const std::string zeros(7, '\0');
  CHECK(decimal("9223372036854775807", 0) == quoted_base64("\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"));
  CHECK(decimal("9223372036854775808", 0) == quoted_base64(std::string("\0\x80", 2) + zeros));
  CHECK(decimal("-9223372036854775808", 0) == quoted_base64("\x80" + zeros));
  CHECK(decimal("18446744073709551615", 0) ==
        quoted_base64(std::string("\0", 1) + "\xFF\xFF\xFF\xFF\xFF\xFF\xFF\xFF"));
  CHECK(decimal("18446744073709551616", 0) == quoted_base64(std::string("\1\0", 2) + zeros));
  CHECK(decimal("-18446744073709551616", 0) == quoted_base64(std::string("\xFF\0", 2) + zeros));
}

TEST_CASE("a scale other than the text's", "[decimal]") {
  CHECK(decimal("10.11", 0) == R"("Cg==")");  // digits behind it are cut
  CHECK(decimal("1", 2) == R"("ZA==")");      // zeros are added
  CHECK(decimal("0.00123", 5) == quoted_base64("\x7B"));
  CHECK(decimal("0.00123", 2) == R"("AA==")");
  CHECK(decimal("12000", -3) == quoted_base64("\x0C"));
  CHECK(decimal("0", -3) == R"("AA==")");
  CHECK(decimal("-5000", -3) == quoted_base64("\xFB"));
}

TEST_CASE("decimals without a scale drop zeros at the end", "[decimal]") {
  CHECK(variable_decimal("10.1111") == R"({"scale":4,"value":"AYr3"})");
  CHECK(variable_decimal("1.1") == R"({"scale":1,"value":"Cw=="})");
  CHECK(variable_decimal("2.22") == R"({"scale":2,"value":"AN4="})");
  CHECK(variable_decimal("3.333") == R"({"scale":3,"value":"DQU="})");
  CHECK(variable_decimal("1.10") == R"({"scale":1,"value":"Cw=="})");
  CHECK(variable_decimal("10.00") == R"({"scale":0,"value":"Cg=="})");
  CHECK(variable_decimal("100") == R"({"scale":0,"value":"ZA=="})");  // never a negative scale
  CHECK(variable_decimal("0") == R"({"scale":0,"value":"AA=="})");
  CHECK(variable_decimal("0.000") == R"({"scale":0,"value":"AA=="})");
  CHECK(variable_decimal("-0.50") == R"({"scale":1,"value":"+w=="})");
}

TEST_CASE("decimals, random, against long division", "[decimal]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 4000; ++i) {
    const std::string whole = trimmed(random_digits(random, random.below(60)));
    const std::string fraction = random_digits(random, random.below(40));
    const bool negative = random.chance(2);
    const auto scale = static_cast<int>(fraction.size());
    const std::string text =
        (negative ? "-" : "") + whole + (fraction.empty() ? "" : "." + fraction);
    const std::string expected = quoted_base64(naive_bytes(whole + fraction, negative));
    if (decimal(text, scale) != expected) FAIL(text);
    const std::string longer = quoted_base64(naive_bytes(whole + fraction + "000", negative));
    if (decimal(text, scale + 3) != longer) FAIL(text << " with three more digits");

    std::string short_fraction = fraction;
    while (!short_fraction.empty() && short_fraction.back() == '0') short_fraction.pop_back();
    const std::string variable =
        "{\"scale\":" + std::to_string(short_fraction.size()) +
        ",\"value\":" + quoted_base64(naive_bytes(whole + short_fraction, negative)) + "}";
    if (variable_decimal(text) != variable) FAIL(text);
  }
}

TEST_CASE("decimals of every length up to three hundred digits", "[decimal]") {
  for (size_t length = 1; length <= 300; ++length) {
    const std::string nines(length, '9');
    INFO(length);
    CHECK(decimal(nines, 0) == quoted_base64(naive_bytes(nines, false)));
    CHECK(decimal("-" + nines, 0) == quoted_base64(naive_bytes(nines, true)));
  }
}

TEST_CASE("the longest decimals that PostgreSQL has", "[decimal]") {
  Random random;
  INFO(random.how_to_repeat());
  const std::string whole = "7" + random_digits(random, 3000);
  const std::string fraction = random_digits(random, 2000) + "1";
  const std::string expected = quoted_base64(naive_bytes(whole + fraction, true));
  CHECK(decimal("-" + whole + "." + fraction, 2001) == expected);
  CHECK(variable_decimal("-" + whole + "." + fraction) ==
        "{\"scale\":2001,\"value\":" + expected + "}");
  // As long as the type can be: that it ends within its scratch.
  const std::string longest = std::string(131072, '9') + "." + std::string(16383, '9');
  CHECK(variable_decimal(longest).size() > 80000);
  CHECK(variable_decimal("-" + longest).size() <= decimal_bytes_max);
}

constexpr int64_t most = std::numeric_limits<int64_t>::max();
constexpr int64_t least = std::numeric_limits<int64_t>::min();

TEST_CASE("money as a decimal", "[decimal]") {
  CHECK(whole_decimal(123411) == R"("AeIT")");
  CHECK(whole_decimal(-123411) == R"("/h3t")");
  CHECK(whole_decimal(least) == R"("gAAAAAAAAAA=")");
  CHECK(whole_decimal(most) == quoted_base64("\x7F\xFF\xFF\xFF\xFF\xFF\xFF\xFF"));
  CHECK(whole_decimal(1235) == R"("BNM=")");
  CHECK(whole_decimal(0) == R"("AA==")");
  CHECK(whole_decimal(-1) == R"("/w==")");
  CHECK(whole_decimal(128) == R"("AIA=")");
}

TEST_CASE("whole numbers as decimals, random and at every power of two", "[decimal]") {
  Random random;
  INFO(random.how_to_repeat());
  const auto check = [](int64_t value) {
    if (whole_decimal(value) != decimal(std::to_string(value), 0)) FAIL(value);
  };
  for (int bit = 0; bit < 63; ++bit) {
    for (int64_t near = -2; near <= 2; ++near) {
      check((int64_t{1} << bit) + near);
      check(-(int64_t{1} << bit) + near);
    }
  }
  for (int i = 0; i < 5000; ++i) {
    check(static_cast<int64_t>(random.any_width()));
    check(-static_cast<int64_t>(random.any_width() >> 1));
  }
}

TEST_CASE("fixed point", "[decimal]") {
  CHECK(fixed_point(123411, 2) == "1234.11");
  CHECK(fixed_point(-123411, 2) == "-1234.11");
  CHECK(fixed_point(-5, 2) == "-0.05");
  CHECK(fixed_point(5, 2) == "0.05");
  CHECK(fixed_point(0, 2) == "0.00");
  CHECK(fixed_point(100, 2) == "1.00");
  CHECK(fixed_point(1235, 1) == "123.5");
  CHECK(fixed_point(1234, 0) == "1234");
  CHECK(fixed_point(-1, 0) == "-1");
  CHECK(fixed_point(least, 2) == "-92233720368547758.08");
  CHECK(fixed_point(most, 2) == "92233720368547758.07");
  CHECK(fixed_point(least, 0) == "-9223372036854775808");
  CHECK(fixed_point(least, 18) == "-9.223372036854775808");
}

TEST_CASE("fixed point, random, is the digits with a point among them", "[decimal]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 10000; ++i) {
    const auto value = static_cast<int64_t>(random.any_width());
    const size_t scale = random.below(19);
    std::string digits = std::to_string(value);
    const std::string sign = value < 0 ? "-" : "";
    digits.erase(0, sign.size());
    while (digits.size() <= scale) digits.insert(0, "0");
    if (scale > 0) digits.insert(digits.size() - scale, ".");
    if (fixed_point(value, static_cast<int>(scale)) != sign + digits) FAIL(value << " " << scale);
  }
}

}  // namespace
}  // namespace waljet
