#include "event/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace waljet {
namespace {

bool is_ascii(char c) {
  return static_cast<uint8_t>(c) < 0x80;
}

// What the first byte of a character that is not ASCII says; 0 where it is never first.
uint32_t length_by_lead(uint8_t lead) {
  if (lead < 0xC0 || lead > 0xF4) return 0;
  if (lead < 0xE0) return 2;
  return lead < 0xF0 ? 3 : 4;
}

// Whether `length` bytes are the shortest form of a character.
bool is_character(uint32_t code, uint32_t length) {
  constexpr uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code <= 0xDFFF;
  return code >= least[length] && code <= 0x10FFFF && !surrogate;
}

}  // namespace

Utf8Character first_utf8_character(std::string_view bytes) {
  if (bytes.empty()) return {};
  const auto lead = static_cast<uint8_t>(bytes[0]);
  if (lead < 0x80) return {lead, 1};
  const uint32_t length = length_by_lead(lead);
  if (length == 0 || bytes.size() < length) return {};
  uint32_t code = lead & (0x7Fu >> length);
  for (uint32_t i = 1; i < length; ++i) {
    const auto byte = static_cast<uint8_t>(bytes[i]);
    if ((byte & 0xC0) != 0x80) return {};
    code = code << 6 | (byte & 0x3F);
  }
  if (!is_character(code, length)) return {};
  return {code, length};
}

size_t ascii_prefix(std::string_view bytes) {
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
#if defined(__SSE2__)
  for (; end - p >= 16; p += 16) {
    const int high = _mm_movemask_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
    if (high != 0) {
      return static_cast<size_t>(p - bytes.data()) +
             static_cast<size_t>(__builtin_ctz(static_cast<unsigned>(high)));
    }
  }
#endif
  while (p < end && is_ascii(*p)) ++p;
  return static_cast<size_t>(p - bytes.data());
}

size_t valid_utf8_prefix(std::string_view bytes) {
  std::string_view rest = bytes;
  for (;;) {
    rest.remove_prefix(ascii_prefix(rest));
    // Text in a script of its own has few ASCII runs.
    while (!rest.empty() && !is_ascii(rest[0])) {
      const uint32_t length = first_utf8_character(rest).length;
      if (length == 0) return bytes.size() - rest.size();
      rest.remove_prefix(length);
    }
    if (rest.empty()) return bytes.size();
  }
}

// From EE BE 80 for 0x80 to EE BF BF for 0xFF.
char* write_stray_byte(char* to, char byte) {
  const uint32_t code = 0xEF80 + (static_cast<uint8_t>(byte) - 0x80u);
  *to++ = '\xEE';
  *to++ = static_cast<char>(0x80 | (code >> 6 & 0x3F));
  *to++ = static_cast<char>(0x80 | (code & 0x3F));
  return to;
}

void put_utf8(Sink& sink, std::string_view bytes) {
  while (!bytes.empty()) {
    const size_t valid = valid_utf8_prefix(bytes);
    sink.put({bytes.data(), valid});
    bytes.remove_prefix(valid);
    if (bytes.empty()) return;
    write_stray_byte(sink.reserve(stray_byte_bytes), bytes[0]);
    sink.advance(stray_byte_bytes);
    bytes.remove_prefix(1);
  }
}

}  // namespace waljet
