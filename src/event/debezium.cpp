#include "event/debezium.h"

#include <limits>

#include "event/digits.h"
#include "event/json.h"
#include "event/text.h"

namespace waljet::debezium {
namespace {

// Floor, so that times before 1970 keep their order.
int64_t milliseconds(int64_t us) {
  return us >= 0 ? us / 1000 : -((-us + 999) / 1000);
}

// PostgreSQL counts microseconds: the nanoseconds end in 000. Past the year 2262 they do not fit.
void put_ns(Sink& sink, int64_t us) {
  int64_t ns = 0;
  if (__builtin_mul_overflow(us, int64_t{1000}, &ns)) return sink.put("null");
  put_int(sink, ns);
}

// `<xid>:<LSN>`, which differs from operation to operation of one transaction, as Debezium's does.
void put_operation_id(Sink& sink, uint32_t xid, Lsn lsn) {
  put_uint(sink, xid);
  sink.put(':');
  put_uint(sink, lsn);
}

void put_source(Sink& sink, const Tail& tail, const Stamp& stamp) {
  char room[uint_digits_max];
  const std::string_view lsn{room, static_cast<size_t>(write_uint(room, stamp.lsn) - room)};
  sink.put(tail.transaction_head);
  sink.put(lsn);
  sink.put(tail.transaction_times);
  sink.put(tail.relation);
  sink.put(tail.transaction_id);
  sink.put(lsn);
  sink.put(tail.origin);
}

// The same digits three times, but for those that are cut off or follow, as long as they fit.
void put_times(Sink& sink, int64_t us) {
  constexpr int64_t fitting_us = std::numeric_limits<int64_t>::max() / 1000;
  if (us < 1000 || us > fitting_us) {
    put_int(sink, milliseconds(us));
    sink.put(",\"ts_us\":");
    put_int(sink, us);
    sink.put(",\"ts_ns\":");
    return put_ns(sink, us);
  }
  char room[int_bytes_max];
  const auto count = static_cast<size_t>(write_int(room, us) - room);
  sink.put({room, count - 3});
  sink.put(",\"ts_us\":");
  sink.put({room, count});
  sink.put(",\"ts_ns\":");
  sink.put({room, count});
  sink.put("000");
}

void put_collections(Sink& sink, const std::string_view* collections) {
  if (collections == nullptr) return sink.put("null");
  sink.put('[');
  sink.put(*collections);
  sink.put(']');
}

void put_block(Sink& sink, const Stamp& stamp) {
  if (stamp.order.total == 0) return sink.put(",\"transaction\":null");
  sink.put(",\"transaction\":{\"id\":\"");
  put_operation_id(sink, stamp.xid, stamp.lsn);
  sink.put("\",\"total_order\":");
  put_uint(sink, stamp.order.total);
  sink.put(",\"data_collection_order\":");
  put_uint(sink, stamp.order.of_collection);
  sink.put('}');
}

}  // namespace

void put_source_head(Sink& sink, std::string_view version, std::string_view name, JsonText mode) {
  sink.put(",\"source\":{\"version\":");
  put_json_string(sink, version, mode);
  sink.put(",\"connector\":\"postgresql\",\"name\":");
  put_json_string(sink, name, mode);
  sink.put(",\"ts_ms\":");
}

void put_source_db(Sink& sink, std::string_view snapshot, std::string_view db, JsonText mode) {
  sink.put(",\"snapshot\":\"");
  sink.put(snapshot);
  sink.put("\",\"db\":");
  put_json_string(sink, db, mode);
  sink.put(",\"sequence\":");
}

void put_transaction_head(Sink& sink, std::string_view source_head, std::string_view source_db,
                          const Transaction& transaction) {
  sink.put(source_head);
  put_int(sink, milliseconds(transaction.commit_us));
  sink.put(source_db);
  sink.put("\"[\\\"");
  put_uint(sink, transaction.commit_lsn);
  sink.put("\\\",\\\"");
}

void put_transaction_times(Sink& sink, const Transaction& transaction) {
  sink.put("\\\"]\",\"ts_us\":");
  put_int(sink, transaction.commit_us);
  sink.put(",\"ts_ns\":");
  put_ns(sink, transaction.commit_us);
}

void put_relation(Sink& sink, std::string_view schema, std::string_view table, JsonText mode) {
  sink.put(",\"schema\":");
  put_json_string(sink, schema, mode);
  sink.put(",\"table\":");
  put_json_string(sink, table, mode);
  sink.put(",\"txId\":");
}

void put_transaction_id(Sink& sink, const Transaction& transaction) {
  if (transaction.xid == 0) {
    sink.put("null");
  } else {
    put_uint(sink, transaction.xid);
  }
  sink.put(",\"lsn\":");
}

void put_origin(Sink& sink, const Transaction& transaction, JsonText mode) {
  if (transaction.origin.empty()) {
    return sink.put(",\"xmin\":null,\"origin\":null,\"origin_lsn\":null}");
  }
  sink.put(",\"xmin\":null,\"origin\":");
  put_json_string(sink, transaction.origin, mode);
  sink.put(",\"origin_lsn\":");
  put_uint(sink, transaction.origin_lsn);
  sink.put('}');
}

void put_tail(Sink& sink, const Tail& tail, const Stamp& stamp) {
  put_source(sink, tail, stamp);
  put_block(sink, stamp);
  sink.put(",\"op\":\"");
  sink.put(stamp.op);
  sink.put("\",\"ts_ms\":");
  put_times(sink, stamp.now_us);
  sink.put('}');
}

void put_message_head(Sink& sink, const Tail& tail, const Stamp& stamp, std::string_view prefix,
                      JsonText mode) {
  sink.put("{\"op\":\"m\",\"ts_ms\":");
  put_int(sink, milliseconds(stamp.now_us));
  put_source(sink, tail, stamp);
  put_block(sink, stamp);
  sink.put(",\"message\":{\"prefix\":");
  put_json_string(sink, prefix, mode);
  sink.put(",\"content\":\"");
}

void put_message_end(Sink& sink) {
  sink.put("\"}}");
}

void put_boundary(Sink& sink, const Boundary& boundary) {
  sink.put(boundary.end ? "{\"status\":\"END\",\"id\":\"" : "{\"status\":\"BEGIN\",\"id\":\"");
  put_operation_id(sink, boundary.xid, boundary.lsn);
  if (boundary.end) {
    sink.put("\",\"event_count\":");
    put_uint(sink, boundary.event_count);
    sink.put(",\"data_collections\":");
    put_collections(sink, boundary.collections);
    sink.put(",\"ts_ms\":");
  } else {
    sink.put("\",\"event_count\":null,\"data_collections\":null,\"ts_ms\":");
  }
  put_int(sink, milliseconds(boundary.commit_us));
  sink.put('}');
}

void put_collection(Sink& sink, std::string_view name, uint64_t event_count, JsonText mode) {
  sink.put(sink.size() == 0 ? "{\"data_collection\":" : ",{\"data_collection\":");
  put_json_string(sink, name, mode);
  sink.put(",\"event_count\":");
  put_uint(sink, event_count);
  sink.put('}');
}

}  // namespace waljet::debezium
