// JSON that stands where a value would be: what the log does not hold, or what is too large.
#pragma once

#include <string_view>

#include "plugin/pg.h"
#include "plugin/value_codec.h"

namespace waljet {

// For an out-of-line value that did not change: `text` (UTF-8) in the shape of the column's values,
// so that a consumer's types hold. In `context`.
std::string_view unavailable_value(MemoryContext context, const ValueCodec& codec,
                                   std::string_view text);

// What Debezium shows in an old image for a NOT NULL column of which the log holds nothing and that
// has no default. In `context`.
std::string_view fallback_value(MemoryContext context, const ValueCodec& codec);

// For a value left out of an event that would be too large; empty for forms that cannot be large.
std::string_view too_large_value(ValueForm form);

}  // namespace waljet
