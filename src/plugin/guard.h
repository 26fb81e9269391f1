// Calls that may fail because of the data they are given. As an error such a failure would come
// back at each attempt and block the slot for ever.
#pragma once

#include "plugin/pg.h"

namespace waljet {

// Runs `work` in a subtransaction, so that whatever it holds when it fails is given back. Returns
// its error, in the current memory context, or null. Errors that say nothing of the data (cancel,
// shutdown, out of memory) are raised as ever.
ErrorData* run_guarded(void (*work)(void* argument), void* argument);

// The same without a subtransaction, and so outside of transactions too: for functions that compute
// and hold nothing when they fail, such as those that convert encodings. Whether it succeeded.
bool run_pure(void (*work)(void* argument), void* argument);

}  // namespace waljet
