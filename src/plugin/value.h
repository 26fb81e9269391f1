// A column's value as JSON, in the form that its codec says.
#pragma once

#include <cstdint>
#include <string_view>

#include "plugin/compat.h"
#include "plugin/pg.h"
#include "plugin/value_codec.h"
#include "plugin/value_target.h"

namespace waljet {

// `value` is not NULL and not out of line in the table's TOAST relation. False, with a piece of it
// written, if it does not fit below the ceiling or has no text.
bool put_value(const ValueTarget& target, const ValueCodec& codec, Datum value);

// Text of the database as a JSON string. False, with a piece of it written, if it does not fit.
bool put_database_text(const ValueTarget& target, std::string_view text);

// Between these lies what put_value() writes, by the size of the value alone: nothing is
// decompressed, no output function called. For types that are sent as their text `most` is an
// estimate.
struct ByteRange {
  uint64_t least = 0;
  uint64_t most = 0;
};
ByteRange value_bytes(const ValueCodec& codec, Datum value);

// The bytes of a value that is not out of line.
inline std::string_view bytes_of(const struct varlena* value) {
  return {VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
}

// A variable-length value, copied only where it is compressed or out of line. A copy is given back
// with free_if_copy(): two sides of a row may hold gigabytes.
struct varlena* detoast_packed(Datum value);
void free_if_copy(struct varlena* detoasted, Datum value);

}  // namespace waljet
