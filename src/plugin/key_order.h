// The order of a table's rows by its key, and places in it.
//
// The order is that of the key's index, so that rows can be read by it piece after piece, each at
// the cost of its own rows.
#pragma once

#include <string_view>

#include "event/sink.h"
#include "plugin/pg.h"
#include "plugin/relation.h"

namespace waljet {

struct KeyOrderColumn {
  int index = 0;               // in the tuple's descriptor, from 0
  Oid type = InvalidOid;       // that of the column
  uint32_t mark = 0;           // tells the column and its order from others, in a place
  const char* name = nullptr;  // quoted, with its collation where the index has another
  // OPERATOR(schema.name), in the direction of the index.
  const char* equal = nullptr;
  const char* before = nullptr;
  const char* not_before = nullptr;
  const char* behind = nullptr;
  bool nulls_first = false;
  FmgrInfo output = {};
};

struct KeyOrder {
  int count = 0;
  KeyOrderColumn* columns = nullptr;
  const char* problem = nullptr;  // why there is no such order, a phrase: "it has no key"
};

// In the current memory context.
KeyOrder key_order(const RelationPlan& plan, Relation relation);

// The conditions and the order of a query, for parameters $1 to $count that are a place.
void put_behind(StringInfo sql, const KeyOrder& order);
void put_order(StringInfo sql, const KeyOrder& order);

// ---- places ----

// Writes the place of a row: opaque bytes, which hold the values of its key, each with the mark of
// its column. Of another key, or in another order, it would be another place.
void put_place(Sink& sink, const KeyOrder& order, const Datum* values);

// The values of a place, in the current memory context. Raises 22023 where it is no place of this
// order.
Datum* read_place(const KeyOrder& order, std::string_view place);

}  // namespace waljet
