#include "event/subject.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "event/test_random.h"
#include "event/test_sink.h"

namespace waljet {
namespace {

constexpr SubjectFields sample{"app", "shop", "public", "users", "insert", "c"};

std::string token(std::string_view value) {
  return written([&](Sink& sink) { put_token(sink, value); });
}

// The problem with a template, or its subject for `fields`.
std::string subject(std::string_view text, const SubjectFields& fields = sample) {
  SubjectTemplate parsed;
  const std::string_view problem = parsed.parse(text, fields.name);
  if (!problem.empty()) return "problem: " + std::string(problem);
  return written([&](Sink& sink) { parsed.put(sink, fields); });
}

std::string problem(std::string_view text, std::string_view name = "app") {
  SubjectTemplate parsed;
  return std::string(parsed.parse(text, name));
}

std::string pattern(std::string_view text) {
  SubjectTemplate parsed;
  REQUIRE(parsed.parse(text, sample.name).empty());
  return written([&](Sink& sink) { parsed.put_pattern(sink, sample.name, sample.db); });
}

std::string first_token(std::string_view text, std::string_view name = "app") {
  SubjectTemplate parsed;
  REQUIRE(parsed.parse(text, name).empty());
  return written([&](Sink& sink) { parsed.put_first_token(sink, name); });
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> tokens(1);
  for (const char c : text) {
    if (c == '.') {
      tokens.emplace_back();
    } else {
      tokens.back() += c;
    }
  }
  return tokens;
}

std::string decode(const std::string& token_text) {
  if (token_text == "=00") return "";
  std::string value;
  for (size_t i = 0; i < token_text.size(); ++i) {
    if (token_text[i] == '=') {
      value += static_cast<char>(std::stoi(token_text.substr(i + 1, 2), nullptr, 16));
      i += 2;
    } else {
      value += token_text[i];
    }
  }
  return value;
}

TEST_CASE("tokens: plain bytes stay, others become =XX", "[subject]") {
  CHECK(token("users") == "users");
  CHECK(token("A-z_09") == "A-z_09");
  CHECK(token("") == "=00");
  CHECK(token("a.b") == "a=2Eb");
  CHECK(token("*") == "=2A");
  CHECK(token(">") == "=3E");
  CHECK(token("=") == "=3D");
  CHECK(token("$sys") == "=24sys");
  CHECK(token(" \n") == "=20=0A");
  CHECK(token("\xC3\xBC") == "=C3=BC");
  CHECK(token(std::string_view("\0", 1)) == "=00");
}

TEST_CASE("tokens of every byte", "[subject]") {
  const std::string plain = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-";
  for (int byte = 0; byte < 256; ++byte) {
    const std::string value(1, static_cast<char>(byte));
    const bool is_plain = plain.find(value) != std::string::npos;
    CHECK(token(value).size() == (is_plain ? 1u : 3u));
    if (byte != 0) CHECK(decode(token(value)) == value);
  }
}

TEST_CASE("tokens can be read back, random", "[subject]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 2000; ++i) {
    const std::string value = "x" + random.bytes(random.below(70));
    if (decode(token(value)) != value) FAIL(token(value));
  }
}

TEST_CASE("templates", "[subject]") {
  CHECK(subject("{name}.{schema}.{table}.{action}") == "app.public.users.insert");
  CHECK(subject("{name}.{db}.{op}") == "app.shop.c");
  CHECK(subject("cdc.{table}") == "cdc.users");
  CHECK(subject("cdc-{name}-x.{schema}_{table}") == "cdc-app-x.public_users");
  CHECK(subject("fixed.name") == "fixed.name");
  CHECK(subject("{name}{name}.x") == "appapp.x");
}

TEST_CASE("hostile names never make a token, a wildcard or a separator", "[subject]") {
  const SubjectFields hostile{"a.b", "", "*", ">", "insert", "c"};
  CHECK(subject("{name}.{db}.{schema}.{table}", hostile) == "a=2Eb.=00.=2A.=3E");
  CHECK(subject("cdc.{db}{db}", hostile) == "cdc.=00=00");
}

TEST_CASE("templates that are refused", "[subject]") {
  CHECK(problem("") == "is empty");
  for (const char* text : {".", ".a", "a.", "a..b", "{name}..{table}", "{name}.", ".{name}"}) {
    CHECK(problem(text) == "has an empty token");
  }
  for (const char* text : {"a.*", "a.>", "a.b*"}) CHECK(problem(text) == "holds a wildcard");
  for (const char* text : {"a.b c", "a.\tb", "a.\n", "a.\x7F"}) {
    CHECK(problem(text) == "holds a space or control character");
  }
  CHECK(problem("a.{table") == "has an opening brace without a closing one");
  CHECK(problem("a.table}") == "holds a closing brace without an opening one");
  for (const char* text : {"a.{}", "a.{Table}", "a.{ table}", "a.{tables}", "a.{{table}}"}) {
    CHECK(problem(text).starts_with("names an unknown variable"));
  }
}

TEST_CASE("the first token is known beforehand and is not NATS' own", "[subject]") {
  for (const char* text : {"{table}.x", "{db}.x", "x{table}.y", "{name}{table}.x", "{op}"}) {
    CHECK(problem(text).starts_with("must begin with a literal token or {name}"));
  }
  for (const char* text : {"$JS.{table}", "$.x", "_INBOX.{table}", "_INBOXES.x"}) {
    CHECK(problem(text).starts_with("must not begin with $ or _INBOX"));
  }
  CHECK(problem("{name}.x", "_INBOX.1").starts_with("must not begin with $ or _INBOX"));
  CHECK(problem("{name}.x", "$app") == "");  // encoded: =24app
  CHECK(problem("a$.x") == "");
  CHECK(problem("_INBO.x") == "");
}

TEST_CASE("a template has at most 32 pieces", "[subject]") {
  std::string text = "{name}.";
  for (int i = 0; i < 30; ++i) text += "{name}";
  CHECK(problem(text) == "");
  CHECK(problem(text + "x") == "has more than 32 pieces");
  CHECK(problem(text + "{name}") == "has more than 32 pieces");
}

TEST_CASE("a template has at most 1024 bytes", "[subject]") {
  CHECK(problem("app." + std::string(1020, 'x')) == "");
  CHECK(problem("app." + std::string(1021, 'x')) == "is longer than 1024 bytes");
}

TEST_CASE("the longest subject fits into a frame", "[subject]") {
  std::string name;  // 64 characters of 4 bytes, all of them encoded
  for (int i = 0; i < 64; ++i) name += "\xF0\x9F\x98\x80";
  std::string text = "{name}.";
  for (int i = 0; i < 30; ++i) text += "{name}";
  CHECK(subject(text, {name, "", "", "", "", ""}).size() <= 0xFFFF);
}

TEST_CASE("the pattern of a template", "[subject]") {
  CHECK(pattern("{name}.{schema}.{table}.{action}") == "app.*.*.*");
  CHECK(pattern("cdc.{db}.{table}") == "cdc.shop.*");
  CHECK(pattern("cdc.x{table}y.{name}") == "cdc.*.app");
  CHECK(pattern("cdc.{name}-{schema}.z") == "cdc.*.z");
  CHECK(pattern("{name}.{name}{db}.{op}") == "app.appshop.*");
  CHECK(pattern("cdc.all") == "cdc.all");
}

TEST_CASE("the first token of a template", "[subject]") {
  CHECK(first_token("{name}.{table}") == "app");
  CHECK(first_token("{name}.{table}", "my db") == "my=20db");
  CHECK(first_token("cdc.{table}") == "cdc");
  CHECK(first_token("cdc-{name}-x.{table}.y") == "cdc-app-x");
  CHECK(problem("alone").starts_with("has a single token"));
  CHECK(problem("{name}").starts_with("has a single token"));
}

TEST_CASE("pattern and first token cover every subject, random", "[subject]") {
  Random random;
  INFO(random.how_to_repeat());
  constexpr std::string_view pieces[] = {"{schema}", "{table}", "{action}", "{op}", "{db}",
                                         "{name}",   ".",       ".",        ".",    "x"};
  int accepted = 0;
  for (int i = 0; i < 3000; ++i) {
    const std::string name = random.bytes(1 + random.below(3));
    const std::string text = "{name}." + random.pieces(1 + random.below(12), pieces);
    SubjectTemplate parsed;
    if (!parsed.parse(text, name).empty()) continue;
    ++accepted;
    const std::string db = random.bytes(random.below(3));
    const std::string schema = random.bytes(random.below(4));
    const std::string table = random.bytes(random.below(4));
    const SubjectFields fields{name, db, schema, table, "insert", "c"};
    const std::string one = written([&](Sink& sink) { parsed.put(sink, fields); });
    const std::string all = written([&](Sink& sink) { parsed.put_pattern(sink, name, db); });
    const std::string first = written([&](Sink& sink) { parsed.put_first_token(sink, name); });
    INFO(text << " " << one << " " << all);
    if (one.find_first_of("*> ") != std::string::npos) FAIL("wildcard or space");
    for (const std::string& part : split(one)) {
      if (part.empty()) FAIL("empty token");
    }
    if (split(one)[0] != first) FAIL("first token");
    if (split(one).size() != split(all).size()) FAIL("other number of tokens");
    if (!subject_covers(all, one)) FAIL("pattern does not cover");
    if (!subject_covers(first + ".>", all)) FAIL("first token does not cover");
  }
  CHECK(accepted > 100);
}

TEST_CASE("cover: examples", "[subject]") {
  CHECK(subject_covers("app.>", "app.*.*.*"));
  CHECK(subject_covers(">", "app"));
  CHECK(subject_covers("app.*", "app.x"));
  CHECK(subject_covers("*.>", "app.>"));
  CHECK_FALSE(subject_covers("app.>", "app"));
  CHECK_FALSE(subject_covers("app.*", "app.>"));
  CHECK_FALSE(subject_covers("app.*", "app.*.*"));
  CHECK_FALSE(subject_covers("app.x", "app.*"));
  CHECK_FALSE(subject_covers("ap.>", "app.x"));
}

bool naive_match(const std::vector<std::string>& pattern_tokens,
                 const std::vector<std::string>& subject_tokens, size_t at = 0) {
  if (at == pattern_tokens.size()) return at == subject_tokens.size();
  if (at == subject_tokens.size()) return false;
  if (pattern_tokens[at] == ">") return true;
  if (pattern_tokens[at] != "*" && pattern_tokens[at] != subject_tokens[at]) return false;
  return naive_match(pattern_tokens, subject_tokens, at + 1);
}

// All subjects of up to `length` tokens out of a, b and one that no pattern names.
std::vector<std::vector<std::string>> all_subjects(size_t length) {
  std::vector<std::vector<std::string>> all(1);
  for (size_t from = 0, round = 0; round < length; ++round) {
    const size_t to = all.size();
    for (; from < to; ++from) {
      for (const char* next : {"a", "b", "z"}) {
        all.push_back(all[from]);
        all.back().emplace_back(next);
      }
    }
  }
  all.erase(all.begin());
  return all;
}

std::string random_pattern(Random& random) {
  constexpr const char* tokens[] = {"a", "b", "*"};
  std::string text;
  for (size_t left = random.below(4); left > 0; --left) {
    text += tokens[random.below(3)];
    text += '.';
  }
  return text + (random.chance(3) ? ">" : tokens[random.below(3)]);
}

TEST_CASE("cover: the same as matching every subject", "[subject]") {
  Random random;
  INFO(random.how_to_repeat());
  const auto subjects = all_subjects(5);
  REQUIRE(subjects.size() == 3 + 9 + 27 + 81 + 243);
  for (int i = 0; i < 2000; ++i) {
    const std::string outer = random_pattern(random);
    const std::string inner = random_pattern(random);
    bool covers = true;
    for (const auto& one : subjects) {
      if (naive_match(split(inner), one) && !naive_match(split(outer), one)) covers = false;
    }
    if (subject_covers(outer, inner) != covers) FAIL(outer << " " << inner);
  }
}

}  // namespace
}  // namespace waljet
