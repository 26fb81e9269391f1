#include "plugin/change.h"

#include "plugin/body.h"
#include "plugin/compat.h"
#include "plugin/output.h"
#include "plugin/oversize.h"

namespace waljet {
namespace {

size_t subject_index(Operation operation) {
  switch (operation) {
    case Operation::insert: return 0;
    case Operation::update: return 1;
    case Operation::remove: return 2;
    case Operation::truncate: return 3;
  }
  return 0;
}

// Formats the event where it belongs; false where it may not leave as it is.
bool put_whole(Session& session, const RelationPlan& plan, const RowEvent& event,
               const EventMark& mark) {
  return is_worth_formatting(session, plan, event) &&
         put_body(session, plan, event, Detail::whole, event_ceiling(mark));
}

void write_event(LogicalDecodingContext* ctx, const RelationPlan& plan, const RowEvent& event) {
  Session& session = session_of(ctx);
  const Position position{session.transaction.facts.commit_lsn, session.transaction.ordinal,
                          event.part};
  const std::string_view subject = plan.subjects[subject_index(event.subject_of)];
  const EventHead head{position, event.op, subject, plan.table};
  EventMark mark = begin_event(ctx, head);
  const bool whole = put_whole(session, plan, event, mark);
  const size_t bytes = session.batch.size() - mark.body;
  if (!whole || !is_allowed(session, bytes)) {
    if (session.options.output == OutputKind::frames) {
      const uint64_t told = whole ? bytes : body_bytes(session, plan, event).most;
      mark = put_stub(ctx, plan, event, head, mark, told);
    } else {
      put_shortened(ctx, plan, event, mark);
    }
  }
  end_event(ctx, mark);
}

// A tuple larger than a page was put together from pieces or holds whole values of others.
Row take_apart(HeapTuple tuple, Relation relation, Datum* values, bool* nulls) {
  heap_deform_tuple(tuple, RelationGetDescr(relation), values, nulls);
  return {values, nulls, HeapTupleHasExternal(tuple) || tuple->t_len > BLCKSZ};
}

RowImage before_image(const RelationPlan& plan, const Row* old) {
  return {.row = old, .identity_only = !plan.full_identity};
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
                 .before = before_image(plan, old),
                 .lsn = lsn});
    write_event(ctx, plan,
                {.subject_of = Operation::insert,
                 .op = 'c',
                 .part = 1,
                 .after = {.row = &row, .old = old},
                 .lsn = lsn});
    return;
  }
  // An old image that holds only an unchanged key says nothing.
  write_event(ctx, plan,
              {.subject_of = Operation::update,
               .op = 'u',
               .before = {.row = plan.full_identity ? old : nullptr},
               .after = {.row = &row, .old = old},
               .lsn = lsn});
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
    write_event(
        ctx, plan,
        {.subject_of = operation, .op = 'c', .after = {.row = row_or_none}, .lsn = change->lsn});
  } else {
    write_event(ctx, plan,
                {.subject_of = operation,
                 .op = operation == Operation::update ? 'u' : 'd',
                 .before = before_image(plan, old_or_none),
                 .lsn = change->lsn});
  }
}

void write_truncate(LogicalDecodingContext* ctx, Relation relation, uint32_t part,
                    ReorderBufferChange* change) {
  Session& session = session_of(ctx);
  if (!session.options.wants(Operation::truncate)) return;
  const RelationPlan& plan = plan_for(*session.relations, relation);
  if (!plan.wanted) return;
  write_event(ctx, plan,
              {.subject_of = Operation::truncate, .op = 't', .part = part, .lsn = change->lsn});
}

}  // namespace waljet
