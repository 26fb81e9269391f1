#include "plugin/session.h"

#include "plugin/connect_schema.h"
#include "plugin/encoding.h"
#include "plugin/hash_salt.h"
#include "plugin/memory.h"
#include "plugin/options.h"
#include "plugin/publication.h"
#include "plugin/rule_check.h"

namespace waljet {
namespace {

constexpr size_t batch_slack_bytes = 16384;  // one ordinary event past the limit without growing
constexpr size_t group_index_bytes = 4096;   // grows with the groups

// The name of our database, which no session can change while we are connected to it.
std::string_view database_name(MemoryContext context) {
  const bool own_transaction = !IsTransactionState();
  MemoryContext caller = CurrentMemoryContext;
  if (own_transaction) StartTransactionCommand();
  const std::string_view name = copy_into(context, utf8_of(get_database_name(MyDatabaseId)));
  if (own_transaction) CommitTransactionCommand();
  MemoryContextSwitchTo(caller);
  return name;
}

void allocate_rows(Session& session) {
  const auto room = [&](size_t element) {
    return MemoryContextAlloc(session.context, MaxTupleAttributeNumber * element);
  };
  session.old_values = static_cast<Datum*>(room(sizeof(Datum)));
  session.old_nulls = static_cast<bool*>(room(sizeof(bool)));
  session.new_values = static_cast<Datum*>(room(sizeof(Datum)));
  session.new_nulls = static_cast<bool*>(room(sizeof(bool)));
}

void render_source(Session& session, const SessionTerms& terms) {
  Sink head = make_sink(session.context, 256);
  debezium::put_source_head(head, WALJET_VERSION, session.options.name, json_text());
  session.source_head = head.view();
  Sink db = make_sink(session.context, 256);
  debezium::put_source_db(db, terms.snapshot, session.database, json_text());
  session.source_db = db.view();
  Sink id = make_sink(session.context, 256);
  put_source_id(id, session.options.name, source_hash(GetSystemIdentifier(), terms.slot));
  session.source_id = id.view();
  session.id_head = session.source_id;
  if (!session.options.schemas) return;
  session.message_payload_head = message_payload_head(session.context, session.options);
  session.transaction_payload_head = transaction_payload_head(session.context, session.options);
}

Session& make_session(MemoryContext parent) {
  MemoryContext context = AllocSetContextCreate(parent, "waljet session", ALLOCSET_DEFAULT_SIZES);
  auto* session = new (MemoryContextAllocZero(context, sizeof(Session))) Session();
  session->context = context;
  session->change_context = AllocSetContextCreate(context, "waljet change", ALLOCSET_DEFAULT_SIZES);
  session->transaction.head = make_sink(context, 512);
  session->transaction.times = make_sink(context, 128);
  session->transaction.id = make_sink(context, 64);
  session->transaction.origin = make_sink(context, 128);
  session->transaction.commit_time = make_sink(context, 64);
  session->key = make_sink(context, 256);
  session->subject = make_sink(context, 256);
  allocate_rows(*session);
  return *session;
}

}  // namespace

Session& open_session(const SessionTerms& terms) {
  require_known_encoding();
  Session& session = make_session(terms.parent);
  session.outlet = terms.outlet;
  session.database = database_name(session.context);
  session.options = read_options(terms.options, session.database);
  session.options.hash_salt = copy_into(session.context, hash_salt());
  require_fitting_rules(session.options);
  if (session.options.transactions) {
    session.transaction.counts = make_transaction_counts(session.context);
  }
  List* publications = session.options.publications.empty()
                           ? NIL
                           : require_publications(session.context, session.options.publications);
  session.relations =
      make_relation_cache(session.context, session.options, session.database, publications);
  session.one_per_message = terms.one_per_message || session.options.batch_bytes == 0;
  session.batch = make_sink(session.context, session.options.batch_bytes + batch_slack_bytes);
  session.group =
      GroupWriter(session.options.group_bytes, make_sink(session.context, group_index_bytes));
  render_source(session, terms);
  return session;
}

}  // namespace waljet
