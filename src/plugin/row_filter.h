// Judging rows by a rule's `where`.
//
// A row fits where the expression is true; false and NULL are the same. What the log does not hold
// is never fetched: an expression that looks at such a value counts as true, so that what might
// concern a consumer is sent. Unchanged out-of-line values are taken from the old row where that
// was logged, and unchanged columns of the identity from the new row where the old was not.
#pragma once

#include <string_view>

#include "plugin/pg.h"
#include "plugin/row.h"

namespace waljet {

class RowFilter;

// What became of a row in the eyes of somebody who sees only rows that fit.
enum class Passage : uint8_t {
  stays,    // what the statement did is what happened
  leaves,   // an update that is a delete
  enters,   // an update that is an insert
  none,     // nothing happened
  unknown,  // the expression failed
};

// What a filter is made of: a text in UTF-8, or an expression over the columns of a table, perhaps
// an ancestor of the one whose rows are judged. See plugin/predicate.h.
struct RowCondition {
  std::string_view text = {};
  const Node* expression = nullptr;
  Oid columns_of = InvalidOid;
};

// For the rows of `stored`, in `context`; `identity` has the numbers of the columns that old rows
// hold even where they are not logged in full. Null, and why in `failure`, where the condition is
// not allowed.
RowFilter* make_row_filter(MemoryContext context, const RowCondition& condition, Relation stored,
                           const Bitmapset* identity, ErrorData** failure);

// Judges an insert (no old row), a delete (no new row) or an update. A side that is absent though
// the statement has it was not logged. Leaves nothing in the current memory context.
Passage judge_insert(RowFilter& filter, const Row& row);
Passage judge_delete(RowFilter& filter, const Row* old);
Passage judge_update(RowFilter& filter, const Row* old, const Row& row);

}  // namespace waljet
