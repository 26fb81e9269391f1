#include "event/json.h"

#include <cstdint>

#include "event/text.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace waljet {
namespace {

bool must_escape(char c) {
  return static_cast<uint8_t>(c) < 0x20 || c == '"' || c == '\\';
}

// How many bytes at the front of [p, end) can be copied as they are.
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
    const int found = _mm_movemask_epi8(_mm_or_si128(control, special));
    if (found != 0) {
      return static_cast<size_t>(p - begin) +
             static_cast<size_t>(__builtin_ctz(static_cast<unsigned>(found)));
    }
  }
#endif
  while (p < end && !must_escape(*p)) ++p;
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

}  // namespace

void put_json_text(Sink& sink, std::string_view utf8) {
  const char* p = utf8.data();
  const char* const end = p + utf8.size();
  while (p < end) {
    const size_t clean = clean_prefix(p, end);
    sink.put({p, clean});
    p += clean;
    if (p < end) put_escaped(sink, *p++);
  }
}

void put_json_string(Sink& sink, std::string_view utf8) {
  sink.put('"');
  put_json_text(sink, utf8);
  sink.put('"');
}

size_t json_string_bytes(std::string_view utf8) {
  size_t bytes = utf8.size() + 2;
  const char* p = utf8.data();
  const char* const end = p + utf8.size();
  while ((p += clean_prefix(p, end)) < end) bytes += escaped_bytes(*p++) - 1;
  return bytes;
}

void put_json_double(Sink& sink, std::string_view shortest) {
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
