// Module entry: the callbacks that the server makes, in the order of a transaction's life.
//
// Every change, truncate and transactional message is counted before anything is filtered, so that
// an event's ordinal depends on the log alone. For the same reason the callbacks below are always
// registered, and those that would change what is counted (origin filter, streaming, two-phase)
// never are.

#include "plugin/change.h"
#include "plugin/compat.h"
#include "plugin/hash_salt.h"
#include "plugin/message.h"
#include "plugin/neutral_settings.h"
#include "plugin/session.h"
#include "plugin/transaction.h"

extern "C" {
PG_MODULE_MAGIC;
PGDLLEXPORT void _PG_init(void);
PGDLLEXPORT void _PG_output_plugin_init(OutputPluginCallbacks* callbacks);
}

namespace waljet {
namespace {

constexpr uint32_t progress_interval_calls = 100;

// The SQL functions have no connection whose life depends on progress.
bool under_sql_function(const LogicalDecodingContext* ctx) {
  return ctx->update_progress == nullptr;
}

// Up to 15, inside a transaction that sends little, only this keeps the connection from timing out.
void keep_alive(LogicalDecodingContext* ctx) {
  if constexpr (!plugin_keeps_alive) return;
  Session& session = session_of(ctx);
  if (++session.calls_since_progress < progress_interval_calls) return;
  session.calls_since_progress = 0;
  update_progress(ctx, false);
}

// One message. ctx->out may already hold its header: append only.
void send_message(void* receiver, std::string_view message) {
  auto* ctx = static_cast<LogicalDecodingContext*>(receiver);
  OutputPluginPrepareWrite(ctx, true);
  appendBinaryStringInfo(ctx->out, message.data(), static_cast<int>(message.size()));
  OutputPluginWrite(ctx, true);
}

void on_startup(LogicalDecodingContext* ctx, OutputPluginOptions* server_options, bool is_init) {
  server_options->output_type = OUTPUT_PLUGIN_TEXTUAL_OUTPUT;
  server_options->receive_rewrites = false;
  if (is_init) return;  // a slot is being created: there are no options and nothing to decode
  // First: what a name or an encoding is must not depend on the session either.
  const int settings_nest_level = neutralize_settings(!under_sql_function(ctx));
  Session& session = open_session({.parent = ctx->context,
                                   .options = ctx->output_plugin_options,
                                   .slot = NameStr(MyReplicationSlot->data.name),
                                   .outlet = {send_message, ctx},
                                   .one_per_message = under_sql_function(ctx)});
  if (session.options.output == OutputKind::frames) {
    server_options->output_type = OUTPUT_PLUGIN_BINARY_OUTPUT;
  }
  ctx->output_plugin_private = &session;
  session.settings_nest_level = settings_nest_level;
}

void on_shutdown(LogicalDecodingContext* ctx) {
  if (ctx->output_plugin_private == nullptr) return;
  log_tallies_of(*session_of(ctx).relations);
  restore_settings(session_of(ctx).settings_nest_level);
}

void on_begin(LogicalDecodingContext* ctx, ReorderBufferTXN* txn) {
  Session& session = session_of(ctx);
  begin_catalog_view(session.catalog);
  begin_transaction(session, txn);
}

bool is_unwanted_origin(const Session& session, const ReorderBufferTXN* txn) {
  return session.options.local_origin_only && txn->origin_id != InvalidRepOriginId;
}

void on_change(LogicalDecodingContext* ctx, ReorderBufferTXN* txn, Relation relation,
               ReorderBufferChange* change) {
  Session& session = session_of(ctx);
  ++session.transaction.ordinal;
  if (!is_unwanted_origin(session, txn)) {
    follow_catalog_view(session.catalog);
    MemoryContext caller = MemoryContextSwitchTo(session.change_context);
    write_change(session, relation, change);
    MemoryContextSwitchTo(caller);
    MemoryContextReset(session.change_context);
  }
  keep_alive(ctx);
}

void on_truncate(LogicalDecodingContext* ctx, ReorderBufferTXN* txn, int relation_count,
                 Relation relations[], ReorderBufferChange* change) {
  Session& session = session_of(ctx);
  ++session.transaction.ordinal;
  if (!is_unwanted_origin(session, txn)) {
    follow_catalog_view(session.catalog);
    MemoryContext caller = MemoryContextSwitchTo(session.change_context);
    write_truncates(session, relations, relation_count, change->lsn);
    MemoryContextSwitchTo(caller);
    MemoryContextReset(session.change_context);
  }
  keep_alive(ctx);
}

// A message outside a transaction belongs to none, even if one is named.
void on_message(LogicalDecodingContext* ctx, ReorderBufferTXN* txn, XLogRecPtr lsn,
                bool transactional, const char* prefix, Size bytes, const char* content) {
  Session& session = session_of(ctx);
  if (transactional) ++session.transaction.ordinal;
  if (!transactional || !is_unwanted_origin(session, txn)) {
    MemoryContext caller = MemoryContextSwitchTo(session.change_context);
    write_message(session, {transactional, lsn, ctx->reader->ReadRecPtr, prefix, {content, bytes}});
    MemoryContextSwitchTo(caller);
    MemoryContextReset(session.change_context);
  }
  keep_alive(ctx);
}

void on_commit(LogicalDecodingContext* ctx, ReorderBufferTXN* txn, XLogRecPtr) {
  const bool wrote = end_transaction(session_of(ctx), txn->end_lsn);
  update_progress(ctx, !wrote);
}

}  // namespace
}  // namespace waljet

void _PG_init(void) {
  waljet::define_hash_salt();
}

void _PG_output_plugin_init(OutputPluginCallbacks* callbacks) {
  callbacks->startup_cb = waljet::on_startup;
  callbacks->begin_cb = waljet::on_begin;
  callbacks->change_cb = waljet::on_change;
  callbacks->truncate_cb = waljet::on_truncate;
  callbacks->message_cb = waljet::on_message;
  callbacks->commit_cb = waljet::on_commit;
  callbacks->shutdown_cb = waljet::on_shutdown;
}
