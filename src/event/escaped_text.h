// Text of any bytes as a JSON string: copied, escaped and repaired in one pass.
#pragma once

#include <cstdint>
#include <string_view>

#include "event/sink.h"

namespace waljet {

// What stands for `"`, `\` and the bytes below 0x20.
enum class Escaping : uint8_t {
  json,              // as put_json_string() writes them
  server,            // as PostgreSQL prints jsonb: \u00xx with lower hex
  server_in_string,  // that text in turn as the text of a string: a quote is \\\"
};

// Writes the text in quotes, which are escaped where the text is. Bytes that belong to no character
// of UTF-8 become what put_utf8() makes of them; everything else is copied, so the text need not be
// checked before: valid UTF-8 with Escaping::json becomes what put_json_string() writes.
void put_quoted_text(Sink& sink, std::string_view bytes, Escaping escaping);

// The most that put_quoted_text() writes for so many bytes.
constexpr size_t escape_bytes_max = 7;
constexpr size_t quoted_bytes_max(size_t bytes) {
  return bytes * escape_bytes_max + 4;
}

}  // namespace waljet
