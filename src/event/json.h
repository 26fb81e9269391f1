// JSON text, written straight into a sink. Nothing here knows about events.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "event/sink.h"

namespace waljet {

// What stands for characters beyond ASCII: themselves, or escapes that are legal in every encoding.
enum class JsonText : uint8_t {
  utf8,   // copied: the input must be valid UTF-8, it is not checked
  ascii,  // \uXXXX (upper hex), surrogate pairs beyond U+FFFF; \uFFFD for each byte that is invalid
};

// Writes `utf8` between quotes. Escaped are `"`, `\` and the bytes below 0x20 (\b \t \n \f \r, the
// others \u00XX with upper hex) and what `mode` says; everything else, slash too, is copied.
void put_json_string(Sink& sink, std::string_view utf8, JsonText mode = JsonText::utf8);

// The same without the quotes.
void put_json_text(Sink& sink, std::string_view utf8, JsonText mode = JsonText::utf8);

// How many bytes put_json_string() would write, and the most that it writes for so many bytes.
size_t json_string_bytes(std::string_view utf8, JsonText mode = JsonText::utf8);
constexpr size_t json_string_bytes_max(size_t bytes) {
  return bytes * 6 + 2;
}

// Copies a whole JSON value, such as the text of a jsonb, with characters beyond ASCII as `mode`
// says: they stand only inside its strings. It is not checked; a value on one line stays on one.
void put_json_value(Sink& sink, std::string_view json, JsonText mode);

// How many bytes put_json_value() would write: never more than json_string_bytes_max().
size_t json_value_bytes(std::string_view json, JsonText mode);

// Writes a number the way Java's Double.toString does, which Kafka Connect's JSON shows: at least
// one digit behind the point, an exponent below 10^-3 and from 10^7 up. `shortest` is the shortest
// decimal text that reads back as the same number, as PostgreSQL or std::to_chars print it, or
// NaN, Infinity, -Infinity, which become JSON strings.
void put_json_double(Sink& sink, std::string_view shortest);

}  // namespace waljet
