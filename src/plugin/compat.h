// Every difference between PostgreSQL 13 and 18, and nothing else.
#pragma once

#include "plugin/pg.h"

#if PG_VERSION_NUM >= 160000
extern "C" {
#include "varatt.h"
}
#endif

namespace waljet {

inline HeapTuple new_tuple(const ReorderBufferChange* change) {
#if PG_VERSION_NUM >= 170000
  return change->data.tp.newtuple;
#else
  return change->data.tp.newtuple != nullptr ? &change->data.tp.newtuple->tuple : nullptr;
#endif
}

inline HeapTuple old_tuple(const ReorderBufferChange* change) {
#if PG_VERSION_NUM >= 170000
  return change->data.tp.oldtuple;
#else
  return change->data.tp.oldtuple != nullptr ? &change->data.tp.oldtuple->tuple : nullptr;
#endif
}

inline TimestampTz commit_time(const ReorderBufferTXN* txn) {
#if PG_VERSION_NUM >= 150000
  return txn->xact_time.commit_time;
#else
  return txn->commit_time;
#endif
}

// `skipped_transaction` may only be true in the commit callback of a transaction that wrote
// nothing.
inline void update_progress(LogicalDecodingContext* ctx, bool skipped_transaction) {
#if PG_VERSION_NUM >= 150000
  OutputPluginUpdateProgress(ctx, skipped_transaction);
#else
  (void)skipped_transaction;
  OutputPluginUpdateProgress(ctx);
#endif
}

// Up to 15 only the plugin can keep a connection alive inside a transaction that sends nothing.
constexpr bool plugin_keeps_alive = PG_VERSION_NUM < 160000;

inline Oid primary_key_index(Relation relation) {
#if PG_VERSION_NUM >= 180000
  return RelationGetPrimaryKeyIndex(relation, false);
#else
  return RelationGetPrimaryKeyIndex(relation);
#endif
}

}  // namespace waljet
