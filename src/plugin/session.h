// All that is kept while one slot is decoded, as the private data of the decoding context, or while
// rows of one table are read, see plugin/row_reader.h.
//
// Plain data, in a memory context of its own below the caller's, so that an error anywhere frees
// it.
#pragma once

#include <string_view>

#include "event/debezium.h"
#include "event/group_writer.h"
#include "event/plugin_options.h"
#include "event/position.h"
#include "event/sink.h"
#include "plugin/catalog_view.h"
#include "plugin/pg.h"
#include "plugin/relation.h"
#include "plugin/transaction_counts.h"

namespace waljet {

// How messages leave: in one call each, none of them empty.
struct Outlet {
  void (*send)(void* receiver, std::string_view message) = nullptr;
  void* receiver = nullptr;
};

// The transaction in hand.
struct TransactionState {
  debezium::Transaction facts;
  Lsn first_lsn = 0;      // of its first change
  uint64_t ordinal = 0;   // of the last counted call; of rows that are read: number of the row
  bool rendered = false;  // the sinks below are those of this transaction
  bool wrote = false;     // an event of it has been put into the batch
  Sink head;
  Sink times;
  Sink id;
  Sink origin;
  Sink commit_time;                     // for format wal-listener
  TransactionCounts* counts = nullptr;  // with option `transactions`
  debezium::Order order;                // of the event in hand; 0 without them
};

struct Session {
  PluginOptions options;
  std::string_view database;     // UTF-8
  std::string_view source_head;  // rendered, see event/debezium.h
  std::string_view source_db;
  std::string_view source_id;                 // `<name>.<8>`
  std::string_view id_head;                   // what ids of events begin with
  std::string_view message_payload_head;      // see plugin/connect_schema.h; empty without schemas
  std::string_view transaction_payload_head;  //

  Outlet outlet;
  bool reads = false;  // rows of a table, not changes of the log

  MemoryContext context = nullptr;         // lives as long as the session
  MemoryContext change_context = nullptr;  // reset after each change
  RelationCache* relations = nullptr;
  TransactionState transaction;
  CatalogView catalog;

  Sink batch;                   // events not yet handed to the server
  GroupWriter group;            // the end of the batch, with option `group_bytes`
  Sink key;                     // of the event in hand
  Sink subject;                 // of the event in hand, where it depends on the key
  bool said_hello = false;      // frames only
  int settings_nest_level = 0;  // see plugin/neutral_settings.h
  bool one_per_message = false;
  uint32_t calls_since_progress = 0;

  // Room for the columns of one row, old and new.
  Datum* old_values = nullptr;
  bool* old_nulls = nullptr;
  Datum* new_values = nullptr;
  bool* new_nulls = nullptr;
};

struct SessionTerms {
  MemoryContext parent = nullptr;
  List* options = NIL;  // of DefElem, as START_REPLICATION gives them; lives as long as the session
  std::string_view slot = {};           // part of ids
  std::string_view snapshot = "false";  // what `source.snapshot` says
  Outlet outlet = {};
  bool one_per_message = false;
};

// Raises 22023 where something is wrong with the options. Settings must be neutral, see
// plugin/neutral_settings.h.
Session& open_session(const SessionTerms& terms);

inline Session& session_of(LogicalDecodingContext* ctx) {
  return *static_cast<Session*>(ctx->output_plugin_private);
}

}  // namespace waljet
