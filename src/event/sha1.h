// SHA-1 (RFC 3174), for names and not for secrets.
#pragma once

#include "event/block_hash.h"

namespace waljet {

class Sha1 : public BlockHash<Sha1, 5> {
 public:
  constexpr Sha1() : BlockHash({0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476, 0xC3D2E1F0}) {}

 private:
  friend class BlockHash<Sha1, 5>;
  void compress(const uint8_t* block);
};

}  // namespace waljet
