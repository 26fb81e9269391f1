#include "plugin/relation_plan.h"

#include "event/debezium.h"
#include "event/json.h"
#include "event/wal_listener.h"
#include "plugin/compat.h"
#include "plugin/connect_schema.h"
#include "plugin/default_value.h"
#include "plugin/disguise.h"
#include "plugin/encoding.h"
#include "plugin/key_hash.h"
#include "plugin/memory.h"
#include "plugin/publication.h"
#include "plugin/row_filter.h"
#include "plugin/stand_in.h"
#include "plugin/table_rule.h"

namespace waljet {
namespace {

// What has rows of its own: tables and partitions, and of a partitioned table its TRUNCATE, where
// it stands for its partitions. Up to 15 the rows that fill a materialized view are decoded; they
// are nobody's change.
bool is_shown(Relation relation, const PlanTerms& terms) {
  const char kind = relation->rd_rel->relkind;
  const bool has_roots = terms.options.partition_root || terms.publications != NIL;
  return kind == RELKIND_RELATION || (has_roots && kind == RELKIND_PARTITIONED_TABLE);
}

// What the filter says of one table: a rule, or publications; neither without these options.
struct Selection {
  std::optional<Rule> rule;
  Published published;

  Exposure of(Form_pg_attribute attribute) const {
    if (published.columns != nullptr && !bms_is_member(attribute->attnum, published.columns)) {
      return Exposure::left_out;
    }
    return rule ? exposure_of(&*rule, utf8_of(NameStr(attribute->attname))) : Exposure::plain;
  }
};

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

ValueCodec column_codec(MemoryContext context, const Column& column, Exposure exposure,
                        const PluginOptions& options) {
  switch (exposure) {
    case Exposure::masked: return make_masked_codec(column.type, column.name);
    case Exposure::hashed:
      return make_hashed_codec(context, column.type, column.name, options.hash_salt);
    case Exposure::plain:
    case Exposure::left_out: break;
  }
  return make_codec(context, column.type, column.name, options);
}

// `attribute` is that of the table as it is shown, `index` its place in the rows.
void build_column(RelationPlan& plan, const PlanTerms& terms, Relation shown,
                  Form_pg_attribute attribute, int index, Exposure exposure) {
  Column& column = plan.columns[plan.column_count];
  const PluginOptions& options = terms.options;
  column.name = quoted(plan.context, utf8_of(NameStr(attribute->attname)));
  column.label = label(plan.context, column.name);
  column.index = index;
  column.type = value_type(attribute->atttypid, attribute->atttypmod);
  column.codec = column_codec(plan.context, column, exposure, options);
  column.by_value = attribute->attbyval;
  column.length = attribute->attlen;
  column.nullable = is_nullable(attribute);
  if (options.format == Format::debezium) {
    // Only schemas, and old rows of which NOT NULL columns are not logged, show it.
    const bool shows_default = options.schemas || (!column.nullable && !plan.full_identity);
    if (shows_default && exposure == Exposure::plain) {
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
void build_columns(RelationPlan& plan, const PlanTerms& terms, Relation shown, Relation stored,
                   const Selection& selection) {
  TupleDesc descriptor = RelationGetDescr(shown);
  const auto natts = static_cast<size_t>(descriptor->natts);
  plan.columns =
      static_cast<Column*>(MemoryContextAllocZero(plan.context, (natts + 1) * sizeof(Column)));
  for (int i = 0; i < descriptor->natts; ++i) {
    Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
    if (!is_in_rows(attribute)) continue;
    const Exposure exposure = selection.of(attribute);
    if (exposure == Exposure::left_out) continue;
    int index = i;
    if (shown != stored) {
      const AttrNumber number = get_attnum(RelationGetRelid(stored), NameStr(attribute->attname));
      if (number == InvalidAttrNumber) continue;
      index = number - 1;
    }
    build_column(plan, terms, shown, attribute, index, exposure);
  }
}

Column* column_at(RelationPlan& plan, int index) {
  for (int i = 0; i < plan.column_count; ++i) {
    if (plan.columns[i].index == index) return &plan.columns[i];
  }
  return nullptr;
}

ValueCodec* key_codec(MemoryContext context, const Column& column) {
  if (!is_disguised(column.codec.form)) return make_text_codec(context, column.type, column.name);
  return new (MemoryContextAlloc(context, sizeof(ValueCodec))) ValueCodec(column.codec);
}

// The key: columns of the identity's index; of the primary key where old rows are logged in full.
// The catalog row is read without opening the index, which may be gone by now. Returns the numbers
// of its columns, those included that the plan has not.
Bitmapset* build_key(RelationPlan& plan, Relation stored) {
  const Oid index_id =
      plan.full_identity ? primary_key_index(stored) : RelationGetReplicaIndex(stored);
  if (!OidIsValid(index_id)) return nullptr;
  HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index_id));
  if (!HeapTupleIsValid(tuple)) return nullptr;
  Bitmapset* numbers = nullptr;
  auto* index = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
  plan.key = static_cast<Column**>(MemoryContextAllocZero(
      plan.context, static_cast<size_t>(index->indnkeyatts) * sizeof(Column*)));
  for (int i = 0; i < index->indnkeyatts; ++i) {
    numbers = bms_add_member(numbers, index->indkey.values[i]);
    Column* column = column_at(plan, index->indkey.values[i] - 1);
    if (column == nullptr) continue;
    column->identity = true;
    column->key_codec = key_codec(plan.context, *column);
    plan.key[plan.key_count++] = column;
  }
  ReleaseSysCache(tuple);
  return numbers;
}

// ---- what a filter adds ----

// Where the filter does not fit, too little is sent rather than what it may have been meant to
// hide.
void reduce(RelationPlan& plan, const char* why) {
  keep_key_columns(plan);
  if (plan.reduced) return;
  plan.reduced = true;
  ereport(LOG, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                errmsg("waljet sends only the key of table %s",
                       copy_into(CurrentMemoryContext, plan.table).data()),
                errdetail("%s", why),
                errhint("Until the filter or the table is changed nothing else of its rows is "
                        "sent, and it is sent of all of them where the predicate is refused.")));
}

// Null, with the plan reduced, where the condition is not allowed.
RowFilter* build_filter(RelationPlan& plan, const RowCondition& condition, Relation stored,
                        const Bitmapset* key, const char* whose) {
  ErrorData* failure = nullptr;
  RowFilter* filter = make_row_filter(plan.context, condition, stored, key, &failure);
  if (failure != nullptr) {
    reduce(plan, psprintf("The predicate of %s is refused: %s.", whose, failure->message));
  }
  return filter;
}

void apply_rule(RelationPlan& plan, const Rule& rule, Relation shown, Relation stored,
                const Bitmapset* key) {
  const char* name = psprintf("rule %zu", rule.number);
  if (names_absent_column(rule, shown)) {
    reduce(plan, psprintf("A column that %s names is not there.", name));
  }
  if (plan.key_count < bms_num_members(key)) {
    reduce(plan, psprintf("A column that %s leaves out is part of the key.", name));
  }
  if (rule.where.empty()) return;
  Sink where = make_sink(CurrentMemoryContext, rule.where.spelled().size() + 1);
  rule.where.put(where);
  RowFilter* filter = build_filter(plan, {.text = where.view()}, stored, key, name);
  for (RowFilter*& each : plan.filters) each = filter;
}

void apply_publications(RelationPlan& plan, const Published& published, Relation stored,
                        const Bitmapset* key) {
  if (published.columns_differ) reduce(plan, "Publications have different column lists of it.");
  // Of inserts alone a publication may leave out a column of the key: then there is none.
  if (plan.key_count < bms_num_members(key)) plan.key_count = 0;
  for (int i = 0; i < 3; ++i) {
    const Node* expression = published.filters[i];
    if (expression == nullptr) continue;
    const bool as_before = i > 0 && equal(expression, published.filters[i - 1]);
    plan.filters[i] = as_before ? plan.filters[i - 1]
                                : build_filter(plan, {{}, expression, published.shown}, stored, key,
                                               "publications");
  }
}

void build_subjects(RelationPlan& plan, const PlanTerms& terms) {
  constexpr std::string_view actions[] = {"insert", "update", "delete", "truncate", "read"};
  constexpr std::string_view ops[] = {"c", "u", "d", "t", "r"};
  const PluginOptions& options = terms.options;
  if (options.subject.depends_on_key()) return;
  for (size_t i = 0; i < 5; ++i) {
    Sink sink = make_sink(plan.context, 256);
    options.subject.put(sink,
                        {options.name, terms.database, plan.schema, plan.name, actions[i], ops[i]});
    plan.subjects[i] = sink.view();
  }
}

void build_names(RelationPlan& plan, Relation shown) {
  const char* schema = get_namespace_name(RelationGetNamespace(shown));
  plan.schema = lasting_name(plan.context, schema != nullptr ? schema : "");
  plan.name = lasting_name(plan.context, RelationGetRelationName(shown));
  Sink qualified = make_sink(plan.context, plan.schema.size() + plan.name.size() + 1);
  qualified.put(plan.schema);
  qualified.put('.');
  qualified.put(plan.name);
  plan.table = qualified.view();
  plan.table_hash = hash_of_table(plan.table);
}

// Whether the rules let the table through that the plan names, and by which rule.
std::optional<Rule> judge_table(RelationPlan& plan, const PluginOptions& options) {
  plan.operations = options.operations;
  plan.wanted = options.wants_table(plan.schema, plan.name);
  if (!plan.wanted || !options.rules.is_given()) return std::nullopt;
  const std::optional<Rule> rule = options.rules.find(plan.schema, plan.name);
  plan.wanted = rule.has_value();
  if (rule) plan.operations &= rule->operations;
  return rule;
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
void build_shown(RelationPlan& plan, const PlanTerms& terms, Relation shown, Relation stored,
                 const Selection& selection) {
  plan.full_identity = stored->rd_rel->relreplident == REPLICA_IDENTITY_FULL;
  build_columns(plan, terms, shown, stored, selection);
  const Bitmapset* key = build_key(plan, stored);
  if (selection.rule) apply_rule(plan, *selection.rule, shown, stored, key);
  if (terms.publications != NIL) apply_publications(plan, selection.published, stored, key);
  build_subjects(plan, terms);
  render_source(plan, terms.options);
  if (terms.options.schemas) plan.payload_head = payload_head(plan, terms.options);
}

RelationPlan* make_plan(const PlanTerms& terms, Relation relation) {
  MemoryContext context =
      AllocSetContextCreate(terms.context, "waljet relation plan", ALLOCSET_SMALL_SIZES);
  auto* plan = static_cast<RelationPlan*>(MemoryContextAllocZero(context, sizeof(RelationPlan)));
  plan->context = context;
  plan->tally = tally_of(terms.tallies, relation);
  return plan;
}

// As which table a table is shown: itself, or an ancestor.
Oid shown_as(const PlanTerms& terms, Relation relation, const Published& published) {
  const Oid relid = RelationGetRelid(relation);
  if (terms.publications != NIL) return OidIsValid(published.shown) ? published.shown : relid;
  if (!terms.options.partition_root || !relation->rd_rel->relispartition) return relid;
  List* ancestors = get_partition_ancestors(relid);
  const Oid root = ancestors != NIL ? llast_oid(ancestors) : relid;
  list_free(ancestors);
  return root;
}

// Names the plan after the table that `relation` is shown as, and asks the filter about that.
// Returns it, open beside `relation` if it is another.
Relation find_shown(RelationPlan& plan, const PlanTerms& terms, Relation relation,
                    Selection& selection) {
  if (terms.publications != NIL) selection.published = published(terms.publications, relation);
  const Oid shown_id = shown_as(terms, relation, selection.published);
  Relation root =
      shown_id != RelationGetRelid(relation) ? RelationIdGetRelation(shown_id) : nullptr;
  Relation shown = root != nullptr ? root : relation;
  plan.under_root = root != nullptr;
  build_names(plan, shown);
  if (terms.publications == NIL) {
    selection.rule = judge_table(plan, terms.options);
  } else {
    plan.operations = selection.published.operations;
    plan.wanted = plan.operations != 0;
  }
  return shown;
}

// The numbers that columns of `from` have in `to`.
Bitmapset* renumbered(const Bitmapset* numbers, Oid from, Oid to) {
  Bitmapset* result = nullptr;
  for (int number = -1; (number = bms_next_member(numbers, number)) >= 0;) {
    const char* name = get_attname(from, static_cast<AttrNumber>(number), true);
    const AttrNumber there = name != nullptr ? get_attnum(to, name) : InvalidAttrNumber;
    if (there > 0) result = bms_add_member(result, there);
  }
  return result;
}

}  // namespace

RelationPlan* build_plan(const PlanTerms& terms, Relation relation) {
  RelationPlan* plan = make_plan(terms, relation);
  if (!is_shown(relation, terms)) return plan;
  Selection selection;
  Relation shown = find_shown(*plan, terms, relation, selection);
  if (plan->wanted) build_shown(*plan, terms, shown, relation, selection);
  if (shown != relation) RelationClose(shown);
  return plan;
}

RelationPlan* build_own_plan(const PlanTerms& terms, Relation relation) {
  RelationPlan* plan = make_plan(terms, relation);
  if (!is_shown(relation, terms)) return plan;
  Selection selection;
  Relation shown = find_shown(*plan, terms, relation, selection);
  if (shown != relation) RelationClose(shown);
  build_names(*plan, relation);
  Published& published = selection.published;
  if (published.columns != nullptr) {
    published.columns = renumbered(published.columns, published.shown, RelationGetRelid(relation));
  }
  if (plan->wanted) build_shown(*plan, terms, relation, relation, selection);
  return plan;
}

}  // namespace waljet
