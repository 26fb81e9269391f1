// A column's default as Debezium shows it: in schemas, and in old images of which the log holds
// nothing.
#pragma once

#include <string_view>

#include "plugin/pg.h"
#include "plugin/value_codec.h"

namespace waljet {

// JSON in the form of the column's values, in `context`; empty where there is no default or none
// that Debezium knows: it knows those of the common built-in types and of enums, but not of
// domains. A constant is itself, also behind casts that are PostgreSQL's own. For a call, whose
// result nobody knows, stands a value of the type, such as 0 or the empty text. No function of a
// user is run, and no error but a passing one escapes. Leaves what it needs on the way in the
// current context.
std::string_view default_value(MemoryContext context, Relation relation, int16 number,
                               const ValueCodec& codec);

}  // namespace waljet
