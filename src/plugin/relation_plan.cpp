#include "plugin/relation_plan.h"

#include "event/debezium.h"
#include "event/json.h"
#include "event/wal_listener.h"
#include "plugin/compat.h"
#include "plugin/connect_schema.h"
#include "plugin/default_value.h"
#include "plugin/encoding.h"
#include "plugin/memory.h"
#include "plugin/stand_in.h"

namespace waljet {
namespace {

// What has rows of its own: tables and partitions, and of a partitioned table its TRUNCATE, where
// it stands for its partitions. Up to 15 the rows that fill a materialized view are decoded; they
// are nobody's change.
bool is_shown(Relation relation, const PluginOptions& options) {
  const char kind = relation->rd_rel->relkind;
  return kind == RELKIND_RELATION || (options.partition_root && kind == RELKIND_PARTITIONED_TABLE);
}

std::string_view lasting_name(MemoryContext context, const char* name) {
  return copy_into(context, utf8_of(name));
}

std::string_view quoted(MemoryContext context, std::string_view utf8) {
  Sink sink = make_sink(context, utf8.size() + 16);
  put_json_string(sink, utf8, json_text());
  return sink.view();
}

std::string_view label(MemoryContext context, std::string_view name) {
  Sink sink = make_sink(context, name.size() + 2);
  sink.put(',');
  sink.put(name);
  sink.put(':');
  return sink.view();
}

// Dropped columns stay in the descriptor; virtual generated ones are in it but never in a row.
bool is_in_rows(Form_pg_attribute attribute) {
  constexpr char generated_virtual = 'v';
  return !attribute->attisdropped && attribute->attgenerated != generated_virtual;
}

// A domain may forbid NULL for all its columns.
bool is_nullable(Form_pg_attribute attribute) {
  if (attribute->attnotnull) return false;
  HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(attribute->atttypid));
  if (!HeapTupleIsValid(tuple)) return true;
  auto* type = reinterpret_cast<Form_pg_type>(GETSTRUCT(tuple));
  const bool forbidden = type->typtype == TYPTYPE_DOMAIN && type->typnotnull;
  ReleaseSysCache(tuple);
  return !forbidden;
}

// NULL is possible wherever it is allowed; elsewhere Debezium shows the default.
std::string_view not_logged_value(MemoryContext context, const Column& column) {
  if (column.nullable) return "null";
  if (!column.default_json.empty()) return column.default_json;
  return fallback_value(context, column.codec);
}

// `attribute` is that of the table as it is shown, `index` its place in the rows.
void build_column(RelationPlan& plan, const PlanTerms& terms, Relation shown,
                  Form_pg_attribute attribute, int index) {
  Column& column = plan.columns[plan.column_count];
  const PluginOptions& options = terms.options;
  column.name = quoted(plan.context, utf8_of(NameStr(attribute->attname)));
  column.label = label(plan.context, column.name);
  column.index = index;
  column.type = value_type(attribute->atttypid, attribute->atttypmod);
  column.codec = make_codec(plan.context, column.type, column.name, options);
  column.by_value = attribute->attbyval;
  column.length = attribute->attlen;
  column.nullable = is_nullable(attribute);
  if (options.format == Format::debezium) {
    // Only schemas, and old rows of which NOT NULL columns are not logged, show it.
    const bool shows_default = options.schemas || (!column.nullable && !plan.full_identity);
    if (shows_default) {
      column.default_json = default_value(plan.context, shown, attribute->attnum, column.codec);
    }
    column.not_logged = not_logged_value(plan.context, column);
    column.unavailable = unavailable_value(plan.context, column.codec, options.unavailable_value);
  }
  column.too_large = too_large_value(column.codec.form);
  ++plan.column_count;
}

// The columns of `shown` in its order. Where that is the root of the partition `stored`, names tell
// where a column is in the rows.
void build_columns(RelationPlan& plan, const PlanTerms& terms, Relation shown, Relation stored) {
  TupleDesc descriptor = RelationGetDescr(shown);
  const auto natts = static_cast<size_t>(descriptor->natts);
  plan.columns =
      static_cast<Column*>(MemoryContextAllocZero(plan.context, (natts + 1) * sizeof(Column)));
  for (int i = 0; i < descriptor->natts; ++i) {
    Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
    if (!is_in_rows(attribute)) continue;
    int index = i;
    if (shown != stored) {
      const AttrNumber number = get_attnum(RelationGetRelid(stored), NameStr(attribute->attname));
      if (number == InvalidAttrNumber) continue;
      index = number - 1;
    }
    build_column(plan, terms, shown, attribute, index);
  }
}

Column* column_at(RelationPlan& plan, int index) {
  for (int i = 0; i < plan.column_count; ++i) {
    if (plan.columns[i].index == index) return &plan.columns[i];
  }
  return nullptr;
}

// The key: columns of the identity's index; of the primary key where old rows are logged in full.
// The catalog row is read without opening the index, which may be gone by now.
void build_key(RelationPlan& plan, Relation stored) {
  const Oid index_id =
      plan.full_identity ? primary_key_index(stored) : RelationGetReplicaIndex(stored);
  if (!OidIsValid(index_id)) return;
  HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index_id));
  if (!HeapTupleIsValid(tuple)) return;
  auto* index = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
  plan.key = static_cast<Column**>(MemoryContextAllocZero(
      plan.context, static_cast<size_t>(index->indnkeyatts) * sizeof(Column*)));
  for (int i = 0; i < index->indnkeyatts; ++i) {
    Column* column = column_at(plan, index->indkey.values[i] - 1);
    if (column == nullptr) continue;
    column->identity = true;
    column->key_codec = make_text_codec(plan.context, column->type, column->name);
    plan.key[plan.key_count++] = column;
  }
  ReleaseSysCache(tuple);
}

void build_subjects(RelationPlan& plan, const PlanTerms& terms) {
  constexpr std::string_view actions[] = {"insert", "update", "delete", "truncate"};
  constexpr std::string_view ops[] = {"c", "u", "d", "t"};
  const PluginOptions& options = terms.options;
  if (options.subject.depends_on_key()) return;
  for (size_t i = 0; i < 4; ++i) {
    Sink sink = make_sink(plan.context, 256);
    options.subject.put(sink,
                        {options.name, terms.database, plan.schema, plan.name, actions[i], ops[i]});
    plan.subjects[i] = sink.view();
  }
}

void build_names(RelationPlan& plan, const PlanTerms& terms, Relation shown) {
  const char* schema = get_namespace_name(RelationGetNamespace(shown));
  plan.schema = lasting_name(plan.context, schema != nullptr ? schema : "");
  plan.name = lasting_name(plan.context, RelationGetRelationName(shown));
  Sink qualified = make_sink(plan.context, plan.schema.size() + plan.name.size() + 1);
  qualified.put(plan.schema);
  qualified.put('.');
  qualified.put(plan.name);
  plan.table = qualified.view();
  plan.wanted = terms.options.wants_table(plan.schema, plan.name);
}

void render_source(RelationPlan& plan, const PluginOptions& options) {
  Sink source = make_sink(plan.context, 256);
  if (options.format == Format::debezium) {
    debezium::put_relation(source, plan.schema, plan.name, json_text());
  } else {
    wal_listener::put_relation(source, plan.schema, plan.name, json_text());
  }
  plan.source = source.view();
}

// The names are there.
void build_shown(RelationPlan& plan, const PlanTerms& terms, Relation shown, Relation stored) {
  plan.full_identity = stored->rd_rel->relreplident == REPLICA_IDENTITY_FULL;
  build_columns(plan, terms, shown, stored);
  build_key(plan, stored);
  build_subjects(plan, terms);
  render_source(plan, terms.options);
  if (terms.options.schemas) plan.payload_head = payload_head(plan, terms.options);
}

RelationPlan* make_plan(const PlanTerms& terms) {
  MemoryContext context =
      AllocSetContextCreate(terms.context, "waljet relation plan", ALLOCSET_SMALL_SIZES);
  auto* plan = static_cast<RelationPlan*>(MemoryContextAllocZero(context, sizeof(RelationPlan)));
  plan->context = context;
  return plan;
}

// The topmost ancestor of a partition that is shown as that; null for other tables.
Relation open_root(const PluginOptions& options, Relation relation) {
  if (!options.partition_root || !relation->rd_rel->relispartition) return nullptr;
  List* ancestors = get_partition_ancestors(RelationGetRelid(relation));
  const Oid root = ancestors != NIL ? llast_oid(ancestors) : InvalidOid;
  list_free(ancestors);
  return OidIsValid(root) ? RelationIdGetRelation(root) : nullptr;
}

}  // namespace

RelationPlan* build_plan(const PlanTerms& terms, Relation relation) {
  RelationPlan* plan = make_plan(terms);
  if (!is_shown(relation, terms.options)) return plan;
  Relation root = open_root(terms.options, relation);
  build_names(*plan, terms, root != nullptr ? root : relation);
  if (plan->wanted) build_shown(*plan, terms, root != nullptr ? root : relation, relation);
  if (root != nullptr) RelationClose(root);
  return plan;
}

RelationPlan* build_own_plan(const PlanTerms& terms, Relation relation) {
  RelationPlan* plan = make_plan(terms);
  if (!is_shown(relation, terms.options)) return plan;
  Relation root = open_root(terms.options, relation);
  build_names(*plan, terms, root != nullptr ? root : relation);
  const bool wanted = plan->wanted;
  if (root != nullptr) RelationClose(root);
  build_names(*plan, terms, relation);
  plan->wanted = wanted;
  if (wanted) build_shown(*plan, terms, relation, relation);
  return plan;
}

}  // namespace waljet
