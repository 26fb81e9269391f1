#include "event/hstore.h"

#include <rapidjson/document.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "event/test_random.h"
#include "event/test_sink.h"

namespace waljet {
namespace {

std::string hstore(std::string_view text, JsonText mode = JsonText::utf8) {
  return written([&](Sink& sink) { CHECK(put_hstore(sink, text, mode)); });
}

// What was there before stays, and nothing is added.
bool is_refused(std::string_view text) {
  bool accepted = true;
  const std::string left = written([&](Sink& sink) {
    sink.put("before");
    accepted = put_hstore(sink, text, JsonText::utf8);
  });
  return !accepted && left == "before";
}

TEST_CASE("hstore as an object", "[hstore]") {
  CHECK(hstore(R"("key"=>"val")") == R"({"key":"val"})");
  CHECK(hstore(R"("key4"=>"val4", "key5"=>NULL)") == R"({"key4":"val4","key5":null})");
  CHECK(hstore("") == "{}");
  CHECK(hstore(R"(""=>"")") == R"({"":""})");
  CHECK(hstore(R"("a"=>"NULL")") == R"({"a":"NULL"})");
  CHECK(hstore(R"("b"=>"1", "a"=>"2", "aa"=>"3")") == R"({"b":"1","a":"2","aa":"3"})");
}

TEST_CASE("hstore: what stands between quotes is text", "[hstore]") {
  CHECK(hstore(R"("a\"b"=>"c\\d")") == R"({"a\"b":"c\\d"})");
  CHECK(hstore(R"("=>"=>", ")") == R"({"=>":", "})");
  CHECK(hstore(R"("\\"=>"\"")") == R"({"\\":"\""})");
  CHECK(hstore("\"a\nb\"=>\"\x01\"") == R"({"a\nb":"\u0001"})");
  CHECK(hstore("\"\xC3\xA4\"=>\"\xF0\x9F\x98\x80\"") == "{\"\xC3\xA4\":\"\xF0\x9F\x98\x80\"}");
  CHECK(hstore("\"\xC3\xA4\"=>\"\xF0\x9F\x98\x80\"", JsonText::ascii) ==
        R"({"\u00E4":"\uD83D\uDE00"})");
}

TEST_CASE("hstore: other text is refused and leaves nothing", "[hstore]") {
  CHECK(is_refused("x"));
  CHECK(is_refused("NULL"));
  CHECK(is_refused(R"("a")"));
  CHECK(is_refused(R"("a"=>)"));
  CHECK(is_refused(R"("a"=>b)"));
  CHECK(is_refused(R"("a"=>null)"));
  CHECK(is_refused(R"("a"=>NULLS)"));
  CHECK(is_refused(R"("a"=>"b",)"));
  CHECK(is_refused(R"("a"=>"b", )"));
  CHECK(is_refused(R"("a"=>"b","c"=>"d")"));
  CHECK(is_refused(R"("a" => "b")"));
  CHECK(is_refused(R"("a"=>"b" )"));
  CHECK(is_refused(R"( "a"=>"b")"));
  CHECK(is_refused(R"("a"=>"b)"));
  CHECK(is_refused(R"("a"=>"b\)"));
  CHECK(is_refused(R"("a"=>"b\")"));
  CHECK(is_refused(R"("a"=>"b\n")"));
  CHECK(is_refused(R"(NULL=>"b")"));
  CHECK(is_refused(R"({"a":"b"})"));
}

std::string hstore_quoted(const std::string& text) {
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') quoted += '\\';
    quoted += c;
  }
  return quoted + "\"";
}

TEST_CASE("hstore, random, reads back as it was", "[hstore]") {
  Random random;
  INFO(random.how_to_repeat());
  const auto any_text = [&] {
    return random.pieces(random.below(6), {"\"", "\\", "=>", ", ", "NULL", "x", "\n", "\xC3\xA4",
                                           "\xF0\x9F\x98\x80", "0123456789ABCDEF"});
  };
  for (int i = 0; i < 5000; ++i) {
    std::vector<std::pair<std::string, std::string>> members;
    std::string text;
    for (size_t left = random.below(5); left > 0; --left) {
      members.emplace_back(any_text(), any_text());
      if (!text.empty()) text += ", ";
      const bool null = random.chance(4);
      text += hstore_quoted(members.back().first) + "=>";
      text += null ? "NULL" : hstore_quoted(members.back().second);
      if (null) members.back().second = "\x01null";
    }
    const JsonText mode = random.chance(2) ? JsonText::ascii : JsonText::utf8;
    const std::string json = hstore(text, mode);
    INFO(text);
    if (json.size() > json_string_bytes_max(text.size())) FAIL(json);
    rapidjson::Document document;
    document.Parse(json.data(), json.size());
    if (document.HasParseError() || !document.IsObject()) FAIL(json);
    if (document.MemberCount() != members.size()) FAIL(json);
    auto member = document.MemberBegin();
    for (const auto& [key, value] : members) {
      if (std::string(member->name.GetString(), member->name.GetStringLength()) != key) FAIL(json);
      const std::string read =
          member->value.IsNull()
              ? "\x01null"
              : std::string(member->value.GetString(), member->value.GetStringLength());
      if (read != value) FAIL(json);
      ++member;
    }
  }
}

TEST_CASE("hstore: text cut anywhere is refused", "[hstore]") {
  const std::string whole = R"("k\"1"=>"v\\1", "k2"=>NULL, "k3"=>"v3")";
  for (size_t length = 1; length < whole.size(); ++length) {
    const std::string cut = whole.substr(0, length);
    const bool ends_with_member =
        cut == R"("k\"1"=>"v\\1")" || cut == R"("k\"1"=>"v\\1", "k2"=>NULL)";
    INFO(cut);
    CHECK(is_refused(cut) != ends_with_member);
  }
}

}  // namespace
}  // namespace waljet
