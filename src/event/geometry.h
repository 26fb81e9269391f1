// Geometry as Debezium's structs: WKB and what can be told about it.
#pragma once

#include <cstddef>
#include <string_view>

#include "event/sink.h"
#include "event/text.h"

namespace waljet {

// `hex_ewkb` is what PostGIS prints. Writes {"wkb":"<base64 of all its bytes>","srid":n}, or null
// where the EWKB names no SRID. False, with nothing written, where it is not hex, or too short for
// what its first bytes promise.
bool put_geometry(Sink& sink, std::string_view hex_ewkb);

// The most that put_geometry() writes for so many hex digits.
constexpr size_t geometry_bytes_max(size_t hex_digits) {
  return base64_bytes(hex_digits / 2) + 32;
}

// PostgreSQL's own point: {"x":1.0,"y":1.0,"wkb":"<base64>","srid":null}. The texts are the
// shortest decimals of both numbers, as put_json_double() takes them.
void put_point(Sink& sink, double x, double y, std::string_view x_text, std::string_view y_text);

}  // namespace waljet
