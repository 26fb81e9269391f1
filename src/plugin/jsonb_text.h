// jsonb as the text that the server prints of it, written straight from what is stored.
#pragma once

#include "event/escaped_text.h"
#include "plugin/pg.h"
#include "plugin/value_target.h"

namespace waljet {

// In a UTF8 database. False, with a piece of it written, where the text does not fit below the
// ceiling, and for the rare values that only the server's own function can print: those that are
// nested deeper than 64 levels.
bool put_jsonb_text(const ValueTarget& target, Escaping escaping, Datum value);

}  // namespace waljet
