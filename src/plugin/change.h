// From one change of the log to its events.
#pragma once

#include "plugin/session.h"

namespace waljet {

// Both append to the batch what the options let through. The call has been counted already.
void write_change(LogicalDecodingContext* ctx, Relation relation, ReorderBufferChange* change);
void write_truncates(LogicalDecodingContext* ctx, const Relation* relations, int relation_count,
                     Lsn lsn);

}  // namespace waljet
