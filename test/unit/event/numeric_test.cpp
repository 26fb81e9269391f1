#include "event/numeric.h"

#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "event/decimal.h"
#include "event/test_random.h"
#include "event/test_sink.h"

namespace waljet {
namespace {

// A number as a test writes it: digits and a place for the point.
struct Number {
  bool negative = false;
  std::string whole = "0";
  std::string fraction;

  std::string text() const {
    return (negative ? "-" : "") + whole + (fraction.empty() ? "" : "." + fraction);
  }
};

void append16(std::string& bytes, unsigned value) {
  bytes += static_cast<char>(value & 0xFF);
  bytes += static_cast<char>(value >> 8 & 0xFF);
}

// The server's make_result(), from digits: groups of four round the point, no zeros at the ends,
// the short form where it can hold weight and scale.
std::string stored(const Number& number, bool long_form = false) {
  std::string digits = number.whole;
  while (digits.size() % 4 != 0) digits.insert(0, "0");
  auto weight = static_cast<int>(digits.size() / 4) - 1;
  digits += number.fraction;
  while (digits.size() % 4 != 0) digits += '0';
  while (!digits.empty() && digits.compare(0, 4, "0000") == 0) {
    digits.erase(0, 4);
    --weight;
  }
  while (!digits.empty() && digits.compare(digits.size() - 4, 4, "0000") == 0) {
    digits.erase(digits.size() - 4);
  }
  if (digits.empty()) weight = 0;
  const bool negative = number.negative && !digits.empty();
  const auto scale = static_cast<unsigned>(number.fraction.size());
  std::string bytes;
  if (!long_form && scale <= 0x3F && weight <= 63 && weight >= -64) {
    append16(bytes, 0x8000u | (negative ? 0x2000u : 0) | scale << 7 | (weight < 0 ? 0x40u : 0) |
                        (static_cast<unsigned>(weight) & 0x3Fu));
  } else {
    append16(bytes, (negative ? 0x4000u : 0) | scale);
    append16(bytes, static_cast<unsigned>(weight));
  }
  for (size_t at = 0; at < digits.size(); at += 4) {
    append16(bytes, static_cast<unsigned>(std::stoi(digits.substr(at, 4))));
  }
  return bytes;
}

std::string text_of(const StoredNumeric& number) {
  return written([&](Sink& sink) { number.put(sink); });
}

std::string connect_decimal(const std::string& text, int scale) {
  const auto scratch = std::make_unique<uint64_t[]>(decimal_scratch_words(text.size(), scale));
  return written([&](Sink& sink) { put_connect_decimal(sink, text, scale, scratch.get()); });
}

std::string variable_decimal(const std::string& text) {
  const auto scratch = std::make_unique<uint64_t[]>(decimal_scratch_words(text.size(), 0));
  return written([&](Sink& sink) { put_variable_scale_decimal(sink, text, scratch.get()); });
}

void check(const Number& number) {
  // Zero has no sign.
  Number expected = number;
  if ((number.whole + number.fraction).find_first_not_of('0') == std::string::npos) {
    expected.negative = false;
  }
  const std::string text = expected.text();
  for (const bool long_form : {false, true}) {
    const std::string bytes = stored(number, long_form);
    const auto read = StoredNumeric::read(bytes);
    REQUIRE(read);
    if (text_of(*read) != text) FAIL(text << " was " << text_of(*read));
    if (text.size() > read->bytes_max()) FAIL(text << " is longer than it may be");
    for (const int scale : {0, 1, 2, 3, 4, 5, 7, 9, 18, read->display_scale()}) {
      const auto unscaled = read->unscaled(scale);
      if (!unscaled) continue;
      const auto decimal = written([&](Sink& sink) { put_connect_decimal(sink, *unscaled); });
      if (decimal != connect_decimal(text, scale)) FAIL(text << " at scale " << scale);
    }
    const auto whole = read->unscaled(read->display_scale());
    if (!whole) continue;
    const auto variable = written(
        [&](Sink& sink) { put_variable_scale_decimal(sink, *whole, read->display_scale()); });
    if (variable != variable_decimal(text)) FAIL(text << " of a scale of its own");
  }
}

std::string random_digits(Random& random, size_t length) {
  std::string digits;
  // Zeros are frequent, so that whole groups of them are.
  for (size_t i = 0; i < length; ++i) {
    digits += random.chance(2) ? '0' : static_cast<char>('0' + random.below(10));
  }
  return digits;
}

std::string without_leading_zeros(std::string digits) {
  digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
  return digits.empty() ? "0" : digits;
}

TEST_CASE("numerics read from what is stored", "[numeric]") {
  // -12345.678, as a server keeps it: groups 1, 2345 and 6780.
  const std::string bytes("\x81\xA1\x01\x00\x29\x09\x7C\x1A", 8);
  const auto number = StoredNumeric::read(bytes);
  REQUIRE(number);
  CHECK(text_of(*number) == "-12345.678");
  CHECK(number->display_scale() == 3);
  CHECK(number->unscaled(3) == -12345678);
  CHECK(number->unscaled(1) == -123456);
  CHECK(number->unscaled(4) == -123456780);
  CHECK(number->unscaled(-1) == std::nullopt);
}

TEST_CASE("what is no number is not read", "[numeric]") {
  CHECK_FALSE(StoredNumeric::read(std::string("\x00\xC0", 2)));  // NaN
  CHECK_FALSE(StoredNumeric::read(std::string("\x00\xD0", 2)));  // Infinity
  CHECK_FALSE(StoredNumeric::read(std::string("\x00\xF0", 2)));  // -Infinity
  CHECK_FALSE(StoredNumeric::read(""));
  CHECK_FALSE(StoredNumeric::read(std::string("\x00\x00\x00", 3)));
}

TEST_CASE("numerics of all shapes", "[numeric]") {
  check({});
  check({true, "0", "00"});
  check({false, "10000", ""});
  check({true, "9999", "9999"});
  check({false, "0", "0000000000000000000000000001"});
  check({false, "1", std::string(63, '0')});
  check({false, "1", std::string(64, '0')});  // the long form
  check({true, std::string(300, '9'), "5"});
  check({false, "999999999999999999", ""});
  check({true, "9999999999999999", "99"});
  check({false, "99999999999999999999", ""});
}

TEST_CASE("numerics, random, against their digits", "[numeric]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 20000; ++i) {
    check({random.chance(2), without_leading_zeros(random_digits(random, random.below(24))),
           random_digits(random, random.below(24))});
  }
  for (int i = 0; i < 200; ++i) {
    check({random.chance(2), without_leading_zeros(random_digits(random, random.below(2000))),
           random_digits(random, random.below(900))});
  }
}

}  // namespace
}  // namespace waljet
