#include "plugin/row_filter.h"

#include "plugin/compat.h"
#include "plugin/guard.h"
#include "plugin/memory.h"
#include "plugin/predicate.h"

namespace waljet {

class RowFilter {
 public:
  Expr* expression = nullptr;
  TupleDesc descriptor = nullptr;
  int column_count = 0;    // of those that the expression looks at
  int* columns = nullptr;  // places in a row
  bool* in_identity = nullptr;
  bool full_identity = false;
  bool needs_subtransaction = false;

  // What is made anew after a failure, which may leave it half-done.
  MemoryContext state_context = nullptr;
  ExprState* state = nullptr;
  ExprContext* scope = nullptr;
  TupleTableSlot* slot = nullptr;
};

namespace {

enum class Truth : uint8_t { no, yes, failed };

// ---- making ----

void prepare(RowFilter& filter) {
  MemoryContext caller = MemoryContextSwitchTo(filter.state_context);
  filter.slot = MakeSingleTupleTableSlot(filter.descriptor, &TTSOpsVirtual);
  for (int i = 0; i < filter.descriptor->natts; ++i) filter.slot->tts_isnull[i] = true;
  ExecStoreVirtualTuple(filter.slot);
  filter.scope = CreateStandaloneExprContext();
  filter.scope->ecxt_scantuple = filter.slot;
  filter.state = ExecInitExpr(filter.expression, nullptr);
  MemoryContextSwitchTo(caller);
}

void set_columns(RowFilter& filter, const Bitmapset* numbers, const Bitmapset* identity) {
  const auto count = static_cast<size_t>(bms_num_members(numbers));
  filter.columns = static_cast<int*>(palloc((count + 1) * sizeof(int)));
  filter.in_identity = static_cast<bool*>(palloc((count + 1) * sizeof(bool)));
  for (int number = -1; (number = bms_next_member(numbers, number)) >= 0;) {
    filter.columns[filter.column_count] = number - 1;
    filter.in_identity[filter.column_count++] = bms_is_member(number, identity);
  }
}

struct Making {
  MemoryContext context;
  const RowCondition& condition;
  Relation stored;
  const Bitmapset* identity;
  RowFilter* made;
};

Predicate predicate_of(const RowCondition& condition, Oid relid) {
  if (condition.expression != nullptr) {
    return check_predicate(condition.expression, condition.columns_of, relid);
  }
  const std::string_view utf8 = copy_into(CurrentMemoryContext, condition.text);
  const char* text = pg_any_to_server(utf8.data(), static_cast<int>(utf8.size()), PG_UTF8);
  return parse_predicate(text, relid);
}

void make_or_fail(void* argument) {
  auto* making = static_cast<Making*>(argument);
  MemoryContext caller = MemoryContextSwitchTo(making->context);
  const Predicate predicate = predicate_of(making->condition, RelationGetRelid(making->stored));

  auto* filter = new (palloc(sizeof(RowFilter))) RowFilter();
  filter->expression = predicate.expression;
  filter->descriptor = CreateTupleDescCopy(RelationGetDescr(making->stored));
  set_columns(*filter, predicate.columns, making->identity);
  filter->full_identity = making->stored->rd_rel->relreplident == REPLICA_IDENTITY_FULL;
  filter->needs_subtransaction = !predicate.computes_only;
  filter->state_context =
      AllocSetContextCreate(making->context, "waljet row filter", ALLOCSET_SMALL_SIZES);
  prepare(*filter);
  MemoryContextSwitchTo(caller);
  making->made = filter;
}

// ---- judging ----

bool is_logged(const RowFilter& filter, const Row& row, int column) {
  if (row.in_table || row.nulls[column]) return true;
  if (TupleDescAttr(filter.descriptor, column)->attlen != -1) return true;
  return !VARATT_IS_EXTERNAL_ONDISK(DatumGetPointer(row.values[column]));
}

// One side of a change: where each column's value is.
struct Side {
  const Row* old = nullptr;
  const Row* row = nullptr;
  bool is_new = false;
};

// The row that has the value of the i-th column of the filter; null if the log has it nowhere.
const Row* holder(const RowFilter& filter, const Side& side, int i) {
  const int column = filter.columns[i];
  const bool old_shows = filter.full_identity || filter.in_identity[i];
  const bool old_has = side.old != nullptr && old_shows && is_logged(filter, *side.old, column);
  if (!side.is_new && side.old != nullptr) return old_has ? side.old : nullptr;
  // Of an old row that was not logged, the identity is as it is in the new one.
  const bool row_shows = side.is_new || filter.in_identity[i];
  if (side.row != nullptr && row_shows && is_logged(filter, *side.row, column)) return side.row;
  return old_has ? side.old : nullptr;
}

// Puts the values that the expression looks at in its reach. False if one is not there.
bool load(RowFilter& filter, const Side& side) {
  for (int i = 0; i < filter.column_count; ++i) {
    const Row* row = holder(filter, side, i);
    if (row == nullptr) return false;
    const int column = filter.columns[i];
    filter.slot->tts_values[column] = row->values[column];
    filter.slot->tts_isnull[column] = row->nulls[column];
  }
  return true;
}

struct Judging {
  RowFilter* filter;
  bool fits;
};

void evaluate_or_fail(void* argument) {
  auto* judging = static_cast<Judging*>(argument);
  const RowFilter& filter = *judging->filter;
  bool null = false;
  const Datum result = ExecEvalExprSwitchContext(filter.state, filter.scope, &null);
  judging->fits = !null && DatumGetBool(result);
  ResetExprContext(filter.scope);
}

bool evaluate(RowFilter& filter, Judging& judging) {
  if (!filter.needs_subtransaction) return run_pure(evaluate_or_fail, &judging);
  ErrorData* error = run_guarded(evaluate_or_fail, &judging);
  if (error == nullptr) return true;
  FreeErrorData(error);
  return false;
}

Truth truth_of(RowFilter& filter, const Side& side) {
  if (!load(filter, side)) return Truth::yes;
  Judging judging{&filter, false};
  if (evaluate(filter, judging)) return judging.fits ? Truth::yes : Truth::no;
  MemoryContextReset(filter.state_context);
  prepare(filter);
  return Truth::failed;
}

Passage passage_of(Truth truth) {
  switch (truth) {
    case Truth::no: return Passage::none;
    case Truth::yes: return Passage::stays;
    case Truth::failed: break;
  }
  return Passage::unknown;
}

}  // namespace

RowFilter* make_row_filter(MemoryContext context, const RowCondition& condition, Relation stored,
                           const Bitmapset* identity, ErrorData** failure) {
  Making making{context, condition, stored, identity, nullptr};
  *failure = run_guarded(make_or_fail, &making);
  return *failure == nullptr ? making.made : nullptr;
}

Passage judge_insert(RowFilter& filter, const Row& row) {
  return passage_of(truth_of(filter, {.row = &row, .is_new = true}));
}

Passage judge_delete(RowFilter& filter, const Row* old) {
  return passage_of(truth_of(filter, {.old = old}));
}

Passage judge_update(RowFilter& filter, const Row* old, const Row& row) {
  const Truth before = truth_of(filter, {.old = old, .row = &row});
  const Truth after = truth_of(filter, {.old = old, .row = &row, .is_new = true});
  if (before == Truth::failed || after == Truth::failed) return Passage::unknown;
  if (before == after) return before == Truth::yes ? Passage::stays : Passage::none;
  return after == Truth::yes ? Passage::enters : Passage::leaves;
}

}  // namespace waljet
