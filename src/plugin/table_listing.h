// The tables whose rows can be read under options of the plugin.
#pragma once

#include "plugin/pg.h"
#include "plugin/session.h"

namespace waljet {

// Puts a row into `store` for each table that has rows of its own and that the options let through,
// in the order in which they were made. `wanted`: a table list in UTF-8 (see event/table_list.h)
// that the table or one of its ancestors must be in; empty: all. Columns are those of
// waljet.tables(), see docs/extension.md.
void list_tables(Session& session, std::string_view wanted, Tuplestorestate* store,
                 TupleDesc columns);

}  // namespace waljet
