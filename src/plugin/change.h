// From one change of the log to its events, in Debezium's envelope.
#pragma once

#include "plugin/session.h"

namespace waljet {

// Both append to the batch what the options let through. The call has been counted already.
void write_change(LogicalDecodingContext* ctx, Relation relation, ReorderBufferChange* change);
void write_truncate(LogicalDecodingContext* ctx, Relation relation, uint32_t part,
                    ReorderBufferChange* change);

}  // namespace waljet
