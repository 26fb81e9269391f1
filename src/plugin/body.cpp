#include "plugin/body.h"

#include "event/temporal.h"

namespace waljet {
namespace {

bool put_side(const RowTarget& target, const RelationPlan& plan, const RowImage& image,
              Detail detail) {
  switch (detail) {
    case Detail::whole: return put_row(target, plan, image);
    case Detail::key: return put_key(target, plan, image);
    case Detail::none: target.sink.put(image.row == nullptr ? "null" : "{}"); break;
  }
  return true;
}

// The parts of the tail that all events of the transaction share, at its first event.
void render_transaction_once(Session& session) {
  TransactionState& transaction = session.transaction;
  if (transaction.rendered) return;
  transaction.rendered = true;
  transaction.head.truncate(0);
  transaction.times.truncate(0);
  transaction.id.truncate(0);
  transaction.origin.truncate(0);
  debezium::put_transaction_head(transaction.head, session.source_head, session.source_db,
                                 transaction.facts);
  debezium::put_transaction_times(transaction.times, transaction.facts);
  debezium::put_transaction_id(transaction.id, transaction.facts);
  debezium::put_origin(transaction.origin, transaction.facts);
}

debezium::Tail tail_of(const Session& session, const RelationPlan& plan) {
  const TransactionState& transaction = session.transaction;
  return {transaction.head.view(), transaction.times.view(), plan.source, transaction.id.view(),
          transaction.origin.view()};
}

}  // namespace

bool put_body(Session& session, const RelationPlan& plan, const RowEvent& event, Detail detail,
              size_t ceiling, const bool* left_out) {
  render_transaction_once(session);
  Sink& sink = session.batch;
  const RowTarget target{sink, ceiling, left_out};
  sink.put("{\"before\":");
  if (!put_side(target, plan, event.before, detail)) return false;
  sink.put(",\"after\":");
  if (!put_side(target, plan, event.after, detail)) return false;
  debezium::put_tail(sink, tail_of(session, plan),
                     {event.lsn, event.op, GetCurrentTimestamp() + postgres_epoch_us});
  return sink.size() <= ceiling || detail == Detail::none;
}

ByteRange body_bytes(Session& session, const RelationPlan& plan, const RowEvent& event) {
  render_transaction_once(session);
  constexpr uint64_t numbers_and_names_bytes = 256;  // of the envelope, LSNs and times included
  const debezium::Tail tail = tail_of(session, plan);
  const uint64_t tail_bytes = tail.transaction_head.size() + tail.transaction_times.size() +
                              tail.relation.size() + tail.transaction_id.size() +
                              tail.origin.size();
  const ByteRange before = row_bytes(plan, event.before);
  const ByteRange after = row_bytes(plan, event.after);
  return {before.least + after.least + tail_bytes,
          before.most + after.most + tail_bytes + numbers_and_names_bytes};
}

}  // namespace waljet
