// Values of extensions' types that have a structure in JSON, read from the type's text.
//
// Types are known by name alone, so a text that is not of the expected form is sent as it is.
#pragma once

#include "plugin/pg.h"
#include "plugin/value_codec.h"
#include "plugin/value_target.h"

namespace waljet {

// Like put_value(), for hstore, PostGIS and pgvector.
bool put_extension_value(const ValueTarget& target, const ValueCodec& codec, Datum value);

}  // namespace waljet
