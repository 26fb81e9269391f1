// JSON strings read back as the text they were written from, JSON numbers as the same number.
#include "event/json.h"

#include <charconv>
#include <cmath>
#include <cstring>

#include "event/test_sink.h"
#include "fuzz.h"

namespace waljet {
namespace {

void append_utf8(std::string& text, uint32_t code) {
  if (code < 0x80) {
    text += static_cast<char>(code);
    return;
  }
  const int tails = code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
  constexpr uint32_t leads[] = {0, 0xC0, 0xE0, 0xF0};
  text += static_cast<char>(leads[tails] | code >> (6 * tails));
  for (int i = tails - 1; i >= 0; --i) text += static_cast<char>(0x80 | (code >> (6 * i) & 0x3F));
}

// Reads the four hex digits of a \u escape; both cases are JSON.
uint32_t take_code_unit(std::string_view& json) {
  require(json.size() >= 4, "\\u has four digits");
  uint32_t unit = 0;
  for (int i = 0; i < 4; ++i) {
    const char c = json[static_cast<size_t>(i)];
    const int digit = hex_digit(c >= 'a' && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c);
    require(digit >= 0, "\\u has hex digits");
    unit = unit << 4 | static_cast<uint32_t>(digit);
  }
  json.remove_prefix(4);
  return unit;
}

void decode_escape(std::string_view& json, std::string& text) {
  require(!json.empty(), "something follows a backslash");
  const char c = json[0];
  json.remove_prefix(1);
  constexpr std::string_view letters = "\"\\/bfnrt";
  constexpr std::string_view meanings = "\"\\/\b\f\n\r\t";
  const size_t at = letters.find(c);
  if (at != std::string_view::npos) {
    text += meanings[at];
    return;
  }
  require(c == 'u', "an escape is one of JSON's");
  uint32_t code = take_code_unit(json);
  if (code >= 0xD800 && code < 0xDC00) {
    require(json.starts_with("\\u"), "a high surrogate is followed by a low one");
    json.remove_prefix(2);
    const uint32_t low = take_code_unit(json);
    require(low >= 0xDC00 && low < 0xE000, "a high surrogate is followed by a low one");
    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
  }
  append_utf8(text, code);
}

std::string decode_string(std::string_view json) {
  require(json.size() >= 2 && json.front() == '"' && json.back() == '"', "a string is quoted");
  json = json.substr(1, json.size() - 2);
  std::string text;
  while (!json.empty()) {
    const char c = json[0];
    require(c != '"', "a quote within a string is escaped");
    require(static_cast<uint8_t>(c) >= 0x20, "no control character: one physical line");
    json.remove_prefix(1);
    if (c == '\\') {
      decode_escape(json, text);
    } else {
      text += c;
    }
  }
  return text;
}

void check_string(const std::string& text) {
  const std::string json = written([&](Sink& sink) { put_json_string(sink, text); });
  require(decode_string(json) == text, "a string reads back as it was");
  require(json_string_bytes(text) == json.size(), "json_string_bytes() tells the size");
  require(json.size() <= json_string_bytes_max(text.size()), "json_string_bytes_max() is a bound");
  const std::string bare = written([&](Sink& sink) { put_json_text(sink, text); });
  require('"' + bare + '"' == json, "put_json_text() writes the same without quotes");
}

// -? digits . digits (E -? digits)?, no needless zero: a JSON number with Java's point.
void check_grammar(std::string_view json) {
  const auto take_digits = [&] {
    size_t count = 0;
    while (!json.empty() && json[0] >= '0' && json[0] <= '9') {
      json.remove_prefix(1);
      ++count;
    }
    return count;
  };
  if (json.starts_with('-')) json.remove_prefix(1);
  const bool zero = json.starts_with('0');
  const size_t whole = take_digits();
  require(whole == 1 || (whole > 1 && !zero), "a number has digits before its point");
  require(json.starts_with('.'), "a number has a point");
  json.remove_prefix(1);
  require(take_digits() > 0, "a number has digits behind its point");
  if (json.starts_with('E')) {
    require(whole == 1 && !zero, "one digit before the point where there is an exponent");
    json.remove_prefix(1);
    if (json.starts_with('-')) json.remove_prefix(1);
    require(take_digits() > 0, "an exponent has digits");
  }
  require(json.empty(), "nothing follows a number");
}

template <typename Number>
void check_number(Number number) {
  char digits[64];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  std::string shortest(digits, end);
  if (std::isnan(number)) shortest = "NaN";
  if (std::isinf(number)) shortest = number < 0 ? "-Infinity" : "Infinity";
  const std::string json = written([&](Sink& sink) { put_json_double(sink, shortest); });
  if (!std::isfinite(number)) {
    require(json == '"' + shortest + '"', "what is no number is its name in a string");
    return;
  }
  check_grammar(json);
  Number back{};
  if constexpr (sizeof(Number) == sizeof(double)) {
    back = std::strtod(json.c_str(), nullptr);
  } else {
    back = std::strtof(json.c_str(), nullptr);
  }
  require(std::memcmp(&back, &number, sizeof number) == 0, "a number reads back bit by bit");
  const Number size = std::fabs(number);
  const bool plain = number == 0 || (size >= Number(1e-3) && size < Number(1e7));
  require(plain == (json.find('E') == std::string::npos), "exponents begin where Java's do");
}

template <typename Number>
Number number_of(FuzzedDataProvider& input) {
  Number number{};
  const auto bytes = input.ConsumeBytes<uint8_t>(sizeof number);
  if (!bytes.empty()) std::memcpy(&number, bytes.data(), bytes.size());
  return number;
}

}  // namespace
}  // namespace waljet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  FuzzedDataProvider input(data, size);
  waljet::check_number(waljet::number_of<double>(input));
  waljet::check_number(waljet::number_of<float>(input));
  waljet::check_string(waljet::as_utf8(input.ConsumeRemainingBytesAsString()));
  return 0;
}
