#include "streamer/jetstream.h"

#include <catch2/catch.hpp>

using namespace waljet;

TEST_CASE("a shown URL holds no secrets", "[jetstream]") {
  CHECK(url_without_secrets("nats://127.0.0.1:4222") == "nats://127.0.0.1:4222");
  CHECK(url_without_secrets("nats://user:pass@host:4222") == "nats://host:4222");
  CHECK(url_without_secrets("nats://token@a:1,nats://u:p@b:2") == "nats://a:1,nats://b:2");
  CHECK(url_without_secrets("u:p@host") == "host");
  CHECK(url_without_secrets("").empty());
}
