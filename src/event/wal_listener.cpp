#include "event/wal_listener.h"

#include "event/temporal.h"
#include "event/uuid5.h"

namespace waljet::wal_listener {
namespace {

// `<name>.<8>:snapshot:<LSN>:<ordinal>.<part>` of a name of 64 characters, encoded, with numbers of
// any size.
constexpr size_t event_id_bytes_max = 64 * 4 * 3 + 80;

}  // namespace

void put_relation(Sink& sink, std::string_view schema, std::string_view table, JsonText mode) {
  sink.put("\",\"schema\":");
  put_json_string(sink, schema, mode);
  sink.put(",\"table\":");
  put_json_string(sink, table, mode);
  sink.put(",\"action\":\"");
}

void put_commit_time(Sink& sink, int64_t commit_us) {
  constexpr int digits = 6;
  sink.put(",\"commitTime\":");
  put_zoned_timestamp(sink, commit_us - postgres_epoch_us, digits);
}

void put_head(Sink& sink, const Head& head) {
  char room[event_id_bytes_max];
  Sink id(room, sizeof room, nullptr, nullptr);
  id.put(head.id_head);
  id.put(':');
  put_position(id, head.position);
  sink.put("{\"id\":\"");
  put_uuid_v5(sink, id.view());
  sink.put(head.relation);
  sink.put(head.action);
  sink.put("\",\"data\":");
}

}  // namespace waljet::wal_listener
