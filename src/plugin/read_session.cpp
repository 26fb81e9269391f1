#include "plugin/read_session.h"

#include "event/temporal.h"
#include "plugin/memory.h"
#include "plugin/neutral_settings.h"

namespace waljet {
namespace {

struct Setting {
  const char* name;
  const char* value;
};

constexpr Setting settings[] = {
    {"row_security", "off"},
    // A read by key is one piece of many: to sort the table for it, or to compile the query, costs
    // more than it saves.
    {"enable_sort", "off"},
    {"jit", "off"},
};

DefElem* option(const char* name, const char* value) {
  return makeDefElem(pstrdup(name), reinterpret_cast<Node*>(makeString(pstrdup(value))), -1);
}

// As the plugin gets them from the server.
List* option_list(ArrayType* array) {
  Datum* texts = nullptr;
  bool* nulls = nullptr;
  int count = 0;
  deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &texts, &nulls, &count);
  if (count % 2 != 0 || array_contains_nulls(array)) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("options must be pairs of names and values"),
                    errhint("For example ARRAY['format', 'debezium', 'tables', 'orders'].")));
  }
  List* list = list_make1(option("output", "frames"));
  for (int i = 0; i < count; i += 2) {
    const char* name = TextDatumGetCString(texts[i]);
    if (strcmp(name, "output") == 0) continue;
    list = lappend(list, option(name, TextDatumGetCString(texts[i + 1])));
  }
  return list;
}

// Whoever can hash values of their own can try values until a hash fits: no more people than can
// decode.
void require_right_to_hash(const PluginOptions& options) {
  if (!options.rules.hashes() || superuser() || has_rolreplication(GetUserId())) return;
  ereport(ERROR, (errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
                  errmsg("permission denied to hash with the server's salt"),
                  errhint("Rules that hash need a role with REPLICATION.")));
}

void render_id_head(Session& session) {
  Sink head = make_sink(session.context, session.source_id.size() + 16);
  head.put(session.source_id);
  head.put(":snapshot");
  session.id_head = head.view();
}

}  // namespace

int begin_read_settings() {
  const int nest_level = neutralize_settings(false);
  for (const Setting& setting : settings) {
    set_config_option(setting.name, setting.value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE,
                      true, 0, false);
  }
  return nest_level;
}

Session& open_read_session(const ReadTerms& terms) {
  MemoryContext caller = MemoryContextSwitchTo(terms.parent);
  Session& session = open_session({.parent = terms.parent,
                                   .options = option_list(terms.options),
                                   .slot = terms.slot,
                                   .snapshot = terms.snapshot,
                                   .outlet = terms.outlet});
  require_right_to_hash(session.options);
  session.reads = true;
  session.said_hello = true;
  session.transaction.counts = nullptr;  // a read is no transaction of the log
  session.transaction.facts.commit_lsn = terms.lsn;
  session.transaction.facts.commit_us = GetCurrentTimestamp() + postgres_epoch_us;
  render_id_head(session);
  MemoryContextSwitchTo(caller);
  return session;
}

std::string_view read_mode(const char* text) {
  for (const std::string_view mode : {"true", "incremental"}) {
    if (mode == text) return mode;
  }
  ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("invalid mode: \"%s\"", text),
                  errhint("Allowed: true, incremental.")));
}

const RelationPlan& plan_to_read(Session& session, Relation relation) {
  const char* name = RelationGetRelationName(relation);
  if (relation->rd_rel->relkind != RELKIND_RELATION) {
    ereport(ERROR, (errcode(ERRCODE_WRONG_OBJECT_TYPE),
                    errmsg("\"%s\" is no table with rows of its own", name),
                    errhint("waljet.tables() lists those that can be read.")));
  }
  const RelationPlan& plan = plan_for(*session.relations, relation);
  if (!plan.wanted) {
    ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
                    errmsg("the options leave out table \"%s\"", name),
                    errhint("waljet.tables() lists those that can be read.")));
  }
  return plan;
}

}  // namespace waljet
