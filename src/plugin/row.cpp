#include "plugin/row.h"

#include "plugin/compat.h"
#include "plugin/disguise.h"
#include "plugin/encoding.h"
#include "plugin/key_hash.h"
#include "plugin/value_text.h"

namespace waljet {
namespace {

// Of a column that is not NULL: whether the row only says where the value was.
bool is_out_of_line(const Column& column, const Row& row) {
  return column.codec.varlena && !row.in_table &&
         VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(row.values[column.index]));
}

bool is_not_logged(const Column& column, const Row& row) {
  return !row.nulls[column.index] && is_out_of_line(column, row);
}

// What stands in one column of an image: a row that has the value, or JSON that stands for it.
struct Cell {
  const Row* row = nullptr;
  std::string_view json;
  bool absent = false;  // from the log
};

// Of a value that is out of line, and so did not change.
Cell unchanged_cell(const RelationPlan& plan, const Column& column, const RowImage& image) {
  const bool in_old = image.old != nullptr && (plan.full_identity || column.identity);
  if (!in_old) return {nullptr, column.unavailable, true};
  if (image.old->nulls[column.index]) return {nullptr, "null"};
  return {image.old, {}};
}

inline Cell cell_of(const RelationPlan& plan, const Column& column, const RowImage& image) {
  if (image.identity_only && !column.identity) return {nullptr, column.not_logged, true};
  if (image.row->nulls[column.index]) return {nullptr, "null"};
  if (is_out_of_line(column, *image.row)) return unchanged_cell(plan, column, image);
  return {image.row, {}};
}

bool put_cell(const RowTarget& target, const Column& column, const Cell& cell, bool left_out) {
  if (cell.row == nullptr) {
    target.value.sink.put(cell.json);
  } else if (left_out && !column.too_large.empty()) {
    target.value.sink.put(column.too_large);
  } else {
    return put_value(target.value, column.codec, cell.row->values[column.index]);
  }
  return true;
}

bool put_absent_side(const RowTarget& target) {
  target.value.sink.put(target.only_logged ? "{}" : "null");
  return true;
}

bool put_key_value(Sink& sink, const ValueCodec& codec, Datum value) {
  return is_disguised(codec.form) ? put_disguised_text(sink, codec, value)
                                  : put_plain_text(sink, codec, value);
}

// All columns that `wanted` lets through, or as far as there is room.
template <typename Wanted>
bool put_columns(const RowTarget& target, const RelationPlan& plan, const RowImage& image,
                 Wanted wanted) {
  Sink& sink = target.value.sink;
  const size_t start = sink.size();
  for (int i = 0; i < plan.column_count; ++i) {
    const Column& column = plan.columns[i];
    if (!wanted(column)) continue;
    const Cell cell = cell_of(plan, column, image);
    if (target.only_logged && cell.absent) continue;
    const bool left_out = target.left_out != nullptr && target.left_out[i];
    sink.put(column.label);
    if (!put_cell(target, column, cell, left_out)) return false;
  }
  // In place of the comma in front of the first column.
  if (sink.size() > start) {
    sink.data()[start] = '{';
  } else {
    sink.put('{');
  }
  sink.put('}');
  return target.value.has_room(0);
}

}  // namespace

bool put_row(const RowTarget& target, const RelationPlan& plan, const RowImage& image) {
  if (image.row == nullptr) return put_absent_side(target);
  return put_columns(target, plan, image, [](const Column&) { return true; });
}

bool put_key_columns(const RowTarget& target, const RelationPlan& plan, const RowImage& image) {
  if (image.row == nullptr) return put_absent_side(target);
  return put_columns(target, plan, image, [](const Column& column) { return column.identity; });
}

void put_absent_columns(Sink& sink, const RelationPlan& plan, const RowImage& image) {
  if (image.row == nullptr) return;
  const size_t start = sink.size();
  for (int i = 0; i < plan.column_count; ++i) {
    const Column& column = plan.columns[i];
    if (!cell_of(plan, column, image).absent) continue;
    if (sink.size() > start) sink.put(',');
    sink.put(column.name);
  }
}

bool put_key_text(Sink& sink, const RelationPlan& plan, const RowImage& image, uint64_t& hash) {
  hash = table_hash(plan);
  if (image.row == nullptr || plan.key_count == 0) return false;
  const size_t start = sink.size();
  uint64_t columns = hash;
  bool known = true;
  for (int i = 0; i < plan.key_count; ++i) {
    const Column& column = *plan.key[i];
    const Cell cell = cell_of(plan, column, image);
    if (i > 0) sink.put('/');
    const size_t value = sink.size();
    if (cell.row == nullptr) {
      known = known && !cell.absent;
      columns = with_null(columns);
    } else if (put_key_value(sink, *column.key_codec, cell.row->values[column.index])) {
      columns = with_column(columns, sink.since(value));
    } else {
      sink.truncate(start);
      return false;
    }
  }
  if (known) hash = columns;
  return true;
}

void add_gains(const RowTarget& target, const RelationPlan& plan, const RowImage& image,
               int64_t* gains) {
  if (image.row == nullptr) return;
  Sink& sink = target.value.sink;
  const size_t start = sink.size();
  for (int i = 0; i < plan.column_count; ++i) {
    const Column& column = plan.columns[i];
    const Cell cell = cell_of(plan, column, image);
    if (cell.row == nullptr || column.too_large.empty()) continue;
    const bool fits = put_value(target.value, column.codec, cell.row->values[column.index]);
    const auto bytes = static_cast<int64_t>(sink.size() - start);
    gains[i] += fits ? bytes - static_cast<int64_t>(column.too_large.size()) : gain_certain;
    sink.truncate(start);
  }
}

ByteRange row_bytes(const RelationPlan& plan, const RowImage& image) {
  if (image.row == nullptr) return {4, 4};
  const uint64_t braces = plan.column_count > 0 ? 1 : 2;  // one is in the place of a comma
  ByteRange sum{braces, braces};
  for (int i = 0; i < plan.column_count; ++i) {
    const Column& column = plan.columns[i];
    const Cell cell = cell_of(plan, column, image);
    ByteRange bytes{cell.json.size(), cell.json.size()};
    if (cell.row != nullptr) bytes = value_bytes(column.codec, cell.row->values[column.index]);
    sum.least += column.label.size() + bytes.least;
    sum.most += column.label.size() + bytes.most;
  }
  return sum;
}

bool is_incomplete(const RelationPlan& plan, const RowImage& image) {
  if (image.row == nullptr || image.identity_only || !image.row->may_be_large) return false;
  for (int i = 0; i < plan.column_count; ++i) {
    if (cell_of(plan, plan.columns[i], image).absent) return true;
  }
  return false;
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
