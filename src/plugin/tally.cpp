#include "plugin/tally.h"

namespace waljet {
namespace {

constexpr long expected_tables = 64;

void log_tally(const TableTally& tally) {
  const auto count = [&](Shortfall reason) {
    return static_cast<unsigned long long>(tally.events[static_cast<size_t>(reason)]);
  };
  ereport(DEBUG1,
          (errmsg("waljet: of table %s.%s not sent: %llu by table, %llu by operation, %llu by "
                  "predicate; sent with the key alone: %llu where the predicate failed, %llu where "
                  "the rule does not fit",
                  NameStr(tally.schema), NameStr(tally.name), count(Shortfall::table),
                  count(Shortfall::operation), count(Shortfall::predicate),
                  count(Shortfall::unjudged), count(Shortfall::reduced))));
}

bool is_empty(const TableTally& tally) {
  for (const uint64_t count : tally.events) {
    if (count > 0) return false;
  }
  return true;
}

}  // namespace

HTAB* make_tallies(MemoryContext context) {
  HASHCTL control = {};
  control.keysize = sizeof(Oid);
  control.entrysize = sizeof(TableTally);
  control.hcxt = context;
  return hash_create("waljet tallies", expected_tables, &control,
                     HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
}

TableTally* tally_of(HTAB* tallies, Relation relation) {
  const Oid relid = RelationGetRelid(relation);
  bool found;
  auto* tally = static_cast<TableTally*>(hash_search(tallies, &relid, HASH_ENTER, &found));
  if (!found) *tally = {.relid = relid};
  const char* schema = get_namespace_name(RelationGetNamespace(relation));
  namestrcpy(&tally->schema, schema != nullptr ? schema : "");
  tally->name = relation->rd_rel->relname;
  return tally;
}

void log_tallies(HTAB* tallies) {
  HASH_SEQ_STATUS sequence;
  hash_seq_init(&sequence, tallies);
  while (auto* tally = static_cast<TableTally*>(hash_seq_search(&sequence))) {
    if (!is_empty(*tally)) log_tally(*tally);
  }
}

}  // namespace waljet
