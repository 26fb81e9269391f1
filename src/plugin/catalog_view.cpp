#include "plugin/catalog_view.h"

namespace waljet {
namespace {

bool sees_less(const CatalogView& view, const SnapshotData* snapshot) {
  if (!TransactionIdIsValid(view.xmax)) return false;
  if (TransactionIdPrecedes(snapshot->xmax, view.xmax)) return true;
  if (TransactionIdPrecedes(snapshot->xmin, view.xmin)) return true;
  return snapshot->xmin == view.xmin && snapshot->xcnt < view.committed;
}

bool sees_the_same(const CatalogView& view, const SnapshotData* snapshot) {
  return snapshot->xmin == view.xmin && snapshot->xmax == view.xmax &&
         snapshot->xcnt == view.committed;
}

}  // namespace

void enter_catalog_view(CatalogView& view) {
  const SnapshotData* snapshot = GetCatalogSnapshot(InvalidOid);
  const bool goes_back = sees_less(view, snapshot);
  const bool returns = view.went_back && !sees_the_same(view, snapshot);
  if (goes_back || returns) InvalidateSystemCaches();
  view.went_back = goes_back;
}

void leave_catalog_view(CatalogView& view) {
  const SnapshotData* snapshot = GetCatalogSnapshot(InvalidOid);
  view.xmin = snapshot->xmin;
  view.xmax = snapshot->xmax;
  view.committed = snapshot->xcnt;
}

}  // namespace waljet
