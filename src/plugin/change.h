// From one change of the log, or one row of a table, to its events.
#pragma once

#include "plugin/row.h"
#include "plugin/row_filter.h"
#include "plugin/session.h"

namespace waljet {

// Both append to the batch what the options let through. The call has been counted already.
void write_change(Session& session, Relation relation, ReorderBufferChange* change);
void write_truncates(Session& session, const Relation* relations, int relation_count, Lsn lsn);

// A row as a snapshot reads it. Its event's position is the transaction's commit LSN and ordinal,
// and `part`. The plan's filter applies as to an insert, and `where` besides; null: none.
void write_read(Session& session, const RelationPlan& plan, const Row& row, uint32_t part,
                RowFilter* where);

// By this consumers discard what they have of the table, which will be read again.
void write_discard(Session& session, const RelationPlan& plan, uint32_t part);

}  // namespace waljet
