#include "plugin/oversize.h"

namespace waljet {
namespace {

// A message holds a newline or a frame's header besides the body.
int64_t body_limit(const Session& session) {
  constexpr int64_t possible = message_bytes_max - 4096;
  const auto asked = static_cast<int64_t>(session.options.max_event_bytes);
  return asked > 0 && asked < possible ? asked : possible;
}

// Which values of an event stay, and what leaving out the others gains. By place in the plan.
struct Choice {
  bool* left_out;
  int64_t* gains;
};

template <typename T>
T* array_of_columns(const RelationPlan& plan) {
  return static_cast<T*>(palloc0((static_cast<size_t>(plan.column_count) + 1) * sizeof(T)));
}

// The largest value that is still in, among the key's columns or among the others; -1: none.
int largest(const RelationPlan& plan, const Choice& choice, bool in_key) {
  int found = -1;
  for (int i = 0; i < plan.column_count; ++i) {
    if (plan.columns[i].identity != in_key || choice.left_out[i] || choice.gains[i] <= 0) continue;
    if (found < 0 || choice.gains[i] > choice.gains[found]) found = i;
  }
  return found;
}

// Leaves out what cannot be written, and then values until what is left of `excess` is nothing.
void choose(const RelationPlan& plan, const Choice& choice, int64_t excess) {
  for (int i = 0; i < plan.column_count; ++i) {
    if (choice.gains[i] < gain_certain / 2) continue;  // less what the other side may lose
    choice.left_out[i] = true;
    excess -= choice.gains[i];
  }
  for (const bool in_key : {false, true}) {
    while (excess > 0) {
      const int column = largest(plan, choice, in_key);
      if (column < 0) break;
      choice.left_out[column] = true;
      excess -= choice.gains[column];
    }
  }
}

// How much longer the body would be with all its values than with none that can be left out.
int64_t sum_of_gains(const RelationPlan& plan, const Choice& choice) {
  int64_t sum = 0;
  for (int i = 0; i < plan.column_count; ++i) sum += choice.gains[i];
  return sum;
}

}  // namespace

bool is_allowed(const Session& session, size_t body_bytes) {
  return session.options.max_event_bytes == 0 || body_bytes <= session.options.max_event_bytes;
}

bool is_worth_formatting(Session& session, const RelationPlan& plan, const RowEvent& event) {
  const bool may_be_large = (event.before.row != nullptr && event.before.row->may_be_large) ||
                            (event.after.row != nullptr && event.after.row->may_be_large) ||
                            (event.after.old != nullptr && event.after.old->may_be_large);
  if (!may_be_large) return true;
  const ByteRange bytes = body_bytes(session, plan, event);
  return bytes.most <= message_bytes_max ||
         bytes.least <= static_cast<uint64_t>(body_limit(session));
}

EventMark put_stub(Session& session, const RelationPlan& plan, const RowEvent& event,
                   const EventHead& head, const EventMark& mark, uint64_t bytes) {
  const EventMark stub = begin_stub(session, mark, head, bytes);
  const size_t ceiling = event_ceiling(stub);
  const bool fits = put_body(session, plan, event, Detail::key, ceiling);
  if (fits && is_allowed(session, session.batch.size() - stub.body)) return stub;
  session.batch.truncate(stub.body);
  put_body(session, plan, event, Detail::none, ceiling);
  return stub;
}

void put_shortened(Session& session, const RelationPlan& plan, const RowEvent& event,
                   const EventMark& mark) {
  Sink& batch = session.batch;
  const size_t ceiling = event_ceiling(mark);
  const Choice choice{array_of_columns<bool>(plan), array_of_columns<int64_t>(plan)};
  batch.truncate(mark.body);
  add_gains({{batch, ceiling}}, plan, event.before, choice.gains);
  add_gains({{batch, ceiling}}, plan, event.after, choice.gains);

  auto* all = array_of_columns<bool>(plan);
  memset(all, true, static_cast<size_t>(plan.column_count));
  put_body(session, plan, event, Detail::whole, ceiling, all);
  const auto shortest = static_cast<int64_t>(batch.size() - mark.body);
  choose(plan, choice, shortest + sum_of_gains(plan, choice) - body_limit(session));

  batch.truncate(mark.body);
  if (put_body(session, plan, event, Detail::whole, ceiling, choice.left_out)) return;
  batch.truncate(mark.body);
  put_body(session, plan, event, Detail::whole, ceiling, all);
}

}  // namespace waljet
