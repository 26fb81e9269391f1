#include "event/debezium.h"

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

}  // namespace

void put_source_head(Sink& sink, std::string_view version, std::string_view name) {
  sink.put(",\"source\":{\"version\":");
  put_json_string(sink, version);
  sink.put(",\"connector\":\"postgresql\",\"name\":");
  put_json_string(sink, name);
  sink.put(",\"ts_ms\":");
}

void put_source_db(Sink& sink, std::string_view db) {
  sink.put(",\"snapshot\":\"false\",\"db\":");
  put_json_string(sink, db);
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

void put_relation(Sink& sink, std::string_view schema, std::string_view table) {
  sink.put(",\"schema\":");
  put_json_string(sink, schema);
  sink.put(",\"table\":");
  put_json_string(sink, table);
  sink.put(",\"txId\":");
}

void put_transaction_id(Sink& sink, const Transaction& transaction) {
  put_uint(sink, transaction.xid);
  sink.put(",\"lsn\":");
}

void put_origin(Sink& sink, const Transaction& transaction) {
  if (transaction.origin.empty()) {
    sink.put(",\"xmin\":null,\"origin\":null,\"origin_lsn\":null},\"transaction\":null,\"op\":\"");
    return;
  }
  sink.put(",\"xmin\":null,\"origin\":");
  put_json_string(sink, transaction.origin);
  sink.put(",\"origin_lsn\":");
  put_uint(sink, transaction.origin_lsn);
  sink.put("},\"transaction\":null,\"op\":\"");
}

void put_tail(Sink& sink, const Tail& tail, const Stamp& stamp) {
  sink.put(tail.transaction_head);
  put_uint(sink, stamp.lsn);
  sink.put(tail.transaction_times);
  sink.put(tail.relation);
  sink.put(tail.transaction_id);
  put_uint(sink, stamp.lsn);
  sink.put(tail.origin);
  sink.put(stamp.op);
  sink.put("\",\"ts_ms\":");
  put_int(sink, milliseconds(stamp.now_us));
  sink.put(",\"ts_us\":");
  put_int(sink, stamp.now_us);
  sink.put(",\"ts_ns\":");
  put_ns(sink, stamp.now_us);
  sink.put('}');
}

}  // namespace waljet::debezium
