#include "plugin/table_rule.h"

#include "plugin/encoding.h"
#include "plugin/memory.h"

namespace waljet {
namespace {

bool is_column(Form_pg_attribute attribute, const JsonString& name) {
  return !attribute->attisdropped && name == utf8_of(NameStr(attribute->attname));
}

bool has_column(TupleDesc descriptor, const JsonString& name) {
  for (int i = 0; i < descriptor->natts; ++i) {
    if (is_column(TupleDescAttr(descriptor, i), name)) return true;
  }
  return false;
}

bool has_all(TupleDesc descriptor, const ColumnNames& names) {
  JsonCursor at = names.first();
  for (JsonString name; ColumnNames::next(at, name);) {
    if (!has_column(descriptor, name)) return false;
  }
  return true;
}

}  // namespace

Exposure exposure_of(const Rule* rule, std::string_view column) {
  if (rule == nullptr) return Exposure::plain;
  if (rule->include.is_given() && !rule->include.contains(column)) return Exposure::left_out;
  if (rule->exclude.contains(column)) return Exposure::left_out;
  if (rule->mask.contains(column)) return Exposure::masked;
  return rule->hash.contains(column) ? Exposure::hashed : Exposure::plain;
}

bool names_absent_column(const Rule& rule, Relation table) {
  TupleDesc descriptor = RelationGetDescr(table);
  return !has_all(descriptor, rule.include) || !has_all(descriptor, rule.exclude) ||
         !has_all(descriptor, rule.mask) || !has_all(descriptor, rule.hash);
}

void keep_key_columns(RelationPlan& plan) {
  int kept = 0;
  for (int i = 0; i < plan.column_count; ++i) {
    if (!plan.columns[i].identity) continue;
    for (int k = 0; k < plan.key_count; ++k) {
      if (plan.key[k] == &plan.columns[i]) plan.key[k] = &plan.columns[kept];
    }
    plan.columns[kept++] = plan.columns[i];
  }
  plan.column_count = kept;
}

}  // namespace waljet
