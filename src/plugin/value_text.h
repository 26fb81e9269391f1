// Values as their text, which is that of the type's output function.
#pragma once

#include "event/sink.h"
#include "plugin/pg.h"
#include "plugin/value_codec.h"

namespace waljet {

// In the current memory context, in the database's encoding. Null where the function fails on this
// value, because its text would be larger than PostgreSQL allows or for a reason of its own: said
// once a codec in the server's log, see plugin/guard.h.
char* output_text(const ValueCodec& codec, Datum value);

// The same text as UTF-8, of a codec that make_text_codec() made. False, with nothing written,
// where there is none.
bool put_plain_text(Sink& sink, const ValueCodec& codec, Datum value);

}  // namespace waljet
