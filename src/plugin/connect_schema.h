// Kafka Connect schemas of events, for option `schemas`.
#pragma once

#include <string_view>

#include "plugin/relation.h"

namespace waljet {

// `{"schema":{...},"payload":` for the events of a table, whose plan has its names and columns. In
// the plan's context; leaves what it needs on the way in the current one.
std::string_view payload_head(const RelationPlan& plan, const PluginOptions& options);

// The same for logical messages and for transaction boundaries. In `context`.
std::string_view message_payload_head(MemoryContext context, const PluginOptions& options);
std::string_view transaction_payload_head(MemoryContext context, const PluginOptions& options);

}  // namespace waljet
