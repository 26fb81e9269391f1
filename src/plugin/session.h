// All that the plugin keeps while one slot is decoded: the private data of the decoding context.
//
// Plain data, in a memory context of its own below ctx->context, so that an error anywhere frees
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

// The transaction in hand.
struct TransactionState {
  debezium::Transaction facts;
  Lsn first_lsn = 0;      // of its first change
  uint64_t ordinal = 0;   // of the last counted call
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
  std::string_view message_payload_head;      // see plugin/connect_schema.h; empty without schemas
  std::string_view transaction_payload_head;  //

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

inline Session& session_of(LogicalDecodingContext* ctx) {
  return *static_cast<Session*>(ctx->output_plugin_private);
}

}  // namespace waljet
