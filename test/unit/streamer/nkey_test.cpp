#include "streamer/nkey.h"

#include <catch2/catch.hpp>

using namespace waljet;

namespace {

// A pair that NATS's own documents show.
constexpr const char* seed = "SUACSSL3UAHUDXKFSNVUZRF5UHPMWZ6BFDTJ7M6USDXIEDNPPQYYYCU3VY";
constexpr const char* public_key = "UDXU4RCSJNZOIQHZNWXHXORDPRTGNJAHAHFRGZNEEJCPQTT2M7NLCNF4";

}  // namespace

TEST_CASE("a seed tells its public key", "[nkey]") {
  const auto key = public_nkey(seed);
  REQUIRE(key);
  CHECK(*key == public_key);
}

TEST_CASE("what is no user's seed is refused, and not shown", "[nkey]") {
  std::string changed = seed;
  changed[20] = changed[20] == 'A' ? 'B' : 'A';
  for (const std::string& text :
       {std::string(), std::string("SU"), std::string(public_key), changed,
        std::string(seed).substr(0, 57), std::string(seed) + "A", std::string(58, '1')}) {
    INFO(text);
    const auto key = public_nkey(text);
    REQUIRE_FALSE(key);
    CHECK(key.error().error_class == ErrorClass::configuration);
    if (text.size() > 2) CHECK(key.error().text.find(text) == std::string::npos);
  }
}

TEST_CASE("a seed is found on a line of its own", "[nkey]") {
  const std::string text(seed);
  CHECK(find_seed(text) == text);
  CHECK(find_seed("# a seed\n" + text + "\r\n") == text);
  CHECK(find_seed("-----BEGIN USER NKEY SEED-----\n" + text + "\n------END------\n") == text);
  CHECK(find_seed("x" + text).empty());
  CHECK(find_seed("").empty());
}
