#include "plugin/number_value.h"

#include <cfloat>

#include "event/decimal.h"
#include "event/geometry.h"
#include "event/json.h"
#include "event/numeric.h"
#include "plugin/value.h"

namespace waljet {
namespace {

// As it is where it is a JSON number; NaN and the infinities as strings.
void put_plain_number(Sink& sink, std::string_view text) {
  const char last = text[text.size() - 1];
  const bool is_number = last >= '0' && last <= '9';
  if (is_number) return sink.put(text);
  sink.put('"');
  sink.put(text);
  sink.put('"');
}

// `5e-324`: one digit is enough for some numbers below the normal range.
bool has_one_digit(const char* shortest) {
  return shortest[shortest[0] == '-' ? 2 : 1] == 'e';
}

// Java prints two digits at least: where one would do, the two that are nearest to the value.
void put_java_double(Sink& sink, const char* shortest, double value, double normal_min) {
  char two_digits[16];
  if (fabs(value) < normal_min && has_one_digit(shortest)) {
    snprintf(two_digits, sizeof two_digits, "%.1e", value);
    shortest = two_digits;
  }
  put_json_double(sink, shortest);
}

// The double that is nearest to a decimal text, as Java prints it.
void put_nearest_double(Sink& sink, const char* decimal) {
  put_float8(sink, ValueForm::float8, strtod(decimal, nullptr));
}

// NaN and the infinities have no decimal form; Debezium leaves them null in this mode.
void put_decimal(Sink& sink, const ValueCodec& codec, std::string_view text) {
  const char last = text[text.size() - 1];
  if (last < '0' || last > '9') return sink.put("null");
  const bool fixed = codec.form == ValueForm::decimal;
  const size_t words = decimal_scratch_words(text.size(), fixed ? codec.scale : 0);
  auto* scratch = static_cast<uint64_t*>(palloc(words * sizeof(uint64_t)));
  if (fixed) {
    put_connect_decimal(sink, text, codec.scale, scratch);
  } else {
    put_variable_scale_decimal(sink, text, scratch);
  }
}

// Its digits; what has none is named as Debezium names it.
void put_numeric_string(Sink& sink, std::string_view text) {
  if (text == "NaN") return sink.put("\"NAN\"");
  if (text == "Infinity") return sink.put("\"POSITIVE_INFINITY\"");
  if (text == "-Infinity") return sink.put("\"NEGATIVE_INFINITY\"");
  sink.put('"');
  sink.put(text);
  sink.put('"');
}

void put_finite(Sink& sink, const StoredNumeric& number, bool quoted) {
  if (quoted) sink.put('"');
  number.put(sink);
  if (quoted) sink.put('"');
}

// False, with nothing written, for what is too large, or no number.
bool put_stored_numeric(Sink& sink, const ValueCodec& codec, const StoredNumeric& number) {
  const bool fixed = codec.form == ValueForm::decimal;
  switch (codec.form) {
    case ValueForm::numeric_string: put_finite(sink, number, true); return true;
    case ValueForm::numeric_plain: put_finite(sink, number, false); return true;
    case ValueForm::decimal:
    case ValueForm::variable_decimal: break;
    default: return false;
  }
  const int scale = fixed ? codec.scale : number.display_scale();
  const auto unscaled = number.unscaled(scale);
  if (!unscaled) return false;
  if (fixed) {
    put_connect_decimal(sink, *unscaled);
  } else {
    put_variable_scale_decimal(sink, *unscaled, scale);
  }
  return true;
}

// By way of its text.
void put_any_numeric(Sink& sink, const ValueCodec& codec, Datum value) {
  const char* text = DatumGetCString(DirectFunctionCall1(numeric_out, value));
  switch (codec.form) {
    case ValueForm::numeric_double: return put_nearest_double(sink, text);
    case ValueForm::numeric_string: return put_numeric_string(sink, text);
    case ValueForm::numeric_plain: return put_plain_number(sink, text);
    default: return put_decimal(sink, codec, text);
  }
}

constexpr int money_scale = 2;

}  // namespace

void put_float4(Sink& sink, ValueForm form, float4 value) {
  char text[FLOAT_SHORTEST_DECIMAL_LEN];
  float_to_shortest_decimal_buf(value, text);
  if (form == ValueForm::float4) return put_java_double(sink, text, value, FLT_MIN);
  put_plain_number(sink, text);
}

void put_float8(Sink& sink, ValueForm form, float8 value) {
  char text[DOUBLE_SHORTEST_DECIMAL_LEN];
  double_to_shortest_decimal_buf(value, text);
  if (form == ValueForm::float8) return put_java_double(sink, text, value, DBL_MIN);
  put_plain_number(sink, text);
}

void put_numeric(Sink& sink, const ValueCodec& codec, Datum value) {
  struct varlena* detoasted = detoast_packed(value);
  const auto number = StoredNumeric::read(bytes_of(detoasted));
  const bool done = number && put_stored_numeric(sink, codec, *number);
  if (!done) put_any_numeric(sink, codec, PointerGetDatum(detoasted));
  free_if_copy(detoasted, value);
}

// Hundredths, whatever lc_monetary says: its C locale counts so.
void put_money(Sink& sink, ValueForm form, int64 hundredths) {
  if (form == ValueForm::money_decimal) return put_connect_decimal(sink, hundredths);
  char text[64];  // writers reserve more than they need
  Sink digits(text, sizeof text, nullptr, nullptr);
  put_fixed_point(digits, hundredths, money_scale);
  digits.put('\0');
  if (form == ValueForm::money_double) return put_nearest_double(sink, text);
  sink.put('"');
  sink.put(std::string_view(text));
  sink.put('"');
}

void put_point_value(Sink& sink, const Point* point) {
  char x[DOUBLE_SHORTEST_DECIMAL_LEN];
  char y[DOUBLE_SHORTEST_DECIMAL_LEN];
  double_to_shortest_decimal_buf(point->x, x);
  double_to_shortest_decimal_buf(point->y, y);
  put_point(sink, point->x, point->y, x, y);
}

}  // namespace waljet
