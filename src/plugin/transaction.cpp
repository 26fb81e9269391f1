#include "plugin/transaction.h"

#include "event/temporal.h"
#include "plugin/compat.h"
#include "plugin/encoding.h"
#include "plugin/memory.h"
#include "plugin/output.h"
#include "plugin/oversize.h"

namespace waljet {
namespace {

// The name and position of a transaction that another server made first.
void read_origin(Session& session, const ReorderBufferTXN* txn) {
  debezium::Transaction& facts = session.transaction.facts;
  facts.origin = {};
  if (txn->origin_id == InvalidRepOriginId) return;
  char* name = nullptr;
  if (!replorigin_by_oid(txn->origin_id, true, &name)) return;
  facts.origin = utf8_of(name);
  facts.origin_lsn = txn->origin_lsn;
}

std::string_view boundary_subject(const Session& session) {
  Sink sink = make_sink(session.change_context, 256);
  session.options.subject.put_transaction_subject(sink, session.options.name);
  return sink.view();
}

void put_boundary_body(Session& session, const debezium::Boundary& boundary) {
  session.batch.put(session.transaction_payload_head);
  debezium::put_boundary(session.batch, boundary);
  if (!session.transaction_payload_head.empty()) session.batch.put('}');
}

// Of a transaction that touched so many tables that nobody could take the list.
debezium::Boundary without_collections(debezium::Boundary boundary) {
  boundary.collections = nullptr;
  return boundary;
}

void write_boundary(Session& session, const debezium::Boundary& boundary, uint64_t ordinal) {
  const EventMark mark =
      begin_event(session, {.kind = FrameKind::marker,
                            .position = {session.transaction.facts.commit_lsn, ordinal, 0},
                            .xid = boundary.xid,
                            .subject = boundary_subject(session)});
  put_boundary_body(session, boundary);
  if (!is_allowed(session, session.batch.size() - mark.body)) {
    session.batch.truncate(mark.body);
    put_boundary_body(session, without_collections(boundary));
  }
  end_event(session, mark);
}

void write_begin(Session& session) {
  const TransactionState& transaction = session.transaction;
  write_boundary(session,
                 {.xid = transaction.facts.xid,
                  .lsn = transaction.first_lsn,
                  .commit_us = transaction.facts.commit_us},
                 0);
}

void write_end(Session& session, Lsn end_lsn, uint64_t ordinal) {
  const TransactionState& transaction = session.transaction;
  MemoryContext caller = MemoryContextSwitchTo(session.change_context);
  const std::string_view collections =
      render_collections(*transaction.counts, session.change_context);
  write_boundary(session,
                 {.end = true,
                  .xid = transaction.facts.xid,
                  .lsn = end_lsn,
                  .commit_us = transaction.facts.commit_us,
                  .event_count = event_count(*transaction.counts),
                  .collections = &collections},
                 ordinal);
  MemoryContextSwitchTo(caller);
  MemoryContextReset(session.change_context);
}

}  // namespace

void begin_transaction(Session& session, const ReorderBufferTXN* txn) {
  TransactionState& transaction = session.transaction;
  transaction.ordinal = 0;
  transaction.rendered = false;
  transaction.wrote = false;
  transaction.first_lsn = txn->first_lsn;
  transaction.facts.commit_lsn = txn->final_lsn;
  transaction.facts.commit_us = commit_time(txn) + postgres_epoch_us;
  transaction.facts.xid = txn->xid;
  if (transaction.counts != nullptr) reset_counts(*transaction.counts);
  read_origin(session, txn);
}

void count_in_transaction(Session& session, std::string_view collection) {
  TransactionState& transaction = session.transaction;
  if (transaction.counts == nullptr) return;
  if (!transaction.wrote) write_begin(session);
  transaction.order = count_event(*transaction.counts, collection);
}

bool end_transaction(Session& session, Lsn end_lsn) {
  const TransactionState& transaction = session.transaction;
  if (!transaction.wrote) return false;
  const uint64_t ordinal = transaction.ordinal + 1;
  if (transaction.counts != nullptr) write_end(session, end_lsn, ordinal);
  write_commit(session, {transaction.facts.commit_lsn, ordinal, 0}, end_lsn);
  return true;
}

}  // namespace waljet
