#include "plugin/default_value.h"

#include "event/temporal.h"
#include "plugin/guard.h"
#include "plugin/memory.h"
#include "plugin/stand_in.h"
#include "plugin/value.h"

namespace waljet {
namespace {

// ---- what Debezium knows a default of ----

bool has_known_default(Oid type) {
  switch (type) {
    case BOOLOID:
    case BITOID:
    case VARBITOID:
    case BPCHAROID:
    case VARCHAROID:
    case TEXTOID:
    case NUMERICOID:
    case FLOAT4OID:
    case FLOAT8OID:
    case INT2OID:
    case INT4OID:
    case INT8OID:
    case JSONOID:
    case JSONBOID:
    case XMLOID:
    case UUIDOID:
    case DATEOID:
    case TIMEOID:
    case TIMESTAMPOID:
    case TIMESTAMPTZOID:
    case INTERVALOID: return true;
    default: return get_typtype(type) == TYPTYPE_ENUM;
  }
}

// A default cannot be a struct.
bool is_struct(ValueForm form) {
  return form == ValueForm::variable_decimal;
}

// The expression as the catalog holds it; null where there is none.
const char* default_expression(TupleDesc descriptor, int16 number) {
  const struct TupleConstr* constraints = descriptor->constr;
  if (constraints == nullptr) return nullptr;
  for (int i = 0; i < constraints->num_defval; ++i) {
    if (constraints->defval[i].adnum == number) return constraints->defval[i].adbin;
  }
  return nullptr;
}

// ---- constants ----

struct Constant {
  Datum value = Datum{0};
  bool null = false;
};

bool fold(const Node* node, Constant& result);

bool is_cast(const FuncExpr* call) {
  return call->funcformat == COERCE_IMPLICIT_CAST || call->funcformat == COERCE_EXPLICIT_CAST;
}

// A cast that is PostgreSQL's own and depends on its arguments alone.
bool can_run(const FuncExpr* call) {
  constexpr int arguments_max = 3;  // the value, a type modifier, whether the cast is explicit
  return is_cast(call) && call->funcid < FirstGenbkiObjectId && !call->funcretset &&
         list_length(call->args) >= 1 && list_length(call->args) <= arguments_max &&
         func_volatile(call->funcid) == PROVOLATILE_IMMUTABLE;
}

// Debezium reads the text as it was given, neither padded nor cut to the length of the column.
bool fits_text_to_length(const FuncExpr* call) {
  return list_length(call->args) > 1 &&
         (call->funcresulttype == VARCHAROID || call->funcresulttype == BPCHAROID);
}

bool fold_cast(const FuncExpr* call, Constant& result) {
  if (!can_run(call) || !fold(static_cast<const Node*>(linitial(call->args)), result)) return false;
  if (result.null || fits_text_to_length(call)) return true;
  Datum arguments[3] = {result.value, Datum{0}, Datum{0}};
  for (int i = 1; i < list_length(call->args); ++i) {
    Constant modifier;
    if (!fold(static_cast<const Node*>(list_nth(call->args, i)), modifier)) return false;
    if (modifier.null) return false;
    arguments[i] = modifier.value;
  }
  switch (list_length(call->args)) {
    case 1: result.value = OidFunctionCall1(call->funcid, arguments[0]); break;
    case 2: result.value = OidFunctionCall2(call->funcid, arguments[0], arguments[1]); break;
    default:
      result.value = OidFunctionCall3(call->funcid, arguments[0], arguments[1], arguments[2]);
  }
  return true;
}

// What a constant is after its casts; false where there is more to do. A cast may raise an error.
bool fold(const Node* node, Constant& result) {
  switch (nodeTag(node)) {
    case T_Const: {
      auto* constant = reinterpret_cast<const Const*>(node);
      result = {constant->constvalue, constant->constisnull};
      return true;
    }
    case T_RelabelType:
      return fold(reinterpret_cast<const Node*>(reinterpret_cast<const RelabelType*>(node)->arg),
                  result);
    case T_CollateExpr:
      return fold(reinterpret_cast<const Node*>(reinterpret_cast<const CollateExpr*>(node)->arg),
                  result);
    case T_FuncExpr: return fold_cast(reinterpret_cast<const FuncExpr*>(node), result);
    default: return false;
  }
}

struct Folding {
  const Node* node;
  Constant constant;
  bool done;
};

void fold_or_fail(void* argument) {
  auto* folding = static_cast<Folding*>(argument);
  folding->done = fold(folding->node, folding->constant);
}

// A value that the cast refuses, which no row can have, is no default either.
Folding fold_guarded(const Node* node) {
  Folding folding{node, {}, false};
  if (nodeTag(node) == T_Const) {
    fold_or_fail(&folding);
  } else if (ErrorData* error = run_guarded(fold_or_fail, &folding); error != nullptr) {
    FreeErrorData(error);
    return {node, {Datum{0}, true}, true};
  }
  return folding;
}

std::string_view constant_value(MemoryContext context, const ValueCodec& codec, Datum value) {
  Sink sink = make_sink(context, 64);
  if (!put_value({sink, SIZE_MAX}, codec, value)) return {};
  const bool null = sink.view() == "null";  // such as a NaN, which has no Decimal
  return null ? std::string_view{} : sink.view();
}

// ---- calls ----

// Whether the expression, as one writes it, begins with a call: then Debezium knows that there is
// something to call. Any other expression it gives up on.
bool begins_with_call(const Node* node) {
  switch (nodeTag(node)) {
    case T_FuncExpr: {
      auto* call = reinterpret_cast<const FuncExpr*>(node);
      return !is_cast(call) || begins_with_call(static_cast<const Node*>(linitial(call->args)));
    }
    case T_OpExpr: {
      auto* operation = reinterpret_cast<const OpExpr*>(node);
      return begins_with_call(static_cast<const Node*>(linitial(operation->args)));
    }
    case T_RelabelType:
      return begins_with_call(
          reinterpret_cast<const Node*>(reinterpret_cast<const RelabelType*>(node)->arg));
    case T_CollateExpr:
      return begins_with_call(
          reinterpret_cast<const Node*>(reinterpret_cast<const CollateExpr*>(node)->arg));
    case T_CoerceViaIO:
      return begins_with_call(
          reinterpret_cast<const Node*>(reinterpret_cast<const CoerceViaIO*>(node)->arg));
    case T_SQLValueFunction:
    case T_CoalesceExpr:
    case T_MinMaxExpr:
    case T_XmlExpr: return true;
    default: return false;
  }
}

// What stands for the result of a call.
std::string_view result_value(MemoryContext context, Oid type, const ValueCodec& codec) {
  switch (type) {
    case JSONOID:
    case JSONBOID: return "\"{}\"";
    case UUIDOID: return "\"00000000-0000-0000-0000-000000000000\"";
    case TIMESTAMPTZOID: {
      Sink sink = make_sink(context, 64);
      put_zoned_timestamp(sink, -postgres_epoch_us, codec.scale);
      return sink.view();
    }
    default: break;
  }
  if (type >= FirstGenbkiObjectId) return {};  // enums have no label for it
  return fallback_value(context, codec);
}

}  // namespace

std::string_view default_value(MemoryContext context, Relation relation, int16 number,
                               const ValueCodec& codec) {
  TupleDesc descriptor = RelationGetDescr(relation);
  Form_pg_attribute attribute = TupleDescAttr(descriptor, number - 1);
  const bool generated = attribute->attgenerated != '\0';
  if (!attribute->atthasdef || generated || is_struct(codec.form)) return {};
  if (!has_known_default(attribute->atttypid)) return {};
  const char* expression = default_expression(descriptor, number);
  if (expression == nullptr) return {};
  auto* node = static_cast<const Node*>(stringToNode(expression));
  const Folding folding = fold_guarded(node);
  if (folding.done) {
    return folding.constant.null ? std::string_view{}
                                 : constant_value(context, codec, folding.constant.value);
  }
  return begins_with_call(node) ? result_value(context, attribute->atttypid, codec)
                                : std::string_view{};
}

}  // namespace waljet
