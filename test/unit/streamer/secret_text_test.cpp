#include "streamer/secret_text.h"

#include <catch2/catch.hpp>

using namespace waljet;

TEST_CASE("a NATS URL shows its user, not its password or token", "[secret_text]") {
  CHECK(hidden_nats_url("nats://127.0.0.1:4222") == "nats://127.0.0.1:4222");
  CHECK(hidden_nats_url("nats://user:pass@host:4222") == "nats://user:***@host:4222");
  CHECK(hidden_nats_url("nats://user:p@ss:w@host") == "nats://user:***@host");
  CHECK(hidden_nats_url("nats://token@host") == "nats://***@host");
  CHECK(hidden_nats_url("nats://t@a:1,tls://u:p@b:2, nats://c") ==
        "nats://***@a:1,tls://u:***@b:2, nats://c");
  CHECK(hidden_nats_url("u:p@host") == "u:***@host");
  CHECK(hidden_nats_url("").empty());
}

TEST_CASE("a URI of PostgreSQL shows all but the password", "[secret_text]") {
  CHECK(hidden_connection("postgresql://cdc@db/app") == "postgresql://cdc@db/app");
  CHECK(hidden_connection("postgresql://cdc:secret@db:5432/app?sslmode=require") ==
        "postgresql://cdc:***@db:5432/app?sslmode=require");
  CHECK(hidden_connection("postgres://cdc:s/e?c@ret@db/app") == "postgres://cdc:***@db/app");
  CHECK(hidden_connection("postgresql://db/app?user=cdc&password=secret&sslmode=require") ==
        "postgresql://db/app?user=cdc&password=***&sslmode=require");
  CHECK(hidden_connection("postgresql://db/app?sslpassword=secret") ==
        "postgresql://db/app?sslpassword=***");
  CHECK(hidden_connection("postgresql://db/app?p%61ssword=secret") ==
        "postgresql://db/app?p%61ssword=***");
  CHECK(hidden_connection("postgresql://") == "postgresql://");
}

TEST_CASE("keywords and values show all but the password", "[secret_text]") {
  CHECK(hidden_connection("host=db user=cdc password=secret dbname=app") ==
        "host=db user=cdc password=*** dbname=app");
  CHECK(hidden_connection("password = 'se cr\\'et'  host='a b'") == "password=*** host='a b'");
  CHECK(hidden_connection("password=se\\ cret host=db") == "password=*** host=db");
  CHECK(hidden_connection("sslpassword=x password=") == "sslpassword=*** password=***");
  CHECK(hidden_connection("") == "");
}

TEST_CASE("what cannot be read is hidden whole", "[secret_text]") {
  for (const char* text : {"secret", "password 'secret'", "host=db secret", "=secret",
                           "password='secret", "host=db password='sec\\"}) {
    INFO(text);
    CHECK(hidden_connection(text) == hidden_text);
  }
}
