#include "event/debezium.h"

#include <rapidjson/document.h>

#include <catch2/catch.hpp>
#include <limits>
#include <string>

#include "event/test_random.h"
#include "event/test_sink.h"

namespace waljet {
namespace {

struct Event {
  std::string name = "app";
  std::string db = "shop";
  std::string schema = "public";
  std::string table = "t";
  debezium::Transaction transaction{24023456, 1700000000123456, 555, "", 0};
  debezium::Stamp stamp{24023128, 'c', 1700000000200001};
  JsonText mode = JsonText::utf8;
};

struct Parts {
  std::string transaction_head, times, relation, id, origin;
  debezium::Tail tail() const { return {transaction_head, times, relation, id, origin}; }
};

Parts parts_of(const Event& event) {
  using namespace debezium;
  const std::string head =
      written([&](Sink& sink) { put_source_head(sink, "0.1.0", event.name, event.mode); });
  const std::string db =
      written([&](Sink& sink) { put_source_db(sink, "false", event.db, event.mode); });
  return {written([&](Sink& sink) { put_transaction_head(sink, head, db, event.transaction); }),
          written([&](Sink& sink) { put_transaction_times(sink, event.transaction); }),
          written([&](Sink& sink) { put_relation(sink, event.schema, event.table, event.mode); }),
          written([&](Sink& sink) { put_transaction_id(sink, event.transaction); }),
          written([&](Sink& sink) { put_origin(sink, event.transaction, event.mode); })};
}

// The event as the plugin puts it together, around a row that is `{"id":1}`.
std::string render(const Event& event) {
  const Parts parts = parts_of(event);
  return written([&](Sink& sink) {
    sink.put(R"({"before":null,"after":{"id":1})");
    debezium::put_tail(sink, parts.tail(), event.stamp);
  });
}

bool contains(const std::string& text, const std::string& part) {
  return text.find(part) != std::string::npos;
}

// True if `object` has these members, in this order, and no others.
template <size_t N>
bool has_members(const rapidjson::Value& object, const char* const (&names)[N]) {
  if (object.MemberCount() != N) return false;
  auto member = object.MemberBegin();
  for (const char* name : names) {
    if (std::string((member++)->name.GetString()) != name) return false;
  }
  return true;
}

// The example of docs/event-format.md: names, order and types are those of Debezium.
TEST_CASE("an event in full", "[debezium]") {
  CHECK(render({}) ==
        R"({"before":null,"after":{"id":1},"source":{"version":"0.1.0","connector":"postgresql",)"
        R"("name":"app","ts_ms":1700000000123,"snapshot":"false","db":"shop",)"
        R"("sequence":"[\"24023456\",\"24023128\"]","ts_us":1700000000123456,)"
        R"("ts_ns":1700000000123456000,"schema":"public","table":"t","txId":555,"lsn":24023128,)"
        R"("xmin":null,"origin":null,"origin_lsn":null},"transaction":null,"op":"c",)"
        R"("ts_ms":1700000000200,"ts_us":1700000000200001,"ts_ns":1700000000200001000})");
}

TEST_CASE("an event that came by replication names its origin", "[debezium]") {
  Event event;
  event.transaction.origin = "node \"b\"";
  event.transaction.origin_lsn = 427;
  CHECK(contains(render(event), R"("xmin":null,"origin":"node \"b\"","origin_lsn":427},)"));
}

TEST_CASE("an event says its place in the transaction", "[debezium]") {
  Event event;
  event.stamp.xid = 555;
  event.stamp.order = {7, 3};
  CHECK(contains(render(event), R"("transaction":{"id":"555:24023128","total_order":7,)"
                                R"("data_collection_order":3},"op":"c")"));
}

TEST_CASE("outside UTF8 databases only ASCII is written", "[debezium]") {
  Event event;
  event.mode = JsonText::ascii;
  event.name =
      "b\xC3\xBC"
      "cher";
  event.schema = "\xF0\x9F\x93\x9A";
  event.transaction.origin = "\xC3\xA4";
  const std::string text = render(event);
  CHECK(contains(text, R"("name":"b\u00FCcher")"));
  CHECK(contains(text, R"("schema":"\uD83D\uDCDA")"));
  CHECK(contains(text, R"("origin":"\u00E4")"));
}

TEST_CASE("a logical message", "[debezium]") {
  Event event;
  event.schema = event.table = "";
  event.transaction.xid = 0;
  event.transaction.commit_lsn = 24023128;
  event.stamp.op = 'm';
  const Parts parts = parts_of(event);
  const std::string text = written([&](Sink& sink) {
    debezium::put_message_head(sink, parts.tail(), event.stamp, "out\"box", JsonText::utf8);
    sink.put("Zm9vYmFy");
    debezium::put_message_end(sink);
  });
  CHECK(text ==
        R"({"op":"m","ts_ms":1700000000200,"source":{"version":"0.1.0","connector":"postgresql",)"
        R"("name":"app","ts_ms":1700000000123,"snapshot":"false","db":"shop",)"
        R"("sequence":"[\"24023128\",\"24023128\"]","ts_us":1700000000123456,)"
        R"("ts_ns":1700000000123456000,"schema":"","table":"","txId":null,"lsn":24023128,)"
        R"("xmin":null,"origin":null,"origin_lsn":null},"transaction":null,)"
        R"("message":{"prefix":"out\"box","content":"Zm9vYmFy"}})");
}

TEST_CASE("a transaction's boundaries", "[debezium]") {
  using namespace debezium;
  CHECK(written([](Sink& sink) {
          put_boundary(sink, {.xid = 555, .lsn = 24023000, .commit_us = 1700000000123456});
        }) == R"({"status":"BEGIN","id":"555:24023000","event_count":null,)"
              R"("data_collections":null,"ts_ms":1700000000123})");
  const std::string elements = written([](Sink& sink) {
    put_collection(sink, "public.t", 2, JsonText::utf8);
    put_collection(sink, "LOGICAL_DECODING_MESSAGE", 1, JsonText::utf8);
  });
  const std::string_view collections = elements;
  CHECK(written([&](Sink& sink) {
          put_boundary(sink, {.end = true,
                              .xid = 555,
                              .lsn = 24023456,
                              .commit_us = 1700000000123456,
                              .event_count = 3,
                              .collections = &collections});
        }) == R"({"status":"END","id":"555:24023456","event_count":3,"data_collections":[)"
              R"({"data_collection":"public.t","event_count":2},)"
              R"({"data_collection":"LOGICAL_DECODING_MESSAGE","event_count":1}],)"
              R"("ts_ms":1700000000123})");
}

TEST_CASE("LSNs and xids are unsigned", "[debezium]") {
  Event event;
  event.transaction.commit_lsn = std::numeric_limits<Lsn>::max();
  event.transaction.xid = std::numeric_limits<uint32_t>::max();
  event.stamp.lsn = std::numeric_limits<Lsn>::max() - 1;
  const std::string text = render(event);
  CHECK(contains(text, R"("sequence":"[\"18446744073709551615\",\"18446744073709551614\"]")"));
  CHECK(contains(text, R"("txId":4294967295,"lsn":18446744073709551614,)"));
}

TEST_CASE("times before 1970 are rounded down", "[debezium]") {
  Event event;
  for (const int64_t us : {-1, -999, -1000}) {
    event.transaction.commit_us = us;
    CHECK(contains(render(event), R"("ts_ms":-1,"snapshot")"));
  }
  event.transaction.commit_us = -1001;
  CHECK(contains(render(event), R"("ts_ms":-2,"snapshot")"));
  event.transaction.commit_us = 999;
  CHECK(contains(render(event), R"("ts_ms":0,"snapshot")"));
}

TEST_CASE("nanoseconds that do not fit are null", "[debezium]") {
  Event event;
  event.transaction.commit_us = 9223372036854775;
  CHECK(contains(render(event), R"("ts_ns":9223372036854775000,"schema")"));
  event.transaction.commit_us = 9223372036854776;
  CHECK(contains(render(event), R"("ts_ns":null,"schema")"));
  event.stamp.now_us = 9223372036854776;
  CHECK(contains(render(event), R"("ts_ns":null})"));
}

TEST_CASE("any names, any numbers: one line of JSON with every member in its place", "[debezium]") {
  Random random;
  INFO(random.how_to_repeat());
  constexpr std::string_view alphabet[] = {"a", "\"", "\\", "\n", "\x01", "}", "\xC3\xBC", "{"};
  constexpr const char* members[] = {"before", "after", "source", "transaction",
                                     "op",     "ts_ms", "ts_us",  "ts_ns"};
  constexpr const char* source_members[] = {
      "version", "connector", "name",  "ts_ms", "snapshot", "db",   "sequence", "ts_us",
      "ts_ns",   "schema",    "table", "txId",  "lsn",      "xmin", "origin",   "origin_lsn"};
  for (int i = 0; i < 500; ++i) {
    Event event;
    event.name = random.pieces(random.below(8), alphabet);
    event.db = random.pieces(random.below(8), alphabet);
    event.schema = random.pieces(random.below(8), alphabet);
    event.table = random.pieces(random.below(8), alphabet);
    const std::string origin = random.pieces(random.below(3), alphabet);
    event.transaction = {random.any_width(), static_cast<int64_t>(random.any_width() >> 1),
                         static_cast<uint32_t>(random.bits()), origin, random.any_width()};
    event.stamp = {random.any_width(), 'u', static_cast<int64_t>(random.any_width() >> 1)};
    const std::string text = render(event);
    INFO(text);
    if (contains(text, "\n")) FAIL("a second line");
    rapidjson::Document document;
    document.Parse<rapidjson::kParseValidateEncodingFlag>(text.data(), text.size());
    if (document.HasParseError() || !document.IsObject()) FAIL("no JSON");

    const auto& source = document["source"];
    if (!has_members(document, members)) FAIL("members");
    if (!has_members(source, source_members)) FAIL("members of source");
    if (source["name"].GetString() != event.name) FAIL("name");
    if (source["table"].GetString() != event.table) FAIL("table");
    if (source["lsn"].GetUint64() != event.stamp.lsn) FAIL("lsn");
    if (source["origin"].IsNull() != origin.empty()) FAIL("origin");
  }
}

}  // namespace
}  // namespace waljet
