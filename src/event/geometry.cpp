#include "event/geometry.h"

#include <bit>
#include <cstdint>

#include "event/json.h"

namespace waljet {
namespace {

constexpr uint8_t big_endian = 0;
constexpr uint8_t little_endian = 1;
constexpr uint32_t point_type = 1;
constexpr uint32_t srid_flag = 0x20000000;

constexpr size_t chunk_bytes = 768;  // of whole threes, so that chunks of base64 can be joined

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

// Takes up to `count` bytes off the front of `hex`; false where a digit is none.
bool take_bytes(std::string_view& hex, uint8_t* bytes, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    const int byte = hex_digit(hex[2 * i]) << 4 | hex_digit(hex[2 * i + 1]);
    if (byte < 0) return false;
    bytes[i] = static_cast<uint8_t>(byte);
  }
  hex.remove_prefix(2 * count);
  return true;
}

uint32_t read_uint32(const uint8_t* bytes, uint8_t byte_order) {
  uint32_t value = 0;
  for (unsigned i = 0; i < 4; ++i) {
    value |= uint32_t{bytes[i]} << (byte_order == little_endian ? 8 * i : 24 - 8 * i);
  }
  return value;
}

struct Srid {
  bool known = false;
  int32_t value = 0;
};

// Byte order, type with flags, SRID if the flags say so. False where that is not how `hex` begins.
bool read_header(std::string_view hex, Srid& srid) {
  uint8_t bytes[9];
  if (hex.size() % 2 != 0 || hex.size() < 10 || !take_bytes(hex, bytes, 5)) return false;
  const uint8_t byte_order = bytes[0];
  if (byte_order != big_endian && byte_order != little_endian) return false;
  srid.known = (read_uint32(bytes + 1, byte_order) & srid_flag) != 0;
  if (!srid.known) return true;
  if (hex.size() < 8 || !take_bytes(hex, bytes + 5, 4)) return false;
  srid.value = static_cast<int32_t>(read_uint32(bytes + 5, byte_order));
  return true;
}

bool put_hex_as_base64(Sink& sink, std::string_view hex) {
  while (!hex.empty()) {
    uint8_t chunk[chunk_bytes];
    const size_t left = hex.size() / 2;
    const size_t count = left < chunk_bytes ? left : chunk_bytes;
    if (!take_bytes(hex, chunk, count)) return false;
    put_base64(sink, {reinterpret_cast<const char*>(chunk), count});
  }
  return true;
}

void write_little_endian(uint8_t* to, double number) {
  const auto bits = std::bit_cast<uint64_t>(number);
  for (unsigned i = 0; i < 8; ++i) to[i] = static_cast<uint8_t>(bits >> 8 * i);
}

}  // namespace

bool put_geometry(Sink& sink, std::string_view hex_ewkb) {
  Srid srid;
  if (!read_header(hex_ewkb, srid)) return false;
  const size_t start = sink.size();
  sink.reserve(geometry_bytes_max(hex_ewkb.size()));
  sink.put("{\"wkb\":\"");
  if (!put_hex_as_base64(sink, hex_ewkb)) {
    sink.truncate(start);
    return false;
  }
  sink.put("\",\"srid\":");
  if (srid.known) {
    put_int(sink, srid.value);
  } else {
    sink.put("null");
  }
  sink.put('}');
  return true;
}

void put_point(Sink& sink, double x, double y, std::string_view x_text, std::string_view y_text) {
  uint8_t wkb[21] = {little_endian, point_type};
  write_little_endian(wkb + 5, x);
  write_little_endian(wkb + 13, y);
  sink.put("{\"x\":");
  put_json_double(sink, x_text);
  sink.put(",\"y\":");
  put_json_double(sink, y_text);
  sink.put(",\"wkb\":\"");
  put_base64(sink, {reinterpret_cast<const char*>(wkb), sizeof wkb});
  sink.put("\",\"srid\":null}");
}

}  // namespace waljet
