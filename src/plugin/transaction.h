// A transaction's life, and its boundaries as events for option `transactions`.
//
// BEGIN is written in front of the transaction's first event, so a transaction that sends nothing
// has no boundaries either.
#pragma once

#include <string_view>

#include "plugin/session.h"

namespace waljet {

void begin_transaction(Session& session, const ReorderBufferTXN* txn);

// Called for each event before it is begun: gives it its place in the transaction, writes BEGIN in
// front of the first.
void count_in_transaction(Session& session, std::string_view collection);

// Writes END and the commit. Returns false where the transaction sent nothing.
bool end_transaction(Session& session, Lsn end_lsn);

}  // namespace waljet
