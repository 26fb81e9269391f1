// The functions of the extension `waljet`, as SQL calls them: their arguments, their rows. What
// they are for: docs/extension.md.

#include "plugin/encoding.h"
#include "plugin/memory.h"
#include "plugin/neutral_settings.h"
#include "plugin/read_session.h"
#include "plugin/row_reader.h"
#include "plugin/table_listing.h"

extern "C" {
PGDLLEXPORT Datum waljet_version(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum waljet_tables(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum waljet_read(PG_FUNCTION_ARGS);
PGDLLEXPORT Datum waljet_discard(PG_FUNCTION_ARGS);
PG_FUNCTION_INFO_V1(waljet_version);
PG_FUNCTION_INFO_V1(waljet_tables);
PG_FUNCTION_INFO_V1(waljet_read);
PG_FUNCTION_INFO_V1(waljet_discard);
}

namespace waljet {
namespace {

// ---- arguments: copies in the current memory context ----

void require_argument(FunctionCallInfo fcinfo, int i, const char* name) {
  if (!PG_ARGISNULL(i)) return;
  ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("%s must not be null", name)));
}

char* text_argument(FunctionCallInfo fcinfo, int i) {
  return text_to_cstring(PG_GETARG_TEXT_PP(i));
}

ArrayType* options_argument(FunctionCallInfo fcinfo, int i) {
  require_argument(fcinfo, i, "options");
  return DatumGetArrayTypePCopy(PG_GETARG_DATUM(i));
}

int64_t number_argument(FunctionCallInfo fcinfo, int i, int64_t otherwise) {
  return PG_ARGISNULL(i) ? otherwise : PG_GETARG_INT64(i);
}

// Of which null and 0 mean none.
uint64_t limit_argument(FunctionCallInfo fcinfo, int i, const char* name) {
  const int64_t limit = number_argument(fcinfo, i, 0);
  if (limit < 0) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s is negative", name)));
  }
  return static_cast<uint64_t>(limit);
}

std::string_view bytes_argument(FunctionCallInfo fcinfo, int i) {
  bytea* bytes = PG_GETARG_BYTEA_P_COPY(i);
  return {VARDATA(bytes), VARSIZE(bytes) - VARHDRSZ};
}

// Which of the arguments that several functions have is where.
struct Places {
  int slot;
  int options;
  int lsn;
};

ReadTerms read_terms(FunctionCallInfo fcinfo, const Places& places) {
  require_argument(fcinfo, places.slot, "slot");
  require_argument(fcinfo, places.lsn, "lsn");
  return {.parent = CurrentMemoryContext,
          .options = options_argument(fcinfo, places.options),
          .slot = text_argument(fcinfo, places.slot),
          .lsn = PG_GETARG_LSN(places.lsn)};
}

uint32_t part_argument(FunctionCallInfo fcinfo, int i) {
  require_argument(fcinfo, i, "part");
  return static_cast<uint32_t>(PG_GETARG_INT32(i));
}

// ---- read() ----

ReadOrder read_order(FunctionCallInfo fcinfo) {
  require_argument(fcinfo, 0, "relation");
  ReadOrder order;
  order.relation = PG_GETARG_OID(0);
  order.part = part_argument(fcinfo, 5);
  order.first_row = static_cast<uint64_t>(number_argument(fcinfo, 6, 1));
  order.first_block = number_argument(fcinfo, 7, 0);
  order.end_block = number_argument(fcinfo, 8, -1);
  order.by_key = !PG_ARGISNULL(9);
  if (order.by_key) order.after = bytes_argument(fcinfo, 9);
  order.rows_max = limit_argument(fcinfo, 10, "rows_max");
  order.bytes_max = limit_argument(fcinfo, 11, "bytes_max");
  if (!PG_ARGISNULL(12)) order.where = text_argument(fcinfo, 12);
  return order;
}

// Of a query that ends before the read does.
void abandon(Datum reader) {
  close_reader(*reinterpret_cast<RowReader*>(DatumGetPointer(reader)));
}

RowReader& begin_read(FunctionCallInfo fcinfo) {
  ReadTerms terms = read_terms(fcinfo, {.slot = 1, .options = 2, .lsn = 4});
  require_argument(fcinfo, 3, "mode");
  terms.snapshot = read_mode(text_argument(fcinfo, 3));
  RowReader& reader = open_reader(terms, read_order(fcinfo));
  auto* caller = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  RegisterExprContextCallback(caller->econtext, abandon, PointerGetDatum(&reader));
  return reader;
}

void end_read(FunctionCallInfo fcinfo, RowReader& reader) {
  auto* caller = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  UnregisterExprContextCallback(caller->econtext, abandon, PointerGetDatum(&reader));
}

// ---- tables() ----

Tuplestorestate* begin_rows(ReturnSetInfo* caller, TupleDesc columns) {
  if (caller == nullptr || !IsA(caller, ReturnSetInfo) ||
      (caller->allowedModes & SFRM_Materialize) == 0) {
    ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED),
                    errmsg("a set of rows is not expected here"), errhint("Call it in FROM.")));
  }
  MemoryContext context = caller->econtext->ecxt_per_query_memory;
  MemoryContext before = MemoryContextSwitchTo(context);
  caller->returnMode = SFRM_Materialize;
  caller->setDesc = CreateTupleDescCopy(columns);
  caller->setResult = tuplestore_begin_heap(true, false, work_mem);
  MemoryContextSwitchTo(before);
  return caller->setResult;
}

}  // namespace
}  // namespace waljet

using namespace waljet;  // NOLINT(google-build-using-namespace): what follows is C's

Datum waljet_version(PG_FUNCTION_ARGS) {
  (void)fcinfo;
  PG_RETURN_TEXT_P(cstring_to_text(WALJET_VERSION));
}

Datum waljet_tables(PG_FUNCTION_ARGS) {
  TupleDesc columns = nullptr;
  if (get_call_result_type(fcinfo, nullptr, &columns) != TYPEFUNC_COMPOSITE) {
    elog(ERROR, "waljet.tables() is declared otherwise");
  }
  auto* caller = reinterpret_cast<ReturnSetInfo*>(fcinfo->resultinfo);
  Tuplestorestate* rows = begin_rows(caller, columns);
  const int nest_level = begin_read_settings();
  Session& session =
      open_read_session({.parent = CurrentMemoryContext, .options = options_argument(fcinfo, 0)});
  const std::string_view wanted =
      PG_ARGISNULL(1) ? std::string_view{} : utf8_of(text_argument(fcinfo, 1));
  list_tables(session, wanted, rows, caller->setDesc);
  restore_settings(nest_level);
  return Datum{0};
}

Datum waljet_read(PG_FUNCTION_ARGS) {
  FuncCallContext* call = nullptr;
  if (SRF_IS_FIRSTCALL()) {
    call = SRF_FIRSTCALL_INIT();
    MemoryContext before = MemoryContextSwitchTo(call->multi_call_memory_ctx);
    call->user_fctx = &begin_read(fcinfo);
    MemoryContextSwitchTo(before);
  }
  call = SRF_PERCALL_SETUP();
  auto& reader = *static_cast<RowReader*>(call->user_fctx);
  bytea* message = next_message(reader);
  if (message != nullptr) SRF_RETURN_NEXT(call, PointerGetDatum(message));
  end_read(fcinfo, reader);
  SRF_RETURN_DONE(call);
}

Datum waljet_discard(PG_FUNCTION_ARGS) {
  require_argument(fcinfo, 0, "relation");
  const ReadTerms terms = read_terms(fcinfo, {.slot = 1, .options = 2, .lsn = 3});
  PG_RETURN_BYTEA_P(discard_message(terms, PG_GETARG_OID(0), part_argument(fcinfo, 4)));
}
