// Values that are numbers with a fraction: floats, numeric, money, and points, which are two of
// them.
//
// All are of small and fixed bounds: they are checked against the ceiling once they are written.
#pragma once

#include "event/sink.h"
#include "plugin/pg.h"
#include "plugin/value_codec.h"

namespace waljet {

// ValueForm::float4 or float4_plain, and float8 or float8_plain.
void put_float4(Sink& sink, ValueForm form, float4 value);
void put_float8(Sink& sink, ValueForm form, float8 value);

// The forms of numeric.
void put_numeric(Sink& sink, const ValueCodec& codec, Datum value);

// The forms of money.
void put_money(Sink& sink, ValueForm form, int64 hundredths);

void put_point_value(Sink& sink, const Point* point);

}  // namespace waljet
