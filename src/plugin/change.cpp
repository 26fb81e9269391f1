#include "plugin/change.h"

#include "event/temporal.h"
#include "plugin/compat.h"
#include "plugin/output.h"
#include "plugin/row.h"

namespace waljet {
namespace {

// One event of one change. `before` and `after` are null where the event has none.
struct EventPlan {
  Operation subject_of;  // which action the subject names
  char op;
  uint32_t part;
  const Row* before = nullptr;
  bool before_is_full = false;
  const Row* after = nullptr;
  const Row* after_old = nullptr;  // for values that the new row does not carry
};

size_t subject_index(Operation operation) {
  switch (operation) {
    case Operation::insert: return 0;
    case Operation::update: return 1;
    case Operation::remove: return 2;
    case Operation::truncate: return 3;
  }
  return 0;
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

void put_body(Session& session, const RelationPlan& plan, const EventPlan& event, Lsn lsn) {
  Sink& sink = session.batch;
  sink.put("{\"before\":");
  if (event.before == nullptr) {
    sink.put("null");
  } else if (event.before_is_full) {
    put_row(sink, plan, *event.before, nullptr);
  } else {
    put_identity(sink, plan, *event.before);
  }
  sink.put(",\"after\":");
  if (event.after == nullptr) {
    sink.put("null");
  } else {
    put_row(sink, plan, *event.after, event.after_old);
  }
  const TransactionState& transaction = session.transaction;
  debezium::put_tail(sink,
                     {transaction.head.view(), transaction.times.view(), plan.source,
                      transaction.id.view(), transaction.origin.view()},
                     {lsn, event.op, GetCurrentTimestamp() + postgres_epoch_us});
}

void write_event(LogicalDecodingContext* ctx, const RelationPlan& plan, const EventPlan& event,
                 Lsn lsn) {
  Session& session = session_of(ctx);
  render_transaction_once(session);
  const Position position{session.transaction.facts.commit_lsn, session.transaction.ordinal,
                          event.part};
  const std::string_view subject = plan.subjects[subject_index(event.subject_of)];
  const size_t mark = begin_event(ctx, {position, event.op, subject, plan.table});
  put_body(session, plan, event, lsn);
  end_event(ctx, mark);
}

Row take_apart(HeapTuple tuple, Relation relation, Datum* values, bool* nulls) {
  heap_deform_tuple(tuple, RelationGetDescr(relation), values, nulls);
  return {values, nulls};
}

// An update that moves a row to another key is a delete under the old one and a create under the
// new, so that consumers that keep rows by key need no special case.
void write_update(LogicalDecodingContext* ctx, const RelationPlan& plan, const Row* old,
                  const Row& row, Lsn lsn) {
  if (old != nullptr && key_changed(plan, *old, row)) {
    write_event(ctx, plan,
                {.subject_of = Operation::remove,
                 .op = 'd',
                 .part = 0,
                 .before = old,
                 .before_is_full = plan.full_identity},
                lsn);
    write_event(
        ctx, plan,
        {.subject_of = Operation::insert, .op = 'c', .part = 1, .after = &row, .after_old = old},
        lsn);
    return;
  }
  // An old image that holds only an unchanged key says nothing.
  const Row* before = plan.full_identity ? old : nullptr;
  write_event(ctx, plan,
              {.subject_of = Operation::update,
               .op = 'u',
               .part = 0,
               .before = before,
               .before_is_full = true,
               .after = &row,
               .after_old = old},
              lsn);
}

}  // namespace

void write_change(LogicalDecodingContext* ctx, Relation relation, ReorderBufferChange* change) {
  Session& session = session_of(ctx);
  Operation operation;
  switch (change->action) {
    case REORDER_BUFFER_CHANGE_INSERT: operation = Operation::insert; break;
    case REORDER_BUFFER_CHANGE_UPDATE: operation = Operation::update; break;
    case REORDER_BUFFER_CHANGE_DELETE: operation = Operation::remove; break;
    default: return;  // the core hands over nothing else here
  }
  if (!session.options.wants(operation)) return;
  const RelationPlan& plan = plan_for(*session.relations, relation);
  if (!plan.wanted) return;

  Row old;
  Row row;
  HeapTuple old_image = old_tuple(change);
  HeapTuple new_image = new_tuple(change);
  if (old_image != nullptr) {
    old = take_apart(old_image, relation, session.old_values, session.old_nulls);
  }
  if (new_image != nullptr) {
    row = take_apart(new_image, relation, session.new_values, session.new_nulls);
  }
  const Row* old_or_none = old_image != nullptr ? &old : nullptr;
  const Row* row_or_none = new_image != nullptr ? &row : nullptr;

  if (operation == Operation::update && row_or_none != nullptr) {
    write_update(ctx, plan, old_or_none, row, change->lsn);
  } else if (operation == Operation::insert) {
    write_event(ctx, plan, {.subject_of = operation, .op = 'c', .part = 0, .after = row_or_none},
                change->lsn);
  } else {
    write_event(ctx, plan,
                {.subject_of = operation,
                 .op = operation == Operation::update ? 'u' : 'd',
                 .part = 0,
                 .before = old_or_none,
                 .before_is_full = plan.full_identity},
                change->lsn);
  }
}

void write_truncate(LogicalDecodingContext* ctx, Relation relation, uint32_t part,
                    ReorderBufferChange* change) {
  Session& session = session_of(ctx);
  if (!session.options.wants(Operation::truncate)) return;
  const RelationPlan& plan = plan_for(*session.relations, relation);
  if (!plan.wanted) return;
  write_event(ctx, plan, {.subject_of = Operation::truncate, .op = 't', .part = part}, change->lsn);
}

}  // namespace waljet
