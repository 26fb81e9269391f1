#include "event/table_list.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "event/test_random.h"

namespace waljet {
namespace {

bool matches(std::string_view list, std::string_view schema, std::string_view table) {
  REQUIRE(TableList::check(list) == "");
  return TableList(list).matches(schema, table);
}

TEST_CASE("schema and table", "[table_list]") {
  CHECK(matches("public.orders", "public", "orders"));
  CHECK_FALSE(matches("public.orders", "public", "orders2"));
  CHECK_FALSE(matches("public.orders", "public", "order"));
  CHECK_FALSE(matches("public.orders", "sales", "orders"));
  CHECK_FALSE(matches("public.orders", "orders", "public"));
}

TEST_CASE("a bare name means any schema", "[table_list]") {
  CHECK(matches("orders", "public", "orders"));
  CHECK(matches("orders", "sales", "orders"));
  CHECK_FALSE(matches("orders", "orders", "lines"));
  CHECK(matches("*", "any", "thing"));
}

TEST_CASE("several entries, spaces around them", "[table_list]") {
  constexpr std::string_view list = " public.orders ,\taudit.*\n, users";
  CHECK(matches(list, "public", "orders"));
  CHECK(matches(list, "audit", "anything"));
  CHECK(matches(list, "x", "users"));
  CHECK_FALSE(matches(list, "public", "lines"));
}

TEST_CASE("wildcards", "[table_list]") {
  CHECK(matches("public.tmp_??", "public", "tmp_01"));
  CHECK_FALSE(matches("public.tmp_??", "public", "tmp_1"));
  CHECK_FALSE(matches("public.tmp_??", "public", "tmp_001"));
  CHECK(matches("*.orders", "x", "orders"));
  CHECK(matches("s*.o*r*s", "sales", "orders"));
  CHECK(matches("a**b", "s", "ab"));
  CHECK_FALSE(matches("*a*b", "s", "acac"));
  CHECK(matches("public.*", "public", ""));
  CHECK_FALSE(matches("public.?", "public", ""));
}

TEST_CASE("a question mark is one character, not one byte", "[table_list]") {
  CHECK(matches("public.?", "public", "\xC3\xBC"));
  CHECK(matches("public.a?c", "public",
                "a\xF0\x9F\x98\x80"
                "c"));
  CHECK_FALSE(matches("public.??", "public", "\xC3\xBC"));
}

TEST_CASE("unquoted names fold to lower case, quoted ones do not", "[table_list]") {
  CHECK(matches("Public.ORDERS", "public", "orders"));
  CHECK_FALSE(matches("public.Orders", "public", "Orders"));
  CHECK(matches("public.\"Orders\"", "public", "Orders"));
  CHECK_FALSE(matches("public.\"Orders\"", "public", "orders"));
  CHECK(matches("\xC3\x9C", "s", "\xC3\x9C"));  // as in SQL, ASCII alone folds
}

TEST_CASE("in quotes nothing is special", "[table_list]") {
  CHECK(matches("\"a.b\".\"c,d\"", "a.b", "c,d"));
  CHECK(matches("\"*\"", "s", "*"));
  CHECK_FALSE(matches("\"*\"", "s", "x"));
  CHECK_FALSE(matches("\"?\"", "s", "x"));
  CHECK(matches("\"say \"\"hi\"\"\"", "s", "say \"hi\""));
  CHECK(matches("\"\"\"\"", "s", "\""));
  CHECK(matches("x,\" a\"", "s", " a"));
  CHECK_FALSE(matches("x,\" a\"", "s", "a"));
}

TEST_CASE("an empty list matches nothing", "[table_list]") {
  CHECK_FALSE(TableList().matches("public", "orders"));
}

TEST_CASE("lists that are refused", "[table_list]") {
  for (const char* text : {"", " ", "\t\n"}) CHECK(TableList::check(text) == "is empty");
  for (const char* text : {",", "a,", "a, ", ",a", "a,,b", "a, ,b"}) {
    CHECK(TableList::check(text) == "has an empty entry");
  }
  for (const char* text : {".", ".a", "a.", "\"\"", "\"\".a", "a.\"\"", "x,a."}) {
    CHECK(TableList::check(text) == "has an empty name");
  }
  for (const char* text : {"a b", "a. b", "a .b", "\"a\" \"b\""}) {
    CHECK(TableList::check(text) == "has a space in an unquoted name");
  }
  for (const char* text : {"a.b.c", "a.b.", "\"a\".b.\"c\""}) {
    CHECK(TableList::check(text) == "has an entry of more than two names");
  }
  for (const char* text : {"\"", "\"a", "a.\"b", "\"a,b", "\"a\"\"", "\"\"\""}) {
    CHECK(TableList::check(text) == "has a double quote that is not closed");
  }
  for (const char* text : {"a\"b\"", "a\"", "x.a\"b"}) {
    CHECK(TableList::check(text) == "has a double quote inside an unquoted name");
  }
  for (const char* text : {"\"a\"b", "\"a\"b.c", "\"a\"*"}) {
    CHECK(TableList::check(text) == "has text behind a quoted name");
  }
}

// One element of a pattern: a character, or a wildcard.
struct Element {
  enum { character, any_character, any_text } kind;
  std::string bytes;
};

bool naive_match(const std::vector<Element>& pattern, size_t p,
                 const std::vector<std::string>& name, size_t n) {
  if (p == pattern.size()) return n == name.size();
  if (pattern[p].kind == Element::any_text) {
    for (size_t skip = n; skip <= name.size(); ++skip) {
      if (naive_match(pattern, p + 1, name, skip)) return true;
    }
    return false;
  }
  if (n == name.size()) return false;
  if (pattern[p].kind == Element::character && pattern[p].bytes != name[n]) return false;
  return naive_match(pattern, p + 1, name, n + 1);
}

constexpr std::string_view unquoted_characters[] = {"a", "b", "\xC3\xBC", "\xF0\x9F\x98\x80"};
constexpr std::string_view quoted_characters[] = {"a", "B", "\xC3\xBC", "\"", "*",
                                                  "?", ".", ",",        " ",  "\\"};

// A random pattern, as elements and as it is spelled.
std::string random_pattern(Random& random, std::vector<Element>& elements) {
  std::string spelled;
  const bool quoted = random.chance(3);
  if (quoted) spelled += '"';
  for (size_t left = 1 + random.below(6); left > 0; --left) {
    if (!quoted && random.chance(3)) {
      elements.push_back({Element::any_text, ""});
      spelled += '*';
    } else if (!quoted && random.chance(4)) {
      elements.push_back({Element::any_character, ""});
      spelled += '?';
    } else {
      const std::string c(quoted ? quoted_characters[random.below(10)]
                                 : unquoted_characters[random.below(4)]);
      elements.push_back({Element::character, c});
      spelled += quoted && c == "\"" ? "\"\"" : c;
    }
  }
  if (quoted) spelled += '"';
  return spelled;
}

// A name that now and then fits the pattern.
std::vector<std::string> random_name(Random& random, const std::vector<Element>& elements) {
  std::vector<std::string> name;
  for (const Element& element : elements) {
    if (random.chance(20)) continue;
    if (element.kind == Element::character) {
      name.push_back(element.bytes);
      continue;
    }
    const size_t count = element.kind == Element::any_character ? 1 : random.below(4);
    for (size_t i = 0; i < count; ++i) {
      name.emplace_back(unquoted_characters[random.below(4)]);
    }
  }
  return name;
}

std::string joined(const std::vector<std::string>& characters) {
  std::string text;
  for (const std::string& c : characters) text += c;
  return text;
}

TEST_CASE("names match as a naive matcher says, random", "[table_list]") {
  Random random;
  INFO(random.how_to_repeat());
  int matched = 0;
  for (int i = 0; i < 20000; ++i) {
    std::vector<Element> schema_elements;
    std::vector<Element> table_elements;
    const std::string schema_pattern = random_pattern(random, schema_elements);
    const std::string table_pattern = random_pattern(random, table_elements);
    const auto schema = random_name(random, schema_elements);
    const auto table = random_name(random, table_elements);
    const bool bare = random.chance(2);
    const std::string list = bare ? table_pattern : schema_pattern + "." + table_pattern;
    const bool expected = naive_match(table_elements, 0, table, 0) &&
                          (bare || naive_match(schema_elements, 0, schema, 0));
    if (TableList::check(list) != "") FAIL("refused: " << list);
    const std::string among = "nobody.x, " + list + " ,\"y z\"";
    for (const std::string& one : {list, among}) {
      if (TableList(one).matches(joined(schema), joined(table)) != expected) {
        FAIL(one << " | " << joined(schema) << " | " << joined(table));
      }
    }
    if (expected) ++matched;
  }
  CHECK(matched > 1000);
}

}  // namespace
}  // namespace waljet
