#include "plugin/row.h"

#include "event/decimal.h"
#include "event/json.h"
#include "event/temporal.h"
#include "event/text.h"
#include "plugin/compat.h"
#include "plugin/value_text.h"

namespace waljet {
namespace {

// A variable-length value, copied only where it is compressed or out of line. A copy is given back
// with free_if_copy(): two sides of a row may hold gigabytes.
struct varlena* detoast(Datum value) {
  return reinterpret_cast<struct varlena*>(PG_DETOAST_DATUM_PACKED(value));
}
std::string_view bytes_of(const struct varlena* value) {
  return {VARDATA_ANY(value), VARSIZE_ANY_EXHDR(value)};
}
void free_if_copy(struct varlena* detoasted, Datum value) {
  if (static_cast<void*>(detoasted) != DatumGetPointer(value)) pfree(detoasted);
}

// Whether `bytes` more keep the sink below the ceiling.
bool has_room(const RowTarget& target, size_t bytes) {
  const size_t size = target.sink.size();
  return size <= target.ceiling && bytes <= target.ceiling - size;
}

// The exact size is counted only where the worst would not fit.
bool put_string(const RowTarget& target, std::string_view utf8) {
  if (!has_room(target, json_string_bytes_max(utf8.size())) &&
      !has_room(target, json_string_bytes(utf8))) {
    return false;
  }
  put_json_string(target.sink, utf8);
  return true;
}

bool put_text(const RowTarget& target, Datum value) {
  struct varlena* detoasted = detoast(value);
  const bool fits = put_string(target, bytes_of(detoasted));
  free_if_copy(detoasted, value);
  return fits;
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

bool put_bytea(const RowTarget& target, Datum value) {
  struct varlena* detoasted = detoast(value);
  const std::string_view bytes = bytes_of(detoasted);
  const bool fits = has_room(target, base64_bytes(bytes.size()) + 2);
  if (fits) {
    target.sink.put('"');
    put_base64(target.sink, bytes);
    target.sink.put('"');
  }
  free_if_copy(detoasted, value);
  return fits;
}

bool put_other(const RowTarget& target, const Column& column, Datum value) {
  char* text = output_text(column, value);
  if (text == nullptr) return false;
  const bool fits = put_string(target, text);
  pfree(text);
  return fits;
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

// Values of small and fixed bounds: checked against the ceiling once they are written.
void put_small(Sink& sink, const Column& column, Datum value) {
  switch (column.kind) {
    case ValueKind::boolean: return sink.put(DatumGetBool(value) ? "true" : "false");
    case ValueKind::int2: return put_int(sink, DatumGetInt16(value));
    case ValueKind::int4: return put_int(sink, DatumGetInt32(value));
    case ValueKind::int8: return put_int(sink, DatumGetInt64(value));
    case ValueKind::oid: return put_uint(sink, DatumGetObjectId(value));
    case ValueKind::float4: return put_float4(sink, DatumGetFloat4(value));
    case ValueKind::float8: return put_float8(sink, DatumGetFloat8(value));
    case ValueKind::name: return put_json_string(sink, NameStr(*DatumGetName(value)));
    case ValueKind::uuid: return put_uuid(sink, DatumGetUUIDP(value));
    case ValueKind::date: return put_debezium_date(sink, DatumGetDateADT(value));
    case ValueKind::time: return put_debezium_time(sink, DatumGetTimeADT(value), column.scale);
    case ValueKind::timestamp:
      return put_debezium_timestamp(sink, DatumGetTimestamp(value), column.scale);
    case ValueKind::timestamptz:
      return put_debezium_zoned_timestamp(sink, DatumGetTimestampTz(value), column.scale);
    case ValueKind::interval: return put_interval(sink, DatumGetIntervalP(value));
    case ValueKind::numeric:
    case ValueKind::variable_numeric: return put_numeric(sink, column, value);
    case ValueKind::text:
    case ValueKind::bytea:
    case ValueKind::other: return;
  }
}

bool put_value(const RowTarget& target, const Column& column, Datum value) {
  switch (column.kind) {
    case ValueKind::text: return put_text(target, value);
    case ValueKind::bytea: return put_bytea(target, value);
    case ValueKind::other: return put_other(target, column, value);
    default: put_small(target.sink, column, value); return has_room(target, 0);
  }
}

bool is_not_logged(const Column& column, const Row& row) {
  return column.varlena && !row.nulls[column.index] &&
         VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(row.values[column.index]));
}

// What stands in one column of an image: a row that has the value, or JSON that stands for it.
struct Cell {
  const Row* row = nullptr;
  std::string_view json;
};

Cell cell_of(const RelationPlan& plan, const Column& column, const RowImage& image) {
  if (image.identity_only && !column.identity) return {nullptr, column.not_logged};
  if (!is_not_logged(column, *image.row)) {
    if (image.row->nulls[column.index]) return {nullptr, "null"};
    return {image.row, {}};
  }
  const bool in_old = image.old != nullptr && (plan.full_identity || column.identity);
  if (!in_old) return {nullptr, column.unavailable};
  if (image.old->nulls[column.index]) return {nullptr, "null"};
  return {image.old, {}};
}

bool put_cell(const RowTarget& target, const Column& column, const Cell& cell, bool left_out) {
  if (cell.row == nullptr) {
    target.sink.put(cell.json);
  } else if (left_out && !column.too_large.empty()) {
    target.sink.put(column.too_large);
  } else {
    return put_value(target, column, cell.row->values[column.index]);
  }
  return true;
}

// The label without the comma that all but a table's first column have in front.
std::string_view first_label(const Column& column) {
  std::string_view label = column.label;
  if (label[0] == ',') label.remove_prefix(1);
  return label;
}

// ---- sizes ----

// The most that a value of a kind takes that has a bound of its own.
uint64_t small_bytes_max(ValueKind kind) {
  switch (kind) {
    case ValueKind::name: return json_string_bytes_max(NAMEDATALEN);
    case ValueKind::numeric: return 2048;  // up to 1000 digits and a scale of as many
    case ValueKind::variable_numeric: return decimal_bytes_max;
    default: return 64;
  }
}

// An estimate for types that are sent as their text, by their worst cases: eight bytes of a numeric
// in an array or jsonb can stand for 147456 digits. A text that can be made at all is below 1 GB.
uint64_t other_bytes_max(uint64_t stored) {
  constexpr uint64_t digits_per_byte = 147456 / 8;
  constexpr uint64_t all = json_string_bytes_max(MaxAllocSize);
  return stored < all / digits_per_byte ? stored * digits_per_byte + 2 : all;
}

ByteRange value_bytes(const Column& column, Datum value) {
  constexpr uint64_t fixed_other_bytes = 64;  // the largest of PostgreSQL's own types is name
  const uint64_t stored =
      column.varlena ? toast_raw_datum_size(value) - VARHDRSZ : fixed_other_bytes;
  switch (column.kind) {
    case ValueKind::text: return {stored + 2, json_string_bytes_max(stored)};
    case ValueKind::bytea: return {base64_bytes(stored) + 2, base64_bytes(stored) + 2};
    case ValueKind::other: return {2, other_bytes_max(stored)};
    default: return {1, small_bytes_max(column.kind)};
  }
}

}  // namespace

bool put_row(const RowTarget& target, const RelationPlan& plan, const RowImage& image) {
  Sink& sink = target.sink;
  if (image.row == nullptr) {
    sink.put("null");
    return true;
  }
  sink.put('{');
  for (int i = 0; i < plan.column_count; ++i) {
    const Column& column = plan.columns[i];
    const bool left_out = target.left_out != nullptr && target.left_out[i];
    sink.put(column.label);
    if (!put_cell(target, column, cell_of(plan, column, image), left_out)) return false;
  }
  sink.put('}');
  return has_room(target, 0);
}

bool put_key(const RowTarget& target, const RelationPlan& plan, const RowImage& image) {
  Sink& sink = target.sink;
  if (image.row == nullptr) {
    sink.put("null");
    return true;
  }
  sink.put('{');
  bool first = true;
  for (int i = 0; i < plan.column_count; ++i) {
    const Column& column = plan.columns[i];
    if (!column.identity) continue;
    sink.put(first ? first_label(column) : column.label);
    first = false;
    if (!put_cell(target, column, cell_of(plan, column, image), false)) return false;
  }
  sink.put('}');
  return has_room(target, 0);
}

void add_gains(const RowTarget& target, const RelationPlan& plan, const RowImage& image,
               int64_t* gains) {
  if (image.row == nullptr) return;
  const size_t start = target.sink.size();
  for (int i = 0; i < plan.column_count; ++i) {
    const Column& column = plan.columns[i];
    const Cell cell = cell_of(plan, column, image);
    if (cell.row == nullptr || column.too_large.empty()) continue;
    const bool fits = put_value(target, column, cell.row->values[column.index]);
    const auto bytes = static_cast<int64_t>(target.sink.size() - start);
    gains[i] += fits ? bytes - static_cast<int64_t>(column.too_large.size()) : gain_certain;
    target.sink.truncate(start);
  }
}

ByteRange row_bytes(const RelationPlan& plan, const RowImage& image) {
  if (image.row == nullptr) return {4, 4};
  ByteRange sum{2, 2};
  for (int i = 0; i < plan.column_count; ++i) {
    const Column& column = plan.columns[i];
    const Cell cell = cell_of(plan, column, image);
    ByteRange bytes{cell.json.size(), cell.json.size()};
    if (cell.row != nullptr) bytes = value_bytes(column, cell.row->values[column.index]);
    sum.least += column.label.size() + bytes.least;
    sum.most += column.label.size() + bytes.most;
  }
  return sum;
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
