// Options as START_REPLICATION or the SQL functions hand them over.
#pragma once

#include <string_view>

#include "event/plugin_options.h"
#include "plugin/pg.h"

namespace waljet {

// Reads a list of DefElem. Unknown, duplicate, missing or out-of-range raises 22023 with the
// option's name and what is allowed. Views in the result point into the list or `database`.
PluginOptions read_options(List* list, std::string_view database);

}  // namespace waljet
