// Rows as JSON objects: from a tuple of the log to the `before` and `after` of an event.
#pragma once

#include <cstddef>
#include <cstdint>

#include "event/sink.h"
#include "plugin/pg.h"
#include "plugin/relation.h"

namespace waljet {

// A tuple taken apart. The arrays are the session's and as long as a row can be.
struct Row {
  Datum* values = nullptr;
  bool* nulls = nullptr;
  bool may_be_large = false;  // its values may take more bytes than a page can hold
};

// What an event shows of one side of a change.
struct RowImage {
  const Row* row = nullptr;    // null: the event has no such side
  bool identity_only = false;  // only the identity's columns were logged
  // Where a value is that is stored out of line, did not change, and so is not in `row`: `old` has
  // it if the identity is FULL or the column is part of it, or else the placeholder stands for it.
  const Row* old = nullptr;
};

// Where a row is written to, how far, and without which values.
struct RowTarget {
  Sink& sink;
  size_t ceiling;                  // the size that the sink must not pass
  const bool* left_out = nullptr;  // by place in the plan: values that Column::too_large stands for
};

// Writes all columns, or null for a side that is absent. False, with a piece of it written, if it
// does not fit below the ceiling or if a value has no text.
bool put_row(const RowTarget& target, const RelationPlan& plan, const RowImage& image);

// The same with the columns of the key alone: `{}` where there is no key.
bool put_key(const RowTarget& target, const RelationPlan& plan, const RowImage& image);

// Adds to each column of `gains`, by place in the plan, how many bytes shorter put_row() gets when
// the value is left out; gain_certain if it cannot be written. Needs room below the ceiling for one
// value at a time and leaves nothing in the sink.
constexpr int64_t gain_certain = int64_t{1} << 48;
void add_gains(const RowTarget& target, const RelationPlan& plan, const RowImage& image,
               int64_t* gains);

// Between these lies what put_row() writes, by the sizes of the values alone: nothing is
// decompressed, no output function called. For types that are sent as their text `most` is an
// estimate.
struct ByteRange {
  uint64_t least = 0;
  uint64_t most = 0;
};
ByteRange row_bytes(const RelationPlan& plan, const RowImage& image);

// True if an update moved the row to another key.
bool key_changed(const RelationPlan& plan, const Row& old, const Row& row);

}  // namespace waljet
