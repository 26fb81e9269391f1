#include "event/sha1.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <string>

#include "event/test_random.h"

namespace waljet {
namespace {

std::string hex(const Sha1::Digest& digest) {
  std::string text;
  for (const uint8_t byte : digest) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

Sha1::Digest digest(std::string_view bytes) {
  Sha1 sha1;
  sha1.update(bytes);
  return sha1.finish();
}

// The examples of RFC 3174, and of FIPS 180.
TEST_CASE("SHA-1 of known texts", "[sha1]") {
  CHECK(hex(digest("abc")) == "a9993e364706816aba3e25717850c26c9cd0d89d");
  CHECK(hex(digest("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")) ==
        "84983e441c3bd26ebaae4aa1f95129e5e54670f1");
  CHECK(hex(digest(std::string(1000000, 'a'))) == "34aa973cd4c4daa4f61eeb2bdbad27316534016f");
  std::string counted;
  for (int i = 0; i < 80; ++i) counted += "01234567";
  CHECK(hex(digest(counted)) == "dea356a2cddd90c7a7ecedc5ebb563934f460452");
  CHECK(hex(digest("")) == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

// The alphabet, over and over, of each length up to 299: the digest of all their digests, as
// python3 -c with hashlib computes it.
TEST_CASE("SHA-1 of every length over several blocks", "[sha1]") {
  Sha1 of_all;
  std::string text;
  for (int length = 0; length < 300; ++length) {
    const Sha1::Digest one = digest(text);
    of_all.update({reinterpret_cast<const char*>(one.data()), one.size()});
    text += static_cast<char>('a' + length % 26);
  }
  CHECK(hex(of_all.finish()) == "0434dd098a74e2f0fc7b5846ecab87dff74ac926");
}

TEST_CASE("SHA-1, random, does not depend on how the text comes in", "[sha1]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 3000; ++i) {
    const std::string text = random.bytes(random.below(400));
    Sha1 sha1;
    for (size_t at = 0; at < text.size();) {
      const size_t length = std::min(random.below(100), text.size() - at);
      sha1.update(std::string_view(text).substr(at, length));
      at += length;
    }
    sha1.update("");
    if (sha1.finish() != digest(text)) FAIL(text.size());
  }
}

}  // namespace
}  // namespace waljet
