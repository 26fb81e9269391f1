// What option `rules` means for one table, where its plan is built.
#pragma once

#include <string_view>

#include "event/rules.h"
#include "plugin/pg.h"
#include "plugin/relation.h"

namespace waljet {

enum class Exposure : uint8_t { plain, masked, hashed, left_out };

// How a column is sent, by its name in UTF-8. No rule: as it is.
Exposure exposure_of(const Rule* rule, std::string_view column);

// Whether the rule names a column that the table has not: one that has been renamed may go by a
// name that the rule does not know.
bool names_absent_column(const Rule& rule, Relation table);

// Leaves only the columns of the key in a plan that has all. Of a key column that the rule leaves
// out nothing is in the plan already.
void keep_key_columns(RelationPlan& plan);

}  // namespace waljet
