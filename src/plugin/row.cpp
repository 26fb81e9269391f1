#include "plugin/row.h"

#include "event/decimal.h"
#include "event/json.h"
#include "event/temporal.h"
#include "event/text.h"
#include "plugin/compat.h"

namespace waljet {
namespace {

// The bytes of a variable-length value; copied only where it is compressed or out of line.
std::string_view bytes_of(Datum value) {
  auto* detoasted = reinterpret_cast<struct varlena*>(PG_DETOAST_DATUM_PACKED(value));
  return {VARDATA_ANY(detoasted), VARSIZE_ANY_EXHDR(detoasted)};
}

void put_uuid(Sink& sink, const pg_uuid_t* uuid) {
  constexpr char digits[] = "0123456789abcdef";
  char text[38];
  char* to = text;
  *to++ = '"';
  for (int i = 0; i < UUID_LEN; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) *to++ = '-';
    *to++ = digits[uuid->data[i] >> 4];
    *to++ = digits[uuid->data[i] & 0xF];
  }
  *to = '"';
  sink.put({text, sizeof text});
}

void put_float4(Sink& sink, float4 value) {
  char text[FLOAT_SHORTEST_DECIMAL_LEN];
  float_to_shortest_decimal_buf(value, text);
  put_json_double(sink, text);
}

void put_float8(Sink& sink, float8 value) {
  char text[DOUBLE_SHORTEST_DECIMAL_LEN];
  double_to_shortest_decimal_buf(value, text);
  put_json_double(sink, text);
}

void put_bytea(Sink& sink, Datum value) {
  sink.put('"');
  put_base64(sink, bytes_of(value));
  sink.put('"');
}

// NaN and the infinities have no decimal form; Debezium leaves them null in this mode.
void put_numeric(Sink& sink, const Column& column, Datum value) {
  const char* text = DatumGetCString(DirectFunctionCall1(numeric_out, value));
  const size_t length = strlen(text);
  const char last = text[length - 1];
  if (last < '0' || last > '9') return sink.put("null");
  const bool fixed = column.kind == ValueKind::numeric;
  const size_t words = decimal_scratch_words(length, fixed ? column.scale : 0);
  auto* scratch = static_cast<uint64_t*>(palloc(words * sizeof(uint64_t)));
  if (fixed) {
    put_connect_decimal(sink, {text, length}, column.scale, scratch);
  } else {
    put_variable_scale_decimal(sink, {text, length}, scratch);
  }
}

void put_interval(Sink& sink, const Interval* interval) {
  put_debezium_interval(sink, interval->month, interval->day, interval->time);
}

void put_value(Sink& sink, const Column& column, Datum value) {
  switch (column.kind) {
    case ValueKind::boolean: return sink.put(DatumGetBool(value) ? "true" : "false");
    case ValueKind::int2: return put_int(sink, DatumGetInt16(value));
    case ValueKind::int4: return put_int(sink, DatumGetInt32(value));
    case ValueKind::int8: return put_int(sink, DatumGetInt64(value));
    case ValueKind::oid: return put_uint(sink, DatumGetObjectId(value));
    case ValueKind::float4: return put_float4(sink, DatumGetFloat4(value));
    case ValueKind::float8: return put_float8(sink, DatumGetFloat8(value));
    case ValueKind::text: return put_json_string(sink, bytes_of(value));
    case ValueKind::name: return put_json_string(sink, NameStr(*DatumGetName(value)));
    case ValueKind::uuid: return put_uuid(sink, DatumGetUUIDP(value));
    case ValueKind::bytea: return put_bytea(sink, value);
    case ValueKind::date: return put_debezium_date(sink, DatumGetDateADT(value));
    case ValueKind::time: return put_debezium_time(sink, DatumGetTimeADT(value), column.scale);
    case ValueKind::timestamp:
      return put_debezium_timestamp(sink, DatumGetTimestamp(value), column.scale);
    case ValueKind::timestamptz:
      return put_debezium_zoned_timestamp(sink, DatumGetTimestampTz(value), column.scale);
    case ValueKind::interval: return put_interval(sink, DatumGetIntervalP(value));
    case ValueKind::numeric:
    case ValueKind::variable_numeric: return put_numeric(sink, column, value);
    case ValueKind::other: return put_json_string(sink, OutputFunctionCall(column.output, value));
  }
}

bool is_not_logged(const Column& column, const Row& row) {
  return column.varlena && !row.nulls[column.index] &&
         VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(row.values[column.index]));
}

void put_column(Sink& sink, const Column& column, const Row& row) {
  sink.put(column.label);
  if (row.nulls[column.index]) return sink.put("null");
  put_value(sink, column, row.values[column.index]);
}

}  // namespace

void put_row(Sink& sink, const RelationPlan& plan, const Row& row, const Row* old) {
  sink.put('{');
  for (int i = 0; i < plan.column_count; ++i) {
    const Column& column = plan.columns[i];
    if (!is_not_logged(column, row)) {
      put_column(sink, column, row);
    } else if (old != nullptr && (plan.full_identity || column.identity)) {
      put_column(sink, column, *old);
    } else {
      sink.put(column.label);
      sink.put(column.unavailable);
    }
  }
  sink.put('}');
}

void put_identity(Sink& sink, const RelationPlan& plan, const Row& old) {
  sink.put('{');
  for (int i = 0; i < plan.column_count; ++i) {
    const Column& column = plan.columns[i];
    if (column.identity) {
      put_column(sink, column, old);
    } else {
      sink.put(column.label);
      sink.put(column.not_logged);
    }
  }
  sink.put('}');
}

bool key_changed(const RelationPlan& plan, const Row& old, const Row& row) {
  for (int i = 0; i < plan.key_count; ++i) {
    const Column& column = *plan.key[i];
    if (is_not_logged(column, row)) continue;  // an out-of-line value that did not change
    const int at = column.index;
    if (old.nulls[at] != row.nulls[at]) return true;
    if (old.nulls[at]) continue;
    if (!datum_image_eq(old.values[at], row.values[at], column.by_value, column.length))
      return true;
  }
  return false;
}

}  // namespace waljet
