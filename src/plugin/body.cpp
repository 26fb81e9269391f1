#include "plugin/body.h"

#include "event/temporal.h"
#include "event/wal_listener.h"
#include "plugin/encoding.h"

namespace waljet {
namespace {

bool put_side(const RowTarget& target, const RelationPlan& plan, const RowImage& image,
              Detail detail) {
  switch (detail) {
    case Detail::whole: return put_row(target, plan, image);
    case Detail::key: return put_key_columns(target, plan, image);
    case Detail::none:
      target.value.sink.put(image.row == nullptr && !target.only_logged ? "null" : "{}");
      break;
  }
  return true;
}

// The parts that all events of the transaction share, at its first event.
void render_transaction_once(Session& session) {
  TransactionState& transaction = session.transaction;
  if (transaction.rendered) return;
  transaction.rendered = true;
  for (Sink* sink : {&transaction.head, &transaction.times, &transaction.id, &transaction.origin,
                     &transaction.commit_time}) {
    sink->truncate(0);
  }
  if (session.options.format == Format::wal_listener) {
    return wal_listener::put_commit_time(transaction.commit_time, transaction.facts.commit_us);
  }
  debezium::put_transaction_head(transaction.head, session.source_head, session.source_db,
                                 transaction.facts);
  debezium::put_transaction_times(transaction.times, transaction.facts);
  debezium::put_transaction_id(transaction.id, transaction.facts);
  debezium::put_origin(transaction.origin, transaction.facts, json_text());
}

debezium::Tail tail_of(const Session& session, const RelationPlan& plan) {
  const TransactionState& transaction = session.transaction;
  return {transaction.head.view(), transaction.times.view(), plan.source, transaction.id.view(),
          transaction.origin.view()};
}

bool put_debezium(Session& session, const RelationPlan& plan, const RowEvent& event, Detail detail,
                  const RowTarget& target) {
  Sink& sink = target.value.sink;
  sink.put(plan.payload_head);
  sink.put("{\"before\":");
  if (!put_side(target, plan, event.before, detail)) return false;
  sink.put(",\"after\":");
  if (!put_side(target, plan, event.after, detail)) return false;
  const TransactionState& transaction = session.transaction;
  debezium::put_tail(sink, tail_of(session, plan),
                     {event.lsn, event.op, GetCurrentTimestamp() + postgres_epoch_us,
                      transaction.facts.xid, transaction.order});
  if (!plan.payload_head.empty()) sink.put('}');
  return true;
}

std::string_view action_of(Operation operation) {
  switch (operation) {
    case Operation::insert: return "INSERT";
    case Operation::update: return "UPDATE";
    case Operation::remove: return "DELETE";
    case Operation::truncate: return "TRUNCATE";
    case Operation::read: return "READ";
  }
  return {};
}

void put_unchanged(Sink& sink, const RelationPlan& plan, const RowImage& image) {
  constexpr std::string_view label = ",\"unchanged\":[";
  const size_t start = sink.size();
  sink.put(label);
  const size_t names = sink.size();
  put_absent_columns(sink, plan, image);
  if (sink.size() == names) return sink.truncate(start);
  sink.put(']');
}

bool put_wal_listener(Session& session, const RelationPlan& plan, const RowEvent& event,
                      Detail detail, const RowTarget& target) {
  Sink& sink = target.value.sink;
  wal_listener::put_head(
      sink, {session.id_head, event.position, plan.source, action_of(event.subject_of)});
  if (!put_side(target, plan, event.after, detail)) return false;
  sink.put(",\"dataOld\":");
  if (!put_side(target, plan, event.before, detail)) return false;
  sink.put(session.transaction.commit_time.view());
  if (detail == Detail::whole) put_unchanged(sink, plan, event.after);
  sink.put('}');
  return true;
}

}  // namespace

bool put_body(Session& session, const RelationPlan& plan, const RowEvent& event, Detail detail,
              size_t ceiling, const bool* left_out) {
  render_transaction_once(session);
  Sink& sink = session.batch;
  const bool natural = session.options.format == Format::wal_listener;
  const RowTarget target{{sink, ceiling}, left_out, natural};
  const bool put = natural ? put_wal_listener(session, plan, event, detail, target)
                           : put_debezium(session, plan, event, detail, target);
  return put && (sink.size() <= ceiling || detail == Detail::none);
}

ByteRange body_bytes(Session& session, const RelationPlan& plan, const RowEvent& event) {
  render_transaction_once(session);
  constexpr uint64_t numbers_and_names_bytes = 256;  // of the envelope, LSNs and times included
  const debezium::Tail tail = tail_of(session, plan);
  const uint64_t fixed = tail.transaction_head.size() + tail.transaction_times.size() +
                         tail.relation.size() + tail.transaction_id.size() + tail.origin.size() +
                         session.transaction.commit_time.size() + plan.payload_head.size();
  const ByteRange before = row_bytes(plan, event.before);
  const ByteRange after = row_bytes(plan, event.after);
  return {before.least + after.least + fixed,
          before.most + after.most + fixed + numbers_and_names_bytes};
}

}  // namespace waljet
