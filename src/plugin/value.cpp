#include "plugin/value.h"

#include <cfloat>

#include "event/bits.h"
#include "event/decimal.h"
#include "event/geometry.h"
#include "event/json.h"
#include "event/temporal.h"
#include "event/text.h"
#include "plugin/array_value.h"
#include "plugin/encoding.h"
#include "plugin/extension_value.h"
#include "plugin/value_text.h"

namespace waljet {
namespace {

std::string_view bytes_of(const struct varlena* value) {
  return {VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
}

// The exact size is counted only where the worst would not fit. What is not UTF-8 after all, such
// as a name out of a shared catalog that another database wrote, is repaired.
bool put_utf8_string(const ValueTarget& target, std::string_view utf8) {
  if (!target.has_room(json_string_bytes_max(utf8.size())) &&
      !target.has_room(json_string_bytes(utf8))) {
    return false;
  }
  put_json_string(target.sink, utf8);
  return true;
}

// Piece by piece, because converted it is of unknown size.
bool put_converted_string(const ValueTarget& target, std::string_view text) {
  target.sink.put('"');
  while (!text.empty()) {
    const std::string_view piece = utf8_of(take_convertible(text));
    put_json_text(target.sink, piece, JsonText::ascii);
    pfree(const_cast<char*>(piece.data()));
    if (!target.has_room(1)) return false;
  }
  target.sink.put('"');
  return target.has_room(0);
}

bool put_text(const ValueTarget& target, Datum value) {
  struct varlena* detoasted = detoast_packed(value);
  const bool fits = put_database_text(target, bytes_of(detoasted));
  free_if_copy(detoasted, value);
  return fits;
}

bool put_type_text(const ValueTarget& target, const ValueCodec& codec, Datum value) {
  char* text = output_text(codec, value);
  if (text == nullptr) return false;
  const bool fits = put_database_text(target, text);
  pfree(text);
  return fits;
}

// jsonb's text keeps to one line, and what is beyond ASCII stands inside its strings.
bool put_json(const ValueTarget& target, const ValueCodec& codec, Datum value) {
  char* text = output_text(codec, value);
  if (text == nullptr) return false;
  const std::string_view json = utf8_of(text);
  const bool fits = target.has_room(json_value_bytes(json, json_text()));
  if (fits) put_json_value(target.sink, json, json_text());
  pfree(text);
  return fits;
}

bool put_bytes(const ValueTarget& target, ValueForm form, Datum value) {
  struct varlena* detoasted = detoast_packed(value);
  const std::string_view bytes = bytes_of(detoasted);
  const size_t size = form == ValueForm::bytes_hex ? bytes.size() * 2 : base64_bytes(bytes.size());
  const bool fits = target.has_room(size + 2);
  if (fits) {
    target.sink.put('"');
    if (form == ValueForm::bytes_hex) {
      put_hex_bytes(target.sink, bytes);
    } else if (form == ValueForm::bytes_base64_url) {
      put_base64_url(target.sink, bytes);
    } else {
      put_base64(target.sink, bytes);
    }
    target.sink.put('"');
  }
  free_if_copy(detoasted, value);
  return fits;
}

bool put_bit_string(const ValueTarget& target, const ValueCodec& codec, Datum value) {
  VarBit* bits = DatumGetVarBitP(value);
  const auto count = static_cast<size_t>(VARBITLEN(bits));
  if (codec.form == ValueForm::bit_boolean) {
    const bool set = count > 0 && (VARBITS(bits)[0] & 0x80) != 0;
    target.sink.put(count == 0 ? "null" : set ? "true" : "false");
    return target.has_room(0);
  }
  const bool fits = target.has_room(bits_bytes(count));
  if (fits) put_bits(target.sink, VARBITS(bits), count);
  if (static_cast<void*>(bits) != DatumGetPointer(value)) pfree(bits);
  return fits;
}

void put_character(Sink& sink, char character) {
  const auto byte = static_cast<uint8_t>(character);
  if (byte < 0x80) return put_json_string(sink, {&character, byte == 0 ? size_t{0} : size_t{1}});
  // As the server prints it from 16 on; before, it printed a byte of no encoding.
  const char octal[] = {'\\', static_cast<char>('0' + (byte >> 6)),
                        static_cast<char>('0' + (byte >> 3 & 7)),
                        static_cast<char>('0' + (byte & 7))};
  put_json_string(sink, {octal, sizeof octal});
}

void put_uuid_value(Sink& sink, const pg_uuid_t* uuid) {
  sink.put('"');
  put_uuid(sink, uuid->data);
  sink.put('"');
}

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

void put_numeric(Sink& sink, const ValueCodec& codec, Datum value) {
  const char* text = DatumGetCString(DirectFunctionCall1(numeric_out, value));
  switch (codec.form) {
    case ValueForm::numeric_double: return put_nearest_double(sink, text);
    case ValueForm::numeric_string: return put_numeric_string(sink, text);
    case ValueForm::numeric_plain: return put_plain_number(sink, text);
    default: return put_decimal(sink, codec, text);
  }
}

constexpr int money_scale = 2;

// Hundredths, whatever lc_monetary says: its C locale counts so.
void put_money(Sink& sink, ValueForm form, int64 hundredths) {
  if (form == ValueForm::money_decimal) return put_connect_decimal(sink, hundredths);
  char text[32];
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

void put_interval(Sink& sink, ValueForm form, const Interval* interval) {
  if (form == ValueForm::interval_us) {
    return put_duration_us(sink, interval->month, interval->day, interval->time);
  }
  put_interval_iso(sink, interval->month, interval->day, interval->time);
}

void put_timetz_value(Sink& sink, const TimeTzADT* value) {
  put_timetz(sink, value->time, value->zone);
}

// Values of small and fixed bounds: checked against the ceiling once they are written.
void put_small(Sink& sink, const ValueCodec& codec, Datum value) {
  const ValueForm form = codec.form;
  switch (form) {
    case ValueForm::boolean: return sink.put(DatumGetBool(value) ? "true" : "false");
    case ValueForm::int2: return put_int(sink, DatumGetInt16(value));
    case ValueForm::int4: return put_int(sink, DatumGetInt32(value));
    case ValueForm::int8: return put_int(sink, DatumGetInt64(value));
    case ValueForm::oid: return put_uint(sink, DatumGetObjectId(value));
    case ValueForm::float4:
    case ValueForm::float4_plain: return put_float4(sink, form, DatumGetFloat4(value));
    case ValueForm::float8:
    case ValueForm::float8_plain: return put_float8(sink, form, DatumGetFloat8(value));
    case ValueForm::name:
      return put_json_string(sink, utf8_of(NameStr(*DatumGetName(value))), json_text());
    case ValueForm::character: return put_character(sink, DatumGetChar(value));
    case ValueForm::uuid: return put_uuid_value(sink, DatumGetUUIDP(value));
    case ValueForm::date_days: return put_date_days(sink, DatumGetDateADT(value));
    case ValueForm::date_iso: return put_date_iso(sink, DatumGetDateADT(value));
    case ValueForm::time_ms: return put_time(sink, DatumGetTimeADT(value), TimeUnit::ms);
    case ValueForm::time_us: return put_time(sink, DatumGetTimeADT(value), TimeUnit::us);
    case ValueForm::time_ns: return put_time(sink, DatumGetTimeADT(value), TimeUnit::ns);
    case ValueForm::time_iso: return put_time_iso(sink, DatumGetTimeADT(value));
    case ValueForm::timetz_utc: return put_timetz_value(sink, DatumGetTimeTzADTP(value));
    case ValueForm::timestamp_ms:
      return put_timestamp(sink, DatumGetTimestamp(value), TimeUnit::ms);
    case ValueForm::timestamp_us:
      return put_timestamp(sink, DatumGetTimestamp(value), TimeUnit::us);
    case ValueForm::timestamp_ns:
      return put_timestamp(sink, DatumGetTimestamp(value), TimeUnit::ns);
    case ValueForm::timestamp_iso: return put_timestamp_iso(sink, DatumGetTimestamp(value));
    case ValueForm::timestamptz_utc:
      return put_zoned_timestamp(sink, DatumGetTimestampTz(value), codec.scale);
    case ValueForm::interval_us:
    case ValueForm::interval_iso: return put_interval(sink, form, DatumGetIntervalP(value));
    case ValueForm::decimal:
    case ValueForm::variable_decimal:
    case ValueForm::numeric_double:
    case ValueForm::numeric_string:
    case ValueForm::numeric_plain: return put_numeric(sink, codec, value);
    case ValueForm::money_decimal:
    case ValueForm::money_double:
    case ValueForm::money_string: return put_money(sink, form, DatumGetInt64(value));
    case ValueForm::point: return put_point_value(sink, DatumGetPointP(value));
    default: return;  // put_value() has taken the others
  }
}

// ---- sizes ----

// The most that a value of a form takes that has a bound of its own.
uint64_t small_bytes_max(ValueForm form) {
  switch (form) {
    case ValueForm::name: return json_string_bytes_max(NAMEDATALEN);
    case ValueForm::decimal: return 2048;  // up to 1000 digits and a scale of as many
    case ValueForm::variable_decimal: return decimal_bytes_max;
    case ValueForm::numeric_string:
    case ValueForm::numeric_plain: return 131072 + 16383 + 4;
    case ValueForm::point: return 128;
    default: return 64;
  }
}

// An estimate for types that are sent as their text, by their worst cases: eight bytes of a numeric
// in an array or jsonb can stand for 147456 digits. A text that can be made at all is below 1 GB.
uint64_t text_bytes_max(uint64_t stored) {
  constexpr uint64_t digits_per_byte = 147456 / 8;
  constexpr uint64_t all = json_string_bytes_max(MaxAllocSize);
  return stored < all / digits_per_byte ? stored * digits_per_byte + 2 : all;
}

}  // namespace

bool put_value(const ValueTarget& target, const ValueCodec& codec, Datum value) {
  switch (codec.form) {
    case ValueForm::text: return put_text(target, value);
    case ValueForm::type_text: return put_type_text(target, codec, value);
    case ValueForm::json_value: return put_json(target, codec, value);
    case ValueForm::bytes_base64:
    case ValueForm::bytes_base64_string:
    case ValueForm::bytes_base64_url:
    case ValueForm::bytes_hex: return put_bytes(target, codec.form, value);
    case ValueForm::bit_boolean:
    case ValueForm::bits: return put_bit_string(target, codec, value);
    case ValueForm::array: return put_array(target, codec, value);
    case ValueForm::hstore_string:
    case ValueForm::hstore_object:
    case ValueForm::geometry:
    case ValueForm::vector:
    case ValueForm::sparse_vector: return put_extension_value(target, codec, value);
    default: put_small(target.sink, codec, value); return target.has_room(0);
  }
}

bool put_database_text(const ValueTarget& target, std::string_view text) {
  return json_text() == JsonText::utf8 ? put_utf8_string(target, utf8_of(text))
                                       : put_converted_string(target, text);
}

ByteRange value_bytes(const ValueCodec& codec, Datum value) {
  constexpr uint64_t fixed_bytes = 64;  // the largest of PostgreSQL's own types is name
  const uint64_t stored = codec.varlena ? toast_raw_datum_size(value) - VARHDRSZ : fixed_bytes;
  switch (codec.form) {
    case ValueForm::text: return {stored / 2 + 2, json_string_bytes_max(stored)};
    case ValueForm::bytes_base64:
    case ValueForm::bytes_base64_string:
    case ValueForm::bytes_base64_url: return {base64_bytes(stored) + 2, base64_bytes(stored) + 2};
    case ValueForm::bytes_hex: return {stored * 2 + 2, stored * 2 + 2};
    case ValueForm::bits: return {2, base64_bytes(stored) + 2};
    case ValueForm::type_text:
    case ValueForm::json_value:
    case ValueForm::array:
    case ValueForm::hstore_string:
    case ValueForm::hstore_object:
    case ValueForm::geometry:
    case ValueForm::vector:
    case ValueForm::sparse_vector: return {1, text_bytes_max(stored)};
    default: return {1, small_bytes_max(codec.form)};
  }
}

struct varlena* detoast_packed(Datum value) {
  return reinterpret_cast<struct varlena*>(PG_DETOAST_DATUM_PACKED(value));
}

void free_if_copy(struct varlena* detoasted, Datum value) {
  if (static_cast<void*>(detoasted) != DatumGetPointer(value)) pfree(detoasted);
}

}  // namespace waljet
