// Decimals: the bytes that are written are the number that was given, in the fewest bytes.
#include "event/decimal.h"

#include <algorithm>
#include <memory>
#include <vector>

#include "event/test_sink.h"
#include "fuzz.h"

namespace waljet {
namespace {

std::vector<uint8_t> decode_base64(std::string_view text) {
  constexpr std::string_view digits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  require(text.size() % 4 == 0, "base64 is padded");
  std::vector<uint8_t> bytes;
  uint32_t bits = 0;
  int count = 0;
  while (text.ends_with('=')) text.remove_suffix(1);
  for (const char c : text) {
    const size_t value = digits.find(c);
    require(value != std::string_view::npos, "base64 has its own digits");
    bits = bits << 6 | static_cast<uint32_t>(value);
    count += 6;
    if (count < 8) continue;
    count -= 8;
    bytes.push_back(static_cast<uint8_t>(bits >> count));
  }
  return bytes;
}

// Two's complement, big-endian, as decimal text.
std::string integer_text(std::vector<uint8_t> bytes) {
  require(!bytes.empty(), "a number has a byte");
  const bool negative = bytes[0] >= 0x80;
  if (bytes.size() > 1) {
    const bool needless = bytes[0] == (bytes[1] >= 0x80 ? 0xFF : 0);
    require(!needless, "the fewest bytes that keep the sign");
  }
  if (negative) {
    for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(~byte);
    for (size_t i = bytes.size(); i-- > 0 && ++bytes[i] == 0;) continue;
  }
  std::string digits = "0";  // least significant first
  for (const uint8_t byte : bytes) {
    unsigned carry = byte;
    for (char& digit : digits) {
      carry += static_cast<unsigned>(digit - '0') * 256;
      digit = static_cast<char>('0' + carry % 10);
      carry /= 10;
    }
    for (; carry > 0; carry /= 10) digits += static_cast<char>('0' + carry % 10);
  }
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  if (negative) digits += '-';
  std::reverse(digits.begin(), digits.end());
  return digits;
}

struct Number {
  bool negative;
  std::string whole;
  std::string fraction;

  std::string text() const {
    return (negative ? "-" : "") + whole + (fraction.empty() ? "" : "." + fraction);
  }
  // The number times 10^scale, cut towards zero.
  std::string scaled(int scale) const {
    std::string digits = whole + fraction;
    const int zeros = scale - static_cast<int>(fraction.size());
    if (zeros >= 0) {
      digits.append(static_cast<size_t>(zeros), '0');
    } else {
      digits.resize(digits.size() - std::min(digits.size(), static_cast<size_t>(-zeros)));
    }
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size()));
    if (digits.empty()) return "0";
    return negative ? "-" + digits : digits;
  }
};

std::string read_number(std::string_view json) {
  require(json.size() > 2 && json.front() == '"' && json.back() == '"', "a decimal is a string");
  return integer_text(decode_base64(json.substr(1, json.size() - 2)));
}

void check_connect(const Number& number, int scale) {
  const std::string text = number.text();
  const auto scratch = std::make_unique<uint64_t[]>(decimal_scratch_words(text.size(), scale));
  const auto json =
      written([&](Sink& sink) { put_connect_decimal(sink, text, scale, scratch.get()); });
  require(read_number(json) == number.scaled(scale), "a decimal is its number times 10^scale");
}

void check_variable_scale(const Number& number) {
  const std::string text = number.text();
  const auto scratch = std::make_unique<uint64_t[]>(decimal_scratch_words(text.size(), 0));
  const auto json =
      written([&](Sink& sink) { put_variable_scale_decimal(sink, text, scratch.get()); });
  Number shorter = number;
  while (shorter.fraction.ends_with('0')) shorter.fraction.pop_back();
  const std::string begin = "{\"scale\":" + std::to_string(shorter.fraction.size()) + ",\"value\":";
  require(json.starts_with(begin) && json.ends_with('}'), "the scale is what is left");
  const auto value = std::string_view(json).substr(begin.size(), json.size() - begin.size() - 1);
  const std::string scaled = shorter.scaled(static_cast<int>(shorter.fraction.size()));
  require(read_number(value) == scaled, "a decimal is its number times 10^scale");
}

// Digits as numeric_out prints them: no needless zero in front.
Number random_number(FuzzedDataProvider& input) {
  const auto digits = [&] {
    std::string text = input.ConsumeRandomLengthString(1200);
    for (char& c : text) c = static_cast<char>('0' + static_cast<uint8_t>(c) % 10);
    return text;
  };
  Number number{input.ConsumeBool(), digits(), digits()};
  number.whole.erase(0, std::min(number.whole.find_first_not_of('0'), number.whole.size()));
  if (number.whole.empty()) number.whole = "0";
  return number;
}

}  // namespace
}  // namespace waljet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace waljet;
  FuzzedDataProvider input(data, size);
  const int scale = input.ConsumeIntegralInRange(-1000, 1000);  // what a column may declare
  const Number number = random_number(input);
  check_connect(number, scale);
  check_variable_scale(number);
  return 0;
}
