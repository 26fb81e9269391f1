#include "event/uuid5.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "event/test_random.h"
#include "event/test_sink.h"

namespace waljet {
namespace {

std::string uuid(std::string_view name) {
  return written([&](Sink& sink) { put_uuid_v5(sink, name); });
}

// As python's uuid.uuid5(uuid.NAMESPACE_URL, name) prints them.
TEST_CASE("UUIDs of known names", "[uuid5]") {
  CHECK(uuid("") == "1b4db7eb-4057-5ddf-91e0-36dec72071f5");
  CHECK(uuid("https://example.com/") == "dd2c1780-811a-5296-81c5-178a0ef488bc");
  CHECK(uuid("app.1A2B3C4D:000000001743E238:0000002A.0000") ==
        "c14f28b3-02f4-5a64-8a5f-b1bd94f583fc");
  CHECK(uuid("\xC3\xA4") == "6da0b71f-c3b3-5afc-8afe-627e4bbf6e18");
}

// Namespace, name, the bit behind it and its length fill one block at 39 bytes; the name alone with
// the namespace does at 48.
TEST_CASE("UUIDs of names around the size of a block", "[uuid5]") {
  CHECK(uuid(std::string(39, 'x')) == "f4eaee1e-e483-528b-88bd-6b8932ab6e2b");
  CHECK(uuid(std::string(40, 'x')) == "f562c38a-a8fe-5cdd-b523-6f30cfb54847");
  CHECK(uuid(std::string(47, 'x')) == "b18474ae-5fc6-5d04-aa24-a5be94234955");
  CHECK(uuid(std::string(48, 'x')) == "8fa6ffa9-9280-5899-a2d8-b082ccdf6380");
  CHECK(uuid(std::string(1000, 'x')) == "68491f23-75a7-557d-943b-00881c13ae1e");
}

TEST_CASE("UUIDs, random, have the form of version 5 and are distinct", "[uuid5]") {
  Random random;
  INFO(random.how_to_repeat());
  std::set<std::string> names;
  std::set<std::string> uuids;
  for (int i = 0; i < 5000; ++i) {
    const std::string name = random.bytes(random.below(100));
    const std::string text = uuid(name);
    INFO(text);
    if (text.size() != 36 || text[14] != '5') FAIL("version");
    if (std::string("89ab").find(text[19]) == std::string::npos) FAIL("variant");
    for (size_t at = 0; at < text.size(); ++at) {
      const bool hyphen = at == 8 || at == 13 || at == 18 || at == 23;
      const std::string allowed = hyphen ? "-" : "0123456789abcdef";
      if (allowed.find(text[at]) == std::string::npos) FAIL(at);
    }
    names.insert(name);
    uuids.insert(text);
  }
  CHECK(names.size() == uuids.size());
}

}  // namespace
}  // namespace waljet
