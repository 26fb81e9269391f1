#include "streamer/snapshot_tables.h"

#include <catch2/catch.hpp>

using namespace waljet;
using Catch::Matchers::Contains;

TEST_CASE("options and tables are quoted in the question", "[snapshot_tables]") {
  CHECK(tables_query({{"name", "a'b"}, {"tables", "t"}}, "public.o'clock") ==
        "SELECT name, keyed, unkeyed_reason, readable FROM waljet.tables("
        "ARRAY['name', 'a''b', 'tables', 't']::text[], 'public.o''clock')");
  CHECK_THAT(tables_query({}, "t"), Contains("ARRAY[]::text[]"));
}

TEST_CASE("without a filter all tables are let through", "[snapshot_tables]") {
  const OptionList options{{"format", "debezium"},  {"tables", "a"}, {"exclude_tables", "b"},
                           {"operations", "u"},     {"rules", "[]"}, {"publications", "p"},
                           {"partition_root", "on"}};
  CHECK(without_filter(options) == OptionList{{"format", "debezium"}, {"partition_root", "on"}});
}

TEST_CASE("extension, plugin and streamer have one version", "[snapshot_tables]") {
  CHECK_FALSE(version_problem("app", WALJET_VERSION, WALJET_VERSION));
  const auto absent = version_problem("app", std::nullopt, "");
  REQUIRE(absent);
  CHECK_THAT(absent->text, Contains("CREATE EXTENSION waljet") && Contains("app"));
  const auto extension = version_problem("app", "0.0.9", WALJET_VERSION);
  REQUIRE(extension);
  CHECK_THAT(extension->text, Contains("0.0.9") && Contains("ALTER EXTENSION waljet UPDATE"));
  const auto module = version_problem("app", WALJET_VERSION, "0.0.9");
  REQUIRE(module);
  CHECK_THAT(module->text, Contains("0.0.9") && Contains("install"));
}

TEST_CASE("a table has to be readable and to have a key", "[snapshot_tables]") {
  const ListedTable fine{"public.a", true, "", true};
  CHECK_FALSE(table_problem({fine, fine}, "cdc"));
  const auto hidden = table_problem({fine, {"public.b", true, "", false}}, "cdc");
  REQUIRE(hidden);
  CHECK_THAT(hidden->text, Contains("GRANT SELECT ON public.b TO cdc"));
  const auto unkeyed = table_problem({{"public.c", false, "", true}, fine}, "cdc");
  REQUIRE(unkeyed);
  CHECK_THAT(unkeyed->text, Contains("public.c") && Contains("no key"));
  const auto masked =
      table_problem({{"public.d", false, "its key column email is masked", true}}, "cdc");
  REQUIRE(masked);
  CHECK_THAT(masked->text, Contains("email is masked"));
}
