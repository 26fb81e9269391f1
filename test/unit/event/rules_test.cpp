#include "event/rules.h"

#include <catch2/catch.hpp>
#include <string>

#include "event/test_sink.h"

namespace waljet {
namespace {

// What is wrong with a text, as a sentence; empty where nothing is.
std::string problem(std::string_view json) {
  const RuleProblem found = RuleList::check(json);
  if (found.phrase.empty()) return {};
  return written([&](Sink& sink) { put_rule_problem(sink, found); });
}

std::optional<Rule> find(std::string_view json, std::string_view schema, std::string_view table) {
  REQUIRE(problem(json) == "");
  return RuleList(json).find(schema, table);
}

size_t number(std::string_view json, std::string_view schema, std::string_view table) {
  const auto rule = find(json, schema, table);
  return rule ? rule->number : 0;
}

std::string where_of(const Rule& rule) {
  return written([&](Sink& sink) { rule.where.put(sink); });
}

TEST_CASE("the first rule that fits a table holds", "[rules]") {
  constexpr std::string_view json =
      R"([{"table": "public.users"}, {"table": "audit.*, Orders"}, {"table": "users"}, {"table": "\"Odd\""}])";
  CHECK(number(json, "public", "users") == 1);
  CHECK(number(json, "audit", "users") == 2);
  CHECK(number(json, "sales", "orders") == 2);
  CHECK(number(json, "sales", "users") == 3);
  CHECK(number(json, "sales", "Odd") == 4);
  CHECK(number(json, "sales", "odd") == 0);
  CHECK(number(R"([{"table":"\u0061*"},{"table":"*"}])", "x", "abc") == 1);
  CHECK(number(R"([{"table":"\u0061*"},{"table":"*"}])", "x", "bc") == 2);
}

TEST_CASE("a rule without keys lets everything through", "[rules]") {
  const auto rule = find(R"([{"table":"t"}])", "s", "t");
  REQUIRE(rule);
  CHECK(rule->operations == all_operations);
  CHECK_FALSE(rule->include.is_given());
  CHECK_FALSE(rule->exclude.is_given());
  CHECK_FALSE(rule->mask.is_given());
  CHECK_FALSE(rule->hash.is_given());
  CHECK_FALSE(rule->include.contains("a"));
  CHECK(rule->where.empty());
}

TEST_CASE("a rule with all keys, in any order", "[rules]") {
  const auto rule = find(
      R"( [ { "where" : "a > \"x\"" , "columns" : { "hash" : [ "c" ] , "mask" : [ "b", "\u00fc" ] ,
      "include" : [ "a" , "b" , "c" , "\u00FC" ] } , "operations" : [ "truncate" , "insert" ] , "table" : "t" } ] )",
      "s", "t");
  REQUIRE(rule);
  CHECK(rule->operations ==
        (static_cast<uint8_t>(Operation::truncate) | static_cast<uint8_t>(Operation::insert)));
  CHECK(where_of(*rule) == "a > \"x\"");
  for (const char* name : {"a", "b", "c", "\xC3\xBC"}) CHECK(rule->include.contains(name));
  CHECK_FALSE(rule->include.contains("d"));
  CHECK_FALSE(rule->include.contains(""));
  CHECK(rule->mask.contains("\xC3\xBC"));
  CHECK_FALSE(rule->mask.contains("c"));
  CHECK(rule->hash.contains("c"));
  CHECK_FALSE(rule->exclude.is_given());
}

TEST_CASE("each operation has its bit", "[rules]") {
  const auto bits = [](std::string_view name) {
    const std::string json = R"([{"table":"t","operations":[")" + std::string(name) + R"("]}])";
    return find(json, "s", "t")->operations;
  };
  CHECK(bits("insert") == static_cast<uint8_t>(Operation::insert));
  CHECK(bits("update") == static_cast<uint8_t>(Operation::update));
  CHECK(bits("delete") == static_cast<uint8_t>(Operation::remove));
  CHECK(bits("truncate") == static_cast<uint8_t>(Operation::truncate));
}

TEST_CASE("whether anything is hashed", "[rules]") {
  CHECK_FALSE(RuleList().hashes());
  CHECK_FALSE(RuleList(R"([{"table":"a","columns":{"mask":["x"]}}])").hashes());
  CHECK(RuleList(R"([{"table":"a"},{"table":"b","columns":{"hash":["x"]}}])").hashes());
}

TEST_CASE("an empty list has no rules", "[rules]") {
  CHECK_FALSE(RuleList().is_given());
  CHECK_FALSE(RuleList().find("s", "t"));
}

TEST_CASE("texts that are no list of rules", "[rules]") {
  CHECK(problem("") == "The value is not a JSON array.");
  CHECK(problem("{}") == "The value is not a JSON array.");
  CHECK(problem("[]") == "The value is empty.");
  CHECK(problem("[") == "Rule 1 is not an object.");
  CHECK(problem("[1]") == "Rule 1 is not an object.");
  CHECK(problem(R"([{"table":"t"})") == "The value is not valid JSON at byte 15.");
  CHECK(problem(R"([{"table":"t"},])") == "Rule 2 is not an object.");
  CHECK(problem(R"([{"table":"t",}])") == "Rule 1 is not valid JSON at byte 15.");
  CHECK(problem(R"([{"table" "t"}])") == "Rule 1 is not valid JSON at byte 11.");
  CHECK(problem(R"([{table:"t"}])") == "Rule 1 is not valid JSON at byte 3.");
  CHECK(problem(R"([{"table":"t]}])") == "Rule 1 is not valid JSON at byte 11.");
  CHECK(problem(R"([{"table":"t"}]])") == "The value is not valid JSON at byte 16.");
}

TEST_CASE("keys and values that are refused", "[rules]") {
  const auto rule = [](std::string_view rest) {
    return problem(R"([{"table":"first"},{"table":"t",)" + std::string(rest) + "}]");
  };
  CHECK(rule(R"("tabel":"t")") == R"(Rule 2: "tabel" is no key of a rule.)");
  CHECK(rule(R"("table":"t")") == R"(Rule 2: "table" is given twice.)");
  CHECK(rule(R"("\u0074able":"t")") == R"(Rule 2: "table" is given twice.)");
  CHECK(rule(R"("operations":{})") == R"(Rule 2: "operations" is not a list of texts.)");
  CHECK(rule(R"("operations":["insert",null])") ==
        R"(Rule 2: "operations" is not a list of texts.)");
  CHECK(rule(R"("operations":["INSERT"])") ==
        R"(Rule 2: "operations" names an unknown operation.)");
  CHECK(rule(R"("where":true)") == R"(Rule 2: "where" is not a text.)");
  CHECK(rule(R"("where":"   ")") == R"(Rule 2: "where" is empty.)");
  CHECK(rule(R"("columns":{"masks":["a"]})") == R"(Rule 2: "masks" is no key of columns.)");
  CHECK(rule(R"("columns":{"mask":["a","b","a"]})") ==
        R"(Rule 2: "columns.mask" names a column twice.)");
  CHECK(rule(R"("columns":{"mask":["a","\u0061"]})") ==
        R"(Rule 2: "columns.mask" names a column twice.)");
  CHECK(rule(R"("columns":{"exclude":["b"],"include":["a"]})") ==
        R"(Rule 2: "columns.exclude" cannot stand beside columns.include.)");
  CHECK(rule(R"("columns":{"include":["a"],"hash":["b"]})") ==
        R"(Rule 2: "columns.hash" names a column that columns.include does not name.)");
  CHECK(rule(R"("columns":{"exclude":["a"],"mask":["a"]})") ==
        R"(Rule 2: "columns.mask" names a column that columns.exclude names.)");
  CHECK(rule(R"("columns":{"hash":["a"],"mask":["a"]})") ==
        R"(Rule 2: "columns.hash" names a column that columns.mask names.)");
  CHECK(problem(R"([{"columns":{"mask":["a"]}}])") == R"(Rule 1: "table" is missing.)");
}

TEST_CASE("what may be said is told", "[rules]") {
  CHECK(RuleList::check(R"([{"x":1}])").allowed == "table, operations, columns, where");
  CHECK(RuleList::check(R"([{"columns":{"x":1}}])").allowed == "include, exclude, mask, hash");
  CHECK(RuleList::check(R"([{"operations":["x"]}])").allowed == "insert, update, delete, truncate");
  CHECK(RuleList::check(R"([{"table":1}])").allowed == "");
}

TEST_CASE("limits", "[rules]") {
  const auto table = [](size_t bytes) {
    return problem(R"([{"table":")" + std::string(bytes, 'a') + R"("}])");
  };
  CHECK(table(RuleList::table_bytes_max) == "");
  CHECK(table(RuleList::table_bytes_max + 1) == R"(Rule 1: "table" is too long.)");
  const auto where = [](size_t bytes) {
    return problem(R"([{"table":"t","where":")" + std::string(bytes, 'a') + R"("}])");
  };
  CHECK(where(RuleList::where_bytes_max) == "");
  CHECK(where(RuleList::where_bytes_max + 1) == R"(Rule 1: "where" is too long.)");
  const auto names = [](size_t count) {
    std::string list = "\"c0\"";
    for (size_t i = 1; i < count; ++i) list += ",\"c" + std::to_string(i) + "\"";
    return problem(R"([{"table":"t","columns":{"mask":[)" + list + "]}}]");
  };
  CHECK(names(RuleList::names_max) == "");
  CHECK(names(RuleList::names_max + 1) ==
        R"(Rule 1: "columns.mask" names more columns than a table can have.)");
}

TEST_CASE("a long key is shown in part, in whole characters", "[rules]") {
  const std::string shown = "x" + [] {
    std::string text;
    for (int i = 0; i < 31; ++i) text += "\xC3\xBC";
    return text;
  }();
  CHECK(problem(R"([{")" + shown + "\xC3\xBC\xC3\xBC" + R"(":1}])") ==
        "Rule 1: \"" + shown + "...\" is no key of a rule.");
}

}  // namespace
}  // namespace waljet
