// What the values of a column are in Kafka Connect, as Debezium declares them.
#pragma once

#include "event/connect_json.h"
#include "event/plugin_options.h"
#include "plugin/pg.h"
#include "plugin/value_codec.h"

namespace waljet {

// The type of what put_value() writes with the codec that make_codec() made of `type` for format
// debezium. Looks into the catalog; what is rendered is in `context`.
connect::Type connect_type(MemoryContext context, const ValueCodec& codec, const ValueType& type,
                           const PluginOptions& options);

}  // namespace waljet
