// The wal-listener envelope: which members, in which order. This file alone decides field order.
//
//     {"id":"…","schema":"s","table":"t","action":"INSERT","data":{…},"dataOld":{…},
//      "commitTime":"2026-01-02T03:04:05.123456Z","unchanged":["c"]}
//
// `unchanged` is there only where columns of `data` are missing because the log does not hold them.
// Normative description and examples: docs/event-format.md.
#pragma once

#include <cstdint>
#include <string_view>

#include "event/json.h"
#include "event/position.h"
#include "event/sink.h"

namespace waljet::wal_listener {

// `","schema":"s","table":"t","action":"`: from behind the id up to the action.
void put_relation(Sink& sink, std::string_view schema, std::string_view table, JsonText mode);

// `,"commitTime":"…"`, with six digits behind the second. Times since 1970-01-01.
void put_commit_time(Sink& sink, int64_t commit_us);

// Opens the event: all up to the row of `data`. The id is a UUID made from the event's id.
struct Head {
  std::string_view id_head;  // `<name>.<8>`, of rows that a snapshot reads `<name>.<8>:snapshot`
  Position position;
  std::string_view relation;  // as put_relation() rendered it
  std::string_view action;    // INSERT, UPDATE, DELETE, TRUNCATE, READ
};
void put_head(Sink& sink, const Head& head);

}  // namespace waljet::wal_listener
