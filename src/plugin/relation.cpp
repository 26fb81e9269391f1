#include "plugin/relation.h"

#include "event/debezium.h"
#include "event/json.h"
#include "event/temporal.h"
#include "event/text.h"
#include "plugin/compat.h"
#include "plugin/memory.h"

namespace waljet {

class RelationCache {
 public:
  HTAB* plans = nullptr;
  MemoryContext context = nullptr;
  const PluginOptions* options = nullptr;
  std::string_view database;
};

namespace {

struct Entry {
  Oid relid;  // key of the hash: first
  bool valid;
  RelationPlan* plan;
};

constexpr long expected_tables = 64;

// The cache of the decoding that runs in this backend, if one does. Invalidation callbacks cannot
// be unregistered, so they look here.
RelationCache* active_cache = nullptr;

void forget_cache(void* cache) {
  if (active_cache == cache) active_cache = nullptr;
}

// Callbacks may run in the middle of any catalog look-up, while a plan is in use: they only mark.
void invalidate_all() {
  HASH_SEQ_STATUS sequence;
  hash_seq_init(&sequence, active_cache->plans);
  while (auto* entry = static_cast<Entry*>(hash_seq_search(&sequence))) entry->valid = false;
}

void on_relation_change(Datum, Oid relid) {
  if (active_cache == nullptr) return;
  if (relid == InvalidOid) return invalidate_all();
  auto* entry = static_cast<Entry*>(hash_search(active_cache->plans, &relid, HASH_FIND, nullptr));
  if (entry != nullptr) entry->valid = false;
}

// A renamed schema or type sends no message for the tables that use it.
void on_catalog_change(Datum, int, uint32) {
  if (active_cache != nullptr) invalidate_all();
}

void register_callbacks_once() {
  static bool registered = false;
  if (registered) return;
  registered = true;
  CacheRegisterRelcacheCallback(on_relation_change, Datum{0});
  CacheRegisterSyscacheCallback(NAMESPACEOID, on_catalog_change, Datum{0});
  CacheRegisterSyscacheCallback(TYPEOID, on_catalog_change, Datum{0});
}

// Digits behind the second that a column's type modifier allows.
int fraction_digits(int32 typmod) {
  return typmod >= 0 && typmod <= MAX_TIMESTAMP_PRECISION ? typmod : fraction_digits_default;
}

// Scale of numeric(p,s) as its type modifier packs it: 11 bits, signed from 15 on.
int numeric_scale(int32 typmod) {
  constexpr int32 scale_bits = 0x7FF;
  constexpr int32 scale_sign = 0x400;
  const int32 packed = (typmod - static_cast<int32>(VARHDRSZ)) & scale_bits;
  return (packed ^ scale_sign) - scale_sign;
}

void set_kind(Column& column, Oid type, int32 typmod) {
  switch (type) {
    case BOOLOID: column.kind = ValueKind::boolean; break;
    case INT2OID: column.kind = ValueKind::int2; break;
    case INT4OID: column.kind = ValueKind::int4; break;
    case INT8OID: column.kind = ValueKind::int8; break;
    case OIDOID: column.kind = ValueKind::oid; break;
    case FLOAT4OID: column.kind = ValueKind::float4; break;
    case FLOAT8OID: column.kind = ValueKind::float8; break;
    case TEXTOID:
    case VARCHAROID:
    case BPCHAROID:
    case JSONOID: column.kind = ValueKind::text; break;
    case NAMEOID: column.kind = ValueKind::name; break;
    case UUIDOID: column.kind = ValueKind::uuid; break;
    case BYTEAOID: column.kind = ValueKind::bytea; break;
    case DATEOID: column.kind = ValueKind::date; break;
    case TIMEOID: column.kind = ValueKind::time; break;
    case TIMESTAMPOID: column.kind = ValueKind::timestamp; break;
    case TIMESTAMPTZOID: column.kind = ValueKind::timestamptz; break;
    case INTERVALOID: column.kind = ValueKind::interval; break;
    case NUMERICOID:
      column.kind = typmod >= 0 ? ValueKind::numeric : ValueKind::variable_numeric;
      break;
    default: column.kind = ValueKind::other; break;
  }
  const bool numeric = column.kind == ValueKind::numeric;
  column.scale = numeric ? numeric_scale(typmod) : fraction_digits(typmod);
}

// What Debezium shows in an old image for a NOT NULL column that the log did not hold.
std::string_view fallback_value(ValueKind kind) {
  switch (kind) {
    case ValueKind::boolean: return "false";
    case ValueKind::int2:
    case ValueKind::int4:
    case ValueKind::int8:
    case ValueKind::oid:
    case ValueKind::date:
    case ValueKind::time:
    case ValueKind::timestamp:
    case ValueKind::interval: return "0";
    case ValueKind::float4:
    case ValueKind::float8: return "0.0";
    case ValueKind::timestamptz: return "\"1970-01-01T00:00:00Z\"";
    case ValueKind::numeric: return "\"AA==\"";
    case ValueKind::variable_numeric: return "{\"scale\":0,\"value\":\"AA==\"}";
    case ValueKind::text:
    case ValueKind::name:
    case ValueKind::uuid:
    case ValueKind::bytea:
    case ValueKind::other: return "\"\"";
  }
  return "null";
}

// The placeholder by type: bytes are base64 as all bytes are; a numeric has no way to say it.
std::string_view placeholder(MemoryContext context, ValueKind kind, std::string_view text) {
  if (kind == ValueKind::numeric || kind == ValueKind::variable_numeric) return "null";
  Sink sink = make_sink(context, text.size() * 2 + 8);
  if (kind == ValueKind::bytea) {
    sink.put('"');
    put_base64(sink, text);
    sink.put('"');
  } else {
    put_json_string(sink, text);
  }
  return sink.view();
}

// Only what can be large is left out of an event.
std::string_view too_large_marker(ValueKind kind) {
  switch (kind) {
    case ValueKind::text:
    case ValueKind::other: return "\"__waljet_value_too_large\"";
    case ValueKind::bytea: return "\"X193YWxqZXRfdmFsdWVfdG9vX2xhcmdl\"";  // the same in base64
    default: return {};
  }
}

std::string_view render_label(MemoryContext context, const char* name, bool first) {
  Sink sink = make_sink(context, NAMEDATALEN + 8);
  if (!first) sink.put(',');
  put_json_string(sink, name);
  sink.put(':');
  return sink.view();
}

FmgrInfo* output_function(MemoryContext context, Oid type) {
  Oid function;
  bool varlena;
  getTypeOutputInfo(type, &function, &varlena);
  auto* info = static_cast<FmgrInfo*>(MemoryContextAllocZero(context, sizeof(FmgrInfo)));
  fmgr_info_cxt(function, info, context);
  return info;
}

// Dropped columns stay in the descriptor; virtual generated ones are in it but never in a row.
bool is_shown(Form_pg_attribute attribute) {
  constexpr char generated_virtual = 'v';
  return !attribute->attisdropped && attribute->attgenerated != generated_virtual;
}

void build_column(RelationPlan& plan, Form_pg_attribute attribute, const PluginOptions& options) {
  Column& column = plan.columns[plan.column_count];
  int32 typmod = attribute->atttypmod;
  const Oid type = getBaseTypeAndTypmod(attribute->atttypid, &typmod);
  set_kind(column, type, typmod);
  column.index = attribute->attnum - 1;
  column.label = render_label(plan.context, NameStr(attribute->attname), plan.column_count == 0);
  column.varlena = attribute->attlen == -1;
  column.by_value = attribute->attbyval;
  column.length = attribute->attlen;
  column.not_logged = attribute->attnotnull ? fallback_value(column.kind) : "null";
  column.unavailable = placeholder(plan.context, column.kind, options.unavailable_value);
  column.too_large = too_large_marker(column.kind);
  if (column.kind == ValueKind::other) {
    column.output = output_function(plan.context, type);
    column.own_type = type >= FirstNormalObjectId && get_typtype(type) != TYPTYPE_ENUM;
  }
  ++plan.column_count;
}

void build_columns(RelationPlan& plan, TupleDesc descriptor, const PluginOptions& options) {
  const auto natts = static_cast<size_t>(descriptor->natts);
  plan.columns =
      static_cast<Column*>(MemoryContextAllocZero(plan.context, (natts + 1) * sizeof(Column)));
  for (int i = 0; i < descriptor->natts; ++i) {
    Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
    if (is_shown(attribute)) build_column(plan, attribute, options);
  }
}

Column* column_of(RelationPlan& plan, int16 attnum) {
  for (int i = 0; i < plan.column_count; ++i) {
    if (plan.columns[i].index == attnum - 1) return &plan.columns[i];
  }
  return nullptr;
}

// The key: columns of the identity's index; of the primary key where old rows are logged in full.
// The catalog row is read without opening the index, which may be gone by now.
void build_key(RelationPlan& plan, Relation relation) {
  const Oid index_id =
      plan.full_identity ? primary_key_index(relation) : RelationGetReplicaIndex(relation);
  if (!OidIsValid(index_id)) return;
  HeapTuple tuple = SearchSysCache1(INDEXRELID, ObjectIdGetDatum(index_id));
  if (!HeapTupleIsValid(tuple)) return;
  auto* index = reinterpret_cast<Form_pg_index>(GETSTRUCT(tuple));
  plan.key = static_cast<Column**>(MemoryContextAllocZero(
      plan.context, static_cast<size_t>(index->indnkeyatts) * sizeof(Column*)));
  for (int i = 0; i < index->indnkeyatts; ++i) {
    Column* column = column_of(plan, index->indkey.values[i]);
    if (column == nullptr) continue;
    column->identity = true;
    plan.key[plan.key_count++] = column;
  }
  ReleaseSysCache(tuple);
}

void build_subjects(RelationPlan& plan, const RelationCache& cache, std::string_view schema,
                    std::string_view table) {
  constexpr std::string_view actions[] = {"insert", "update", "delete", "truncate"};
  constexpr std::string_view ops[] = {"c", "u", "d", "t"};
  const PluginOptions& options = *cache.options;
  for (size_t i = 0; i < 4; ++i) {
    Sink sink = make_sink(plan.context, 256);
    options.subject.put(sink, {options.name, cache.database, schema, table, actions[i], ops[i]});
    plan.subjects[i] = sink.view();
  }
}

void build_names(RelationPlan& plan, const RelationCache& cache, std::string_view schema,
                 std::string_view table) {
  Sink qualified = make_sink(plan.context, schema.size() + table.size() + 1);
  qualified.put(schema);
  qualified.put('.');
  qualified.put(table);
  plan.table = qualified.view();

  Sink source = make_sink(plan.context, 256);
  debezium::put_relation(source, schema, table);
  plan.source = source.view();
  build_subjects(plan, cache, schema, table);
}

// What has rows of its own: tables and partitions. A TRUNCATE of a partitioned table lists its
// partitions too. Up to 15 the rows that fill a materialized view are decoded; they are nobody's
// change.
bool is_table(Relation relation) {
  return relation->rd_rel->relkind == RELKIND_RELATION;
}

RelationPlan* build_plan(const RelationCache& cache, Relation relation) {
  MemoryContext context =
      AllocSetContextCreate(cache.context, "waljet relation plan", ALLOCSET_SMALL_SIZES);
  auto* plan = static_cast<RelationPlan*>(MemoryContextAllocZero(context, sizeof(RelationPlan)));
  plan->context = context;

  const char* schema = get_namespace_name(RelationGetNamespace(relation));
  const char* table = RelationGetRelationName(relation);
  if (schema == nullptr) schema = "";
  plan->wanted = is_table(relation) && cache.options->wants_table(schema, table);
  if (!plan->wanted) return plan;

  plan->full_identity = relation->rd_rel->relreplident == REPLICA_IDENTITY_FULL;
  build_columns(*plan, RelationGetDescr(relation), *cache.options);
  build_key(*plan, relation);
  build_names(*plan, cache, copy_into(context, schema), copy_into(context, table));
  return plan;
}

}  // namespace

RelationCache* make_relation_cache(MemoryContext context, const PluginOptions& options,
                                   std::string_view database) {
  register_callbacks_once();

  HASHCTL control = {};
  control.keysize = sizeof(Oid);
  control.entrysize = sizeof(Entry);
  control.hcxt = context;
  auto* cache = static_cast<RelationCache*>(MemoryContextAllocZero(context, sizeof(RelationCache)));
  cache->plans = hash_create("waljet relation plans", expected_tables, &control,
                             HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
  cache->context = context;
  cache->options = &options;
  cache->database = database;

  auto* callback = static_cast<MemoryContextCallback*>(
      MemoryContextAllocZero(context, sizeof(MemoryContextCallback)));
  callback->func = forget_cache;
  callback->arg = cache;
  MemoryContextRegisterResetCallback(context, callback);
  active_cache = cache;
  return cache;
}

const RelationPlan& plan_for(RelationCache& cache, Relation relation) {
  const Oid relid = RelationGetRelid(relation);
  bool found;
  auto* entry = static_cast<Entry*>(hash_search(cache.plans, &relid, HASH_ENTER, &found));
  if (found && entry->valid) return *entry->plan;

  if (found && entry->plan != nullptr) MemoryContextDelete(entry->plan->context);
  entry->plan = nullptr;
  // Before the look-ups: what is invalidated while they run must be built again next time.
  entry->valid = true;
  entry->plan = build_plan(cache, relation);
  return *entry->plan;
}

}  // namespace waljet
