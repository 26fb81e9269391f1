// Settings that change how values look as text. Under them events depend on nobody's configuration.
#pragma once

#include "plugin/pg.h"

namespace waljet {

// Sets them for as long as decoding runs. A walsender's session is ours; under the SQL functions it
// is the user's, so there they are undone by restore_settings() or by the end of the transaction.
// Returns what restore_settings() needs.
int neutralize_settings(bool own_session);
void restore_settings(int nest_level);

}  // namespace waljet
