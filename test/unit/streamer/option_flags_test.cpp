#include "streamer/option_flags.h"

#include <catch2/catch.hpp>
#include <set>

namespace waljet {
namespace {

OptionFlag flag_of(std::string_view name) {
  for (const OptionFlag& flag : option_flags()) {
    if (flag.spec->name == name) return flag;
  }
  FAIL("no flag for " << name);
  return {};
}

TEST_CASE("every option of the plugin has a flag but those that the streamer sets",
          "[option_flags]") {
  std::set<std::string_view> without;
  for (const OptionSpec& spec : option_specs()) without.insert(spec.name);
  std::set<std::string> flags;
  std::set<std::string> variables;
  for (const OptionFlag& flag : option_flags()) {
    INFO(flag.flag);
    CHECK(without.erase(flag.spec->name) == 1);
    CHECK(flags.insert(flag.flag).second);
    CHECK(variables.insert(flag.environment).second);
    CHECK_FALSE(flag.value_name.empty());
    CHECK(flag.help.find('`') == std::string::npos);
    CHECK(flag.help.size() > flag.spec->sentence.size() / 2);
  }
  CHECK(without ==
        std::set<std::string_view>{"name", "subject", "output", "max_event_bytes", "group_bytes"});
}

TEST_CASE("flags and variables are named after the options", "[option_flags]") {
  CHECK(flag_of("partition_root").flag == "--partition-root");
  CHECK(flag_of("partition_root").environment == "WALJET_SOURCE_PARTITION_ROOT");
  CHECK(flag_of("format").flag == "--format");
  CHECK(flag_of("format").environment == "WALJET_SOURCE_FORMAT");
  CHECK(flag_of("tables").environment == "WALJET_FILTER_TABLES");
  CHECK(flag_of("exclude_tables").flag == "--exclude-tables");
  CHECK(flag_of("exclude_tables").environment == "WALJET_FILTER_EXCLUDE_TABLES");
  CHECK(flag_of("operations").environment == "WALJET_FILTER_OPERATIONS");
  CHECK(flag_of("rules").environment == "WALJET_FILTER_RULES");
  CHECK(flag_of("rules").value_name == "JSON");
  CHECK(flag_of("publications").environment == "WALJET_FILTER_PUBLICATIONS");
}

TEST_CASE("help tells what a value may be, and the default", "[option_flags]") {
  CHECK(flag_of("origin").value_name == "any|none");
  CHECK(flag_of("origin").help == "none drops changes that came here by replication. [any]");
  CHECK(flag_of("batch_bytes").value_name == "N");
  CHECK(flag_of("tables").value_name == "LIST");
  CHECK(flag_of("tables").help.ends_with("[all tables]"));
  CHECK(flag_of("operations").help.find("Any of insert,update,delete,truncate.") !=
        std::string::npos);
}

TEST_CASE("a value that is not allowed is refused with what is", "[option_flags]") {
  const auto problem = [](const char* name, const char* value) {
    return option_problem(*find_option(name), value);
  };
  CHECK(problem("origin", "none").empty());
  CHECK(problem("rules", R"([{"table":"t","operations":["insert","upsert"]}])") ==
        "Rule 1: \"operations\" names an unknown operation. Allowed: insert, update, delete, "
        "truncate.");
  CHECK(problem("rules", "[{}]") == "Rule 1: \"table\" is missing.");
  CHECK(problem("origin", "some") == "\"some\" is not one of those allowed. Allowed: any, none.");
  CHECK(problem("batch_bytes", "-1") ==
        "\"-1\" is not a whole number in the allowed range. Allowed: 0 to 67108864.");
  CHECK(problem("tables", "public.users").empty());
  CHECK(problem("tables", "a.b.c").find("more than two names") != std::string::npos);
  CHECK(problem("subject", "{name}.{table}").empty());
  CHECK(problem("subject", "{nonsense}.x").find("unknown variable") != std::string::npos);
}

TEST_CASE("what is not set, or empty, is the default", "[option_flags]") {
  CHECK(option_value({}, "origin") == "any");
  CHECK(option_value({{"origin", ""}}, "origin") == "any");
  CHECK(option_value({{"origin", "none"}}, "origin") == "none");
}

}  // namespace
}  // namespace waljet
