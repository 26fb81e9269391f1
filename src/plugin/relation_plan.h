// Building a table's plan out of the catalog.
#pragma once

#include <string_view>

#include "plugin/relation.h"

namespace waljet {

// What plans are made for.
struct PlanTerms {
  MemoryContext context;  // parent of the plan's own
  const PluginOptions& options;
  std::string_view database;  // UTF-8
  List* publications;         // names; see plugin/publication.h
  HTAB* tallies;              // see plugin/tally.h
};

RelationPlan* build_plan(const PlanTerms& terms, Relation relation);

// The same for a partition under its own name whatever option `partition_root` says; whether it is
// wanted is judged by the root's name, as for its rows.
RelationPlan* build_own_plan(const PlanTerms& terms, Relation relation);

}  // namespace waljet
