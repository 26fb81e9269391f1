#include "event/json.h"

#include <rapidjson/document.h>

#include <catch2/catch.hpp>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <string>

#include "event/test_random.h"
#include "event/test_sink.h"

namespace waljet {
namespace {

std::string json_string(std::string_view utf8, JsonText mode = JsonText::utf8) {
  return written([&](Sink& sink) { put_json_string(sink, utf8, mode); });
}

std::string json_value(std::string_view json, JsonText mode) {
  return written([&](Sink& sink) { put_json_value(sink, json, mode); });
}

std::string json_double(std::string_view shortest) {
  return written([&](Sink& sink) { put_json_double(sink, shortest); });
}

std::string naive_json_string(std::string_view utf8) {
  std::string text = "\"";
  for (const char c : utf8) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"') {
      text += "\\\"";
    } else if (c == '\\') {
      text += "\\\\";
    } else if (c == '\b') {
      text += "\\b";
    } else if (c == '\t') {
      text += "\\t";
    } else if (c == '\n') {
      text += "\\n";
    } else if (c == '\f') {
      text += "\\f";
    } else if (c == '\r') {
      text += "\\r";
    } else if (byte < 0x20) {
      const std::string digits = "0123456789ABCDEF";
      text += "\\u00";
      text += digits[byte >> 4];
      text += digits[byte & 15];
    } else {
      text += c;
    }
  }
  return text + "\"";
}

// True if a validating parser reads `json` as the string `utf8`.
bool reads_back(const std::string& json, const std::string& utf8) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(json.data(), json.size());
  return !document.HasParseError() && document.IsString() &&
         std::string(document.GetString(), document.GetStringLength()) == utf8;
}

std::string utf8_character(uint32_t code) {
  const auto byte = [](uint32_t bits) { return static_cast<char>(bits); };
  std::string text;
  if (code < 0x80) {
    text += byte(code);
  } else if (code < 0x800) {
    text += byte(0xC0 | code >> 6);
    text += byte(0x80 | (code & 63));
  } else if (code < 0x10000) {
    text += byte(0xE0 | code >> 12);
    text += byte(0x80 | (code >> 6 & 63));
    text += byte(0x80 | (code & 63));
  } else {
    text += byte(0xF0 | code >> 18);
    text += byte(0x80 | (code >> 12 & 63));
    text += byte(0x80 | (code >> 6 & 63));
    text += byte(0x80 | (code & 63));
  }
  return text;
}

uint32_t random_code(Random& random) {
  constexpr uint32_t ends[] = {0x30, 0x80, 0x800, 0x10000, 0x110000};
  const auto code = static_cast<uint32_t>(random.below(ends[random.below(5)]));
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  return surrogate ? 'x' : code;
}

TEST_CASE("strings: what is escaped and what is not", "[json]") {
  CHECK(json_string("") == R"("")");
  CHECK(json_string("plain") == R"("plain")");
  CHECK(json_string("say \"hi\"\\") == R"("say \"hi\"\\")");
  CHECK(json_string("\b\t\n\f\r") == R"("\b\t\n\f\r")");
  CHECK(json_string("\x01\x1F\x0B") == R"("\u0001\u001F\u000B")");
  CHECK(json_string(std::string_view("a\0b", 3)) == R"("a\u0000b")");
  CHECK(json_string("</script>") == R"("</script>")");
  CHECK(json_string("\x7F") == "\"\x7F\"");
  CHECK(json_string("\xE2\x80\xA8\xE2\x80\xA9") == "\"\xE2\x80\xA8\xE2\x80\xA9\"");
  CHECK(json_string("\xF0\x9F\x98\x80") == "\"\xF0\x9F\x98\x80\"");
}

TEST_CASE("text is a string without its quotes", "[json]") {
  CHECK(written([](Sink& sink) { put_json_text(sink, "a\"b"); }) == R"(a\"b)");
  CHECK(written([](Sink& sink) { put_json_text(sink, ""); }).empty());
}

// Sixteen bytes are looked at together: each byte in each place, before and behind that border.
TEST_CASE("strings: every byte at every place", "[json]") {
  for (size_t length = 1; length <= 50; ++length) {
    for (size_t place = 0; place < length; ++place) {
      for (unsigned byte = 0; byte < 256; ++byte) {
        std::string text(length, 'x');
        text[place] = static_cast<char>(byte);
        if (json_string(text) != naive_json_string(text))
          FAIL(length << " " << place << " " << byte);
      }
    }
  }
}

TEST_CASE("strings, random, are read back as they were", "[json]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 5000; ++i) {
    std::string text;
    for (size_t left = random.below(80); left > 0; --left) {
      text += utf8_character(random_code(random));
    }
    const std::string json = json_string(text);
    if (json != naive_json_string(text)) FAIL(json);
    if (json.find('\n') != std::string::npos) FAIL("a second line");
    if (!reads_back(json, text)) FAIL(json);
  }
}

TEST_CASE("the size of a string, counted without writing it", "[json]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 5000; ++i) {
    const std::string text = random.pieces(
        random.below(60),
        {"\x01", "\x1F", "\"", "\\", "\n", "\b", "x", "0123456789ABCDEF", "\xC3\xA4"});
    const std::string json = json_string(text);
    if (json_string_bytes(text) != json.size()) FAIL(json);
    if (json.size() > json_string_bytes_max(text.size())) FAIL(json);
  }
  const std::string worst(1000, '\x01');
  CHECK(json_string(worst).size() == json_string_bytes_max(worst.size()));
}

bool is_ascii(const std::string& text) {
  return text.find_first_not_of([] {
    std::string all;
    for (int c = 0; c < 0x80; ++c) all += static_cast<char>(c);
    return all;
  }()) == std::string::npos;
}

TEST_CASE("strings in ASCII: what is beyond it is escaped", "[json]") {
  const auto ascii = [](std::string_view utf8) { return json_string(utf8, JsonText::ascii); };
  CHECK(ascii("") == R"("")");
  CHECK(ascii("plain \x7F") == "\"plain \x7F\"");
  CHECK(ascii("say \"hi\"\\\n\x01") == R"("say \"hi\"\\\n\u0001")");
  CHECK(ascii("Gr\xC3\xBC\xC3\x9F") == R"("Gr\u00FC\u00DF")");
  CHECK(ascii("\xC2\x80") == R"("\u0080")");
  CHECK(ascii("\xE2\x82\xAC") == R"("\u20AC")");
  CHECK(ascii("\xEF\xBF\xBF") == R"("\uFFFF")");
  CHECK(ascii("\xF0\x90\x80\x80") == R"("\uD800\uDC00")");
  CHECK(ascii("\xF0\x9F\x98\x80") == R"("\uD83D\uDE00")");
  CHECK(ascii("\xF4\x8F\xBF\xBF") == R"("\uDBFF\uDFFF")");
  CHECK(written([](Sink& sink) { put_json_text(sink, "a\"\xC3\xA4", JsonText::ascii); }) ==
        R"(a\"\u00E4)");
}

TEST_CASE("strings in ASCII: a byte of no character is a replacement character", "[json]") {
  const auto ascii = [](std::string_view utf8) { return json_string(utf8, JsonText::ascii); };
  CHECK(ascii("\xFF") == R"("\uFFFD")");
  CHECK(ascii("a\x80z") == R"("a\uFFFDz")");
  CHECK(ascii("\xE2\x82") == R"("\uFFFD\uFFFD")");
  CHECK(ascii("\xE2\x82\"") == R"("\uFFFD\uFFFD\"")");
  CHECK(ascii("\xED\xA0\x80") == R"("\uFFFD\uFFFD\uFFFD")");
  CHECK(ascii("\xC3\xC3\xA4") == R"("\uFFFD\u00E4")");
}

TEST_CASE("strings in ASCII, every character reads back", "[json]") {
  for (uint32_t code = 0; code < 0x110000; code += code < 0x3000 ? 1 : 61) {
    if (code >= 0xD800 && code < 0xE000) continue;
    const std::string text = utf8_character(code);
    const std::string json = json_string(text, JsonText::ascii);
    if (!is_ascii(json) || !reads_back(json, text)) FAIL(json);
  }
}

TEST_CASE("strings in ASCII, random, read back as they were", "[json]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 5000; ++i) {
    std::string text;
    for (size_t left = random.below(80); left > 0; --left) {
      text += utf8_character(random_code(random));
    }
    const std::string json = json_string(text, JsonText::ascii);
    if (!is_ascii(json)) FAIL(json);
    if (json.find('\n') != std::string::npos) FAIL("a second line");
    if (!reads_back(json, text)) FAIL(json);
    if (json_string_bytes(text, JsonText::ascii) != json.size()) FAIL(json);
    if (json.size() > json_string_bytes_max(text.size())) FAIL(json);
  }
}

TEST_CASE("strings in ASCII, of any bytes, are JSON and as long as counted", "[json]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 5000; ++i) {
    const std::string bytes =
        random.chance(2)
            ? random.bytes(random.below(60))
            : random.pieces(random.below(40), {"\x01", "\"", "x", "0123456789ABCDEF", "\xC3\xA4",
                                               "\xC3", "\xF0\x9F\x98", "\xF0\x9F\x98\x80", "\xFF"});
    const std::string json = json_string(bytes, JsonText::ascii);
    rapidjson::Document document;
    document.Parse(json.data(), json.size());
    if (document.HasParseError() || !document.IsString() || !is_ascii(json)) FAIL(json);
    if (json_string_bytes(bytes, JsonText::ascii) != json.size()) FAIL(json);
    if (json.size() > json_string_bytes_max(bytes.size())) FAIL(json);
  }
  const std::string worst(1000, '\xFF');
  CHECK(json_string(worst, JsonText::ascii).size() == json_string_bytes_max(worst.size()));
}

// Sixteen bytes are looked at together: each byte in each place.
TEST_CASE("strings in ASCII: every byte at every place", "[json]") {
  for (size_t length = 1; length <= 40; ++length) {
    for (size_t place = 0; place < length; ++place) {
      for (unsigned byte = 0; byte < 256; ++byte) {
        std::string text(length, 'x');
        text[place] = static_cast<char>(byte);
        std::string expected = naive_json_string(text);
        if (byte >= 0x80) expected.replace(place + 1, 1, "\\uFFFD");
        if (json_string(text, JsonText::ascii) != expected) FAIL(length << " " << place);
      }
    }
  }
}

TEST_CASE("JSON values are copied", "[json]") {
  const std::string json = "{\"\xC3\xA4\\n\\\\\": [1.50, true, null, \"\xF0\x9F\x98\x80\"]}";
  CHECK(json_value(json, JsonText::utf8) == json);
  CHECK(json_value(json, JsonText::ascii) ==
        R"({"\u00E4\n\\": [1.50, true, null, "\uD83D\uDE00"]})");
  CHECK(json_value("", JsonText::utf8).empty());
  CHECK(json_value("", JsonText::ascii).empty());
  CHECK(json_value("12345678901234567890.10", JsonText::ascii) == "12345678901234567890.10");
  CHECK(json_value("\"\xFF\"", JsonText::ascii) == R"("\uFFFD")");
}

TEST_CASE("JSON values in ASCII, random, say the same", "[json]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 5000; ++i) {
    std::string text;
    for (size_t left = random.below(60); left > 0; --left) {
      text += utf8_character(random_code(random));
    }
    const std::string json = "[" + json_string(text) + ", 1]";
    const std::string ascii = json_value(json, JsonText::ascii);
    if (ascii != "[" + json_string(text, JsonText::ascii) + ", 1]") FAIL(ascii);
    if (json_value_bytes(json, JsonText::ascii) != ascii.size()) FAIL(ascii);
    if (json_value_bytes(json, JsonText::utf8) != json.size()) FAIL(json);
    if (ascii.size() > json_string_bytes_max(json.size())) FAIL(ascii);
  }
}

TEST_CASE("a long string of quotes doubles", "[json]") {
  const std::string quotes(65536, '"');
  const std::string json = json_string(quotes);
  CHECK(json.size() == 2 * 65536 + 2);
  CHECK(reads_back(json, quotes));
}

TEST_CASE("doubles as Java prints them", "[json]") {
  CHECK(json_double("3") == "3.0");
  CHECK(json_double("3.3") == "3.3");
  CHECK(json_double("0") == "0.0");
  CHECK(json_double("-0") == "-0.0");
  CHECK(json_double("0.001") == "0.001");
  CHECK(json_double("0.00099999") == "9.9999E-4");
  CHECK(json_double("0.0001") == "1.0E-4");
  CHECK(json_double("1e-05") == "1.0E-5");
  CHECK(json_double("1234567") == "1234567.0");
  CHECK(json_double("9999999.999") == "9999999.999");
  CHECK(json_double("10000000") == "1.0E7");
  CHECK(json_double("12345678.9") == "1.23456789E7");
  CHECK(json_double("10000000000") == "1.0E10");
  CHECK(json_double("1e+21") == "1.0E21");
  CHECK(json_double("-1.7976931348623157e+308") == "-1.7976931348623157E308");
  CHECK(json_double("5e-324") == "5.0E-324");
  CHECK(json_double("1e-45") == "1.0E-45");
  CHECK(json_double("100") == "100.0");
  CHECK(json_double("123.456") == "123.456");
}

TEST_CASE("doubles that are no numbers become strings", "[json]") {
  CHECK(json_double("NaN") == R"("NaN")");
  CHECK(json_double("Infinity") == R"("Infinity")");
  CHECK(json_double("-Infinity") == R"("-Infinity")");
}

// Java's rule, spelled with strings: digits and the power of ten of the first of them.
std::string naive_java(std::string digits, int exponent, bool negative) {
  while (digits.size() > 1 && digits.back() == '0') digits.pop_back();
  std::string text;
  if (exponent < -3 || exponent >= 7) {
    text = digits.substr(0, 1) + "." + (digits.size() > 1 ? digits.substr(1) : "0") + "E" +
           std::to_string(exponent);
  } else if (exponent < 0) {
    text = "0." + std::string(static_cast<size_t>(-exponent - 1), '0') + digits;
  } else {
    const size_t whole = static_cast<size_t>(exponent) + 1;
    while (digits.size() < whole + 1) digits += '0';
    text = digits.substr(0, whole) + "." + digits.substr(whole);
  }
  return negative ? "-" + text : text;
}

// The digits from the first to the last that is not zero.
std::string significant(const std::string& text) {
  std::string digits;
  for (const char c : text) {
    if (c >= '0' && c <= '9' && (c != '0' || !digits.empty())) digits += c;
  }
  while (!digits.empty() && digits.back() == '0') digits.pop_back();
  return digits;
}

template <typename Float>
void check_float(Float value) {
  char buffer[400];
  const auto text = [&](std::chars_format format) {
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, value, format);
    return std::string(buffer, end.ptr);
  };
  const std::string scientific = text(std::chars_format::scientific);
  const std::string fixed = text(std::chars_format::fixed);
  const std::string json = json_double(scientific);

  const bool negative = scientific[0] == '-';
  const size_t e = scientific.find('e');
  std::string digits = scientific.substr(negative, e - negative);
  if (const size_t point = digits.find('.'); point != std::string::npos) digits.erase(point, 1);
  INFO(scientific);
  if (json != naive_java(digits, std::stoi(scientific.substr(e + 1)), negative)) FAIL(json);
  // Plain digits say the same, unless they spell out more than the shortest ones.
  if (significant(fixed) == significant(digits) && json_double(fixed) != json) FAIL(fixed);

  Float read = 0;
  std::from_chars(json.data(), json.data() + json.size(), read);
  if (std::memcmp(&read, &value, sizeof value) != 0) FAIL(json);
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsDouble()) FAIL(json);
}

TEST_CASE("doubles, random, keep every bit", "[json]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 20000; ++i) {
    const uint64_t bits = random.bits();
    double value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (std::isfinite(value) && value != 0) check_float(value);
    check_float(static_cast<double>(random.between(-2000000000, 2000000000)) / 1000);
    check_float(std::pow(10.0, static_cast<double>(random.between(-12, 12))));
  }
}

TEST_CASE("floats, random, keep every bit", "[json]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 20000; ++i) {
    const auto bits = static_cast<uint32_t>(random.bits());
    float value = 0;
    std::memcpy(&value, &bits, sizeof value);
    if (std::isfinite(value) && value != 0) check_float(value);
  }
}

}  // namespace
}  // namespace waljet
