#include "plugin/change.h"

#include "plugin/body.h"
#include "plugin/compat.h"
#include "plugin/key_hash.h"
#include "plugin/output.h"
#include "plugin/oversize.h"
#include "plugin/row_filter.h"
#include "plugin/transaction.h"

namespace waljet {
namespace {

size_t subject_index(Operation operation) {
  switch (operation) {
    case Operation::insert: return 0;
    case Operation::update: return 1;
    case Operation::remove: return 2;
    case Operation::truncate: return 3;
    case Operation::read: return 4;
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
  constexpr std::string_view actions[] = {"insert", "update", "delete", "truncate", "read"};
  constexpr std::string_view ops[] = {"c", "u", "d", "t", "r"};
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

RowImage before_image(const RelationPlan& plan, const Row* old) {
  return {.row = old, .identity_only = !plan.full_identity};
}

EventHead head_of(Session& session, const RelationPlan& plan, const RowEvent& event) {
  EventHead head{.kind = session.reads ? FrameKind::row : FrameKind::event,
                 .op = event.op,
                 .position = event.position,
                 .xid = session.transaction.facts.xid,
                 .table = plan.table,
                 .headers = event.headers};
  if (session.options.output != OutputKind::frames) return head;  // lines go nowhere
  const RowImage& image = event.after.row != nullptr ? event.after : event.before;
  session.key.truncate(0);
  const bool has_key = put_key_text(session.key, plan, image, head.key_hash);
  head.key = session.key.view();
  head.subject = subject_of(session, plan, event, has_key);
  if (is_incomplete(plan, event.after)) head.flags = incomplete_flag;
  if (event.moved_from != nullptr) {
    head.old_key_hash = key_hash(plan, before_image(plan, event.moved_from));
  }
  return head;
}

// An event on which the rule's predicate failed: a stub, in lines the body of one.
void write_unjudged(Session& session, const RelationPlan& plan, const RowEvent& event) {
  EventHead head = head_of(session, plan, event);
  head.kind = FrameKind::stub;
  head.headers = unjudged_headers;
  const EventMark mark = begin_event(session, head);
  const size_t ceiling = event_ceiling(mark);
  const bool fits = put_body(session, plan, event, Detail::key, ceiling);
  if (!fits || !is_allowed(session, session.batch.size() - mark.body)) {
    session.batch.truncate(mark.body);
    put_body(session, plan, event, Detail::none, ceiling);
  }
  end_event(session, mark);
}

void write_event(Session& session, const RelationPlan& plan, const RowEvent& event) {
  count_in_transaction(session, plan.table);
  if (plan.reduced) plan.tally->add(Shortfall::reduced);
  if (event.unjudged) return write_unjudged(session, plan, event);
  const EventHead head = head_of(session, plan, event);
  EventMark mark = begin_event(session, head);
  const bool whole = put_whole(session, plan, event, mark);
  const size_t bytes = session.batch.size() - mark.body;
  if (!whole || !is_allowed(session, bytes)) {
    if (session.options.output == OutputKind::frames) {
      const uint64_t told = whole ? bytes : body_bytes(session, plan, event).most;
      mark = put_stub(session, plan, event, head, mark, told);
    } else {
      put_shortened(session, plan, event, mark);
    }
  }
  end_event(session, mark);
}

Position position_of(const Session& session, uint32_t part) {
  return {session.transaction.facts.commit_lsn, session.transaction.ordinal, part};
}

// A tuple larger than a page was put together from pieces or holds whole values of others.
Row take_apart(HeapTuple tuple, Relation relation, Datum* values, bool* nulls) {
  heap_deform_tuple(tuple, RelationGetDescr(relation), values, nulls);
  return {values, nulls, HeapTupleHasExternal(tuple) || tuple->t_len > BLCKSZ};
}

// An update as its consumers see it.
struct Update {
  const Row* old = nullptr;  // null: not logged, so the identity is as in `row`
  const Row* row = nullptr;
  Lsn lsn = 0;
  Passage passage = Passage::stays;
};

// The old row is gone.
RowEvent removal(const Session& session, const RelationPlan& plan, const Update& update) {
  RowImage before = before_image(plan, update.old);
  const bool identity_is_in_new = update.old == nullptr && plan.key_count > 0;
  if (identity_is_in_new) before = {.row = update.row, .identity_only = true};
  return {.subject_of = Operation::remove,
          .op = 'd',
          .position = position_of(session, 0),
          .before = before,
          .lsn = update.lsn,
          .unjudged = update.passage == Passage::unknown};
}

// The new row is there.
RowEvent creation(const Session& session, const Update& update, uint32_t part) {
  return {.subject_of = Operation::insert,
          .op = 'c',
          .position = position_of(session, part),
          .after = {.row = update.row, .old = update.old},
          .lsn = update.lsn,
          .unjudged = update.passage == Passage::unknown};
}

void write_update(Session& session, const RelationPlan& plan, const Update& update) {
  const bool moves = update.old != nullptr && key_changed(plan, *update.old, *update.row);
  const bool natural = session.options.format == Format::wal_listener;
  // An update that moves a row to another key is a delete under the old one and a create under the
  // new, so that consumers that keep rows by key need no special case.
  const bool apart = moves && !natural;
  const bool goes = update.passage == Passage::leaves;
  const bool comes = update.passage == Passage::enters;
  if (goes || (apart && !comes)) write_event(session, plan, removal(session, plan, update));
  if (comes || (apart && !goes))
    write_event(session, plan, creation(session, update, apart ? 1 : 0));
  if (goes || comes || apart) return;
  // An old image that holds only an unchanged key says nothing.
  const bool shows_old = update.old != nullptr && (plan.full_identity || moves);
  write_event(session, plan,
              {.subject_of = Operation::update,
               .op = 'u',
               .position = position_of(session, 0),
               .before = shows_old ? before_image(plan, update.old) : RowImage{},
               .after = {.row = update.row, .old = update.old},
               .lsn = update.lsn,
               .moved_from = moves ? update.old : nullptr,
               .unjudged = update.passage == Passage::unknown});
}

// Whether the filter lets through what a statement did to the table.
bool is_wanted(const RelationPlan& plan, Operation operation) {
  if (plan.wanted && plan.wants(operation)) return true;
  plan.tally->add(plan.wanted ? Shortfall::operation : Shortfall::table);
  return false;
}

Passage judge(const RelationPlan& plan, const Row* old, const Row* row, Operation operation) {
  RowFilter* filter = plan.filters[subject_index(operation)];
  if (filter == nullptr) return Passage::stays;
  Passage passage = Passage::stays;
  if (operation == Operation::remove) {
    passage = judge_delete(*filter, old);
  } else if (row != nullptr) {
    passage = operation == Operation::insert ? judge_insert(*filter, *row)
                                             : judge_update(*filter, old, *row);
  }
  if (passage == Passage::none) plan.tally->add(Shortfall::predicate);
  if (passage == Passage::unknown) plan.tally->add(Shortfall::unjudged);
  return passage;
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

void write_truncate(Session& session, const RelationPlan& plan, uint32_t part, Lsn lsn) {
  if (!is_wanted(plan, Operation::truncate)) return;
  write_event(session, plan,
              {.subject_of = Operation::truncate,
               .op = 't',
               .position = position_of(session, part),
               .lsn = lsn});
}

}  // namespace

void write_change(Session& session, Relation relation, ReorderBufferChange* change) {
  Operation operation;
  switch (change->action) {
    case REORDER_BUFFER_CHANGE_INSERT: operation = Operation::insert; break;
    case REORDER_BUFFER_CHANGE_UPDATE: operation = Operation::update; break;
    case REORDER_BUFFER_CHANGE_DELETE: operation = Operation::remove; break;
    default: return;  // the core hands over nothing else here
  }
  const RelationPlan& plan = plan_for(*session.relations, relation);
  if (!is_wanted(plan, operation)) return;

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

  const Passage passage = judge(plan, old_or_none, row_or_none, operation);
  if (passage == Passage::none) return;
  if (operation == Operation::update && row_or_none != nullptr) {
    return write_update(session, plan, {old_or_none, &row, change->lsn, passage});
  }
  RowEvent event{.subject_of = operation,
                 .op = operation == Operation::insert   ? 'c'
                       : operation == Operation::update ? 'u'
                                                        : 'd',
                 .position = position_of(session, 0),
                 .lsn = change->lsn,
                 .unjudged = passage == Passage::unknown};
  if (operation == Operation::insert) {
    event.after = {.row = row_or_none};
  } else {
    event.before = before_image(plan, old_or_none);
  }
  write_event(session, plan, event);
}

void write_truncates(Session& session, const Relation* relations, int relation_count, Lsn lsn) {
  for (int i = 0; i < relation_count; ++i) {
    const RelationPlan& plan = plan_for(*session.relations, relations[i]);
    if (plan.under_root && is_told_by_ancestor(relations[i], relations, relation_count)) continue;
    // One partition is not its root: truncated alone it has its own name.
    write_truncate(session, plan.under_root ? own_plan_for(*session.relations, relations[i]) : plan,
                   static_cast<uint32_t>(i), lsn);
  }
}

void write_read(Session& session, const RelationPlan& plan, const Row& row, uint32_t part,
                RowFilter* where) {
  Passage passage = judge(plan, nullptr, &row, Operation::insert);
  if (passage == Passage::none) return;
  if (where != nullptr) {
    const Passage asked = judge_insert(*where, row);
    if (asked == Passage::none) return;
    if (asked == Passage::unknown) passage = asked;
  }
  write_event(session, plan,
              {.subject_of = Operation::read,
               .op = 'r',
               .position = position_of(session, part),
               .after = {.row = &row},
               .lsn = session.transaction.facts.commit_lsn,
               .unjudged = passage == Passage::unknown});
}

void write_discard(Session& session, const RelationPlan& plan, uint32_t part) {
  write_event(session, plan,
              {.subject_of = Operation::truncate,
               .op = 't',
               .position = position_of(session, part),
               .lsn = session.transaction.facts.commit_lsn,
               .headers = discard_headers});
}

}  // namespace waljet
