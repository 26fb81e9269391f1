// All that the plugin keeps while one slot is decoded: the private data of the decoding context.
//
// Plain data, in a memory context of its own below ctx->context, so that an error anywhere frees
// it.
#pragma once

#include <string_view>

#include "event/debezium.h"
#include "event/plugin_options.h"
#include "event/position.h"
#include "event/sink.h"
#include "plugin/pg.h"
#include "plugin/relation.h"

namespace waljet {

// The transaction in hand.
struct TransactionState {
  debezium::Transaction facts;
  uint64_t ordinal = 0;   // of the last counted call
  bool rendered = false;  // head, times, id, origin below are those of this transaction
  bool wrote = false;     // an event of it has been put into the batch
  Sink head;
  Sink times;
  Sink id;
  Sink origin;
};

struct Session {
  PluginOptions options;
  std::string_view database;
  std::string_view source_head;  // rendered, see event/debezium.h
  std::string_view source_db;
  uint32_t source_hash = 0;

  MemoryContext context = nullptr;         // lives as long as the session
  MemoryContext change_context = nullptr;  // reset after each change
  RelationCache* relations = nullptr;
  TransactionState transaction;

  Sink batch;                   // events not yet handed to the server
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
