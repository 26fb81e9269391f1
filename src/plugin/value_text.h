// Values of types that we do not write ourselves: the text of the type's output function.
#pragma once

#include "plugin/pg.h"
#include "plugin/relation.h"

namespace waljet {

// In the current memory context. Null where the function fails on this value, because its text
// would be larger than PostgreSQL allows or for a reason of its own: said once a column in the
// server's log. As an error it would come back at each attempt and block the slot for ever. Errors
// that say nothing of the value (cancel, shutdown, out of memory) are raised as ever.
char* output_text(const Column& column, Datum value);

}  // namespace waljet
