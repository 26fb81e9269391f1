#include "streamer/sql_list.h"

#include <catch2/catch.hpp>

using namespace waljet;

TEST_CASE("entries of a list, as they are spelled", "[sql_list]") {
  using List = std::vector<std::string>;
  CHECK(sql_list("") == List{});
  CHECK(sql_list(" , ") == List{});
  CHECK(sql_list("a, public.b ,\"c, d\".\"e\"\"f\"") ==
        List{"a", "public.b", "\"c, d\".\"e\"\"f\""});
}

TEST_CASE("what a spelled name means", "[sql_list]") {
  CHECK(sql_name("Orders") == "orders");
  CHECK(sql_name("\"Orders\"") == "Orders");
  CHECK(sql_name("\"say \"\"hi\"\"\"") == "say \"hi\"");
  CHECK(sql_name("*") == "*");
}
