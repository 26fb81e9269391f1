#include "event/escaped_text.h"

#include <catch2/catch.hpp>
#include <string>

#include "event/json.h"
#include "event/test_random.h"
#include "event/test_sink.h"
#include "event/utf8.h"

namespace waljet {
namespace {

// Without the quotes.
std::string escaped(std::string_view bytes, Escaping escaping = Escaping::json) {
  const std::string text = written([&](Sink& sink) { put_quoted_text(sink, bytes, escaping); });
  const std::string quote = escaping == Escaping::server_in_string ? "\\\"" : "\"";
  if (text.size() > quoted_bytes_max(bytes.size())) FAIL("longer than it may be: " << text);
  if (!text.starts_with(quote) || !text.ends_with(quote)) FAIL("without quotes: " << text);
  return text.substr(quote.size(), text.size() - 2 * quote.size());
}

// Two passes: repaired, then escaped.
std::string in_two_passes(std::string_view bytes) {
  const std::string repaired = written([&](Sink& sink) { put_utf8(sink, bytes); });
  return written([&](Sink& sink) { put_json_text(sink, repaired); });
}

// As PostgreSQL's escape_json() does.
std::string naive_server_text(std::string_view bytes) {
  std::string text;
  for (const char c : written([&](Sink& sink) { put_utf8(sink, bytes); })) {
    constexpr std::string_view named = "\b\t\n\f\r\"\\";
    constexpr std::string_view letters = "btnfr\"\\";
    const size_t at = named.find(c);
    if (at != std::string_view::npos) {
      text += '\\';
      text += letters[at];
    } else if (static_cast<unsigned char>(c) < 0x20) {
      constexpr std::string_view digits = "0123456789abcdef";
      text += "\\u00";
      text += digits[static_cast<size_t>(c) >> 4];
      text += digits[static_cast<size_t>(c) & 15];
    } else {
      text += c;
    }
  }
  return text;
}

std::string random_text(Random& random, size_t length) {
  constexpr std::string_view pieces[] = {"a",
                                         "b",
                                         "plain text of some length",
                                         "\"",
                                         "\\",
                                         "\n",
                                         "\x01",
                                         "\x1f",
                                         "\x7f",
                                         "\xC3\xBC",
                                         "\xE2\x82\xAC",
                                         "\xF0\x9F\x98\x80",
                                         "\x80",
                                         "\xFF\xC3",
                                         "\xED\xA0\x80"};
  std::string text;
  while (text.size() < length) text += pieces[random.below(std::size(pieces))];
  text.resize(length);  // perhaps in the middle of a character
  return text;
}

void check_all(std::string_view bytes) {
  const std::string server = naive_server_text(bytes);
  const bool good = escaped(bytes) == in_two_passes(bytes) &&
                    escaped(bytes, Escaping::server) == server &&
                    escaped(bytes, Escaping::server_in_string) == in_two_passes(server);
  if (!good) FAIL("of " << bytes.size() << " bytes: " << in_two_passes(bytes));
}

TEST_CASE("what text becomes inside quotes", "[escaped_text]") {
  CHECK(escaped("").empty());
  CHECK(escaped("plain") == "plain");
  CHECK(escaped("a\"b\\c\nd\x1f/\x7f") == R"(a\"b\\c\nd\u001F/)"
                                          "\x7f");
  CHECK(escaped("\x1f\"", Escaping::server) == R"(\u001f\")");
  CHECK(escaped("\x1f\"\\\n", Escaping::server_in_string) == R"(\\u001f\\\"\\\\\\n)");
  CHECK(escaped("\xC3\xBC\xFF") == "\xC3\xBC\xEE\xBF\xBF");
}

TEST_CASE("every byte at every place of a block", "[escaped_text]") {
  for (size_t length = 1; length <= 40; ++length) {
    for (size_t at = 0; at < length; ++at) {
      for (int byte = 0; byte < 256; ++byte) {
        std::string text(length, 'x');
        text[at] = static_cast<char>(byte);
        check_all(text);
      }
    }
  }
}

TEST_CASE("text, random, of lengths round those of blocks and pieces", "[escaped_text]") {
  Random random;
  INFO(random.how_to_repeat());
  for (size_t length = 0; length < 200; ++length) {
    for (int i = 0; i < 20; ++i) check_all(random_text(random, length));
  }
  for (int i = 0; i < 200; ++i) check_all(random_text(random, 900 + random.below(2400)));
}

TEST_CASE("characters across the end of a piece", "[escaped_text]") {
  for (size_t before = 1010; before < 1030; ++before) {
    std::string text(before, 'x');
    for (int i = 0; i < 20; ++i) text += "\xF0\x9F\x98\x80";
    check_all(text);
    check_all(text + "\xF0\x9F");
  }
}

}  // namespace
}  // namespace waljet
