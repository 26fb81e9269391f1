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
#include "plugin/tally.h"
#include "plugin/value_codec.h"

namespace waljet {

struct Column {
  std::string_view label;  // `,"name":`, escaped
  std::string_view name;   // `"name"`
  int index = 0;           // in the tuple's descriptor, from 0
  ValueType type;
  ValueCodec codec;
  bool nullable = false;
  std::string_view default_json;  // see plugin/default_value.h; empty where there is none
  bool by_value = false;  // as the catalog says, like the length; negative: may be out of line
  int16 length = 0;
  bool identity = false;            // the old image has it even where it is not FULL
  ValueCodec* key_codec = nullptr;  // of the key's columns: their text
  std::string_view not_logged;      // JSON that an old image shows where the log has no value
  std::string_view unavailable;     // JSON that stands for an unchanged out-of-line value
  std::string_view too_large;       // JSON that stands for a value left out; empty: never left out
};

class RowFilter;

struct RelationPlan {
  MemoryContext context = nullptr;
  bool wanted = false;      // the filter lets the table through
  uint8_t operations = 0;   // bits of Operation: those that are sent
  bool reduced = false;     // the rule does not fit the table: the key's columns are all there are
  bool under_root = false;  // its rows are shown under the name of an ancestor
  RowFilter* filters[3] = {};  // of insert, update, delete: which rows are sent; null: all
  TableTally* tally = nullptr;
  bool full_identity = false;  // old images have all columns
  int column_count = 0;
  Column* columns = nullptr;
  int key_count = 0;  // columns whose change makes an update a delete and a create
  Column** key = nullptr;
  std::string_view schema;        // as it is, UTF-8
  std::string_view name;          //
  std::string_view table;         // schema.name, for people
  uint64_t table_hash = 0;        // of `table`, see plugin/key_hash.h
  std::string_view source;        // rendered, for the format: see debezium::put_relation(),
                                  // wal_listener::put_relation()
  std::string_view payload_head;  // what stands before an event's body; empty without a schema
  std::string_view subjects[5];   // by operation; of templates that do not depend on the key

  bool wants(Operation operation) const {
    return (operations & static_cast<uint8_t>(operation)) != 0;
  }
};

class RelationCache;

// In `context`; the cache forgets itself when `context` goes.
// `publications`: their names, for option `publications`; none without it.
RelationCache* make_relation_cache(MemoryContext context, const PluginOptions& options,
                                   std::string_view database, List* publications);

// The plan for `relation` as the catalog stands for the change in hand. Valid until the next call.
const RelationPlan& plan_for(RelationCache& cache, Relation relation);

// A plan under the table's own name even if its rows carry its root's. Not kept: in the current
// memory context.
const RelationPlan& own_plan_for(const RelationCache& cache, Relation relation);

// What was not sent, of all tables, in the server's log, see log_tallies().
void log_tallies_of(const RelationCache& cache);

}  // namespace waljet
