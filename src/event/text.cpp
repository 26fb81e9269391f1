#include "event/text.h"

#include <array>
#include <cstring>

#include "event/digits.h"

namespace waljet {
namespace {

constexpr char hex_digits[] = "0123456789ABCDEF";
constexpr char lower_hex_digits[] = "0123456789abcdef";
constexpr char base64_digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr char base64_url_digits[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
// By byte: its two lower hex digits.
constexpr std::array<std::array<char, 2>, 256> lower_hex_pairs = [] {
  std::array<std::array<char, 2>, 256> pairs{};
  for (size_t byte = 0; byte < 256; ++byte) {
    pairs[byte] = {lower_hex_digits[byte >> 4], lower_hex_digits[byte & 0xF]};
  }
  return pairs;
}();

char* write_hex_bytes(char* to, const uint8_t* bytes, size_t count) {
  for (size_t i = 0; i < count; ++i, to += 2) std::memcpy(to, lower_hex_pairs[bytes[i]].data(), 2);
  return to;
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
  char* to = sink.reserve(uint_digits_max);
  sink.advance(static_cast<size_t>(write_uint(to, value) - to));
}

void put_int(Sink& sink, int64_t value) {
  char* to = sink.reserve(int_bytes_max);
  sink.advance(static_cast<size_t>(write_int(to, value) - to));
}

void put_padded(Sink& sink, uint64_t value, int width) {
  for (auto length = static_cast<int>(count_digits(value)); length < width; ++length) sink.put('0');
  put_uint(sink, value);
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
  to = write_hex_bytes(to, uuid, 4);
  for (size_t group = 4; group < 10; group += 2) {
    *to++ = '-';
    to = write_hex_bytes(to, uuid + group, 2);
  }
  *to++ = '-';
  write_hex_bytes(to, uuid + 10, 6);
  sink.advance(text_bytes);
}

void put_hex_bytes(Sink& sink, std::string_view bytes) {
  char* to = sink.reserve(bytes.size() * 2);
  write_hex_bytes(to, reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size());
  sink.advance(bytes.size() * 2);
}

uint32_t fnv1a_32(std::string_view bytes, uint32_t hash) {
  for (const char c : bytes) {
    hash = (hash ^ static_cast<uint8_t>(c)) * 0x01000193u;
  }
  return hash;
}

}  // namespace waljet
