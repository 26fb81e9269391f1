// Reads rows of one table, as the snapshot of the calling query shows them, and makes messages of
// them: whole frames, each message of `batch_bytes` or what a row takes beyond it, and a frame of
// kind read_end alone in the last.
//
// Rows are formatted one by one as they come out of the scan: memory is that of a message and of
// one row. The scan is a cursor of the caller's transaction, made with the rights of the caller.
#pragma once

#include "plugin/pg.h"
#include "plugin/read_session.h"

namespace waljet {

struct ReadOrder {
  Oid relation = InvalidOid;
  uint32_t part = 0;            // of the rows' positions
  uint64_t first_row = 1;       // ordinal of the first row; the others follow
  const char* where = nullptr;  // a predicate, see plugin/predicate.h; null: all rows

  // By blocks of the table's file, in their order...
  int64_t first_block = 0;
  int64_t end_block = -1;  // negative: to the end

  // ...or by key, behind a place, until there are so many rows or bytes of frames; 0: no limit.
  bool by_key = false;
  std::string_view after = {};  // empty: from the start
  uint64_t rows_max = 0;
  uint64_t bytes_max = 0;
};

class RowReader;

// In `terms.parent`, but for the outlet, which is the reader's. Raises an error for what cannot be
// read; a table whose rows would be hidden by row security among it.
RowReader& open_reader(ReadTerms terms, const ReadOrder& order);

// The next message, valid until the next call; null behind the last one.
bytea* next_message(RowReader& reader);

// Ends the scan before its end; needed only where the transaction goes on.
void close_reader(RowReader& reader);

// The message of a marker, in the current memory context: consumers discard what they have of the
// table as it is shown.
bytea* discard_message(ReadTerms terms, Oid relation, uint32_t part);

}  // namespace waljet
