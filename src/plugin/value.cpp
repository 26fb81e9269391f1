#include "plugin/value.h"

#include "event/bits.h"
#include "event/decimal.h"
#include "event/escaped_text.h"
#include "event/json.h"
#include "event/temporal.h"
#include "event/text.h"
#include "plugin/array_value.h"
#include "plugin/disguise.h"
#include "plugin/encoding.h"
#include "plugin/extension_value.h"
#include "plugin/jsonb_text.h"
#include "plugin/number_value.h"
#include "plugin/value_text.h"

namespace waljet {
namespace {

// Text of a UTF8 database. What is not UTF-8 after all, such as a name out of a shared catalog that
// another database wrote, is repaired. The exact size is counted only where the worst would not
// fit.
bool put_utf8_string(const ValueTarget& target, std::string_view text) {
  const bool fits = target.has_room(quoted_bytes_max(text.size())) ||
                    target.has_room(json_string_bytes(utf8_of(text)));
  if (fits) put_quoted_text(target.sink, text, Escaping::json);
  return fits;
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

bool put_jsonb_string(const ValueTarget& target, const ValueCodec& codec, Datum value) {
  const size_t start = target.sink.size();
  target.sink.put('"');
  if (json_text() == JsonText::utf8 && put_jsonb_text(target, Escaping::server_in_string, value)) {
    target.sink.put('"');
    return target.has_room(0);
  }
  target.sink.truncate(start);
  return put_type_text(target, codec, value);
}

// jsonb's text keeps to one line, and what is beyond ASCII stands inside its strings.
bool put_json(const ValueTarget& target, const ValueCodec& codec, Datum value) {
  const size_t start = target.sink.size();
  if (json_text() == JsonText::utf8 && put_jsonb_text(target, Escaping::server, value)) return true;
  target.sink.truncate(start);
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

void put_interval(Sink& sink, ValueForm form, const Interval* interval) {
  if (form == ValueForm::interval_us) {
    return put_duration_us(sink, interval->month, interval->day, interval->time);
  }
  put_interval_iso(sink, interval->month, interval->day, interval->time);
}

void put_timetz_value(Sink& sink, const TimeTzADT* value) {
  put_timetz(sink, value->time, value->zone);
}

// What is seldom or has no size of its own. False as in put_value().
bool put_seldom(const ValueTarget& target, const ValueCodec& codec, Datum value) {
  Sink& sink = target.sink;
  const ValueForm form = codec.form;
  switch (form) {
    case ValueForm::type_text: return put_type_text(target, codec, value);
    case ValueForm::bytes_base64:
    case ValueForm::bytes_base64_string:
    case ValueForm::bytes_base64_url:
    case ValueForm::bytes_hex: return put_bytes(target, form, value);
    case ValueForm::bit_boolean:
    case ValueForm::bits: return put_bit_string(target, codec, value);
    case ValueForm::array: return put_array(target, codec, value);
    case ValueForm::hstore_string:
    case ValueForm::hstore_object:
    case ValueForm::geometry:
    case ValueForm::vector:
    case ValueForm::sparse_vector: return put_extension_value(target, codec, value);
    case ValueForm::masked:
    case ValueForm::hashed: return put_disguised_value(target, codec, value);
    case ValueForm::oid: put_uint(sink, DatumGetObjectId(value)); break;
    case ValueForm::name:
      put_json_string(sink, utf8_of(NameStr(*DatumGetName(value))), json_text());
      break;
    case ValueForm::character: put_character(sink, DatumGetChar(value)); break;
    case ValueForm::date_iso: put_date_iso(sink, DatumGetDateADT(value)); break;
    case ValueForm::time_ms: put_time(sink, DatumGetTimeADT(value), TimeUnit::ms); break;
    case ValueForm::time_us: put_time(sink, DatumGetTimeADT(value), TimeUnit::us); break;
    case ValueForm::time_ns: put_time(sink, DatumGetTimeADT(value), TimeUnit::ns); break;
    case ValueForm::time_iso: put_time_iso(sink, DatumGetTimeADT(value)); break;
    case ValueForm::timetz_utc: put_timetz_value(sink, DatumGetTimeTzADTP(value)); break;
    case ValueForm::interval_us:
    case ValueForm::interval_iso: put_interval(sink, form, DatumGetIntervalP(value)); break;
    case ValueForm::money_decimal:
    case ValueForm::money_double:
    case ValueForm::money_string: put_money(sink, form, DatumGetInt64(value)); break;
    case ValueForm::point: put_point_value(sink, DatumGetPointP(value)); break;
    default: break;  // put_value() has taken the others
  }
  return target.has_room(0);
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

// Values of small and fixed bounds are checked against the ceiling once they are written.
bool put_value(const ValueTarget& target, const ValueCodec& codec, Datum value) {
  Sink& sink = target.sink;
  const ValueForm form = codec.form;
  switch (form) {
    case ValueForm::text: return put_text(target, value);
    case ValueForm::jsonb_text: return put_jsonb_string(target, codec, value);
    case ValueForm::json_value: return put_json(target, codec, value);
    case ValueForm::boolean: sink.put(DatumGetBool(value) ? "true" : "false"); break;
    case ValueForm::int2: put_int(sink, DatumGetInt16(value)); break;
    case ValueForm::int4: put_int(sink, DatumGetInt32(value)); break;
    case ValueForm::int8: put_int(sink, DatumGetInt64(value)); break;
    case ValueForm::float4:
    case ValueForm::float4_plain: put_float4(sink, form, DatumGetFloat4(value)); break;
    case ValueForm::float8:
    case ValueForm::float8_plain: put_float8(sink, form, DatumGetFloat8(value)); break;
    case ValueForm::decimal:
    case ValueForm::variable_decimal:
    case ValueForm::numeric_double:
    case ValueForm::numeric_string:
    case ValueForm::numeric_plain: put_numeric(sink, codec, value); break;
    case ValueForm::uuid: put_uuid_value(sink, DatumGetUUIDP(value)); break;
    case ValueForm::date_days: put_date_days(sink, DatumGetDateADT(value)); break;
    case ValueForm::timestamp_ms:
      put_timestamp(sink, DatumGetTimestamp(value), TimeUnit::ms);
      break;
    case ValueForm::timestamp_us:
      put_timestamp(sink, DatumGetTimestamp(value), TimeUnit::us);
      break;
    case ValueForm::timestamp_ns:
      put_timestamp(sink, DatumGetTimestamp(value), TimeUnit::ns);
      break;
    case ValueForm::timestamp_iso: put_timestamp_iso(sink, DatumGetTimestamp(value)); break;
    case ValueForm::timestamptz_utc:
      put_zoned_timestamp(sink, DatumGetTimestampTz(value), codec.scale);
      break;
    default: return put_seldom(target, codec, value);
  }
  return target.has_room(0);
}

bool put_database_text(const ValueTarget& target, std::string_view text) {
  return json_text() == JsonText::utf8 ? put_utf8_string(target, text)
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
    case ValueForm::jsonb_text:
    case ValueForm::json_value:
    case ValueForm::array:
    case ValueForm::hstore_string:
    case ValueForm::hstore_object:
    case ValueForm::geometry:
    case ValueForm::vector:
    case ValueForm::sparse_vector: return {1, text_bytes_max(stored)};
    case ValueForm::masked: return {mask_bytes + 2, mask_bytes + 2};
    case ValueForm::hashed: return {hash_bytes + 2, hash_bytes + 2};
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
