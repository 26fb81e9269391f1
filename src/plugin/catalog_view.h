// Keeps what PostgreSQL caches of its catalog true to the change in hand.
//
// A transaction that began before another one's DDL sees the catalog of before. Where a later
// transaction has been decoded in between, the caches hold what that one saw: PostgreSQL
// invalidates them in the direction of time alone. And where the DDL commits while a transaction
// goes on, servers older than the middle of 2025 do not invalidate them for it.
#pragma once

#include "plugin/pg.h"

namespace waljet {

// Which changes of the catalog are seen: of the historic snapshot that was looked at last.
struct CatalogView {
  TransactionId xmin = InvalidTransactionId;
  TransactionId xmax = InvalidTransactionId;
  uint32 committed = 0;
  bool went_back = false;  // the transaction began with less than the one before had seen
};

// Both are called with the historic snapshot in place, before anything is looked up: at the begin
// of a transaction, and at each of its changes.
void begin_catalog_view(CatalogView& view);
void follow_catalog_view(CatalogView& view);

}  // namespace waljet
