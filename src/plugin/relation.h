// What is known about a table before any of its rows is looked at, kept from row to row.
//
// A plan holds everything that needs the catalog: names, already escaped, how each column is
// written, which columns are the key. It is built at a table's first change and again after
// anything it depends on has changed.
#pragma once

#include <cstdint>
#include <string_view>

#include "event/plugin_options.h"
#include "plugin/pg.h"

namespace waljet {

enum class ValueKind : uint8_t {
  boolean,
  int2,
  int4,
  int8,
  oid,
  float4,
  float8,
  text,  // text, varchar, bpchar, json: the stored bytes are the text
  name,
  uuid,
  bytea,
  date,
  time,
  timestamp,
  timestamptz,
  interval,
  numeric,           // numeric(p,s): scale is s
  variable_numeric,  // numeric without precision
  other,             // the output function's text, as a JSON string
};

struct Column {
  std::string_view label;  // `"name":`, escaped, with a comma in front of all but the first
  int index = 0;           // in the tuple descriptor, from 0
  ValueKind kind = ValueKind::other;
  int scale = 0;          // numeric: digits behind the point; times: digits behind the second
  bool varlena = false;   // may be stored out of line
  bool by_value = false;  // as the catalog says, like the length
  int16 length = 0;
  bool identity = false;         // the old image has it even where it is not FULL
  FmgrInfo* output = nullptr;    // for ValueKind::other
  bool own_type = false;         // whose output function is not PostgreSQL's alone: it may fail
  std::string_view not_logged;   // JSON that an old image shows where the log has no value
  std::string_view unavailable;  // JSON that stands for an unchanged out-of-line value
  std::string_view too_large;    // JSON that stands for a value left out; empty: never left out

  mutable bool failure_said = false;  // in the server's log, of the output function
};

struct RelationPlan {
  MemoryContext context = nullptr;
  bool wanted = false;         // the filter lets the table through
  bool full_identity = false;  // old images have all columns
  int column_count = 0;
  Column* columns = nullptr;
  int key_count = 0;  // columns whose change makes an update a delete and a create
  Column** key = nullptr;
  std::string_view table;        // schema.table, for people
  std::string_view source;       // rendered, see debezium::put_relation()
  std::string_view subjects[4];  // by operation: insert, update, delete, truncate
};

class RelationCache;

// In `context`; the cache forgets itself when `context` goes.
RelationCache* make_relation_cache(MemoryContext context, const PluginOptions& options,
                                   std::string_view database);

// The plan for `relation` as the catalog stands for the change in hand. Valid until the next call.
const RelationPlan& plan_for(RelationCache& cache, Relation relation);

}  // namespace waljet
