// Values of types that we do not write ourselves: the text of the type's output function.
#pragma once

#include "plugin/pg.h"
#include "plugin/value_codec.h"

namespace waljet {

// In the current memory context, in the database's encoding. Null where the function fails on this
// value, because its text would be larger than PostgreSQL allows or for a reason of its own: said
// once a codec in the server's log, see plugin/guard.h.
char* output_text(const ValueCodec& codec, Datum value);

}  // namespace waljet
