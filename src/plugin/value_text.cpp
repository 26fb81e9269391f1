#include "plugin/value_text.h"

namespace waljet {
namespace {

// The longest text for its size is that of a numeric in an array or jsonb: eight bytes can stand
// for 147456 digits. A value of PostgreSQL's own types below this size cannot reach the limit of a
// text.
constexpr Size certain_bytes = MaxAllocSize / (147456 / 8) / 2;

bool may_fail(const Column& column, Datum value) {
  if (column.own_type) return true;
  return column.varlena && toast_raw_datum_size(value) > certain_bytes;
}

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

// The column's name in quotes, out of `,"name":`.
std::string_view quoted_name(const Column& column) {
  std::string_view name = column.label;
  if (name[0] == ',') name.remove_prefix(1);
  name.remove_suffix(1);
  return name;
}

// LOG goes to the server's log alone: a notice to the client may have to wait for the client.
void log_failure_once(const Column& column, const ErrorData* error) {
  if (column.failure_said) return;
  column.failure_said = true;
  const std::string_view name = quoted_name(column);
  ereport(LOG, (errcode(error->sqlerrcode),
                errmsg("waljet leaves out a value of column %.*s, which has no text: %s",
                       static_cast<int>(name.size()), name.data(), error->message),
                error->detail != nullptr ? errdetail_internal("%s", error->detail) : 0));
}

// In a subtransaction, so that whatever the function holds when it fails is given back.
char* guarded_text(const Column& column, Datum value) {
  MemoryContext context = CurrentMemoryContext;
  ResourceOwner owner = CurrentResourceOwner;
  char* volatile text = nullptr;
  BeginInternalSubTransaction(nullptr);
  MemoryContextSwitchTo(context);
  PG_TRY();
  {
    text = OutputFunctionCall(column.output, value);
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
    log_failure_once(column, error);
    FreeErrorData(error);
    text = nullptr;
  }
  PG_END_TRY();
  MemoryContextSwitchTo(context);
  CurrentResourceOwner = owner;
  return text;
}

}  // namespace

char* output_text(const Column& column, Datum value) {
  if (may_fail(column, value)) return guarded_text(column, value);
  return OutputFunctionCall(column.output, value);
}

}  // namespace waljet
