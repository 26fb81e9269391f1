#include "plugin/relation.h"

#include "plugin/compat.h"
#include "plugin/memory.h"
#include "plugin/relation_plan.h"

namespace waljet {

struct Entry {
  Oid relid;  // key of the hash: first
  bool valid;
  RelationPlan* plan;
};

class RelationCache {
 public:
  HTAB* plans = nullptr;
  Entry* last = nullptr;  // looked up last: changes of one table come in runs
  MemoryContext context = nullptr;
  const PluginOptions* options = nullptr;
  std::string_view database;
  List* publications = NIL;
  HTAB* tallies = nullptr;
  RelationCache* next = nullptr;  // of those that are in use

  PlanTerms terms(MemoryContext parent) const {
    return {parent, *options, database, publications, tallies};
  }
  // A partition's plan may rest on its root and on what lies between.
  bool has_roots() const { return options->partition_root || publications != NIL; }
};

namespace {

constexpr long expected_tables = 64;

// Those that are in use: of the decoding that runs in this backend, if one does, and of tables that
// are being read. Invalidation callbacks cannot be unregistered, so they look here.
RelationCache* caches = nullptr;

void forget_cache(void* cache) {
  for (RelationCache** at = &caches; *at != nullptr; at = &(*at)->next) {
    if (*at != cache) continue;
    *at = (*at)->next;
    return;
  }
}

// Callbacks may run in the middle of any catalog look-up, while a plan is in use: they only mark.
void invalidate_plans(const RelationCache& cache) {
  HASH_SEQ_STATUS sequence;
  hash_seq_init(&sequence, cache.plans);
  while (auto* entry = static_cast<Entry*>(hash_seq_search(&sequence))) entry->valid = false;
}

void invalidate_plan(const RelationCache& cache, Oid relid) {
  if (relid == InvalidOid || cache.has_roots()) return invalidate_plans(cache);
  auto* entry = static_cast<Entry*>(hash_search(cache.plans, &relid, HASH_FIND, nullptr));
  if (entry != nullptr) entry->valid = false;
}

void on_relation_change(Datum, Oid relid) {
  for (RelationCache* cache = caches; cache != nullptr; cache = cache->next) {
    invalidate_plan(*cache, relid);
  }
}

// A renamed schema, type or enum label sends no message for the tables that use it, nor does an
// output function that is replaced.
void on_catalog_change(Datum, int, uint32) {
  for (RelationCache* cache = caches; cache != nullptr; cache = cache->next) {
    invalidate_plans(*cache);
  }
}

void register_callbacks_once() {
  static bool registered = false;
  if (registered) return;
  registered = true;
  CacheRegisterRelcacheCallback(on_relation_change, Datum{0});
  CacheRegisterSyscacheCallback(NAMESPACEOID, on_catalog_change, Datum{0});
  CacheRegisterSyscacheCallback(TYPEOID, on_catalog_change, Datum{0});
  CacheRegisterSyscacheCallback(ENUMOID, on_catalog_change, Datum{0});
  CacheRegisterSyscacheCallback(PROCOID, on_catalog_change, Datum{0});
  follow_publications(on_catalog_change);
}

}  // namespace

RelationCache* make_relation_cache(MemoryContext context, const PluginOptions& options,
                                   std::string_view database, List* publications) {
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
  cache->publications = publications;
  cache->tallies = make_tallies(context);

  auto* callback = static_cast<MemoryContextCallback*>(
      MemoryContextAllocZero(context, sizeof(MemoryContextCallback)));
  callback->func = forget_cache;
  callback->arg = cache;
  MemoryContextRegisterResetCallback(context, callback);
  cache->next = caches;
  caches = cache;
  return cache;
}

const RelationPlan& own_plan_for(const RelationCache& cache, Relation relation) {
  return *build_own_plan(cache.terms(CurrentMemoryContext), relation);
}

void log_tallies_of(const RelationCache& cache) {
  log_tallies(cache.tallies);
}

const RelationPlan& plan_for(RelationCache& cache, Relation relation) {
  const Oid relid = RelationGetRelid(relation);
  if (cache.last != nullptr && cache.last->relid == relid && cache.last->valid) {
    return *cache.last->plan;
  }
  bool found;
  auto* entry = static_cast<Entry*>(hash_search(cache.plans, &relid, HASH_ENTER, &found));
  cache.last = entry;
  if (found && entry->valid) return *entry->plan;

  if (found && entry->plan != nullptr) MemoryContextDelete(entry->plan->context);
  entry->plan = nullptr;
  // Before the look-ups: what is invalidated while they run must be built again next time.
  entry->valid = true;
  entry->plan = build_plan(cache.terms(cache.context), relation);
  return *entry->plan;
}

}  // namespace waljet
