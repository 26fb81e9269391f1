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

void look(CatalogView& view, const SnapshotData* snapshot) {
  view.xmin = snapshot->xmin;
  view.xmax = snapshot->xmax;
  view.committed = snapshot->xcnt;
}

}  // namespace

void begin_catalog_view(CatalogView& view) {
  const SnapshotData* snapshot = GetCatalogSnapshot(InvalidOid);
  // What was looked up to start is in the caches as it stands now, long after the change.
  const bool first = !TransactionIdIsValid(view.xmax);
  const bool goes_back = sees_less(view, snapshot);
  const bool returns = view.went_back && !sees_the_same(view, snapshot);
  look(view, snapshot);
  view.went_back = goes_back;
  if (first || goes_back || returns) InvalidateSystemCaches();
}

void follow_catalog_view(CatalogView& view) {
  const SnapshotData* snapshot = GetCatalogSnapshot(InvalidOid);
  if (sees_the_same(view, snapshot)) return;
  look(view, snapshot);
  InvalidateSystemCaches();
}

}  // namespace waljet
