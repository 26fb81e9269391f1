#include "event/escaped_text.h"

#include <array>
#include <cstring>

#include "event/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace waljet {
namespace {

// What stands for one byte of ASCII: at most 7 bytes, copied as 8.
struct Escape {
  char text[escape_bytes_max];
  uint8_t length;
};
static_assert(sizeof(Escape) == 8);

using EscapeTable = std::array<Escape, 128>;

constexpr void append(Escape& escape, char c) {
  escape.text[escape.length++] = c;
}

constexpr char escape_letter(char c) {
  switch (c) {
    case '\b': return 'b';
    case '\t': return 't';
    case '\n': return 'n';
    case '\f': return 'f';
    case '\r': return 'r';
    default: return c == '"' || c == '\\' ? c : '\0';
  }
}

constexpr Escape json_escape(char c, const char* hex_digits) {
  Escape escape{};
  const char letter = escape_letter(c);
  if (letter != '\0') {
    append(escape, '\\');
    append(escape, letter);
  } else if (c < 0x20) {
    for (const char prefix : {'\\', 'u', '0', '0'}) append(escape, prefix);
    append(escape, hex_digits[c >> 4]);
    append(escape, hex_digits[c & 0xF]);
  } else {
    append(escape, c);
  }
  return escape;
}

constexpr Escape in_string(const Escape& inner) {
  Escape escape{};
  for (size_t i = 0; i < inner.length; ++i) {
    const char c = inner.text[i];
    if (c == '"' || c == '\\') append(escape, '\\');
    append(escape, c);
  }
  return escape;
}

constexpr EscapeTable make_table(Escaping escaping) {
  EscapeTable table{};
  for (size_t c = 0; c < table.size(); ++c) {
    const char* hex = escaping == Escaping::json ? "0123456789ABCDEF" : "0123456789abcdef";
    const Escape once = json_escape(static_cast<char>(c), hex);
    table[c] = escaping == Escaping::server_in_string ? in_string(once) : once;
  }
  return table;
}

// By Escaping.
constexpr std::array<EscapeTable, 3> tables{make_table(Escaping::json),
                                            make_table(Escaping::server),
                                            make_table(Escaping::server_in_string)};

bool is_ascii(char c) {
  return static_cast<uint8_t>(c) < 0x80;
}

constexpr size_t block_bytes = 16;

#if defined(__SSE2__)
template <typename T>
T load(const char* p) {
  T value;
  std::memcpy(&value, p, sizeof value);
  return value;
}

// The `count` bytes at `p`, fewer than a block of them, with zeros behind.
__m128i load_short_block(const char* p, size_t count) {
  const auto shift = static_cast<int>(count * 8);
  uint64_t low = 0;
  uint64_t high = 0;
  if (count >= 8) {
    low = load<uint64_t>(p);
    if (count > 8) high = load<uint64_t>(p + count - 8) >> (128 - shift);
  } else if (count >= 4) {
    low = load<uint32_t>(p) | uint64_t{load<uint32_t>(p + count - 4)} << (shift - 32);
  } else {
    for (size_t i = 0; i < count; ++i) low |= uint64_t{static_cast<uint8_t>(p[i])} << (8 * i);
  }
  return _mm_set_epi64x(static_cast<long long>(high), static_cast<long long>(low));
}

// By bit: which bytes do not stand for themselves. Compared as signed numbers, those beyond ASCII
// are below a space too.
unsigned find_special(__m128i bytes) {
  const __m128i quote = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'));
  const __m128i backslash = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'));
  const __m128i other = _mm_cmplt_epi8(bytes, _mm_set1_epi8(' '));
  const __m128i special = _mm_or_si128(_mm_or_si128(quote, backslash), other);
  return static_cast<unsigned>(_mm_movemask_epi8(special));
}

__m128i load_block(const char* p) {
  return _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
}

void store_block(char* to, __m128i bytes) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(to), bytes);
}

// How many of the `count` bytes at `p` stand for themselves up to the first that does not; they are
// copied, with others behind them up to a whole block.
size_t copy_plain(char* to, const char* p, size_t count) {
  size_t done = 0;
  for (; count - done >= block_bytes; done += block_bytes) {
    const __m128i bytes = load_block(p + done);
    store_block(to + done, bytes);
    const unsigned special = find_special(bytes);
    if (special != 0) return done + static_cast<size_t>(__builtin_ctz(special));
  }
  const size_t left = count - done;
  if (left == 0) return count;
  const __m128i bytes = load_short_block(p + done, left);
  store_block(to + done, bytes);
  const unsigned behind = ~0u << left;
  return done + static_cast<size_t>(__builtin_ctz(find_special(bytes) | behind));
}
#else
size_t copy_plain(char* to, const char* p, size_t count) {
  size_t i = 0;
  for (; i < count && is_ascii(p[i]) && p[i] >= ' ' && p[i] != '"' && p[i] != '\\'; ++i)
    to[i] = p[i];
  return i;
}
#endif

// One byte of ASCII. Writes 8 bytes, of which those count that the result is behind.
char* write_ascii(char* to, char c, const EscapeTable& table) {
  const Escape& escape = table[static_cast<uint8_t>(c)];
  std::memcpy(to, &escape, sizeof escape);
  return to + escape.length;
}

// The character beyond ASCII, or the stray byte, at the front of [p, end); moves both behind it.
void copy_character(char*& to, const char*& p, const char* end) {
  const uint32_t length = first_utf8_character({p, static_cast<size_t>(end - p)}).length;
  if (length == 0) {
    to = write_stray_byte(to, *p++);
    return;
  }
  for (uint32_t i = 0; i < length; ++i) *to++ = *p++;
}

// Writes what begins in [p, stop): the last character may pass it. Returns what follows.
const char* write_piece(char*& to, const char* p, const char* stop, const char* end,
                        const EscapeTable& table) {
  while (p < stop) {
    const size_t plain = copy_plain(to, p, static_cast<size_t>(stop - p));
    to += plain;
    p += plain;
    if (p == stop) break;
    if (is_ascii(*p)) {
      to = write_ascii(to, *p++, table);
    } else {
      while (p < stop && !is_ascii(*p)) copy_character(to, p, end);
    }
  }
  return p;
}

char* write_quote(char* to, Escaping escaping) {
  if (escaping == Escaping::server_in_string) *to++ = '\\';
  *to++ = '"';
  return to;
}

constexpr size_t piece_bytes = 1024;

const char* end_of_piece(const char* p, const char* end) {
  return static_cast<size_t>(end - p) < piece_bytes ? end : p + piece_bytes;
}

// Room for a piece with quotes on both sides, and for the block that is written last.
char* reserve_piece(Sink& sink, const char* p, const char* stop) {
  return sink.reserve(quoted_bytes_max(static_cast<size_t>(stop - p)) + block_bytes);
}

}  // namespace

void put_quoted_text(Sink& sink, std::string_view bytes, Escaping escaping) {
  const EscapeTable& table = tables[static_cast<size_t>(escaping)];
  const char* p = bytes.data();
  const char* const end = p + bytes.size();
  const char* stop = end_of_piece(p, end);
  char* begin = reserve_piece(sink, p, stop);
  char* to = write_quote(begin, escaping);
  for (;;) {
    p = write_piece(to, p, stop, end, table);
    if (p == end) break;
    sink.advance(static_cast<size_t>(to - begin));
    stop = end_of_piece(p, end);
    begin = to = reserve_piece(sink, p, stop);
  }
  to = write_quote(to, escaping);
  sink.advance(static_cast<size_t>(to - begin));
}

}  // namespace waljet
