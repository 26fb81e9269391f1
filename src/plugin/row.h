// Rows as JSON objects: from a tuple of the log to the `before` and `after` of an event.
#pragma once

#include <cstddef>
#include <cstdint>

#include "event/sink.h"
#include "plugin/pg.h"
#include "plugin/relation.h"
#include "plugin/value.h"

namespace waljet {

// A tuple taken apart. The arrays are the session's and as long as a row can be.
struct Row {
  Datum* values = nullptr;
  bool* nulls = nullptr;
  bool may_be_large = false;  // its values may take more bytes than a page can hold
  bool in_table = false;      // read from its table, where out-of-line values are too
};

// What an event shows of one side of a change.
struct RowImage {
  const Row* row = nullptr;    // null: the event has no such side
  bool identity_only = false;  // only the identity's columns were logged
  // Where a value is that is stored out of line, did not change, and so is not in `row`: `old` has
  // it if the identity is FULL or the column is part of it, or else the placeholder stands for it.
  const Row* old = nullptr;
};

// Where a row is written to, and without which values.
struct RowTarget {
  ValueTarget value;
  const bool* left_out = nullptr;  // by place in the plan: values that Column::too_large stands for
  bool only_logged = false;        // columns of which the log holds nothing are not there at all,
                                   // and a side that is absent is an empty row
};

// Writes all columns, or null for a side that is absent. False, with a piece of it written, if it
// does not fit below the ceiling or if a value has no text.
bool put_row(const RowTarget& target, const RelationPlan& plan, const RowImage& image);

// The same with the columns of the key alone: `{}` where there is no key.
bool put_key_columns(const RowTarget& target, const RelationPlan& plan, const RowImage& image);

// Adds to each column of `gains`, by place in the plan, how many bytes shorter put_row() gets when
// the value is left out; gain_certain if it cannot be written. Needs room below the ceiling for one
// value at a time and leaves nothing in the sink.
constexpr int64_t gain_certain = int64_t{1} << 48;
void add_gains(const RowTarget& target, const RelationPlan& plan, const RowImage& image,
               int64_t* gains);

// Writes the names of the columns that put_row() leaves out with `only_logged`: `"a","b"`.
void put_absent_columns(Sink& sink, const RelationPlan& plan, const RowImage& image);

// Between these lies what put_row() writes, see value_bytes().
ByteRange row_bytes(const RelationPlan& plan, const RowImage& image);

// Writes the key's values as the server's text, UTF-8, joined by slashes. False where the event has
// no key, or none that has a text. `hash` becomes the key's, see plugin/key_hash.h.
bool put_key_text(Sink& sink, const RelationPlan& plan, const RowImage& image, uint64_t& hash);

// True if a value of the image is neither in its row nor in the old one that it may be taken from.
bool is_incomplete(const RelationPlan& plan, const RowImage& image);

// True if an update moved the row to another key.
bool key_changed(const RelationPlan& plan, const Row& old, const Row& row);

}  // namespace waljet
