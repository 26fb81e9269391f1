// What can be told of option `rules` before the first change: all that is a mistake of whoever
// wrote them. Once changes come, nothing about rules is an error.
#pragma once

#include <string_view>

#include "event/plugin_options.h"
#include "plugin/pg.h"

namespace waljet {

// Raises 22023 where the text is no list of rules, see event/rules.h.
void require_valid_rules(std::string_view text);

// Raises 22023 where rules hash without a salt, where a predicate is no expression, and where they
// ask what cannot be of a table that is there now: to leave out a column of its key, or a predicate
// that is not allowed for it. A column that the table lacks is no mistake: it may have been
// renamed, and may be back. Needs no transaction, and locks no table.
void require_fitting_rules(const PluginOptions& options);

}  // namespace waljet
