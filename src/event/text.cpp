#include "event/text.h"

namespace waljet {
namespace {

constexpr char digit_pairs[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
    "8081828384858687888990919293949596979899";
constexpr char hex_digits[] = "0123456789ABCDEF";
constexpr char lower_hex_digits[] = "0123456789abcdef";
constexpr char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char base64_url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr int uint64_digits_max = 20;

// Writes the digits of `value` so that they end at `end`; returns where they begin.
char* write_digits_before(char* end, uint64_t value) {
  while (value >= 100) {
    const char* pair = digit_pairs + (value % 100) * 2;
    value /= 100;
    *--end = pair[1];
    *--end = pair[0];
  }
  if (value >= 10) {
    *--end = digit_pairs[value * 2 + 1];
    *--end = digit_pairs[value * 2];
  } else {
    *--end = static_cast<char>('0' + value);
  }
  return end;
}

void write_base64(Sink& sink, std::string_view bytes, const char* alphabet) {
  const auto* in = reinterpret_cast<const uint8_t*>(bytes.data());
  size_t left = bytes.size();
  char* out = sink.reserve(base64_bytes(left));
  char* const begin = out;
  for (; left >= 3; left -= 3, in += 3) {
    const uint32_t three = static_cast<uint32_t>(in[0] << 16 | in[1] << 8 | in[2]);
    *out++ = alphabet[three >> 18];
    *out++ = alphabet[three >> 12 & 63];
    *out++ = alphabet[three >> 6 & 63];
    *out++ = alphabet[three & 63];
  }
  if (left > 0) {
    const uint32_t rest = static_cast<uint32_t>(in[0] << 16 | (left == 2 ? in[1] << 8 : 0));
    *out++ = alphabet[rest >> 18];
    *out++ = alphabet[rest >> 12 & 63];
    *out++ = left == 2 ? alphabet[rest >> 6 & 63] : '=';
    *out++ = '=';
  }
  sink.advance(static_cast<size_t>(out - begin));
}

}  // namespace

void put_uint(Sink& sink, uint64_t value) {
  char digits[uint64_digits_max];
  const char* begin = write_digits_before(digits + uint64_digits_max, value);
  sink.put({begin, static_cast<size_t>(digits + uint64_digits_max - begin)});
}

void put_int(Sink& sink, int64_t value) {
  uint64_t magnitude = static_cast<uint64_t>(value);
  if (value < 0) {
    sink.put('-');
    magnitude = 0 - magnitude;
  }
  put_uint(sink, magnitude);
}

void put_padded(Sink& sink, uint64_t value, int width) {
  char digits[uint64_digits_max];
  const char* end = digits + uint64_digits_max;
  const char* begin = write_digits_before(digits + uint64_digits_max, value);
  for (auto length = end - begin; length < width; ++length) sink.put('0');
  sink.put({begin, static_cast<size_t>(end - begin)});
}

void put_hex(Sink& sink, uint64_t value, int width) {
  char digits[16];
  int count = 0;
  do {
    digits[15 - count++] = hex_digits[value & 0xF];
    value >>= 4;
  } while (value != 0);
  for (int length = count; length < width; ++length) sink.put('0');
  sink.put({digits + 16 - count, static_cast<size_t>(count)});
}

void put_base64(Sink& sink, std::string_view bytes) {
  write_base64(sink, bytes, base64_digits);
}

void put_base64_url(Sink& sink, std::string_view bytes) {
  write_base64(sink, bytes, base64_url_digits);
}

void put_uuid(Sink& sink, const uint8_t* uuid) {
  constexpr size_t text_bytes = 36;
  char* to = sink.reserve(text_bytes);
  for (size_t i = 0; i < uuid_bytes; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
    *to++ = lower_hex_digits[uuid[i] >> 4];
    *to++ = lower_hex_digits[uuid[i] & 0xF];
  }
  sink.advance(text_bytes);
}

void put_hex_bytes(Sink& sink, std::string_view bytes) {
  char* out = sink.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    *out++ = lower_hex_digits[static_cast<uint8_t>(c) >> 4];
    *out++ = lower_hex_digits[static_cast<uint8_t>(c) & 0xF];
  }
  sink.advance(bytes.size() * 2);
}

uint32_t fnv1a_32(std::string_view bytes, uint32_t hash) {
  for (const char c : bytes) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x01000193u;
  }
  return hash;
}

}  // namespace waljet
