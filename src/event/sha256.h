// SHA-256 (FIPS 180-4).
#pragma once

#include "event/block_hash.h"

namespace waljet {

class Sha256 : public BlockHash<Sha256, 8> {
 public:
  constexpr Sha256()
      : BlockHash({0x6A09E667, 0xBB67AE85, 0x3C6EF372, 0xA54FF53A, 0x510E527F, 0x9B05688C,
                   0x1F83D9AB, 0x5BE0CD19}) {}

 private:
  friend class BlockHash<Sha256, 8>;
  void compress(const uint8_t* block);
};

}  // namespace waljet
