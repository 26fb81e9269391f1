/*
 * An output plugin that emits nothing: what remains is what PostgreSQL itself takes to decode.
 *
 * It registers the callbacks that waljet registers, so that the server calls it as often.
 */
#include "postgres.h"

#include "fmgr.h"
#include "replication/logical.h"
#include "replication/output_plugin.h"

PG_MODULE_MAGIC;

void _PG_output_plugin_init(OutputPluginCallbacks* callbacks);

static void on_startup(LogicalDecodingContext* ctx, OutputPluginOptions* options, bool is_init) {
  options->output_type = OUTPUT_PLUGIN_TEXTUAL_OUTPUT;
  options->receive_rewrites = false;
}

/* As every plugin must: without it a transaction that sends nothing would let a client time out. */
static void tell_progress(LogicalDecodingContext* ctx) {
#if PG_VERSION_NUM < 150000
  OutputPluginUpdateProgress(ctx);
#else
  OutputPluginUpdateProgress(ctx, true);
#endif
}

static void on_begin(LogicalDecodingContext* ctx, ReorderBufferTXN* txn) {}

static void on_change(LogicalDecodingContext* ctx, ReorderBufferTXN* txn, Relation relation,
                      ReorderBufferChange* change) {}

static void on_truncate(LogicalDecodingContext* ctx, ReorderBufferTXN* txn, int count,
                        Relation relations[], ReorderBufferChange* change) {}

static void on_message(LogicalDecodingContext* ctx, ReorderBufferTXN* txn, XLogRecPtr lsn,
                       bool transactional, const char* prefix, Size size, const char* message) {}

static void on_commit(LogicalDecodingContext* ctx, ReorderBufferTXN* txn, XLogRecPtr commit_lsn) {
  tell_progress(ctx);
}

void _PG_output_plugin_init(OutputPluginCallbacks* callbacks) {
  callbacks->startup_cb = on_startup;
  callbacks->begin_cb = on_begin;
  callbacks->change_cb = on_change;
  callbacks->truncate_cb = on_truncate;
  callbacks->message_cb = on_message;
  callbacks->commit_cb = on_commit;
}
