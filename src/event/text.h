// Small pieces of text: digits, hex, base64. No locale, no allocation.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "event/sink.h"

namespace waljet {

// Decimal digits, as short as they get.
void put_int(Sink& sink, int64_t value);
void put_uint(Sink& sink, uint64_t value);

// Decimal digits of `value`, zeros in front up to `width`.
void put_padded(Sink& sink, uint64_t value, int width);

// Upper hex, zeros in front up to `width`.
void put_hex(Sink& sink, uint64_t value, int width);

// RFC 4648 standard alphabet with padding, one line, no quotes.
void put_base64(Sink& sink, std::string_view bytes);
// The same with - and _ for + and /, as URLs and file names take it.
void put_base64_url(Sink& sink, std::string_view bytes);
constexpr size_t base64_bytes(size_t bytes) {
  return (bytes + 2) / 3 * 4;
}

// The 16 bytes of a UUID, lower hex with hyphens, no quotes.
constexpr size_t uuid_bytes = 16;
void put_uuid(Sink& sink, const uint8_t* uuid);

// Two lower hex digits a byte.
void put_hex_bytes(Sink& sink, std::string_view bytes);

// FNV-1a, 32 bits; `hash` continues an earlier one.
constexpr uint32_t fnv1a_32_start = 0x811c9dc5;
uint32_t fnv1a_32(std::string_view bytes, uint32_t hash = fnv1a_32_start);

}  // namespace waljet
