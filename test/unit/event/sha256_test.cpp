#include "event/sha256.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "event/test_random.h"

namespace waljet {
namespace {

std::string hex(const Sha256::Digest& digest) {
  std::string text;
  for (const uint8_t byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

Sha256::Digest digest(std::string_view bytes) {
  Sha256 sha256;
  sha256.update(bytes);
  return sha256.finish();
}

// The examples of FIPS 180.
TEST_CASE("SHA-256 of known texts", "[sha256]") {
  CHECK(hex(digest("")) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
  CHECK(hex(digest("abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  CHECK(hex(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
  CHECK(hex(digest(std::string(1000000, 'a'))) ==
        "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

// The alphabet, over and over, of each length up to 299: the digest of all their digests, as
// python3 -c with hashlib computes it.
TEST_CASE("SHA-256 of every length over several blocks", "[sha256]") {
  Sha256 of_all;
  std::string text;
  for (int length = 0; length < 300; ++length) {
    const Sha256::Digest one = digest(text);
    of_all.update({reinterpret_cast<const char*>(one.data()), one.size()});
    text += static_cast<char>('a' + length % 26);
  }
  CHECK(hex(of_all.finish()) == "0cad9804271ac80db9aa1affce50bed37225adecd65d4ffba7483ce1d0f11442");
}

TEST_CASE("SHA-256, random, does not depend on how the text comes in", "[sha256]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 3000; ++i) {
    const std::string text = random.bytes(random.below(400));
    Sha256 sha256;
    for (size_t at = 0; at < text.size();) {
      const size_t length = std::min(random.below(100), text.size() - at);
      sha256.update(std::string_view(text).substr(at, length));
      at += length;
    }
    sha256.update("");
    if (sha256.finish() != digest(text)) FAIL(text.size());
  }
}

TEST_CASE("a copy of SHA-256 goes on from where the original stands", "[sha256]") {
  Sha256 salted;
  salted.update(std::string(70, 's'));
  Sha256 first = salted;
  first.update("one");
  Sha256 second = salted;
  second.update("two");
  CHECK(first.finish() == digest(std::string(70, 's').append("one")));
  CHECK(second.finish() == digest(std::string(70, 's').append("two")));
}

}  // namespace
}  // namespace waljet
