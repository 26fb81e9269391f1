#include "plugin/rule_check.h"

#include "plugin/encoding.h"
#include "plugin/guard.h"
#include "plugin/memory.h"
#include "plugin/predicate.h"
#include "plugin/table_rule.h"

namespace waljet {
namespace {

const char* as_text(std::string_view text) {
  return copy_into(CurrentMemoryContext, text).data();
}

const char* as_text(const JsonString& string) {
  Sink sink = make_sink(CurrentMemoryContext, string.spelled().size() + 1);
  string.put(sink);
  sink.put('\0');
  return sink.data();
}

// `problem` is a phrase that follows the number of the rule.
[[noreturn]] void refuse(const Rule& rule, const char* problem, const char* hint) {
  ereport(ERROR,
          (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid value for option \"rules\""),
           errdetail("Rule %zu: %s.", rule.number, problem), errhint("%s", hint)));
}

// ---- tables ----

struct Table {
  Oid relid = InvalidOid;
  const char* schema = nullptr;
  const char* name = nullptr;
  bool full_identity = false;
};

// A table whose changes are decoded; as its root where the option asks for that.
bool is_decoded(const Form_pg_class table) {
  const bool has_rows = table->relkind == RELKIND_RELATION;
  return has_rows && table->relpersistence == RELPERSISTENCE_PERMANENT &&
         table->oid >= FirstNormalObjectId;
}

// By which table's name it is sent.
Oid shown_as(Oid relid, bool is_partition, const PluginOptions& options) {
  if (!is_partition || !options.partition_root) return relid;
  List* ancestors = get_partition_ancestors(relid);
  return ancestors != NIL ? llast_oid(ancestors) : relid;
}

std::optional<Rule> rule_for(const PluginOptions& options, const Table& table) {
  const std::string_view schema = utf8_of(table.schema);
  const std::string_view name = utf8_of(table.name);
  if (!options.wants_table(schema, name)) return std::nullopt;
  return options.rules.find(schema, name);
}

// ---- keys ----

// Refuses a rule that leaves out a column of this index.
void require_columns(const Rule& rule, const Table& table, const Form_pg_index index) {
  for (int i = 0; i < index->indnkeyatts; ++i) {
    const char* column = get_attname(table.relid, index->indkey.values[i], true);
    if (column == nullptr || exposure_of(&rule, utf8_of(column)) != Exposure::left_out) continue;
    refuse(rule,
           psprintf("\"columns\" leaves out column \"%s\" of the key of table %s.%s", column,
                    table.schema, table.name),
           "Events are told apart by their keys: use mask or hash.");
  }
}

// The index whose columns are the key, as in a plan: that of the replica identity, where old rows
// are logged in full the primary key.
bool is_key(const Form_pg_index index, char identity) {
  if (identity == REPLICA_IDENTITY_NOTHING || !index->indisvalid) return false;
  return identity == REPLICA_IDENTITY_INDEX ? index->indisreplident : index->indisprimary;
}

void require_key(const Rule& rule, const Table& table, char identity) {
  ScanKeyData key;
  ScanKeyInit(&key, Anum_pg_index_indrelid, BTEqualStrategyNumber, F_OIDEQ,
              ObjectIdGetDatum(table.relid));
  Relation indexes = table_open(IndexRelationId, AccessShareLock);
  SysScanDesc scan = systable_beginscan(indexes, IndexIndrelidIndexId, true, nullptr, 1, &key);
  while (HeapTuple tuple = systable_getnext(scan)) {
    auto* index = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
    if (is_key(index, identity)) require_columns(rule, table, index);
  }
  systable_endscan(scan);
  table_close(indexes, AccessShareLock);
}

// ---- predicates ----

struct Parsing {
  const char* text;  // in the database's encoding
  Oid relid;         // none: the syntax alone
};

void parse_or_fail(void* argument) {
  auto* parsing = static_cast<Parsing*>(argument);
  if (!OidIsValid(parsing->relid)) return check_predicate_syntax(parsing->text);
  parse_predicate(parsing->text, parsing->relid);
}

// Null where nothing is wrong.
const ErrorData* parse_failure(const Rule& rule, Oid relid) {
  const char* utf8 = as_text(rule.where);
  Parsing parsing{pg_any_to_server(utf8, static_cast<int>(strlen(utf8)), PG_UTF8), relid};
  return run_guarded(parse_or_fail, &parsing);
}

constexpr const char* predicate_hint =
    "It is an expression over the table's columns, as in WHERE of CREATE PUBLICATION.";

void require_syntax(const Rule& rule) {
  const ErrorData* failure = parse_failure(rule, InvalidOid);
  if (failure == nullptr) return;
  refuse(rule, psprintf("\"where\" cannot be read: %s", failure->message), predicate_hint);
}

void require_predicate(const Rule& rule, const Table& table) {
  const ErrorData* failure = parse_failure(rule, table.relid);
  if (failure == nullptr || failure->sqlerrcode == ERRCODE_UNDEFINED_COLUMN) return;
  refuse(rule,
         psprintf("\"where\" is refused for table %s.%s: %s", table.schema, table.name,
                  failure->message),
         predicate_hint);
}

// ---- all rules, all tables ----

void check_table(const PluginOptions& options, const Form_pg_class relation) {
  const Oid shown = shown_as(relation->oid, relation->relispartition, options);
  const Table table{relation->oid, get_namespace_name(get_rel_namespace(shown)),
                    get_rel_name(shown)};
  if (table.schema == nullptr || table.name == nullptr) return;  // dropped meanwhile
  const std::optional<Rule> rule = rule_for(options, table);
  if (!rule) return;
  if (rule->include.is_given() || rule->exclude.is_given()) {
    require_key(*rule, table, relation->relreplident);
  }
  if (!rule->where.empty()) require_predicate(*rule, table);
}

void check_tables(const PluginOptions& options) {
  Relation relations = table_open(RelationRelationId, AccessShareLock);
  SysScanDesc scan = systable_beginscan(relations, InvalidOid, false, nullptr, 0, nullptr);
  while (HeapTuple tuple = systable_getnext(scan)) {
    auto* relation = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
    if (is_decoded(relation)) check_table(options, relation);
  }
  systable_endscan(scan);
  table_close(relations, AccessShareLock);
}

void check_predicates(const RuleList& rules) {
  RuleList::Place place = rules.first();
  for (Rule rule; RuleList::next(place, rule);) {
    if (!rule.where.empty()) require_syntax(rule);
  }
}

void require_salt(const PluginOptions& options) {
  if (!options.hash_salt.empty() || !options.rules.hashes()) return;
  ereport(ERROR,
          (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid value for option \"rules\""),
           errdetail("Rules hash columns, but setting waljet.hash_salt is empty."),
           errhint("Set it in postgresql.conf, where nobody but superusers reads it.")));
}

}  // namespace

void require_valid_rules(std::string_view text) {
  const RuleProblem problem = RuleList::check(text);
  if (problem.phrase.empty()) return;
  Sink detail = make_sink(CurrentMemoryContext, 256);
  put_rule_problem(detail, problem);
  const bool has_list = !problem.allowed.empty();
  ereport(ERROR,
          (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid value for option \"rules\""),
           errdetail("%s", as_text(detail.view())),
           has_list ? errhint("Allowed: %s.", as_text(problem.allowed))
                    : errhint("Rules are described in filters.md.")));
}

void require_fitting_rules(const PluginOptions& options) {
  if (!options.rules.is_given()) return;
  require_salt(options);
  const bool own_transaction = !IsTransactionState();
  MemoryContext caller = CurrentMemoryContext;
  if (own_transaction) StartTransactionCommand();
  check_predicates(options.rules);
  check_tables(options);
  if (own_transaction) CommitTransactionCommand();
  MemoryContextSwitchTo(caller);
}

}  // namespace waljet
