// The Debezium envelope: which members, in which order. This file alone decides field order.
//
// An event is `{"before":<row>,"after":<row>` followed by a tail that says where it came from. The
// parts of the tail that do not change from event to event are rendered once and copied:
//
//     session      put_source_head(), put_source_db()
//     transaction  put_transaction_head(), _times(), _id(), put_origin()
//     relation     put_relation()
//
// Normative description and examples: docs/event-format.md.
#pragma once

#include <cstdint>
#include <string_view>

#include "event/json.h"
#include "event/position.h"
#include "event/sink.h"

namespace waljet::debezium {

struct Transaction {
  Lsn commit_lsn = 0;
  int64_t commit_us = 0;    // since 1970-01-01
  uint32_t xid = 0;         // 0: of a message outside a transaction
  std::string_view origin;  // name of the replication origin, empty where there is none
  Lsn origin_lsn = 0;
};

// Rendered fragments of one event's tail, in the order in which they are written.
struct Tail {
  std::string_view transaction_head;
  std::string_view transaction_times;
  std::string_view relation;
  std::string_view transaction_id;
  std::string_view origin;
};

// An event's place in its transaction, for the `transaction` block: both count from 1.
struct Order {
  uint64_t total = 0;
  uint64_t of_collection = 0;
};

// What one event adds to its tail.
struct Stamp {
  Lsn lsn = 0;         // of the change: start of its WAL record
  char op = 0;         // c u d t r
  int64_t now_us = 0;  // when the event is written, since 1970-01-01
  uint32_t xid = 0;    // for the `transaction` block
  Order order = {};    // 0 without it
};

// `,"source":{"version":` up to and with `"ts_ms":`
void put_source_head(Sink& sink, std::string_view version, std::string_view name, JsonText mode);
// `,"snapshot":` up to and with `"sequence":`. `snapshot` is false, true or incremental.
void put_source_db(Sink& sink, std::string_view snapshot, std::string_view db, JsonText mode);

// Source head, commit time, source db and the commit half of `sequence`.
void put_transaction_head(Sink& sink, std::string_view source_head, std::string_view source_db,
                          const Transaction& transaction);
// `"ts_us"` and `"ts_ns"`, behind the half of `sequence` that is the event's own.
void put_transaction_times(Sink& sink, const Transaction& transaction);
// `,"schema":...,"table":...,"txId":`
void put_relation(Sink& sink, std::string_view schema, std::string_view table, JsonText mode);
// The xid, null where there is none, up to and with `"lsn":`
void put_transaction_id(Sink& sink, const Transaction& transaction);
// `"xmin"`, `"origin"`, `"origin_lsn"` and the end of `source`
void put_origin(Sink& sink, const Transaction& transaction, JsonText mode);

// Writes the whole tail, from behind the rows to the closing brace of the event.
void put_tail(Sink& sink, const Tail& tail, const Stamp& stamp);

// A logical message: a whole event but for its content, which the caller puts between the two.
void put_message_head(Sink& sink, const Tail& tail, const Stamp& stamp, std::string_view prefix,
                      JsonText mode);
void put_message_end(Sink& sink);

// A transaction's boundary. `lsn` is that of the operation, `counts` is absent at BEGIN.
struct Boundary {
  bool end = false;
  uint32_t xid = 0;
  Lsn lsn = 0;
  int64_t commit_us = 0;
  uint64_t event_count = 0;
  // Rendered by put_collection(), without brackets; null at BEGIN and where there are too many.
  const std::string_view* collections = nullptr;
};
void put_boundary(Sink& sink, const Boundary& boundary);
// One element of `data_collections`, a comma in front of all but the first.
void put_collection(Sink& sink, std::string_view name, uint64_t event_count, JsonText mode);

}  // namespace waljet::debezium
