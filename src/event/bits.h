// Bit strings as io.debezium.data.Bits: base64 of the number that the bits spell, as little-endian
// bytes without zeros at the end.
#pragma once

#include <cstddef>
#include <cstdint>

#include "event/sink.h"
#include "event/text.h"

namespace waljet {

// `bits` is laid out as PostgreSQL stores it: the first bit, which is the highest of the number, is
// the top bit of byte 0. What the last byte holds behind `bit_count` is not looked at. Writes the
// base64 between quotes, `""` where no bit is set.
void put_bits(Sink& sink, const uint8_t* bits, size_t bit_count);

// The most that put_bits() writes for so many bits.
constexpr size_t bits_bytes(size_t bit_count) {
  return base64_bytes(bit_count / 8 + (bit_count % 8 != 0 ? 1 : 0)) + 2;
}

}  // namespace waljet
