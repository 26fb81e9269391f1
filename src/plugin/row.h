// Rows as JSON objects: from a tuple of the log to the `before` and `after` of an event.
#pragma once

#include "event/sink.h"
#include "plugin/pg.h"
#include "plugin/relation.h"

namespace waljet {

// A tuple taken apart. The arrays are the session's and as long as a row can be.
struct Row {
  Datum* values = nullptr;
  bool* nulls = nullptr;
};

// Writes all columns. A value that is stored out of line and did not change is not in the new row:
// it is taken from `old`, which has it where the identity is FULL or the column is part of it, or
// else the placeholder stands for it.
void put_row(Sink& sink, const RelationPlan& plan, const Row& row, const Row* old);

// Writes an old image of which only the identity's columns were logged.
void put_identity(Sink& sink, const RelationPlan& plan, const Row& old);

// True if an update moved the row to another key.
bool key_changed(const RelationPlan& plan, const Row& old, const Row& row);

}  // namespace waljet
