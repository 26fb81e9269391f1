// What PostgreSQL's publications say of a table, for option `publications`.
//
// As pgoutput reads them: a table is published by name, with its schema or with all tables; a
// partition also through its ancestors, and under the topmost one where a publication says so. Of
// publications that publish it the operations are united and the row filters are alternatives.
#pragma once

#include <cstdint>
#include <string_view>

#include "event/operation.h"
#include "plugin/pg.h"

namespace waljet {

struct Published {
  uint8_t operations = 0;        // bits of Operation; none: the table is not published
  Oid shown = InvalidOid;        // under whose name and columns: itself or an ancestor
  Bitmapset* columns = nullptr;  // numbers in `shown` of those that are sent; null: all
  bool columns_differ = false;   // publications contradict each other
  // For insert, update, delete, over the columns of `shown`; null: all rows.
  Node* filters[3] = {};
};

// In the current memory context. A publication that is not there publishes nothing.
Published published(List* names, Relation relation);

// The names in the option's text, in `context`. Raises 22023 where the text is no list of names, a
// publication is not there now, or the server is older than row filters, which came with 15.
List* require_publications(MemoryContext context, std::string_view text);

}  // namespace waljet
