#include "streamer/publish_protocol.h"

#include <array>
#include <catch2/catch.hpp>
#include <string>

#include "streamer/string_sink.h"

using namespace waljet;

namespace {

std::string written(const Message& message) {
  StringSink out;
  put_publish(*out, message, "_INBOX.abc.1.42");
  return out.str();
}

}  // namespace

TEST_CASE("a publish says how long its headers and the whole of it are", "[publish_protocol]") {
  const std::array<Header, 2> headers{{{"Waljet-Id", "app.1:2:3.4"}, {"A", ""}}};
  const std::string text = "NATS/1.0\r\nWaljet-Id: app.1:2:3.4\r\nA: \r\n\r\n";
  REQUIRE(encoded_bytes(headers) == text.size());
  CHECK(text.size() == 41);
  CHECK(written({"app.public.t.insert", headers, "{}"}) ==
        "HPUB app.public.t.insert _INBOX.abc.1.42 41 43\r\n" + text + "{}\r\n");
}

TEST_CASE("headers and body may be empty", "[publish_protocol]") {
  CHECK(written({"s", {}, ""}) == "HPUB s _INBOX.abc.1.42 12 12\r\nNATS/1.0\r\n\r\n\r\n");
}

TEST_CASE("a body is written as it is, a header's value stays on its line", "[publish_protocol]") {
  const std::array<Header, 1> headers{{{"Key", "a\r\nHPUB b\nc"}}};
  CHECK(written({"s", headers, "x\r\ny"}) ==
        "HPUB s _INBOX.abc.1.42 30 34\r\nNATS/1.0\r\nKey: a  HPUB b c\r\n\r\nx\r\ny\r\n");
}
