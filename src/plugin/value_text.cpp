#include "plugin/value_text.h"

#include "event/text.h"
#include "plugin/encoding.h"
#include "plugin/guard.h"
#include "plugin/value.h"

namespace waljet {
namespace {

// The longest text for its size is that of a numeric in an array or jsonb: eight bytes can stand
// for 147456 digits. A value of PostgreSQL's own types below this size cannot reach the limit of a
// text.
constexpr Size certain_bytes = MaxAllocSize / (147456 / 8) / 2;

bool may_fail(const ValueCodec& codec, Datum value) {
  if (codec.own_output) return true;
  return codec.varlena && toast_raw_datum_size(value) > certain_bytes;
}

// LOG goes to the server's log alone: a notice to the client may have to wait for the client.
void log_failure_once(const ValueCodec& codec, const ErrorData* error) {
  if (codec.failure_said) return;
  codec.failure_said = true;
  const std::string_view name = codec.column_name;
  if (codec.form == ValueForm::hashed) {  // the function's message may hold the value
    ereport(LOG, (errcode(error->sqlerrcode),
                  errmsg("waljet leaves out a value of column %.*s, which has no text",
                         static_cast<int>(name.size()), name.data())));
    return;
  }
  ereport(LOG, (errcode(error->sqlerrcode),
                errmsg("waljet leaves out a value of column %.*s, which has no text: %s",
                       static_cast<int>(name.size()), name.data(), error->message),
                error->detail != nullptr ? errdetail_internal("%s", error->detail) : 0));
}

struct Call {
  FmgrInfo* output;
  Datum value;
  char* text;
};

void call_output(void* argument) {
  auto* call = static_cast<Call*>(argument);
  call->text = OutputFunctionCall(call->output, call->value);
}

void put_stored_text(Sink& sink, Datum value) {
  struct varlena* detoasted = detoast_packed(value);
  sink.put(utf8_of(bytes_of(detoasted)));
  free_if_copy(detoasted, value);
}

}  // namespace

char* output_text(const ValueCodec& codec, Datum value) {
  if (!may_fail(codec, value)) return OutputFunctionCall(codec.output, value);
  Call call{codec.output, value, nullptr};
  ErrorData* error = run_guarded(call_output, &call);
  if (error == nullptr) return call.text;
  log_failure_once(codec, error);
  FreeErrorData(error);
  return nullptr;
}

bool put_plain_text(Sink& sink, const ValueCodec& codec, Datum value) {
  switch (codec.form) {
    case ValueForm::int2: put_int(sink, DatumGetInt16(value)); return true;
    case ValueForm::int4: put_int(sink, DatumGetInt32(value)); return true;
    case ValueForm::int8: put_int(sink, DatumGetInt64(value)); return true;
    case ValueForm::uuid: put_uuid(sink, DatumGetUUIDP(value)->data); return true;
    case ValueForm::text: put_stored_text(sink, value); return true;
    default: break;
  }
  char* text = output_text(codec, value);
  if (text == nullptr) return false;
  sink.put(utf8_of(text));
  pfree(text);
  return true;
}

}  // namespace waljet
