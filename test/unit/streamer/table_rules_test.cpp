#include "streamer/table_rules.h"

#include <catch2/catch.hpp>

using namespace waljet;

namespace {

using Words = std::vector<std::string>;
const Words defaults{"insert", "update", "delete"};

std::vector<TableRule> rules_of(std::string_view yaml) {
  YamlNode node;
  REQUIRE_FALSE(parse_yaml(yaml, node));
  std::vector<TableRule> rules;
  const auto problem = read_table_rules(node, "filter.tables", rules);
  INFO((problem ? problem->text : ""));
  REQUIRE_FALSE(problem);
  return rules;
}

std::string problem_of(std::string_view yaml) {
  YamlNode node;
  REQUIRE_FALSE(parse_yaml(yaml, node));
  std::vector<TableRule> rules;
  const auto problem = read_table_rules(node, "filter.tables", rules);
  if (!problem) return {};
  return std::to_string(problem->place.line) + ":" + std::to_string(problem->place.column) + ": " +
         problem->text;
}

FilterOptions options_of(std::string_view yaml, const std::optional<Words>& operations = {}) {
  auto options = filter_options(rules_of(yaml), operations, defaults);
  INFO((options ? "" : options.error().text));
  REQUIRE(options);
  return *options;
}

}  // namespace

TEST_CASE("tables that differ in name alone need no rules", "[table_rules]") {
  const auto is = [](const FilterOptions& options, const char* tables, const char* operations) {
    CHECK(options.tables == tables);
    CHECK(options.operations == operations);
    CHECK(options.rules.empty());
  };
  is(options_of("{users: [insert, update]}"), "users", "insert,update");
  is(options_of("{users: [update, insert], public.orders: [update, insert]}"),
     "users,public.orders", "insert,update");
  is(options_of("{users: , 'audit.*': {}}"), "users,audit.*", "");
  is(options_of("{users: truncate}"), "users", "truncate");
  is(options_of("{users: {operations: [insert]}}"), "users", "insert");
  is(options_of("{users: }", Words{"insert"}), "users", "insert");
  is(options_of("{users: [insert, update]}", Words{"update", "delete"}), "users", "update");
  is(options_of("{'\"Odd, Name\"': , '*': }"), "\"Odd, Name\",*", "");
}

TEST_CASE("tables that differ become rules, in their order", "[table_rules]") {
  const FilterOptions options = options_of(
      "users: [insert, update]\n"
      "public.orders: {operations: [insert], columns: {mask: [email], exclude: [ssn]},\n"
      "  where: \"amount > 100 and note <> 'x'\"}\n"
      "'*':\n");
  CHECK(options.tables.empty());
  CHECK(options.operations.empty());
  CHECK(options.rules == R"([{"table":"users","operations":["insert","update"]},)"
                         R"({"table":"public.orders","operations":["insert"],)"
                         R"("columns":{"exclude":["ssn"],"mask":["email"]},)"
                         R"("where":"amount > 100 and note <> 'x'"},{"table":"*"}])");
}

TEST_CASE("one rule with columns or a predicate is a rule", "[table_rules]") {
  CHECK(options_of("{users: {columns: {include: [id], hash: [email]}}}").rules ==
        R"([{"table":"users","columns":{"include":["id"],"hash":["email"]}}])");
  CHECK(options_of("{users: {where: \"a\"}}").rules == R"([{"table":"users","where":"a"}])");
}

TEST_CASE("operations for all tables bound those of each", "[table_rules]") {
  const FilterOptions options =
      options_of("{a: [insert, delete], b: [update], c: }", Words{"insert", "update"});
  CHECK(options.operations == "insert,update");
  CHECK(options.rules ==
        R"([{"table":"a","operations":["insert"]},{"table":"b","operations":["update"]},)"
        R"({"table":"c"}])");
  const auto none = filter_options(rules_of("{a: [truncate]}"), Words{"insert"}, defaults);
  REQUIRE_FALSE(none);
  CHECK(none.error().error_class == ErrorClass::configuration);
  CHECK(none.error().text.find("table a") != std::string::npos);
}

TEST_CASE("what one table asks for beyond the default the others do not get", "[table_rules]") {
  const FilterOptions options = options_of("{a: [insert, truncate], b: }");
  CHECK(options.operations == "insert,update,delete,truncate");
  CHECK(options.rules == R"([{"table":"a","operations":["insert","truncate"]},)"
                         R"({"table":"b","operations":["insert","update","delete"]}])");
}

TEST_CASE("a list of rules says the same", "[table_rules]") {
  const auto rules = rules_of("- {table: users, operations: [insert]}\n- table: '*'\n  where: x\n");
  REQUIRE(rules.size() == 2);
  CHECK(rules_as_list(rules) ==
        R"([{"table":"users","operations":["insert"]},{"table":"*","where":"x"}])");
}

TEST_CASE("rules written as JSON are read back the same", "[table_rules]") {
  const auto rules = rules_of(
      "{users: [insert], b.c: {columns: {mask: [x, 'y \"z\"']}, where: \"a\\nb\"}, '*': }");
  CHECK(rules_as_map(rules_of(rules_as_map(rules))) == rules_as_map(rules));
  CHECK(rules_as_list(rules_of(rules_as_list(rules))) == rules_as_list(rules));
  CHECK(rules_as_list(rules_of(rules_as_map(rules))) == rules_as_list(rules));
}

TEST_CASE("what is wrong with a rule is said where it is", "[table_rules]") {
  CHECK(problem_of("users:\n  operatoins: [insert]\n") ==
        "2:3: unknown key 'filter.tables.users.operatoins', did you mean "
        "'filter.tables.users.operations'?");
  CHECK(problem_of("users:\n  columns: {maks: [a]}\n") ==
        "2:13: unknown key 'filter.tables.users.columns.maks', did you mean "
        "'filter.tables.users.columns.mask'?");
  CHECK(problem_of("users: {limit: 3}") ==
        "1:9: unknown key 'filter.tables.users.limit': known are operations, columns, where");
  CHECK(problem_of("users: [insert, merge]") ==
        "1:8: filter.tables.users.operations: \"merge\" is not one of insert, update, delete, "
        "truncate");
  CHECK(problem_of("users: [insert, delte]").ends_with("did you mean \"delete\"?"));
  CHECK(problem_of("users: []") ==
        "1:8: filter.tables.users.operations: a list of texts is wanted");
  CHECK(problem_of("users: [insert, insert]").ends_with("\"insert\" comes twice"));
  CHECK(problem_of("users: {columns: [a]}")
            .ends_with("a map of include, exclude, mask, hash is wanted"));
  CHECK(problem_of("users: {columns: {mask: {a: b}}}").ends_with("a list of texts is wanted"));
  CHECK(problem_of("users: {columns: {include: [a], exclude: [b]}}")
            .ends_with("rule each other out"));
  CHECK(problem_of("users: {where: [a]}").ends_with("where: a text is wanted"));
  CHECK(problem_of("users: {where: }").ends_with("where: a text is wanted"));
  CHECK(problem_of("a.b.c: ").find("more than two names") != std::string::npos);
  CHECK(problem_of("'a,b': ").ends_with("names several tables: each has an entry of its own"));
  CHECK(problem_of("{'*': , users: [insert]}") ==
        "1:9: filter.tables.users: stands behind \"*\", which holds for all tables: put that last");
  CHECK(problem_of("[{table: '*'}, {table: a}]").ends_with("put that last"));
  CHECK(problem_of("{}").ends_with("without a table nothing would be sent"));
  CHECK(problem_of("- users").ends_with("filter.tables[0]: a map is wanted"));
  CHECK(problem_of("- {where: x}").ends_with("filter.tables[0]: a rule needs a table"));
}
