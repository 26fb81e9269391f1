// Module entry: the callbacks that the server makes, in the order of a transaction's life.
//
// Every change, truncate and transactional message is counted before anything is filtered, so that
// an event's ordinal depends on the log alone. For the same reason the callbacks below are always
// registered, and those that would change what is counted (origin filter, streaming, two-phase)
// never are.

#include "plugin/change.h"
#include "plugin/compat.h"
#include "plugin/connect_schema.h"
#include "plugin/encoding.h"
#include "plugin/hash_salt.h"
#include "plugin/memory.h"
#include "plugin/message.h"
#include "plugin/neutral_settings.h"
#include "plugin/options.h"
#include "plugin/output.h"
#include "plugin/publication.h"
#include "plugin/rule_check.h"
#include "plugin/session.h"
#include "plugin/transaction.h"

extern "C" {
PG_MODULE_MAGIC;
PGDLLEXPORT void _PG_init(void);
PGDLLEXPORT void _PG_output_plugin_init(OutputPluginCallbacks* callbacks);
}

namespace waljet {
namespace {

constexpr size_t batch_slack_bytes = 16384;  // one ordinary event past the limit without growing
constexpr size_t group_index_bytes = 4096;   // grows with the groups
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

// The name of our database, which no session can change while we are connected to it.
std::string_view database_name(MemoryContext context) {
  const bool own_transaction = !IsTransactionState();
  MemoryContext caller = CurrentMemoryContext;
  if (own_transaction) StartTransactionCommand();
  const std::string_view name = copy_into(context, utf8_of(get_database_name(MyDatabaseId)));
  if (own_transaction) CommitTransactionCommand();
  MemoryContextSwitchTo(caller);
  return name;
}

void allocate_rows(Session& session) {
  const auto room = [&](size_t element) {
    return MemoryContextAlloc(session.context, MaxTupleAttributeNumber * element);
  };
  session.old_values = static_cast<Datum*>(room(sizeof(Datum)));
  session.old_nulls = static_cast<bool*>(room(sizeof(bool)));
  session.new_values = static_cast<Datum*>(room(sizeof(Datum)));
  session.new_nulls = static_cast<bool*>(room(sizeof(bool)));
}

void render_source(Session& session) {
  Sink head = make_sink(session.context, 256);
  debezium::put_source_head(head, WALJET_VERSION, session.options.name, json_text());
  session.source_head = head.view();
  Sink db = make_sink(session.context, 256);
  debezium::put_source_db(db, session.database, json_text());
  session.source_db = db.view();
  Sink id = make_sink(session.context, 256);
  put_source_id(id, session.options.name,
                source_hash(GetSystemIdentifier(), NameStr(MyReplicationSlot->data.name)));
  session.source_id = id.view();
  if (!session.options.schemas) return;
  session.message_payload_head = message_payload_head(session.context, session.options);
  session.transaction_payload_head = transaction_payload_head(session.context, session.options);
}

Session& make_session(LogicalDecodingContext* ctx) {
  MemoryContext context =
      AllocSetContextCreate(ctx->context, "waljet session", ALLOCSET_DEFAULT_SIZES);
  auto* session = new (MemoryContextAllocZero(context, sizeof(Session))) Session();
  session->context = context;
  session->change_context = AllocSetContextCreate(context, "waljet change", ALLOCSET_DEFAULT_SIZES);
  session->transaction.head = make_sink(context, 512);
  session->transaction.times = make_sink(context, 128);
  session->transaction.id = make_sink(context, 64);
  session->transaction.origin = make_sink(context, 128);
  session->transaction.commit_time = make_sink(context, 64);
  session->key = make_sink(context, 256);
  session->subject = make_sink(context, 256);
  allocate_rows(*session);
  return *session;
}

void on_startup(LogicalDecodingContext* ctx, OutputPluginOptions* server_options, bool is_init) {
  server_options->output_type = OUTPUT_PLUGIN_TEXTUAL_OUTPUT;
  server_options->receive_rewrites = false;
  if (is_init) return;  // a slot is being created: there are no options and nothing to decode
  // First: what a name or an encoding is must not depend on the session either.
  const int settings_nest_level = neutralize_settings(!under_sql_function(ctx));
  require_known_encoding();

  Session& session = make_session(ctx);
  session.database = database_name(session.context);
  session.options = read_options(ctx->output_plugin_options, session.database);
  session.options.hash_salt = copy_into(session.context, hash_salt());
  require_fitting_rules(session.options);
  if (session.options.transactions) {
    session.transaction.counts = make_transaction_counts(session.context);
  }
  List* publications = session.options.publications.empty()
                           ? NIL
                           : require_publications(session.context, session.options.publications);
  session.relations =
      make_relation_cache(session.context, session.options, session.database, publications);
  session.one_per_message = under_sql_function(ctx) || session.options.batch_bytes == 0;
  session.batch = make_sink(session.context, session.options.batch_bytes + batch_slack_bytes);
  session.group =
      GroupWriter(session.options.group_bytes, make_sink(session.context, group_index_bytes));
  render_source(session);
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
    write_change(ctx, relation, change);
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
    write_truncates(ctx, relations, relation_count, change->lsn);
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
    write_message(ctx, {transactional, lsn, ctx->reader->ReadRecPtr, prefix, {content, bytes}});
    MemoryContextSwitchTo(caller);
    MemoryContextReset(session.change_context);
  }
  keep_alive(ctx);
}

void on_commit(LogicalDecodingContext* ctx, ReorderBufferTXN* txn, XLogRecPtr) {
  const bool wrote = end_transaction(ctx, txn->end_lsn);
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
