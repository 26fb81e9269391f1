// SHA-1 (RFC 3174), for names and not for secrets.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace waljet {

class Sha1 {
 public:
  using Digest = std::array<uint8_t, 20>;

  // Continues with `bytes`.
  void update(std::string_view bytes);
  // The digest of all of it. Ends the use of this object.
  Digest finish();

 private:
  static constexpr size_t block_bytes = 64;
  void compress(const uint8_t* block);

  std::array<uint32_t, 5> state_ = {0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0};
  uint8_t block_[block_bytes] = {};
  uint64_t size_ = 0;  // of all that came in; modulo 64 of it waits in the block
};

}  // namespace waljet
