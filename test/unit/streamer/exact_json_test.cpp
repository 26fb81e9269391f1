#include "streamer/exact_json.h"

#include <catch2/catch.hpp>

namespace waljet {
namespace {

// Read and written again.
std::string through(const std::string& json) {
  rapidjson::Document document;
  if (!parse_exact(json, document)) return "not JSON";
  return exact_text(document);
}

TEST_CASE("numbers stay as they were written", "[exact_json]") {
  const std::string large(400, '9');
  for (const std::string& number :
       {std::string("0"), std::string("-0"), std::string("1.50"), std::string("1E+400"),
        std::string("-92233720368547758.08"), std::string("0.1000000000000000000000000000001"),
        large, "-" + large + "." + large}) {
    CHECK(through(number) == number);
    CHECK(through("{\"a\":[" + number + ",\"" + number + "\"]}") ==
          "{\"a\":[" + number + ",\"" + number + "\"]}");
  }
}

TEST_CASE("digits inside of strings and names are no numbers", "[exact_json]") {
  for (const char* json :
       {R"({"1":"2"})", R"(["\"1\"","\\",1,"a-1\\\"2"])", R"([true,false,null,"",{},[]])"}) {
    CHECK(through(json) == json);
  }
}

TEST_CASE("what is not JSON is not taken", "[exact_json]") {
  for (const char* text :
       {"", "{", "\"", "\"\\", "\"a\\\"", "[1,]", "1 2", "{1:2}x", "nul", "+1"}) {
    INFO(text);
    rapidjson::Document document;
    CHECK_FALSE(parse_exact(text, document));
  }
}

TEST_CASE("whole numbers of 64 bits are read", "[exact_json]") {
  const auto integer = [](const char* json) {
    rapidjson::Document document;
    REQUIRE(parse_exact(json, document));
    return exact_integer(document);
  };
  CHECK(integer("1795237578610") == 1795237578610);
  CHECK(integer("-9223372036854775808") == std::numeric_limits<int64_t>::min());
  CHECK_FALSE(integer("9223372036854775808"));
  CHECK_FALSE(integer("1.5"));
  CHECK_FALSE(integer("\"1\""));
  CHECK_FALSE(integer("null"));
}

}  // namespace
}  // namespace waljet
