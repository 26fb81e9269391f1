// SHA-256 (FIPS 180-4).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace waljet {

// Plain data: a copy goes on from where the original stands.
class Sha256 {
 public:
  using Digest = std::array<uint8_t, 32>;

  // Continues with `bytes`.
  void update(std::string_view bytes);
  // The digest of all of it. Ends the use of this object.
  Digest finish();

 private:
  static constexpr size_t block_bytes = 64;
  void compress(const uint8_t* block);

  std::array<uint32_t, 8> state_ = {0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A,
                                    0x510E527F, 0x9B05688C, 0x1F83D9AB, 0x5BE0CD19};
  uint8_t block_[block_bytes] = {};
  uint64_t size_ = 0;  // of all that came in; modulo 64 of it waits in the block
};

}  // namespace waljet
