#include "plugin/transaction_counts.h"

#include "plugin/encoding.h"
#include "plugin/memory.h"

namespace waljet {

// A list in order of first events: a transaction touches few tables. The one that was counted last
// is looked at first.
class TransactionCounts {
 public:
  struct Collection {
    std::string_view name;
    uint64_t events;
    Collection* next;
  };
  MemoryContext context = nullptr;
  Collection* first = nullptr;
  Collection* last = nullptr;     // of the list
  Collection* current = nullptr;  // counted last
  uint64_t total = 0;
};

namespace {

using Collection = TransactionCounts::Collection;

Collection* find(const TransactionCounts& counts, std::string_view name) {
  if (counts.current != nullptr && counts.current->name == name) return counts.current;
  for (Collection* one = counts.first; one != nullptr; one = one->next) {
    if (one->name == name) return one;
  }
  return nullptr;
}

Collection* add(TransactionCounts& counts, std::string_view name) {
  auto* one = static_cast<Collection*>(MemoryContextAlloc(counts.context, sizeof(Collection)));
  *one = {copy_into(counts.context, name), 0, nullptr};
  if (counts.last == nullptr) {
    counts.first = one;
  } else {
    counts.last->next = one;
  }
  counts.last = one;
  return one;
}

}  // namespace

TransactionCounts* make_transaction_counts(MemoryContext context) {
  auto* counts = new (MemoryContextAlloc(context, sizeof(TransactionCounts))) TransactionCounts();
  counts->context =
      AllocSetContextCreate(context, "waljet transaction counts", ALLOCSET_SMALL_SIZES);
  return counts;
}

void reset_counts(TransactionCounts& counts) {
  MemoryContextReset(counts.context);
  counts.first = counts.last = counts.current = nullptr;
  counts.total = 0;
}

debezium::Order count_event(TransactionCounts& counts, std::string_view collection) {
  Collection* one = find(counts, collection);
  if (one == nullptr) one = add(counts, collection);
  counts.current = one;
  return {++counts.total, ++one->events};
}

uint64_t event_count(const TransactionCounts& counts) {
  return counts.total;
}

std::string_view render_collections(const TransactionCounts& counts, MemoryContext context) {
  Sink sink = make_sink(context, 256);
  for (const Collection* one = counts.first; one != nullptr; one = one->next) {
    debezium::put_collection(sink, one->name, one->events, json_text());
  }
  return sink.view();
}

}  // namespace waljet
