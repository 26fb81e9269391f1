#include "plugin/publication.h"

#include "plugin/compat.h"
#include "plugin/memory.h"

namespace waljet {
namespace {

constexpr int filtered_operations = 3;  // insert, update, delete

struct Definition {
  Oid oid = InvalidOid;  // none: it is not there
  bool all_tables = false;
  bool via_root = false;
  uint8_t operations = 0;
};

uint8_t operations_of(const FormData_pg_publication& form) {
  const auto bit = [](bool set, Operation operation) {
    return set ? static_cast<unsigned>(operation) : 0u;
  };
  return static_cast<uint8_t>(
      bit(form.pubinsert, Operation::insert) | bit(form.pubupdate, Operation::update) |
      bit(form.pubdelete, Operation::remove) | bit(form.pubtruncate, Operation::truncate));
}

Definition find_publication(const char* name) {
  HeapTuple tuple = SearchSysCache1(PUBLICATIONNAME, CStringGetDatum(name));
  if (!HeapTupleIsValid(tuple)) return {};
  const auto& form = *reinterpret_cast<Form_pg_publication>(GETSTRUCT(tuple));
  const Definition publication{form.oid, form.puballtables, form.pubviaroot, operations_of(form)};
  ReleaseSysCache(tuple);
  return publication;
}

// ---- which publications publish a table, and as what ----

// A table as one publication has it; level 0 is the table itself, higher ones are ancestors.
struct Place {
  Oid shown = InvalidOid;
  int level = 0;
};

struct Table {
  Oid relid;
  char kind;
  List* ancestors;     // of a partition, from its parent up
  List* publications;  // that name it, or its schema
};

Table table_of(Relation relation) {
  const Oid relid = RelationGetRelid(relation);
  Table table{relid, relation->rd_rel->relkind, NIL, GetRelationPublications(relid)};
  table.publications = list_concat_unique_oid(table.publications,
                                              schema_publications(RelationGetNamespace(relation)));
  if (relation->rd_rel->relispartition) table.ancestors = get_partition_ancestors(relid);
  return table;
}

// Not published: no table.
Place place_in(const Definition& publication, const Table& table) {
  const Place itself{table.relid, 0};
  if (publication.all_tables) {
    if (!publication.via_root || table.ancestors == NIL) return itself;
    return {llast_oid(table.ancestors), list_length(table.ancestors)};
  }
  int level = 0;
  const Oid ancestor = top_ancestor_in(publication.oid, table.ancestors, &level);
  if (OidIsValid(ancestor)) return publication.via_root ? Place{ancestor, level} : itself;
  return list_member_oid(table.publications, publication.oid) ? itself : Place{};
}

// ---- what they say of it ----

struct Terms {
  Node* filter = nullptr;
  Bitmapset* columns = nullptr;
};

Bitmapset* numbers_in(Datum vector) {
  ArrayType* array = DatumGetArrayTypeP(vector);
  auto* numbers = reinterpret_cast<int16*>(ARR_DATA_PTR(array));
  Bitmapset* set = nullptr;
  for (int i = 0; i < ARR_DIMS(array)[0]; ++i) set = bms_add_member(set, numbers[i]);
  return set;
}

// Of a table that a publication names. Whatever publishes it otherwise has neither.
Terms terms_of(const Definition& publication, Oid shown) {
  if (publication.all_tables || publishes_schema(publication.oid, get_rel_namespace(shown)))
    return {};
  HeapTuple tuple = SearchSysCache2(PUBLICATIONRELMAP, ObjectIdGetDatum(shown),
                                    ObjectIdGetDatum(publication.oid));
  if (!HeapTupleIsValid(tuple)) return {};
  Terms terms;
  bool null = false;
  const Datum filter = publication_filter(tuple, &null);
  if (!null) terms.filter = static_cast<Node*>(stringToNode(TextDatumGetCString(filter)));
  const Datum columns = publication_columns(tuple, &null);
  if (!null) terms.columns = numbers_in(columns);
  ReleaseSysCache(tuple);
  return terms;
}

// ---- several publications ----

// What is known while publications are taken one by one.
struct Union {
  Published result;
  int level = -1;  // of result.shown
  List* filters[filtered_operations] = {};
  bool unfiltered[filtered_operations] = {};
  int count = 0;  // of publications at this level
};

// A higher ancestor takes the place of all that was found below it.
void start_level(Union& all, const Place& place) {
  const uint8_t operations = all.result.operations;
  all = {};
  all.result.operations = operations;
  all.result.shown = place.shown;
  all.level = place.level;
}

void add_terms(Union& all, const Terms& terms, uint8_t operations) {
  if (all.count++ == 0) {
    all.result.columns = terms.columns;
  } else if (!bms_equal(all.result.columns, terms.columns)) {
    all.result.columns_differ = true;
  }
  for (int i = 0; i < filtered_operations; ++i) {
    if ((operations & 1u << i) == 0) continue;
    if (terms.filter == nullptr) {
      all.unfiltered[i] = true;
    } else {
      all.filters[i] = lappend(all.filters[i], terms.filter);
    }
  }
}

void add_publication(Union& all, const Definition& publication, const Table& table) {
  const Place place = place_in(publication, table);
  if (!OidIsValid(place.shown)) return;
  // Its partitions are published, unless under its name.
  if (table.kind == RELKIND_PARTITIONED_TABLE && !publication.via_root) return;
  all.result.operations |= publication.operations;
  if (place.level < all.level) return;
  if (place.level > all.level) start_level(all, place);
  add_terms(all, terms_of(publication, place.shown), publication.operations);
}

Node* any_of(List* filters) {
  if (list_length(filters) == 1) return static_cast<Node*>(linitial(filters));
  return reinterpret_cast<Node*>(makeBoolExpr(OR_EXPR, filters, -1));
}

}  // namespace

Published published(List* names, Relation relation) {
  const Table table = table_of(relation);
  Union all;
  ListCell* cell;
  foreach (cell, names) {
    const Definition publication = find_publication(static_cast<const char*>(lfirst(cell)));
    if (OidIsValid(publication.oid)) add_publication(all, publication, table);
  }
  for (int i = 0; i < filtered_operations; ++i) {
    const bool filtered = !all.unfiltered[i] && all.filters[i] != NIL;
    if (filtered) all.result.filters[i] = any_of(all.filters[i]);
  }
  return all.result;
}

List* require_publications(MemoryContext context, std::string_view text) {
  if (!has_row_filters) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("option \"publications\" needs PostgreSQL 15 or newer"),
                    errhint("Use tables, exclude_tables, operations and rules.")));
  }
  MemoryContext caller = MemoryContextSwitchTo(context);
  List* names = NIL;
  const std::string_view utf8 = copy_into(context, text);
  char* scratch = pstrdup(pg_any_to_server(utf8.data(), static_cast<int>(utf8.size()), PG_UTF8));
  if (!SplitIdentifierString(scratch, ',', &names) || names == NIL) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("invalid value for option \"publications\""),
                    errhint("Allowed: names separated by commas, as in SQL.")));
  }
  const bool own_transaction = !IsTransactionState();
  if (own_transaction) StartTransactionCommand();
  ListCell* cell;
  foreach (cell, names) {
    const char* name = static_cast<const char*>(lfirst(cell));
    if (OidIsValid(find_publication(name).oid)) continue;
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("invalid value for option \"publications\""),
                    errdetail("There is no publication \"%s\".", name),
                    errhint("CREATE PUBLICATION makes one.")));
  }
  if (own_transaction) CommitTransactionCommand();
  MemoryContextSwitchTo(caller);
  return names;
}

}  // namespace waljet
