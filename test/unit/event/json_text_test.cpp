#include "event/json_text.h"

#include <catch2/catch.hpp>
#include <optional>
#include <string>

#include "event/json.h"
#include "event/test_random.h"
#include "event/test_sink.h"

namespace waljet {
namespace {

// What a JSON string says; nothing where it is none.
std::optional<std::string> said(std::string_view json) {
  JsonCursor cursor(json);
  JsonString string;
  if (!cursor.take_string(string) || !cursor.is_at_end()) return std::nullopt;
  return written([&](Sink& sink) { string.put(sink); });
}

TEST_CASE("strings say what they spell", "[json_text]") {
  CHECK(said(R"("")") == "");
  CHECK(said(R"("plain")") == "plain");
  CHECK(said(R"( "a" )") == "a");
  CHECK(said(R"("\"\\\/\b\f\n\r\t")") == "\"\\/\b\f\n\r\t");
  CHECK(said(R"("\u0041\u00e9\u20AC\ud83d\ude00")") == "A\xC3\xA9\xE2\x82\xAC\xF0\x9F\x98\x80");
  CHECK(said("\"\xC3\xBC\xF0\x9F\x98\x80\x7F\"") == "\xC3\xBC\xF0\x9F\x98\x80\x7F");
}

TEST_CASE("strings that are refused", "[json_text]") {
  for (const char* json : {"",
                           "a",
                           "\"",
                           "\"a",
                           "'a'",
                           R"("\")",
                           R"("\x")",
                           R"("\u12")",
                           R"("\u12G4")",
                           R"("\u0000")",
                           R"("\ud800")",
                           R"("\ud800\u0041")",
                           R"("\ud800x")",
                           R"("\udc00")",
                           R"("\udc00\ud800")",
                           "\"a\nb\"",
                           "\"\t\"",
                           "\"\xC3\"",
                           "\"\xFF\"",
                           "\"\xED\xA0\x80\"",
                           R"("a"b)",
                           R"(\u0022a")"}) {
    INFO(json);
    CHECK_FALSE(said(json).has_value());
  }
  CHECK_FALSE(said(std::string_view("\"\0\"", 3)).has_value());
}

TEST_CASE("strings are equal if they say the same", "[json_text]") {
  const JsonString spelled(R"(\u0061\/\ud83d\ude00)");
  CHECK(spelled == "a/\xF0\x9F\x98\x80");
  CHECK_FALSE(spelled == "a/\xF0\x9F\x98\x81");
  CHECK_FALSE(spelled == "a/\xF0\x9F\x98");
  CHECK_FALSE(spelled == "a/");
  CHECK_FALSE(spelled == "a/\xF0\x9F\x98\x80!");
  CHECK(spelled == JsonString("a/\xF0\x9F\x98\x80"));
  CHECK_FALSE(spelled == JsonString("a/"));
  CHECK_FALSE(JsonString("a") == spelled);
  CHECK(JsonString() == JsonString(""));
  CHECK(JsonString() == "");
}

TEST_CASE("a cursor takes what is there and nothing else", "[json_text]") {
  JsonCursor cursor(" [ \"a\",\r\n\t\"b\" ] ");
  JsonString string;
  CHECK_FALSE(cursor.take('{'));
  CHECK(cursor.take('['));
  CHECK(cursor.is_at('"'));
  CHECK(cursor.take_string(string));
  CHECK(string == "a");
  CHECK_FALSE(cursor.take_string(string));
  CHECK(cursor.take(','));
  JsonCursor copy = cursor;
  CHECK(cursor.take_string(string));
  CHECK(string == "b");
  CHECK_FALSE(cursor.is_at_end());
  CHECK(cursor.take(']'));
  CHECK(cursor.is_at_end());
  CHECK_FALSE(cursor.take(']'));
  CHECK(copy.take_string(string));
  CHECK(string == "b");
}

TEST_CASE("what the writer of JSON writes says the same, random", "[json_text]") {
  Random random;
  INFO(random.how_to_repeat());
  constexpr std::string_view pieces[] = {
      "a", "\"", "\\", "/", "\n", "\x01", "\xC3\xBC", "\xF0\x9F\x98\x80", " "};
  for (int i = 0; i < 5000; ++i) {
    std::string text;
    for (size_t left = random.below(12); left > 0; --left) text += pieces[random.below(9)];
    for (const JsonText mode : {JsonText::utf8, JsonText::ascii}) {
      const std::string json = written([&](Sink& sink) { put_json_string(sink, text, mode); });
      if (said(json) != text) FAIL(json);
    }
  }
}

}  // namespace
}  // namespace waljet
