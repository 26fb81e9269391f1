// What the fuzzers share. Each file beside this one is a fuzzer of its own: it makes something of
// arbitrary bytes, hands it to src/event/ and checks what comes out against the contract in the
// header, with code of its own. A finding ends the process; libFuzzer keeps the input.
#pragma once

#include <fuzzer/FuzzedDataProvider.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <string_view>

namespace waljet {

// Ends the run unless `holds`; `contract` is what should have been true.
inline void require(bool holds, const char* contract) {
  if (holds) return;
  std::fprintf(stderr, "finding: not so: %s\n", contract);
  std::abort();
}

// Length of the UTF-8 character in front, or 0 if there is none.
inline size_t utf8_character_bytes(std::string_view text) {
  const auto byte = [&](size_t i) {
    return i < text.size() ? static_cast<uint32_t>(static_cast<uint8_t>(text[i])) : 0u;
  };
  const uint32_t first = byte(0);
  if (first < 0x80) return text.empty() ? 0 : 1;
  if (first < 0xC2 || first > 0xF4) return 0;
  const size_t bytes = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  uint32_t code = first & (0xFFu >> (bytes + 1));
  for (size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0) != 0x80) return 0;
    code = code << 6 | (byte(i) & 0x3F);
  }
  constexpr uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xD800 && code < 0xE000;
  return code < smallest[bytes] || code > 0x10FFFF || surrogate ? 0 : bytes;
}

// `text` with each byte that is no UTF-8 taken as a character of LATIN1.
inline std::string as_utf8(std::string_view text) {
  std::string valid;
  while (!text.empty()) {
    const size_t bytes = utf8_character_bytes(text);
    if (bytes > 0) {
      valid.append(text.substr(0, bytes));
    } else {
      const auto byte = static_cast<uint8_t>(text[0]);
      valid += static_cast<char>(0xC0 | byte >> 6);
      valid += static_cast<char>(0x80 | (byte & 0x3F));
    }
    text.remove_prefix(bytes > 0 ? bytes : 1);
  }
  return valid;
}

// The first `characters` characters of UTF-8.
inline std::string_view front(std::string_view utf8, size_t characters) {
  size_t at = 0;
  while (characters-- > 0 && at < utf8.size()) at += utf8_character_bytes(utf8.substr(at));
  return utf8.substr(0, at);
}

inline int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

}  // namespace waljet
