#include "streamer/nats_access.h"

#include <catch2/catch.hpp>

using namespace waljet;

TEST_CASE("a shown URL holds no secrets", "[nats_access]") {
  CHECK(url_without_secrets("nats://127.0.0.1:4222") == "nats://127.0.0.1:4222");
  CHECK(url_without_secrets("nats://user:pass@host:4222") == "nats://host:4222");
  CHECK(url_without_secrets("nats://token@a:1,nats://u:p@b:2") == "nats://a:1,nats://b:2");
  CHECK(url_without_secrets("u:p@host") == "host");
  CHECK(url_without_secrets("").empty());
}

TEST_CASE("servers stand between commas", "[nats_access]") {
  CHECK(servers_of("nats://a:1, tls://b:2 ,c") ==
        std::vector<std::string>{"nats://a:1", "tls://b:2", "c"});
  CHECK(servers_of(" , ,").empty());
}
