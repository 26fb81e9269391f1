#include "event/subject.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "event/test_random.h"
#include "event/test_sink.h"
#include "event/text.h"

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

// What the template makes of an event whose key is `key`.
std::string key_subject(std::string_view text, std::string_view key) {
  SubjectFields fields = sample;
  fields.has_key = true;
  fields.key = key;
  fields.qualified_table = "public.users";
  return subject(text, fields);
}

std::string keyless_subject(std::string_view text, std::string_view qualified_table) {
  SubjectFields fields = sample;
  fields.key = "not looked at";
  fields.qualified_table = qualified_table;
  return subject(text, fields);
}

std::string repeated(std::string_view text, size_t times) {
  std::string all;
  for (; times > 0; --times) all += text;
  return all;
}

TEST_CASE("the key is one token", "[subject]") {
  CHECK(key_subject("{name}.{table}.{key}", "42") == "app.users.42");
  CHECK(key_subject("app.{key}", "1/two words") == "app.1=2Ftwo=20words");
  CHECK(key_subject("app.{key}", "K\xC3\xB6ln") == "app.K=C3=B6ln");
  CHECK(key_subject("app.k{key}k", "a.*") == "app.ka=2E=2Ak");
}

TEST_CASE("an empty key is not the same as none", "[subject]") {
  CHECK(key_subject("app.{key}", "") == "app.=00");
  CHECK(keyless_subject("app.{key}", "public.users") == "app.=");
}

TEST_CASE("a long key is cut, and told apart by its hash", "[subject]") {
  const std::string longest(255, 'x');
  CHECK(key_subject("app.{key}", longest) == "app." + longest);
  CHECK(key_subject("app.{key}", repeated(" ", 85)) == "app." + repeated("=20", 85));
  // Hashes by another implementation.
  CHECK(key_subject("app.{key}", std::string(256, 'x')) ==
        "app." + std::string(245, 'x') + "=h46b491c5");
  CHECK(key_subject("app.{key}", std::string(1000, 'x')) ==
        "app." + std::string(245, 'x') + "=h07d18165");
  CHECK(key_subject("app.{key}", repeated(" ", 86)) == "app." + repeated("=20", 81) + "=h5e66abab");
}

TEST_CASE("no =XX is split where a key is cut", "[subject]") {
  for (size_t plain = 236; plain < 250; ++plain) {
    // The last =XX that fits whole ends at byte 245 or before.
    const std::string key = std::string(plain, 'x') + repeated("/", 10);
    const size_t whole = plain > 245 ? 0 : (245 - plain) / 3;
    const std::string kept =
        std::string(std::min<size_t>(plain, 245), 'x') + repeated("=2F", whole);
    const std::string cut = token(key).substr(0, kept.size());
    const std::string all = key_subject("app.{key}", key);
    CHECK(cut == kept);
    CHECK(all.substr(0, 4 + kept.size() + 2) == "app." + kept + "=h");
    CHECK(all.size() == 4 + kept.size() + 10);
  }
}

// What nats-server 2.9.10 publishes to with the mapping `in.*` to
// `{{partition(10,1)}}.{{partition(65536,1)}}`.
TEST_CASE("partitions are those of the server's own partition()", "[subject]") {
  struct {
    std::string_view key;
    std::string_view token;
    std::string_view partitions;
  } constexpr cases[] = {
      {"1", "1", "4.42780"},       {"42", "42", "1.34179"},
      {"", "=00", "6.21672"},      {"a/b", "a=2Fb", "3.43623"},
      {"1/2", "1=2F2", "5.54919"}, {"K\xC3\xB6ln", "K=C3=B6ln", "8.26564"},
  };
  for (const auto& one : cases) {
    CHECK(key_subject("in.{key}", one.key) == "in." + std::string(one.token));
    CHECK(key_subject("in.{partition:10}.{partition:65536}", one.key) ==
          "in." + std::string(one.partitions));
  }
}

TEST_CASE("the partition of a long key is that of the token it becomes", "[subject]") {
  const std::string key(300, 'x');
  const std::string cut = key_subject("app.{key}", key).substr(4);
  REQUIRE(cut.size() == 255);
  for (const uint32_t n : {1u, 2u, 10u, 65536u}) {
    const std::string text = "app.{partition:" + std::to_string(n) + "}";
    CHECK(key_subject(text, key) == "app." + std::to_string(fnv1a_32(cut) % n));
  }
}

TEST_CASE("without a key the partition is that of schema.table", "[subject]") {
  CHECK(keyless_subject("app.{partition:1}", "public.users") == "app.0");
  CHECK(keyless_subject("app.{partition:65536}", "public.users") == "app.10010");
  CHECK(keyless_subject("app.{partition:65536}", "public.my table") == "app.13520");
}

TEST_CASE("partitions that are refused", "[subject]") {
  for (const char* n : {"", ":", ":0", ":65537", ":-1", ":+1", ":x", ":1x", ": 1", ":1.5", ":000",
                        ":4294967297", ":18446744073709551617"}) {
    INFO(n);
    CHECK(problem("app.{partition" + std::string(n) + "}") ==
          "needs a whole number from 1 to 65536 as N in {partition:N}");
  }
  for (const char* text : {"app.{partitions:4}", "app.{partition4}", "app.{key:4}", "app.{Key}"}) {
    CHECK(problem(text).starts_with("names an unknown variable"));
  }
  for (const char* n : {"1", "65536", "016"}) {
    CHECK(problem("app.{partition:" + std::string(n) + "}") == "");
  }
  CHECK(problem("{key}.x").starts_with("must begin with a literal token or {name}"));
  CHECK(problem("p{partition:4}.x").starts_with("must begin with a literal token or {name}"));
}

TEST_CASE("which templates need the key", "[subject]") {
  const auto depends = [](std::string_view text) {
    SubjectTemplate parsed;
    REQUIRE(parsed.parse(text, "app").empty());
    return parsed.depends_on_key();
  };
  CHECK(depends("app.{key}"));
  CHECK(depends("{name}.{table}.x{partition:4}"));
  CHECK_FALSE(depends("{name}.{db}.{schema}.{table}.{action}.{op}"));
  CHECK_FALSE(depends("app.key"));
}

TEST_CASE("which templates can be read back", "[subject]") {
  const auto reversible = [](std::string_view text) {
    SubjectTemplate parsed;
    REQUIRE(parsed.parse(text, "app").empty());
    return parsed.is_reversible();
  };
  for (const char* text : {"{name}.{schema}.{table}.{action}", "cdc.x.{key}.y", "cdc.all",
                           "cdc.{partition:4}.{key}", "{name}.x"}) {
    INFO(text);
    CHECK(reversible(text));
  }
  for (const char* text : {"{name}{name}.x", "cdc.{schema}_{table}", "cdc.t{table}", "cdc.{table}t",
                           "x{name}.y", "{name}x.y", "cdc.{schema}{table}.x", "cdc.{key}-.x"}) {
    INFO(text);
    CHECK_FALSE(reversible(text));
  }
}

TEST_CASE("logical messages and transaction markers", "[subject]") {
  const auto write = [](std::string_view text, auto put) {
    SubjectTemplate parsed;
    REQUIRE(parsed.parse(text, "my app").empty());
    return written([&](Sink& sink) { put(sink, parsed); });
  };
  const auto message = [&](std::string_view text, std::string_view prefix) {
    return write(text, [&](Sink& sink, const SubjectTemplate& parsed) {
      parsed.put_message_subject(sink, "my app", prefix);
    });
  };
  CHECK(message("{name}.{table}", "audit") == "my=20app.=message.audit");
  CHECK(message("cdc-{name}.{table}", "a.b") == "cdc-my=20app.=message.a=2Eb");
  CHECK(message("cdc.{table}", "") == "cdc.=message.=00");
  CHECK(message("cdc.{table}", std::string(1000, 'x')) ==
        "cdc.=message." + std::string(245, 'x') + "=h07d18165");
  CHECK(write("{name}.{table}", [](Sink& sink, const SubjectTemplate& parsed) {
          parsed.put_message_pattern(sink, "my app");
        }) == "my=20app.=message.*");
  CHECK(write("cdc.{table}", [](Sink& sink, const SubjectTemplate& parsed) {
          parsed.put_transaction_subject(sink, "my app");
        }) == "cdc.=transaction");
}

TEST_CASE("a template that could make a subject too long for NATS is refused", "[subject]") {
  constexpr std::string_view too_long = "could make a subject of more than 4000 bytes";
  CHECK(problem("app" + repeated(".{key}", 15)) == "");
  CHECK(problem("app" + repeated(".{key}", 16)) == too_long);
  CHECK(problem("app" + repeated(".{table}", 7)) == "");
  CHECK(problem("app" + repeated(".{table}", 8)) == too_long);
  std::string name;  // 64 characters of 4 bytes, all of them encoded: 768 bytes
  for (int i = 0; i < 64; ++i) name += "\xF0\x9F\x98\x80";
  CHECK(problem("{name}.{name}.{name}.{name}.{name}", name) == "");
  CHECK(problem("{name}.{name}.{name}.{name}.{name}.{name}", name) == too_long);
  // The subject of a message is longer here: 3840 bytes, 10 and 255.
  CHECK(problem("{name}{name}{name}{name}{name}.x", name) == too_long);
  CHECK(problem("{name}{name}{name}{name}.x", name) == "");
}

TEST_CASE("the longest values make the longest subject", "[subject]") {
  const std::string identifier = repeated("\xE2\x82\xAC", 63);  // 63 bytes of LATIN9 or WIN1252
  const std::string key(500, 'k');
  SubjectFields fields{"app", identifier, identifier, identifier, "truncate", "t"};
  fields.has_key = true;
  fields.key = key;
  const std::string text = "{name}.{db}.{schema}.{table}.{action}.{op}.{key}.{partition:65536}" +
                           repeated(".{table}", 3) + ".{key}";
  const std::string longest = subject(text + std::string(60, 'x'), fields);
  CHECK(longest.size() == SubjectTemplate::subject_bytes_max);
  CHECK(subject(text + std::string(61, 'x'), fields) ==
        "problem: could make a subject of more than 4000 bytes");
}

TEST_CASE("the pattern of a template", "[subject]") {
  CHECK(pattern("{name}.{schema}.{table}.{action}") == "app.*.*.*");
  CHECK(pattern("cdc.{db}.{table}") == "cdc.shop.*");
  CHECK(pattern("cdc.x{table}y.{name}") == "cdc.*.app");
  CHECK(pattern("cdc.{name}-{schema}.z") == "cdc.*.z");
  CHECK(pattern("{name}.{name}{db}.{op}") == "app.appshop.*");
  CHECK(pattern("cdc.all") == "cdc.all");
  CHECK(pattern("cdc.{key}.p{partition:4}.{name}") == "cdc.*.*.app");
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
  constexpr std::string_view pieces[] = {"{schema}", "{table}", "{action}", "{op}",
                                         "{db}",     "{name}",  "{key}",    "{partition:7}",
                                         ".",        ".",       ".",        "x"};
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
    const std::string key = random.bytes(random.chance(9) ? 300 : random.below(4));
    const std::string qualified = schema + "." + table;
    const SubjectFields fields{name, db,       schema, table, "insert", "c", random.chance(2),
                               key,  qualified};
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
    const auto message = written([&](Sink& sink) { parsed.put_message_subject(sink, name, key); });
    const auto messages = written([&](Sink& sink) { parsed.put_message_pattern(sink, name); });
    if (!subject_covers(messages, message)) FAIL(message);
    if (!subject_covers(first + ".>", messages)) FAIL(messages);
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
