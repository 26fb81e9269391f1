#include "plugin/guard.h"

namespace waljet {
namespace {

// Whether the error may be gone at the next attempt.
bool is_passing(const ErrorData* error) {
  switch (ERRCODE_TO_CATEGORY(error->sqlerrcode)) {
    case ERRCODE_TRANSACTION_ROLLBACK:
    case ERRCODE_INSUFFICIENT_RESOURCES:
    case ERRCODE_OPERATOR_INTERVENTION:
    case ERRCODE_SYSTEM_ERROR: return true;
    default: return false;
  }
}

}  // namespace

ErrorData* run_guarded(void (*work)(void* argument), void* argument) {
  MemoryContext context = CurrentMemoryContext;
  ResourceOwner owner = CurrentResourceOwner;
  ErrorData* volatile failure = nullptr;
  BeginInternalSubTransaction(nullptr);
  MemoryContextSwitchTo(context);
  PG_TRY();
  {
    work(argument);
    ReleaseCurrentSubTransaction();
  }
  PG_CATCH();
  {
    MemoryContextSwitchTo(context);
    ErrorData* error = CopyErrorData();
    FlushErrorState();
    RollbackAndReleaseCurrentSubTransaction();
    MemoryContextSwitchTo(context);
    CurrentResourceOwner = owner;
    if (is_passing(error)) ReThrowError(error);
    failure = error;
  }
  PG_END_TRY();
  MemoryContextSwitchTo(context);
  CurrentResourceOwner = owner;
  return failure;
}

bool run_pure(void (*work)(void* argument), void* argument) {
  MemoryContext context = CurrentMemoryContext;
  volatile bool succeeded = true;
  PG_TRY();
  { work(argument); }
  PG_CATCH();
  {
    MemoryContextSwitchTo(context);
    ErrorData* error = CopyErrorData();
    FlushErrorState();
    if (is_passing(error)) ReThrowError(error);
    FreeErrorData(error);
    succeeded = false;
  }
  PG_END_TRY();
  return succeeded;
}

}  // namespace waljet
