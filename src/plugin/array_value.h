// Arrays as JSON arrays, those of several dimensions as arrays of arrays.
//
// One whose subscripts do not begin at 1 is a string that holds the server's text instead: a JSON
// array cannot say where it begins.
#pragma once

#include "plugin/pg.h"
#include "plugin/value_codec.h"
#include "plugin/value_target.h"

namespace waljet {

// Like put_value(), for ValueForm::array.
bool put_array(const ValueTarget& target, const ValueCodec& codec, Datum value);

}  // namespace waljet
