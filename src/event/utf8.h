// UTF-8: what is valid, and what to do with bytes that are not. Valid are the shortest forms of
// U+0000 to U+10FFFF without the surrogates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "event/sink.h"

namespace waljet {

struct Utf8Character {
  uint32_t code = 0;
  uint32_t length = 0;  // in bytes; 0: no valid character begins here
};

// The character at the front of `bytes`.
Utf8Character first_utf8_character(std::string_view bytes);

// How many bytes at the front are ASCII.
size_t ascii_prefix(std::string_view bytes);

// How many bytes at the front are whole, valid characters.
size_t valid_utf8_prefix(std::string_view bytes);

// Copies what is valid. Each byte that belongs to no valid character becomes one of the
// private-use characters U+EF80 to U+EFFF, U+EF80 + (byte - 0x80), which a reader can turn back
// unless the text holds these characters on its own.
void put_utf8(Sink& sink, std::string_view bytes);

// One such byte, written to room for so many; returns what follows them.
constexpr size_t stray_byte_bytes = 3;
char* write_stray_byte(char* to, char byte);

// The most that put_utf8() writes for so many bytes.
constexpr size_t utf8_bytes_max(size_t bytes) {
  return bytes * 3;
}

}  // namespace waljet
