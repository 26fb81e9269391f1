#include "plugin/table_listing.h"

#include "plugin/encoding.h"
#include "plugin/key_order.h"
#include "plugin/memory.h"

namespace waljet {
namespace {

constexpr int listing_columns = 10;

// A table as the catalog has it.
struct Found {
  Oid relid;
  Oid schema;
  Oid file;
  double rows;  // negative: never counted
  bool partition;
};

bool has_logged_rows(const Form_pg_class table) {
  return table->relkind == RELKIND_RELATION && table->relpersistence == RELPERSISTENCE_PERMANENT &&
         table->oid >= FirstNormalObjectId;
}

bool is_in(const TableList& wanted, Oid relid) {
  const char* schema = get_namespace_name(get_rel_namespace(relid));
  const char* name = get_rel_name(relid);
  return schema != nullptr && name != nullptr && wanted.matches(utf8_of(schema), utf8_of(name));
}

bool is_wanted(const TableList* wanted, const Found& found) {
  if (wanted == nullptr || is_in(*wanted, found.relid)) return true;
  if (!found.partition) return false;
  ListCell* cell;
  foreach (cell, get_partition_ancestors(found.relid)) {
    if (is_in(*wanted, lfirst_oid(cell))) return true;
  }
  return false;
}

// Whether our user may read all of its rows.
bool is_readable(const Found& found) {
  const bool allowed =
      DatumGetBool(DirectFunctionCall2(has_schema_privilege_id, ObjectIdGetDatum(found.schema),
                                       CStringGetTextDatum("USAGE"))) &&
      DatumGetBool(DirectFunctionCall2(has_table_privilege_id, ObjectIdGetDatum(found.relid),
                                       CStringGetTextDatum("SELECT")));
  return allowed && check_enable_rls(found.relid, InvalidOid, true) != RLS_ENABLED;
}

Datum server_text(std::string_view utf8) {
  char* text = const_cast<char*>(copy_into(CurrentMemoryContext, utf8).data());
  return CStringGetTextDatum(pg_any_to_server(text, static_cast<int>(utf8.size()), PG_UTF8));
}

void put_table(const RelationPlan& plan, Relation relation, const Found& found,
               Tuplestorestate* store, TupleDesc columns) {
  const KeyOrder order = key_order(plan, relation);
  const char* name = quote_qualified_identifier(get_namespace_name(found.schema),
                                                RelationGetRelationName(relation));
  bool nulls[listing_columns] = {};
  nulls[4] = order.problem == nullptr;
  Datum values[listing_columns] = {
      ObjectIdGetDatum(found.relid),
      CStringGetTextDatum(name),
      server_text(plan.table),
      BoolGetDatum(order.problem == nullptr),
      nulls[4] ? Datum{0} : CStringGetTextDatum(order.problem),
      BoolGetDatum(is_readable(found)),
      Int64GetDatum(found.rows > 0 ? static_cast<int64>(found.rows) : 0),
      Int64GetDatum(RelationGetNumberOfBlocks(relation)),
      ObjectIdGetDatum(found.file),
      DirectFunctionCall1(pg_relation_filenode, ObjectIdGetDatum(found.relid)),
  };
  tuplestore_putvalues(store, columns, values, nulls);
}

// A table that is being dropped is gone when its lock is ours.
void list_table(Session& session, const Found& found, Tuplestorestate* store, TupleDesc columns) {
  Relation relation = try_relation_open(found.relid, AccessShareLock);
  if (relation == nullptr) return;
  const RelationPlan& plan = plan_for(*session.relations, relation);
  if (plan.wanted) put_table(plan, relation, found, store, columns);
  relation_close(relation, AccessShareLock);
}

// As the snapshot of the calling query shows them.
List* tables_of_catalog() {
  List* tables = NIL;
  Relation catalog = table_open(RelationRelationId, AccessShareLock);
  SysScanDesc scan =
      systable_beginscan(catalog, ClassOidIndexId, true, GetActiveSnapshot(), 0, nullptr);
  while (HeapTuple tuple = systable_getnext(scan)) {
    auto* table = reinterpret_cast<Form_pg_class>(GETSTRUCT(tuple));
    if (!has_logged_rows(table)) continue;
    tables = lappend(tables, new (palloc(sizeof(Found))) Found{
                                 table->oid, table->relnamespace, table->relfilenode,
                                 static_cast<double>(table->reltuples), table->relispartition});
  }
  systable_endscan(scan);
  table_close(catalog, AccessShareLock);
  return tables;
}

void require_table_list(std::string_view wanted) {
  const std::string_view problem = TableList::check(wanted);
  if (problem.empty()) return;
  ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                  errmsg("invalid name of a table: \"%s\"", wanted.data()),
                  errdetail("The value %s.", problem.data()),
                  errhint("Names are schema.table or table, as in option tables.")));
}

}  // namespace

void list_tables(Session& session, std::string_view wanted, Tuplestorestate* store,
                 TupleDesc columns) {
  if (!wanted.empty()) require_table_list(wanted);
  const TableList list(wanted);
  ListCell* cell;
  foreach (cell, tables_of_catalog()) {
    const auto& found = *static_cast<const Found*>(lfirst(cell));
    if (!is_wanted(wanted.empty() ? nullptr : &list, found)) continue;
    CHECK_FOR_INTERRUPTS();
    list_table(session, found, store, columns);
  }
}

}  // namespace waljet
