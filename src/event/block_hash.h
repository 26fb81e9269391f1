// What SHA-1 and SHA-256 share (FIPS 180-4, 5.1.1 and 5.2.1): bytes are gathered into blocks of 64,
// the last of which is padded and ends with the size in bits; big-endian throughout.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace waljet {

inline uint32_t read_big_endian(const uint8_t* bytes) {
  return uint32_t{bytes[0]} << 24 | uint32_t{bytes[1]} << 16 | uint32_t{bytes[2]} << 8 | bytes[3];
}

template <typename Word>
void write_big_endian(uint8_t* to, Word word) {
  for (size_t i = sizeof word; i-- > 0; word = static_cast<Word>(word >> 8)) {
    to[i] = static_cast<uint8_t>(word);
  }
}

// `Hash` derives from it and has compress(block), which mixes one block into state_. Plain data: a
// copy goes on from where the original stands.
template <typename Hash, size_t state_words>
class BlockHash {
 public:
  using Digest = std::array<uint8_t, state_words * sizeof(uint32_t)>;

  // Continues with `bytes`.
  void update(std::string_view bytes) {
    size_t waiting = size_ % block_bytes;
    size_ += bytes.size();
    while (bytes.size() >= block_bytes - waiting) {
      std::memcpy(block_ + waiting, bytes.data(), block_bytes - waiting);
      bytes.remove_prefix(block_bytes - waiting);
      compress_block();
      waiting = 0;
    }
    if (!bytes.empty()) std::memcpy(block_ + waiting, bytes.data(), bytes.size());
  }

  // The digest of all of it. Ends the use of this object.
  Digest finish() {
    size_t filled = size_ % block_bytes;
    block_[filled++] = 0x80;
    if (filled > block_bytes - sizeof size_) {
      std::memset(block_ + filled, 0, block_bytes - filled);
      compress_block();
      filled = 0;
    }
    std::memset(block_ + filled, 0, block_bytes - sizeof size_ - filled);
    write_big_endian(block_ + block_bytes - sizeof size_, size_ * 8);
    compress_block();

    Digest digest;
    for (size_t i = 0; i < state_words; ++i) write_big_endian(digest.data() + 4 * i, state_[i]);
    return digest;
  }

 protected:
  using State = std::array<uint32_t, state_words>;
  explicit constexpr BlockHash(const State& initial) : state_(initial) {}

  State state_;

 private:
  static constexpr size_t block_bytes = 64;
  void compress_block() { static_cast<Hash*>(this)->compress(block_); }

  uint8_t block_[block_bytes] = {};
  uint64_t size_ = 0;  // of all that came in; modulo 64 of it waits in the block
};

}  // namespace waljet
