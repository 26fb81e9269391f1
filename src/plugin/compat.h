// Every difference between PostgreSQL 13 and 18, and nothing else.
#pragma once

#include <string_view>

#include "plugin/guard.h"
#include "plugin/pg.h"

#if PG_VERSION_NUM >= 160000
extern "C" {
#include "varatt.h"
}
#endif

// money was called cash up to 13.
#ifndef MONEYOID
#define MONEYOID CASHOID
#endif

// numeric and jsonb are read from what is stored, see event/numeric.h and jsonb_text.h: look
// whether that has changed, which it has not from 13 to 18.
static_assert(PG_VERSION_NUM >= 130000 && PG_VERSION_NUM < 190000);

namespace waljet {

inline HeapTuple new_tuple(const ReorderBufferChange* change) {
#if PG_VERSION_NUM >= 170000
  return change->data.tp.newtuple;
#else
  return change->data.tp.newtuple != nullptr ? &change->data.tp.newtuple->tuple : nullptr;
#endif
}

inline HeapTuple old_tuple(const ReorderBufferChange* change) {
#if PG_VERSION_NUM >= 170000
  return change->data.tp.oldtuple;
#else
  return change->data.tp.oldtuple != nullptr ? &change->data.tp.oldtuple->tuple : nullptr;
#endif
}

inline TimestampTz commit_time(const ReorderBufferTXN* txn) {
#if PG_VERSION_NUM >= 150000
  return txn->xact_time.commit_time;
#else
  return txn->commit_time;
#endif
}

// `skipped_transaction` may only be true in the commit callback of a transaction that wrote
// nothing.
inline void update_progress(LogicalDecodingContext* ctx, bool skipped_transaction) {
#if PG_VERSION_NUM >= 150000
  OutputPluginUpdateProgress(ctx, skipped_transaction);
#else
  (void)skipped_transaction;
  OutputPluginUpdateProgress(ctx);
#endif
}

// Up to 15 only the plugin can keep a connection alive inside a transaction that sends nothing.
constexpr bool plugin_keeps_alive = PG_VERSION_NUM < 160000;

// Up to 14 the text of an interval has hours of 32 bits; more of them were an error.
constexpr bool interval_text_may_fail = PG_VERSION_NUM < 150000;

inline Oid primary_key_index(Relation relation) {
#if PG_VERSION_NUM >= 180000
  return RelationGetPrimaryKeyIndex(relation, false);
#else
  return RelationGetPrimaryKeyIndex(relation);
#endif
}

inline bool md5_of(std::string_view bytes, uint8* to) {
#if PG_VERSION_NUM >= 150000
  const char* problem = nullptr;
  return pg_md5_binary(bytes.data(), bytes.size(), to, &problem);
#else
  return pg_md5_binary(bytes.data(), bytes.size(), to);
#endif
}

// Converts `text` of the database into UTF-8 at `to`, ended by a zero byte. Returns how many bytes
// of `text` were converted: fewer than all where a character has no equivalent.
#if PG_VERSION_NUM >= 140000
inline size_t convert_to_utf8(FmgrInfo* conversion, std::string_view text, char* to) {
  const Datum done =
      FunctionCall6(conversion, Int32GetDatum(GetDatabaseEncoding()), Int32GetDatum(PG_UTF8),
                    CStringGetDatum(text.data()), CStringGetDatum(to),
                    Int32GetDatum(static_cast<int>(text.size())), BoolGetDatum(true));
  return static_cast<size_t>(DatumGetInt32(done));
}
#else
// An error tells that there is such a character, not where: then one character after the other.
struct Conversion {
  FmgrInfo* function;
  std::string_view text;
  char* to;
};
inline void convert_or_fail(void* argument) {
  auto* one = static_cast<Conversion*>(argument);
  FunctionCall5(one->function, Int32GetDatum(GetDatabaseEncoding()), Int32GetDatum(PG_UTF8),
                CStringGetDatum(one->text.data()), CStringGetDatum(one->to),
                Int32GetDatum(static_cast<int>(one->text.size())));
}
inline size_t convert_to_utf8(FmgrInfo* conversion, std::string_view text, char* to) {
  Conversion whole{conversion, text, to};
  if (run_pure(convert_or_fail, &whole)) return text.size();
  size_t done = 0;
  while (done < text.size()) {
    const int bytes = pg_encoding_mblen(GetDatabaseEncoding(), text.data() + done);
    const auto size = static_cast<size_t>(bytes > 0 ? bytes : 1);
    if (size > text.size() - done) break;
    Conversion one{conversion, {text.data() + done, size}, to};
    if (!run_pure(convert_or_fail, &one)) break;
    to += strlen(to);
    done += size;
  }
  *to = '\0';
  return done;
}
#endif

// The statements of a text, not analyzed.
inline List* parse_statements(const char* text) {
#if PG_VERSION_NUM >= 140000
  return raw_parser(text, RAW_PARSE_DEFAULT);
#else
  return raw_parser(text);
#endif
}

// Visits the children of a node, of an analyzed expression or of one that is not, until `visit`
// returns true. Up to 15 the visitor is declared without its arguments, which in C++ are none.
using NodeVisitor = bool (*)(Node* node, void* context);
#if PG_VERSION_NUM >= 160000
inline bool visit_children(Node* node, NodeVisitor visit, void* context) {
  return expression_tree_walker(node, visit, context);
}
inline bool visit_raw_children(Node* node, NodeVisitor visit, void* context) {
  return raw_expression_tree_walker(node, visit, context);
}
#else
using UntypedVisitor = bool (*)();
inline UntypedVisitor untyped(NodeVisitor visit) {
  return reinterpret_cast<UntypedVisitor>(reinterpret_cast<void (*)()>(visit));
}
inline bool visit_children(Node* node, NodeVisitor visit, void* context) {
  return expression_tree_walker(node, untyped(visit), context);
}
inline bool visit_raw_children(Node* node, NodeVisitor visit, void* context) {
  return raw_expression_tree_walker(node, untyped(visit), context);
}
#endif

// Publications of whole schemas, row filters and column lists came with 15.
constexpr bool has_row_filters = PG_VERSION_NUM >= 150000;
#if PG_VERSION_NUM >= 150000
inline List* schema_publications(Oid schema) {
  return GetSchemaPublications(schema);
}
inline bool publishes_schema(Oid publication, Oid schema) {
  return SearchSysCacheExists2(PUBLICATIONNAMESPACEMAP, ObjectIdGetDatum(schema),
                               ObjectIdGetDatum(publication));
}
inline Oid top_ancestor_in(Oid publication, List* ancestors, int* level) {
  return GetTopMostAncestorInPublication(publication, ancestors, level);
}
inline Datum publication_filter(HeapTuple of_table, bool* null) {
  return SysCacheGetAttr(PUBLICATIONRELMAP, of_table, Anum_pg_publication_rel_prqual, null);
}
inline Datum publication_columns(HeapTuple of_table, bool* null) {
  return SysCacheGetAttr(PUBLICATIONRELMAP, of_table, Anum_pg_publication_rel_prattrs, null);
}
inline void follow_publications(SyscacheCallbackFunction follow) {
  CacheRegisterSyscacheCallback(PUBLICATIONOID, follow, Datum{0});
  CacheRegisterSyscacheCallback(PUBLICATIONRELMAP, follow, Datum{0});
  CacheRegisterSyscacheCallback(PUBLICATIONNAMESPACEMAP, follow, Datum{0});
}
#else
inline List* schema_publications(Oid) {
  return NIL;
}
inline bool publishes_schema(Oid, Oid) {
  return false;
}
inline Oid top_ancestor_in(Oid, List*, int*) {
  return InvalidOid;
}
inline Datum publication_filter(HeapTuple, bool* null) {
  *null = true;
  return Datum{0};
}
inline Datum publication_columns(HeapTuple, bool* null) {
  *null = true;
  return Datum{0};
}
inline void follow_publications(SyscacheCallbackFunction) {}
#endif

// Settings that begin with `waljet.` and that nobody has defined are mistakes.
inline void reserve_settings() {
#if PG_VERSION_NUM >= 150000
  MarkGUCPrefixReserved("waljet");
#else
  EmitWarningsOnPlaceholders("waljet");
#endif
}

}  // namespace waljet
