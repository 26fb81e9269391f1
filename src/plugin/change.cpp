#include "plugin/change.h"

#include "plugin/body.h"
#include "plugin/compat.h"
#include "plugin/output.h"
#include "plugin/oversize.h"
#include "plugin/transaction.h"

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

std::string_view subject_of(Session& session, const RelationPlan& plan, const RowEvent& event,
                            bool has_key) {
  const size_t index = subject_index(event.subject_of);
  const PluginOptions& options = session.options;
  if (!options.subject.depends_on_key()) return plan.subjects[index];
  constexpr std::string_view actions[] = {"insert", "update", "delete", "truncate"};
  constexpr std::string_view ops[] = {"c", "u", "d", "t"};
  session.subject.truncate(0);
  options.subject.put(session.subject, {.name = options.name,
                                        .db = session.database,
                                        .schema = plan.schema,
                                        .table = plan.name,
                                        .action = actions[index],
                                        .op = ops[index],
                                        .has_key = has_key,
                                        .key = session.key.view(),
                                        .qualified_table = plan.table});
  return session.subject.view();
}

EventHead head_of(Session& session, const RelationPlan& plan, const RowEvent& event) {
  EventHead head{.op = event.op,
                 .position = event.position,
                 .xid = session.transaction.facts.xid,
                 .table = plan.table};
  if (session.options.output != OutputKind::frames) return head;  // lines go nowhere
  const RowImage& image = event.after.row != nullptr ? event.after : event.before;
  session.key.truncate(0);
  const bool has_key = put_key_text(session.key, plan, image);
  head.key = session.key.view();
  head.subject = subject_of(session, plan, event, has_key);
  return head;
}

void write_event(LogicalDecodingContext* ctx, const RelationPlan& plan, const RowEvent& event) {
  Session& session = session_of(ctx);
  count_in_transaction(ctx, plan.table);
  const EventHead head = head_of(session, plan, event);
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

Position position_of(const Session& session, uint32_t part) {
  return {session.transaction.facts.commit_lsn, session.transaction.ordinal, part};
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
void write_move(LogicalDecodingContext* ctx, const RelationPlan& plan, const Row* old,
                const Row& row, Lsn lsn) {
  const Session& session = session_of(ctx);
  write_event(ctx, plan,
              {.subject_of = Operation::remove,
               .op = 'd',
               .position = position_of(session, 0),
               .before = before_image(plan, old),
               .lsn = lsn});
  write_event(ctx, plan,
              {.subject_of = Operation::insert,
               .op = 'c',
               .position = position_of(session, 1),
               .after = {.row = &row, .old = old},
               .lsn = lsn});
}

void write_update(LogicalDecodingContext* ctx, const RelationPlan& plan, const Row* old,
                  const Row& row, Lsn lsn) {
  const Session& session = session_of(ctx);
  const bool moves = old != nullptr && key_changed(plan, *old, row);
  const bool natural = session.options.format == Format::wal_listener;
  if (moves && !natural) return write_move(ctx, plan, old, row, lsn);
  // An old image that holds only an unchanged key says nothing.
  const bool shows_old = old != nullptr && (plan.full_identity || moves);
  write_event(ctx, plan,
              {.subject_of = Operation::update,
               .op = 'u',
               .position = position_of(session, 0),
               .before = shows_old ? before_image(plan, old) : RowImage{},
               .after = {.row = &row, .old = old},
               .lsn = lsn});
}

// Whether one of its ancestors is truncated by the same statement, which tells all.
bool is_told_by_ancestor(Relation relation, const Relation* relations, int relation_count) {
  if (!relation->rd_rel->relispartition) return false;
  List* ancestors = get_partition_ancestors(RelationGetRelid(relation));
  bool told = false;
  for (int i = 0; i < relation_count; ++i) {
    told = told || list_member_oid(ancestors, RelationGetRelid(relations[i]));
  }
  list_free(ancestors);
  return told;
}

// One partition is not its root: truncated alone it has its own name.
void write_truncate(LogicalDecodingContext* ctx, Relation relation, uint32_t part, Lsn lsn) {
  Session& session = session_of(ctx);
  const RelationPlan& plan = session.options.partition_root
                                 ? own_plan_for(*session.relations, relation)
                                 : plan_for(*session.relations, relation);
  if (!plan.wanted) return;
  write_event(ctx, plan,
              {.subject_of = Operation::truncate,
               .op = 't',
               .position = position_of(session, part),
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
    return write_update(ctx, plan, old_or_none, row, change->lsn);
  }
  RowEvent event{.subject_of = operation,
                 .op = operation == Operation::insert   ? 'c'
                       : operation == Operation::update ? 'u'
                                                        : 'd',
                 .position = position_of(session, 0),
                 .lsn = change->lsn};
  if (operation == Operation::insert) {
    event.after = {.row = row_or_none};
  } else {
    event.before = before_image(plan, old_or_none);
  }
  write_event(ctx, plan, event);
}

void write_truncates(LogicalDecodingContext* ctx, const Relation* relations, int relation_count,
                     Lsn lsn) {
  const Session& session = session_of(ctx);
  if (!session.options.wants(Operation::truncate)) return;
  for (int i = 0; i < relation_count; ++i) {
    const bool told = session.options.partition_root &&
                      is_told_by_ancestor(relations[i], relations, relation_count);
    if (told) continue;
    write_truncate(ctx, relations[i], static_cast<uint32_t>(i), lsn);
  }
}

}  // namespace waljet
