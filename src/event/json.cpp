#include "event/json.h"

#include "event/text.h"
#include "event/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace waljet {
namespace {

constexpr uint32_t replacement_character = 0xFFFD;

bool is_ascii(char c) {
  return static_cast<uint8_t>(c) < 0x80;
}

template <JsonText mode>
bool must_escape(char c) {
  const bool beyond = mode == JsonText::ascii && !is_ascii(c);
  return static_cast<uint8_t>(c) < 0x20 || c == '"' || c == '\\' || beyond;
}

// How many bytes at the front of [p, end) can be copied as they are.
template <JsonText mode>
size_t clean_prefix(const char* p, const char* end) {
  const char* const begin = p;
#if defined(__SSE2__)
  const __m128i quote = _mm_set1_epi8('"');
  const __m128i backslash = _mm_set1_epi8('\\');
  const __m128i last_control = _mm_set1_epi8(0x1F);
  for (; end - p >= 16; p += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(p));
    // min(byte, 0x1F) == byte finds the unsigned bytes below 0x20.
    const __m128i control = _mm_cmpeq_epi8(_mm_min_epu8(bytes, last_control), bytes);
    const __m128i special =
        _mm_or_si128(_mm_cmpeq_epi8(bytes, quote), _mm_cmpeq_epi8(bytes, backslash));
    __m128i escaped = _mm_or_si128(control, special);
    // The mask takes the highest bit of each byte: what is beyond ASCII has it already.
    if constexpr (mode == JsonText::ascii) escaped = _mm_or_si128(escaped, bytes);
    const int found = _mm_movemask_epi8(escaped);
    if (found != 0) {
      return static_cast<size_t>(p - begin) +
             static_cast<size_t>(__builtin_ctz(static_cast<unsigned>(found)));
    }
  }
#endif
  while (p < end && !must_escape<mode>(*p)) ++p;
  return static_cast<size_t>(p - begin);
}

void put_escaped(Sink& sink, char c) {
  switch (c) {
    case '"': sink.put("\\\""); return;
    case '\\': sink.put("\\\\"); return;
    case '\b': sink.put("\\b"); return;
    case '\t': sink.put("\\t"); return;
    case '\n': sink.put("\\n"); return;
    case '\f': sink.put("\\f"); return;
    case '\r': sink.put("\\r"); return;
    default:
      sink.put("\\u");
      put_hex(sink, static_cast<uint8_t>(c), 4);
      return;
  }
}

// What put_escaped() writes.
size_t escaped_bytes(char c) {
  switch (c) {
    case '"':
    case '\\':
    case '\b':
    case '\t':
    case '\n':
    case '\f':
    case '\r': return 2;
    default: return 6;
  }
}

Utf8Character first_or_replacement(const char* p, const char* end) {
  const Utf8Character first = first_utf8_character({p, static_cast<size_t>(end - p)});
  return first.length > 0 ? first : Utf8Character{replacement_character, 1};
}

void put_unit(Sink& sink, uint32_t utf16_unit) {
  constexpr char digits[] = "0123456789ABCDEF";
  char* to = sink.reserve(6);
  *to++ = '\\';
  *to++ = 'u';
  for (int shift = 12; shift >= 0; shift -= 4) *to++ = digits[utf16_unit >> shift & 0xF];
  sink.advance(6);
}

// Escapes the characters beyond ASCII at the front of [p, end); returns what follows them.
const char* put_beyond_ascii(Sink& sink, const char* p, const char* end) {
  while (p < end && !is_ascii(*p)) {
    const Utf8Character character = first_or_replacement(p, end);
    if (character.code > 0xFFFF) {
      put_unit(sink, 0xD800 + ((character.code - 0x10000) >> 10));
      put_unit(sink, 0xDC00 + (character.code & 0x3FF));
    } else {
      put_unit(sink, character.code);
    }
    p += character.length;
  }
  return p;
}

// What put_beyond_ascii() writes; moves `p` behind it.
size_t beyond_ascii_bytes(const char*& p, const char* end) {
  size_t bytes = 0;
  while (p < end && !is_ascii(*p)) {
    const Utf8Character character = first_or_replacement(p, end);
    bytes += character.code > 0xFFFF ? 12 : 6;
    p += character.length;
  }
  return bytes;
}

template <JsonText mode>
void put_text(Sink& sink, const char* p, const char* end) {
  while (p < end) {
    const size_t clean = clean_prefix<mode>(p, end);
    sink.put({p, clean});
    p += clean;
    if (p == end) return;
    if (is_ascii(*p)) {
      put_escaped(sink, *p++);
    } else {
      p = put_beyond_ascii(sink, p, end);
    }
  }
}

template <JsonText mode>
size_t text_bytes(const char* p, const char* end) {
  size_t bytes = 0;
  while (p < end) {
    const size_t clean = clean_prefix<mode>(p, end);
    bytes += clean;
    p += clean;
    if (p == end) break;
    bytes += is_ascii(*p) ? escaped_bytes(*p++) : beyond_ascii_bytes(p, end);
  }
  return bytes;
}

constexpr size_t significant_digits_max = 32;  // a double has at most 17

// A decimal number as digits and the power of ten of the first one: 0.0012 is "12", -3.
struct Decimal {
  char digits[significant_digits_max];
  size_t count = 0;
  int exponent = 0;
  bool negative = false;
};

int parse_exponent(const char* p, const char* end) {
  const bool negative = p < end && *p == '-';
  if (p < end && (*p == '-' || *p == '+')) ++p;
  int value = 0;
  for (; p < end; ++p) value = value * 10 + (*p - '0');
  return negative ? -value : value;
}

Decimal parse_decimal(std::string_view text) {
  Decimal number;
  const char* p = text.data();
  const char* const end = p + text.size();
  if (p < end && *p == '-') {
    number.negative = true;
    ++p;
  }
  int digits_before_point = 0;
  int zeros_skipped = 0;
  bool behind_point = false;
  for (; p < end && *p != 'e' && *p != 'E'; ++p) {
    if (*p == '.') {
      behind_point = true;
      continue;
    }
    if (!behind_point) ++digits_before_point;
    if (number.count == 0 && *p == '0') {
      ++zeros_skipped;
    } else if (number.count < significant_digits_max) {
      number.digits[number.count++] = *p;
    }
  }
  number.exponent = digits_before_point - zeros_skipped - 1;
  if (p < end) number.exponent += parse_exponent(p + 1, end);
  while (number.count > 0 && number.digits[number.count - 1] == '0') --number.count;
  return number;
}

void put_repeated(Sink& sink, char c, int count) {
  for (; count > 0; --count) sink.put(c);
}

void put_plain(Sink& sink, const Decimal& number) {
  if (number.exponent < 0) {
    sink.put("0.");
    put_repeated(sink, '0', -number.exponent - 1);
    sink.put({number.digits, number.count});
    return;
  }
  const size_t whole = static_cast<size_t>(number.exponent) + 1;
  if (number.count <= whole) {
    sink.put({number.digits, number.count});
    put_repeated(sink, '0', static_cast<int>(whole - number.count));
    sink.put(".0");
    return;
  }
  sink.put({number.digits, whole});
  sink.put('.');
  sink.put({number.digits + whole, number.count - whole});
}

void put_scientific(Sink& sink, const Decimal& number) {
  sink.put(number.digits[0]);
  sink.put('.');
  if (number.count > 1) {
    sink.put({number.digits + 1, number.count - 1});
  } else {
    sink.put('0');
  }
  sink.put('E');
  put_int(sink, number.exponent);
}

size_t count_leading_digits(std::string_view text) {
  size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  return count;
}

// Whether one of the first three digits behind `0.` is not zero, so that the number is not so small
// that Java prints an exponent.
bool is_thousandth_or_more(std::string_view digits) {
  for (size_t i = 2; i < digits.size() && i < 5; ++i) {
    if (digits[i] != '0') return true;
  }
  return false;
}

// Most numbers are printed by Java as they are, some with `.0` behind them. Writes those alone.
bool put_plain_as_it_is(Sink& sink, std::string_view shortest) {
  constexpr size_t whole_digits_max = 7;
  std::string_view digits = shortest;
  if (!digits.empty() && digits[0] == '-') digits.remove_prefix(1);
  const size_t whole = count_leading_digits(digits);
  if (whole == 0 || whole > whole_digits_max) return false;
  const bool has_point = whole < digits.size();
  if (has_point) {
    const std::string_view behind{digits.data() + whole + 1, digits.size() - whole - 1};
    const bool plain = digits[whole] == '.' && count_leading_digits(behind) == behind.size();
    if (!plain || behind.empty() || behind[behind.size() - 1] == '0') return false;
  }
  if (digits[0] == '0' && (whole > 1 || !is_thousandth_or_more(digits))) return false;
  sink.put(shortest);
  if (!has_point) sink.put(".0");
  return true;
}

}  // namespace

void put_json_text(Sink& sink, std::string_view utf8, JsonText mode) {
  const char* const end = utf8.data() + utf8.size();
  if (mode == JsonText::ascii) return put_text<JsonText::ascii>(sink, utf8.data(), end);
  put_text<JsonText::utf8>(sink, utf8.data(), end);
}

void put_json_string(Sink& sink, std::string_view utf8, JsonText mode) {
  sink.put('"');
  put_json_text(sink, utf8, mode);
  sink.put('"');
}

size_t json_string_bytes(std::string_view utf8, JsonText mode) {
  const char* const end = utf8.data() + utf8.size();
  const size_t bytes = mode == JsonText::ascii ? text_bytes<JsonText::ascii>(utf8.data(), end)
                                               : text_bytes<JsonText::utf8>(utf8.data(), end);
  return bytes + 2;
}

void put_json_value(Sink& sink, std::string_view json, JsonText mode) {
  if (mode == JsonText::utf8) return sink.put(json);
  const char* const end = json.data() + json.size();
  for (const char* p = json.data(); p < end; p = put_beyond_ascii(sink, p, end)) {
    const size_t ascii = ascii_prefix({p, static_cast<size_t>(end - p)});
    sink.put({p, ascii});
    p += ascii;
  }
}

size_t json_value_bytes(std::string_view json, JsonText mode) {
  if (mode == JsonText::utf8) return json.size();
  size_t bytes = 0;
  const char* const end = json.data() + json.size();
  for (const char* p = json.data(); p < end; bytes += beyond_ascii_bytes(p, end)) {
    const size_t ascii = ascii_prefix({p, static_cast<size_t>(end - p)});
    bytes += ascii;
    p += ascii;
  }
  return bytes;
}

void put_json_double(Sink& sink, std::string_view shortest) {
  if (put_plain_as_it_is(sink, shortest)) return;
  const char last = shortest.empty() ? '0' : shortest[shortest.size() - 1];
  if (last == 'N' || last == 'y') {  // NaN, Infinity, -Infinity
    put_json_string(sink, shortest);
    return;
  }
  const Decimal number = parse_decimal(shortest);
  if (number.negative) sink.put('-');
  if (number.count == 0) {
    sink.put("0.0");
  } else if (number.exponent >= -3 && number.exponent < 7) {
    put_plain(sink, number);
  } else {
    put_scientific(sink, number);
  }
}

}  // namespace waljet
