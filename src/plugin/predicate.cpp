#include "plugin/predicate.h"

#include "plugin/compat.h"

namespace waljet {
namespace {

[[noreturn]] void refuse(const char* problem) {
  ereport(ERROR, (errcode(ERRCODE_FEATURE_NOT_SUPPORTED), errmsg("%s", problem)));
}

// ---- from text to a raw expression ----

bool holds_subquery(Node* node, void*) {
  if (node == nullptr) return false;
  if (IsA(node, SubLink)) return true;
  return visit_raw_children(node, holds_subquery, nullptr);
}

// `SELECT <one expression>` and nothing else.
Node* only_expression(const SelectStmt* select) {
  const bool bare = select->op == SETOP_NONE && select->distinctClause == NIL &&
                    select->intoClause == nullptr && select->fromClause == NIL &&
                    select->whereClause == nullptr && select->groupClause == NIL &&
                    select->havingClause == nullptr && select->windowClause == NIL &&
                    select->valuesLists == NIL && select->sortClause == NIL &&
                    select->limitOffset == nullptr && select->limitCount == nullptr &&
                    select->lockingClause == NIL && select->withClause == nullptr;
  if (!bare || list_length(select->targetList) != 1) return nullptr;
  auto* target = static_cast<ResTarget*>(linitial(select->targetList));
  const bool plain = target->name == nullptr && target->indirection == NIL;
  return plain ? target->val : nullptr;
}

Node* raw_expression(const char* text) {
  List* statements = parse_statements(psprintf("SELECT %s", text));
  Node* expression = nullptr;
  if (list_length(statements) == 1) {
    Node* statement = static_cast<RawStmt*>(linitial(statements))->stmt;
    if (IsA(statement, SelectStmt)) {
      expression = only_expression(reinterpret_cast<SelectStmt*>(statement));
    }
  }
  if (expression == nullptr) {
    ereport(ERROR, (errcode(ERRCODE_SYNTAX_ERROR), errmsg("it is not one expression")));
  }
  if (holds_subquery(expression, nullptr)) refuse("subqueries are not allowed");
  return expression;
}

// ---- columns ----

// A column by its bare name. Whatever else looks like one is refused here: what the parser would do
// with it, it would do with tables, of which there are none.
Node* find_column(ParseState* state, ColumnRef* reference) {
  auto* field = static_cast<Node*>(linitial(reference->fields));
  if (list_length(reference->fields) != 1 || !IsA(field, String)) {
    refuse("columns are named without their table");
  }
  const char* name = strVal(field);
  const Oid relid = *static_cast<const Oid*>(state->p_ref_hook_state);
  HeapTuple tuple = SearchSysCacheAttName(relid, name);
  constexpr char generated_virtual = 'v';
  if (!HeapTupleIsValid(tuple)) {
    ereport(ERROR,
            (errcode(ERRCODE_UNDEFINED_COLUMN), errmsg("column \"%s\" does not exist", name)));
  }
  auto* attribute = reinterpret_cast<Form_pg_attribute>(GETSTRUCT(tuple));
  if (attribute->attnum <= 0) refuse("system columns are not allowed");
  if (attribute->attgenerated == generated_virtual) {
    refuse("virtual generated columns are not allowed");
  }
  constexpr Index any_table = 1;
  Var* column = makeVar(any_table, attribute->attnum, attribute->atttypid, attribute->atttypmod,
                        attribute->attcollation, 0);
  column->location = reference->location;
  ReleaseSysCache(tuple);
  return reinterpret_cast<Node*>(column);
}

Node* analyzed(const char* text, Oid relid) {
  ParseState* state = make_parsestate(nullptr);
  state->p_sourcetext = text;
  state->p_pre_columnref_hook = find_column;
  state->p_ref_hook_state = &relid;
  Node* expression =
      transformWhereClause(state, raw_expression(text), EXPR_KIND_WHERE, "the predicate");
  assign_expr_collations(state, expression);
  free_parsestate(state);
  return expression;
}

// ---- what it may hold ----

bool is_forbidden_function(Oid function, void*) {
  if (function >= FirstNormalObjectId || func_volatile(function) != PROVOLATILE_IMMUTABLE) {
    return true;
  }
  HeapTuple tuple = SearchSysCache1(PROCOID, ObjectIdGetDatum(function));
  if (!HeapTupleIsValid(tuple)) return true;
  const Oid language = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple))->prolang;
  ReleaseSysCache(tuple);
  return language != INTERNALlanguageId;
}

bool is_own(Oid object) {
  return object >= FirstNormalObjectId;
}

bool uses_own_operator(Node* node) {
  switch (nodeTag(node)) {
    case T_OpExpr:
    case T_DistinctExpr:
    case T_NullIfExpr: return is_own(reinterpret_cast<OpExpr*>(node)->opno);
    case T_ScalarArrayOpExpr: return is_own(reinterpret_cast<ScalarArrayOpExpr*>(node)->opno);
    case T_RowCompareExpr: {
      ListCell* cell;
      foreach (cell, reinterpret_cast<RowCompareExpr*>(node)->opnos) {
        if (is_own(lfirst_oid(cell))) return true;
      }
      return false;
    }
    default: return false;
  }
}

bool is_allowed_kind(Node* node) {
  switch (nodeTag(node)) {
    case T_Var:
    case T_Const:
    case T_OpExpr:
    case T_DistinctExpr:
    case T_NullIfExpr:
    case T_ScalarArrayOpExpr:
    case T_RowCompareExpr:
    case T_FuncExpr:
    case T_BoolExpr:
    case T_RelabelType:
    case T_CollateExpr:
    case T_CaseExpr:
    case T_CaseTestExpr:
    case T_ArrayExpr:
    case T_RowExpr:
    case T_CoalesceExpr:
    case T_MinMaxExpr:
    case T_XmlExpr:
    case T_NullTest:
    case T_BooleanTest:
    case T_List: return true;
    default: return false;
  }
}

// Raises an error at the first node that publications would refuse.
bool check_node(Node* node, void*) {
  if (node == nullptr) return false;
  if (!is_allowed_kind(node)) {
    refuse(
        "only columns, constants, built-in operators, types and collations, and immutable built-in "
        "functions are allowed");
  }
  if (uses_own_operator(node)) refuse("user-defined operators are not allowed");
  const bool has_type = !IsA(node, List);
  if (has_type) {
    if (is_own(exprType(node))) refuse("user-defined types are not allowed");
    if (check_functions_in_node(node, is_forbidden_function, nullptr)) {
      refuse("functions that are user-defined, not immutable or written in SQL are not allowed");
    }
    if (is_own(exprCollation(node)) || is_own(exprInputCollation(node))) {
      refuse("user-defined collations are not allowed");
    }
  }
  return visit_children(node, check_node, nullptr);
}

// ---- what it may hold on to ----

bool is_simple(Oid type) {
  switch (type) {
    case BOOLOID:
    case BYTEAOID:
    case CHAROID:
    case NAMEOID:
    case INT2OID:
    case INT4OID:
    case INT8OID:
    case OIDOID:
    case FLOAT4OID:
    case FLOAT8OID:
    case NUMERICOID:
    case MONEYOID:
    case TEXTOID:
    case VARCHAROID:
    case BPCHAROID:
    case DATEOID:
    case TIMEOID:
    case TIMETZOID:
    case TIMESTAMPOID:
    case TIMESTAMPTZOID:
    case INTERVALOID:
    case BITOID:
    case VARBITOID:
    case UUIDOID:
    case INETOID:
    case CIDROID:
    case MACADDROID:
    case JSONBOID: return true;
    default: return false;
  }
}

bool is_beyond_computing(Node* node, void*) {
  if (node == nullptr) return false;
  if (!IsA(node, List)) {
    const Oid type = exprType(node);
    const Oid element = get_element_type(type);
    if (!is_simple(OidIsValid(element) ? element : type)) return true;
  }
  return visit_children(node, is_beyond_computing, nullptr);
}

Bitmapset* columns_in(Node* expression) {
  constexpr Index any_table = 1;
  Bitmapset* offset_numbers = nullptr;
  pull_varattnos(expression, any_table, &offset_numbers);
  Bitmapset* columns = nullptr;
  for (int at = -1; (at = bms_next_member(offset_numbers, at)) >= 0;) {
    columns = bms_add_member(columns, at + FirstLowInvalidHeapAttributeNumber);
  }
  return columns;
}

// ---- columns of another table ----

struct Move {
  Oid from;
  Oid to;
};

bool move_columns(Node* node, void* argument) {
  if (node == nullptr) return false;
  if (!IsA(node, Var)) return visit_children(node, move_columns, argument);
  auto* column = reinterpret_cast<Var*>(node);
  const auto* move = static_cast<const Move*>(argument);
  const char* name = get_attname(move->from, column->varattno, true);
  if (name == nullptr) refuse("a column is gone");
  column->varattno = get_attnum(move->to, name);
  if (column->varattno <= 0) refuse("a column is gone");
  return false;
}

Predicate predicate_of(Node* expression) {
  check_node(expression, nullptr);
  Predicate predicate;
  predicate.columns = columns_in(expression);
  predicate.computes_only = !is_beyond_computing(expression, nullptr);
  predicate.expression = expression_planner(reinterpret_cast<Expr*>(expression));
  return predicate;
}

}  // namespace

Predicate parse_predicate(const char* text, Oid relid) {
  return predicate_of(analyzed(text, relid));
}

Predicate check_predicate(const Node* expression, Oid from, Oid relid) {
  auto* own = static_cast<Node*>(copyObjectImpl(expression));
  Move move{from, relid};
  if (from != relid) move_columns(own, &move);
  return predicate_of(own);
}

void check_predicate_syntax(const char* text) {
  raw_expression(text);
}

}  // namespace waljet
