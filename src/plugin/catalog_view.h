// Keeps what PostgreSQL caches of its catalog true to the transaction in hand.
//
// A transaction that began before another one's DDL sees the catalog of before. Where a later
// transaction has been decoded in between, the caches hold what that one saw: PostgreSQL
// invalidates them in the direction of time alone.
#pragma once

#include "plugin/pg.h"

namespace waljet {

// Which changes of the catalog a transaction sees: of its historic snapshot.
struct CatalogView {
  TransactionId xmin = InvalidTransactionId;
  TransactionId xmax = InvalidTransactionId;
  uint32 committed = 0;
  bool went_back = false;  // the transaction saw less than the one before
};

// Both are called with the transaction's historic snapshot in place: at its begin, before anything
// is looked up, and at its end.
void enter_catalog_view(CatalogView& view);
void leave_catalog_view(CatalogView& view);

}  // namespace waljet
