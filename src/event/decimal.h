// Exact decimals as Kafka Connect's Decimal: base64 of the unscaled value as big-endian two's
// complement of minimal length.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "event/sink.h"

namespace waljet {

// How many 64-bit words of scratch the writers below need for a text of this length and scale.
size_t decimal_scratch_words(size_t text_bytes, int scale);

// `text` is a plain decimal number as numeric_out prints it (never an exponent, never NaN or
// Infinity). Writes the base64 of text x 10^scale between quotes; digits behind the scale are cut.
// A negative scale divides.
void put_connect_decimal(Sink& sink, std::string_view text, int scale, uint64_t* scratch);

// The same of a number that is unscaled already.
void put_connect_decimal(Sink& sink, int64_t unscaled);

// unscaled / 10^scale as a JSON number with exactly `scale` digits behind the point, from 0 to 18
// of them: -0.05.
void put_fixed_point(Sink& sink, int64_t unscaled, int scale);

// The most that any numeric of PostgreSQL takes in either form: 131072 digits before the point and
// 16383 behind it.
constexpr size_t decimal_bytes_max = 82000;

// io.debezium.data.VariableScaleDecimal, `{"scale":n,"value":"..."}`: zeros at the end of the
// fraction are dropped, and the scale is what is left of it.
void put_variable_scale_decimal(Sink& sink, std::string_view text, uint64_t* scratch);
// The same of unscaled / 10^scale.
void put_variable_scale_decimal(Sink& sink, int64_t unscaled, int scale);

}  // namespace waljet
