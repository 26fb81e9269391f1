// How many events a transaction has sent, in all and of each table, for option `transactions`.
#pragma once

#include <string_view>

#include "event/debezium.h"
#include "plugin/pg.h"

namespace waljet {

class TransactionCounts;

// In `context`.
TransactionCounts* make_transaction_counts(MemoryContext context);

// Forgets everything: another transaction begins.
void reset_counts(TransactionCounts& counts);

// Counts one event of a collection: `schema.table`, or what stands for logical messages. Returns
// its place.
debezium::Order count_event(TransactionCounts& counts, std::string_view collection);

// The number of events, and `data_collections` in the order of their first events, in `context`.
uint64_t event_count(const TransactionCounts& counts);
std::string_view render_collections(const TransactionCounts& counts, MemoryContext context);

}  // namespace waljet
