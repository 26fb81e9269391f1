#include "plugin/row_reader.h"

#include "plugin/change.h"
#include "plugin/encoding.h"
#include "plugin/key_hash.h"
#include "plugin/key_order.h"
#include "plugin/memory.h"
#include "plugin/neutral_settings.h"
#include "plugin/output.h"
#include "plugin/row_filter.h"

namespace waljet {

// A message that is ready.
struct ReadyMessage {
  ReadyMessage* next;
  bytea* bytes;
};

class RowReader {
 public:
  MemoryContext context = nullptr;
  ReadOrder order;
  Session* session = nullptr;
  const RelationPlan* plan = nullptr;  // valid while the scan runs
  RowFilter* where = nullptr;
  KeyOrder keys;
  Portal portal = nullptr;  // null: the scan is over
  TupleDesc descriptor = nullptr;

  uint64_t rows = 0;
  uint64_t sent_bytes = 0;
  bool limited = false;  // ended by rows_max or bytes_max, behind `place`
  Sink place;

  ReadyMessage* first = nullptr;
  ReadyMessage* last = nullptr;
  bytea* taken = nullptr;  // what the caller has
};

namespace {

// ---- messages ----

bytea* as_bytea(MemoryContext context, std::string_view bytes) {
  auto* copy = static_cast<bytea*>(MemoryContextAlloc(context, VARHDRSZ + bytes.size()));
  SET_VARSIZE(copy, VARHDRSZ + bytes.size());
  memcpy(VARDATA(copy), bytes.data(), bytes.size());
  return copy;
}

void keep_message(void* receiver, std::string_view message) {
  auto& reader = *static_cast<RowReader*>(receiver);
  auto* ready =
      static_cast<ReadyMessage*>(MemoryContextAllocZero(reader.context, sizeof(ReadyMessage)));
  ready->bytes = as_bytea(reader.context, message);
  if (reader.last != nullptr) {
    reader.last->next = ready;
  } else {
    reader.first = ready;
  }
  reader.last = ready;
  reader.sent_bytes += message.size();
}

bytea* take_message(RowReader& reader) {
  ReadyMessage* ready = reader.first;
  if (ready == nullptr) return nullptr;
  reader.first = ready->next;
  if (reader.first == nullptr) reader.last = nullptr;
  reader.taken = ready->bytes;
  pfree(ready);
  return reader.taken;
}

// ---- the query ----

// What is in no row has the place of its column nevertheless, so that the scan's columns are those
// of the table.
bool is_in_rows(Form_pg_attribute attribute) {
  constexpr char generated_virtual = 'v';
  return !attribute->attisdropped && attribute->attgenerated != generated_virtual;
}

void put_columns(StringInfo sql, Relation relation) {
  TupleDesc descriptor = RelationGetDescr(relation);
  for (int i = 0; i < descriptor->natts; ++i) {
    Form_pg_attribute attribute = TupleDescAttr(descriptor, i);
    if (i > 0) appendStringInfoString(sql, ", ");
    appendStringInfoString(
        sql, is_in_rows(attribute) ? quote_identifier(NameStr(attribute->attname)) : "NULL");
  }
  appendStringInfo(sql, " FROM ONLY %s",
                   quote_qualified_identifier(get_namespace_name(RelationGetNamespace(relation)),
                                              RelationGetRelationName(relation)));
}

void put_blocks(StringInfo sql, const ReadOrder& order) {
  const char* conjunction = "WHERE";
  if (order.first_block > 0) {
    appendStringInfo(sql, " WHERE ctid >= '(" INT64_FORMAT ",0)'", order.first_block);
    conjunction = "AND";
  }
  if (order.end_block >= 0) {
    appendStringInfo(sql, " %s ctid < '(" INT64_FORMAT ",0)'", conjunction, order.end_block);
  }
}

void put_piece(StringInfo sql, const ReadOrder& order, const KeyOrder& keys) {
  if (!order.after.empty()) {
    appendStringInfoString(sql, " WHERE ");
    put_behind(sql, keys);
  }
  put_order(sql, keys);
  if (order.rows_max > 0) appendStringInfo(sql, " LIMIT " UINT64_FORMAT, order.rows_max);
}

const char* query_text(const RowReader& reader, Relation relation) {
  StringInfoData sql;
  initStringInfo(&sql);
  appendStringInfoString(&sql, "SELECT ");
  put_columns(&sql, relation);
  if (reader.order.by_key) {
    put_piece(&sql, reader.order, reader.keys);
  } else {
    put_blocks(&sql, reader.order);
  }
  return sql.data;
}

// The snapshot is that of the query that called us.
Portal open_scan(const RowReader& reader, Relation relation) {
  const bool has_place = reader.order.by_key && !reader.order.after.empty();
  const int count = has_place ? reader.keys.count : 0;
  const char* sql = query_text(reader, relation);
  auto* types = static_cast<Oid*>(palloc(static_cast<size_t>(count + 1) * sizeof(Oid)));
  for (int i = 0; i < count; ++i) types[i] = reader.keys.columns[i].type;
  Datum* values = has_place ? read_place(reader.keys, reader.order.after) : nullptr;
  constexpr bool read_only = true;
  SPI_connect();
  Portal portal =
      SPI_cursor_open_with_args(nullptr, sql, count, types, values, nullptr, read_only, 0);
  SPI_finish();  // the portal stays
  return portal;
}

// ---- opening ----

RowFilter* where_filter(MemoryContext context, const char* text, Relation relation) {
  if (text == nullptr) return nullptr;
  ErrorData* failure = nullptr;
  RowFilter* filter =
      make_row_filter(context, {.text = utf8_of(text)}, relation, nullptr, &failure);
  if (failure != nullptr) {
    ereport(ERROR,
            (errcode(ERRCODE_INVALID_PARAMETER_VALUE),
             errmsg("the predicate is refused for table \"%s\"", RelationGetRelationName(relation)),
             errdetail("%s.", failure->message),
             errhint("It is an expression over the table's columns, as in WHERE of CREATE "
                     "PUBLICATION.")));
  }
  return filter;
}

KeyOrder required_order(const RelationPlan& plan, Relation relation) {
  const KeyOrder order = key_order(plan, relation);
  if (order.problem != nullptr) {
    ereport(ERROR, (errcode(ERRCODE_OBJECT_NOT_IN_PREREQUISITE_STATE),
                    errmsg("table \"%s\" cannot be read by key", RelationGetRelationName(relation)),
                    errdetail("The reason is that %s.", order.problem),
                    errhint("Read it by blocks, whole and in one transaction.")));
  }
  return order;
}

void require_sense(const ReadOrder& order) {
  constexpr int64_t blocks_max = MaxBlockNumber;
  const char* problem = nullptr;
  if (order.first_block < 0 || order.first_block > blocks_max || order.end_block > blocks_max) {
    problem = "there is no such block";
  } else if (!order.by_key && (order.rows_max > 0 || order.bytes_max > 0)) {
    problem = "only a read by key can go on where it ended, and so have a limit";
  }
  if (problem == nullptr) return;
  ereport(ERROR, (errcode(ERRCODE_INVALID_PARAMETER_VALUE), errmsg("%s", problem)));
}

void open_in_session(RowReader& reader) {
  const ReadOrder& order = reader.order;
  Relation relation = table_open(order.relation, AccessShareLock);
  const RelationPlan& plan = plan_to_read(*reader.session, relation);
  reader.where = where_filter(reader.context, order.where, relation);
  if (order.by_key) reader.keys = required_order(plan, relation);
  reader.descriptor = CreateTupleDescCopy(RelationGetDescr(relation));
  reader.portal = open_scan(reader, relation);
  table_close(relation, NoLock);
}

// ---- rows ----

// Whether it holds values that are larger than they look.
bool holds_external(TupleDesc descriptor, const TupleTableSlot* slot) {
  for (int i = 0; i < descriptor->natts; ++i) {
    if (slot->tts_isnull[i] || TupleDescAttr(descriptor, i)->attlen != -1) continue;
    if (VARATT_IS_EXTERNAL(DatumGetPointer(slot->tts_values[i]))) return true;
  }
  return false;
}

// Of frames, sent or not.
uint64_t bytes_so_far(const RowReader& reader) {
  return reader.sent_bytes + reader.session->batch.size();
}

bool is_at_limit(const RowReader& reader) {
  const ReadOrder& order = reader.order;
  return (order.rows_max > 0 && reader.rows >= order.rows_max) ||
         (order.bytes_max > 0 && bytes_so_far(reader) >= order.bytes_max);
}

void write_row(RowReader& reader, const Row& row) {
  Session& session = *reader.session;
  MemoryContext caller = MemoryContextSwitchTo(session.change_context);
  session.transaction.ordinal = reader.order.first_row + reader.rows;
  write_read(session, *reader.plan, row, reader.order.part, reader.where);
  ++reader.rows;
  if (is_at_limit(reader)) {
    reader.limited = true;
    put_place(reader.place, reader.keys, row.values);
  }
  MemoryContextSwitchTo(caller);
  MemoryContextReset(session.change_context);
}

// What the scan hands its rows to.
struct RowReceiver {
  DestReceiver base;  // first
  RowReader* reader;
};

// False ends the run of the scan: behind each message, and at a limit.
bool receive(TupleTableSlot* slot, DestReceiver* self) {
  RowReader& reader = *reinterpret_cast<RowReceiver*>(self)->reader;
  slot_getallattrs(slot);
  write_row(reader, {.values = slot->tts_values,
                     .nulls = slot->tts_isnull,
                     .may_be_large = holds_external(reader.descriptor, slot),
                     .in_table = true});
  return reader.first == nullptr && !reader.limited;
}

void start_receiving(DestReceiver*, int, TupleDesc) {}
void end_receiving(DestReceiver*) {}

RowReceiver receiver_of(RowReader& reader) {
  RowReceiver receiver = {};
  receiver.base.receiveSlot = receive;
  receiver.base.rStartup = start_receiving;
  receiver.base.rShutdown = end_receiving;
  receiver.base.rDestroy = end_receiving;
  receiver.base.mydest = DestNone;
  receiver.reader = &reader;
  return receiver;
}

void end_scan(RowReader& reader) {
  SPI_cursor_close(reader.portal);
  reader.portal = nullptr;
  write_read_end(*reader.session, {.rows = reader.rows,
                                   .more = reader.limited,
                                   .cursor = reader.place.view(),
                                   .table_hash = table_hash(*reader.plan)});
}

// Until a message is ready, or the scan is over.
void run_scan(RowReader& reader) {
  Relation relation = table_open(reader.order.relation, NoLock);  // the scan has locked it
  reader.plan = &plan_to_read(*reader.session, relation);
  table_close(relation, NoLock);
  RowReceiver receiver = receiver_of(reader);
  PortalRunFetch(reader.portal, FETCH_FORWARD, FETCH_ALL, &receiver.base);
  const bool interrupted = reader.first != nullptr && !reader.limited;
  if (!interrupted) return end_scan(reader);
  // To a portal a run that a receiver interrupts is at its end; to the scan it is not.
  reader.portal->atEnd = false;
}

}  // namespace

RowReader& open_reader(ReadTerms terms, const ReadOrder& order) {
  require_sense(order);
  MemoryContext caller = MemoryContextSwitchTo(terms.parent);
  auto* reader = new (palloc0(sizeof(RowReader))) RowReader();
  reader->context = terms.parent;
  reader->order = order;
  reader->place = make_sink(terms.parent, 64);
  terms.outlet = {keep_message, reader};
  const int nest_level = begin_read_settings();
  reader->session = &open_read_session(terms);
  open_in_session(*reader);
  restore_settings(nest_level);
  MemoryContextSwitchTo(caller);
  return *reader;
}

bytea* next_message(RowReader& reader) {
  if (reader.taken != nullptr) pfree(reader.taken);
  reader.taken = nullptr;
  if (reader.first == nullptr && reader.portal != nullptr) {
    const int nest_level = begin_read_settings();
    run_scan(reader);
    restore_settings(nest_level);
  }
  return take_message(reader);
}

void close_reader(RowReader& reader) {
  if (reader.portal == nullptr) return;
  SPI_cursor_close(reader.portal);
  reader.portal = nullptr;
}

bytea* discard_message(ReadTerms terms, Oid relation_id, uint32_t part) {
  RowReader reader;
  reader.context = terms.parent;
  terms.outlet = {keep_message, &reader};
  const int nest_level = begin_read_settings();
  Session& session = open_read_session(terms);
  Relation relation = table_open(relation_id, AccessShareLock);
  write_discard(session, plan_to_read(session, relation), part);
  table_close(relation, NoLock);
  flush(session);
  restore_settings(nest_level);
  return take_message(reader);
}

}  // namespace waljet
