#include "plugin/key_order.h"

#include "plugin/compat.h"
#include "plugin/disguise.h"
#include "plugin/memory.h"

namespace waljet {
namespace {

// ---- the index ----

struct Family {
  Oid family;
  Oid type;  // that its operators compare
};

const char* operator_text(const Family& family, StrategyNumber strategy) {
  const Oid id =
      get_opfamily_member(family.family, family.type, family.type, static_cast<int16>(strategy));
  HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(id));
  if (!HeapTupleIsValid(tuple)) elog(ERROR, "operator family %u lacks an operator", family.family);
  const auto& form = *reinterpret_cast<Form_pg_operator>(GETSTRUCT(tuple));
  const char* schema = get_namespace_name(form.oprnamespace);
  const char* text =
      psprintf("OPERATOR(%s.%s)", quote_identifier(schema != nullptr ? schema : "pg_catalog"),
               NameStr(form.oprname));
  ReleaseSysCache(tuple);
  return text;
}

const char* column_text(Form_pg_attribute attribute, Oid collation) {
  const char* name = quote_identifier(NameStr(attribute->attname));
  if (!OidIsValid(collation) || collation == attribute->attcollation) return pstrdup(name);
  return psprintf("(%s COLLATE %s)", name, generate_collation_name(collation));
}

uint32_t mark_of(Relation index, int i, Form_pg_attribute attribute) {
  uint64_t hash = 0;
  for (const auto part :
       {static_cast<uint32_t>(attribute->attnum), attribute->atttypid, index->rd_opfamily[i],
        index->rd_indcollation[i], static_cast<uint32_t>(index->rd_indoption[i])}) {
    hash = hash_bytes_uint32_extended(part, hash);
  }
  return static_cast<uint32_t>(hash);
}

KeyOrderColumn order_column(Relation index, int i, Form_pg_attribute attribute) {
  const Family family{index->rd_opfamily[i], index->rd_opcintype[i]};
  const int16 option = index->rd_indoption[i];
  KeyOrderColumn column;
  column.index = attribute->attnum - 1;
  column.type = attribute->atttypid;
  column.mark = mark_of(index, i, attribute);
  column.name = column_text(attribute, index->rd_indcollation[i]);
  column.nulls_first = (option & INDOPTION_NULLS_FIRST) != 0;
  const bool falls = (option & INDOPTION_DESC) != 0;
  column.equal = operator_text(family, BTEqualStrategyNumber);
  column.before = operator_text(family, falls ? BTGreaterStrategyNumber : BTLessStrategyNumber);
  column.not_before =
      operator_text(family, falls ? BTLessEqualStrategyNumber : BTGreaterEqualStrategyNumber);
  column.behind = operator_text(family, falls ? BTLessStrategyNumber : BTGreaterStrategyNumber);
  Oid output = InvalidOid;
  bool varlena = false;
  getTypeOutputInfo(column.type, &output, &varlena);
  fmgr_info(output, &column.output);
  return column;
}

KeyOrder index_order(const RelationPlan& plan, Relation relation, Relation index) {
  const int count = index->rd_index->indnkeyatts;
  if (index->rd_rel->relam != BTREE_AM_OID) return {.problem = "the index of its key has no order"};
  if (plan.key_count < count) return {.problem = "the filter leaves out a column of its key"};
  KeyOrder order;
  order.count = count;
  order.columns =
      static_cast<KeyOrderColumn*>(palloc0(static_cast<size_t>(count) * sizeof(KeyOrderColumn)));
  for (int i = 0; i < count; ++i) {
    const int at = index->rd_index->indkey.values[i] - 1;
    order.columns[i] = order_column(index, i, TupleDescAttr(RelationGetDescr(relation), at));
  }
  return order;
}

bool shows_all(const RelationPlan& plan) {
  for (int i = 0; i < plan.key_count; ++i) {
    if (is_disguised(plan.key[i]->codec.form)) return false;
  }
  return true;
}

// ---- conditions ----

// Whether the columns can be compared as one row, which is what an index is searched for.
bool is_uniform(const KeyOrder& order) {
  for (int i = 1; i < order.count; ++i) {
    if (strcmp(order.columns[i].behind, order.columns[0].behind) != 0) return false;
  }
  return true;
}

void put_row_comparison(StringInfo sql, const KeyOrder& order) {
  appendStringInfoString(sql, "ROW(");
  for (int i = 0; i < order.count; ++i) {
    appendStringInfo(sql, "%s%s", i > 0 ? ", " : "", order.columns[i].name);
  }
  appendStringInfo(sql, ") %s ROW(", order.columns[0].behind);
  for (int i = 0; i < order.count; ++i) {
    appendStringInfo(sql, "%s$%d", i > 0 ? ", " : "", i + 1);
  }
  appendStringInfoChar(sql, ')');
}

// The same from the i-th column on in other words. Of these an index is searched for the first.
void put_comparison(StringInfo sql, const KeyOrder& order, int i) {
  const KeyOrderColumn& column = order.columns[i];
  if (i + 1 == order.count) {
    appendStringInfo(sql, "%s %s $%d", column.name, column.behind, i + 1);
    return;
  }
  appendStringInfo(sql, "%s %s $%d AND (%s %s $%d OR %s %s $%d AND (", column.name,
                   column.not_before, i + 1, column.name, column.behind, i + 1, column.name,
                   column.equal, i + 1);
  put_comparison(sql, order, i + 1);
  appendStringInfoString(sql, "))");
}

// ---- places ----

constexpr char place_version = 1;

void put_number(Sink& sink, uint32_t number) {
  for (int shift = 0; shift < 32; shift += 8) sink.put(static_cast<char>(number >> shift & 0xff));
}

// Takes what put_number() wrote off the front; false where it is too short.
bool take_number(std::string_view& bytes, uint32_t& number) {
  if (bytes.size() < 4) return false;
  number = 0;
  for (int i = 0; i < 4; ++i) {
    number |= static_cast<uint32_t>(static_cast<uint8_t>(bytes[static_cast<size_t>(i)])) << 8 * i;
  }
  bytes.remove_prefix(4);
  return true;
}

bool take_value(std::string_view& bytes, uint32_t mark, std::string_view& text) {
  uint32_t written_mark = 0;
  uint32_t size = 0;
  if (!take_number(bytes, written_mark) || !take_number(bytes, size)) return false;
  if (written_mark != mark || size > bytes.size()) return false;
  text = {bytes.data(), size};
  bytes.remove_prefix(size);
  return true;
}

bool take_values(const KeyOrder& order, std::string_view place, std::string_view* texts) {
  if (place.empty() || place[0] != place_version) return false;
  place.remove_prefix(1);
  for (int i = 0; i < order.count; ++i) {
    if (!take_value(place, order.columns[i].mark, texts[i])) return false;
  }
  return place.empty();
}

}  // namespace

KeyOrder key_order(const RelationPlan& plan, Relation relation) {
  const Oid index_id =
      plan.full_identity ? primary_key_index(relation) : RelationGetReplicaIndex(relation);
  if (relation->rd_rel->relreplident == REPLICA_IDENTITY_NOTHING) {
    return {.problem = "its replica identity is nothing"};
  }
  if (!OidIsValid(index_id)) return {.problem = "it has no key"};
  if (!shows_all(plan)) return {.problem = "a column of its key is masked or hashed"};
  Relation index = index_open(index_id, AccessShareLock);
  const KeyOrder order = index_order(plan, relation, index);
  index_close(index, NoLock);
  return order;
}

void put_behind(StringInfo sql, const KeyOrder& order) {
  if (is_uniform(order)) {
    put_row_comparison(sql, order);
  } else {
    put_comparison(sql, order, 0);
  }
}

void put_order(StringInfo sql, const KeyOrder& order) {
  appendStringInfoString(sql, " ORDER BY ");
  for (int i = 0; i < order.count; ++i) {
    const KeyOrderColumn& column = order.columns[i];
    appendStringInfo(sql, "%s%s USING %s NULLS %s", i > 0 ? ", " : "", column.name, column.before,
                     column.nulls_first ? "FIRST" : "LAST");
  }
}

void put_place(Sink& sink, const KeyOrder& order, const Datum* values) {
  sink.put(place_version);
  for (int i = 0; i < order.count; ++i) {
    KeyOrderColumn& column = order.columns[i];
    const char* text = OutputFunctionCall(&column.output, values[column.index]);
    put_number(sink, column.mark);
    put_number(sink, static_cast<uint32_t>(strlen(text)));
    sink.put(text);
  }
}

Datum* read_place(const KeyOrder& order, std::string_view place) {
  const auto count = static_cast<size_t>(order.count);
  auto* texts = static_cast<std::string_view*>(palloc0(count * sizeof(std::string_view)));
  if (!take_values(order, place, texts)) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("the cursor does not fit the key of the table"),
                    errhint("The key has changed since, or the cursor is another table's: read it "
                            "from the start.")));
  }
  auto* values = static_cast<Datum*>(palloc(count * sizeof(Datum)));
  for (size_t i = 0; i < count; ++i) {
    Oid input = InvalidOid;
    Oid parameter = InvalidOid;
    getTypeInputInfo(order.columns[i].type, &input, &parameter);
    char* text = const_cast<char*>(copy_into(CurrentMemoryContext, texts[i]).data());
    values[i] = OidInputFunctionCall(input, text, parameter, -1);
  }
  return values;
}

}  // namespace waljet
