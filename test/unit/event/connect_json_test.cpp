#include "event/connect_json.h"

#include <rapidjson/document.h>

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "event/test_sink.h"

namespace waljet::connect {
namespace {

std::string schema(const Type& type, const Use& use) {
  return written([&](Sink& sink) { put_schema(sink, type, use); });
}

std::string topic(std::string_view name, std::string_view of_schema, std::string_view table) {
  return written([&](Sink& sink) { put_topic(sink, name, of_schema, table); });
}

std::string repeated(const std::string& text, int count) {
  std::string result;
  for (; count > 0; --count) result += text;
  return result;
}

bool is_json(const std::string& text) {
  rapidjson::Document document;
  return !document.Parse(text.data(), text.size()).HasParseError();
}

// The names of a struct's members.
std::vector<std::string> fields(const rapidjson::Value& of) {
  std::vector<std::string> names;
  for (const auto& field : of["fields"].GetArray()) names.emplace_back(field["field"].GetString());
  return names;
}

TEST_CASE("members in the converter's order, absent ones left out", "[connect_json]") {
  CHECK(schema(int32, {}) == R"({"type":"int32","optional":false})");
  CHECK(schema(int32, {.optional = true, .default_json = "0", .field = R"("id")"}) ==
        R"({"type":"int32","optional":true,"default":0,"field":"id"})");
  const Type everything{R"("type":"bytes")", "a.Name", 2, "words", R"("scale":"2")"};
  CHECK(schema(everything, {.default_json = R"("AA==")", .field = R"("a\"b")"}) ==
        R"({"type":"bytes","optional":false,"name":"a.Name","version":2,"doc":"words",)"
        R"("parameters":{"scale":"2"},"default":"AA==","field":"a\"b"})");
}

TEST_CASE("a type with a meaning is that type, in version 1", "[connect_json]") {
  CHECK(schema(named(int64, "io.debezium.time.MicroTime"), {}) ==
        R"({"type":"int64","optional":false,"name":"io.debezium.time.MicroTime","version":1})");
  CHECK(schema(named(bytes, "io.debezium.data.Bits", R"("length":"7")"), {}) ==
        R"({"type":"bytes","optional":false,"name":"io.debezium.data.Bits","version":1,)"
        R"("parameters":{"length":"7"}})");
}

TEST_CASE("Debezium's Geometry is optional, whatever the column", "[connect_json]") {
  CHECK(schema(geometry, {})
            .find(R"(}],"optional":true,"name":"io.debezium.data.geometry.Geometry",)"
                  R"("version":1,"doc":"Geometry"})") != std::string::npos);
  CHECK(schema(geography, {})
            .find(R"(}],"optional":false,"name":"io.debezium.data.geometry.Geography",)"
                  R"("version":1,"doc":"Geography"})") != std::string::npos);
}

TEST_CASE("elements of an array may be null", "[connect_json]") {
  const auto put = [](Sink& sink) {
    put_array_shape(sink, named(string, "io.debezium.data.Uuid"));
  };
  const std::string shape = written(put);
  CHECK(schema({shape}, {.optional = true, .field = R"("ids")"}) ==
        R"({"type":"array","items":{"type":"string","optional":true,)"
        R"("name":"io.debezium.data.Uuid","version":1},"optional":true,"field":"ids"})");
}

TEST_CASE("a topic's name", "[connect_json]") {
  CHECK(topic("app", "public", "t") == "app.public.t");
  CHECK(topic("my app", "A.b_c-9", "a|b@c/*>") == "my_app.A.b_c-9.a_b_c___");
  CHECK(topic("", "", "") == "..");
  // A character is one or, beyond U+FFFF, two; a byte that belongs to none is one.
  CHECK(topic("\xC3\xA4", "\xE2\x82\xAC", "\xF0\x9F\x98\x80") == "_._.__");
  CHECK(topic("\xFF\xC3", "a", "\xE2\x82") == "__.a.__");
}

TEST_CASE("a topic's name ends after 249 characters", "[connect_json]") {
  const std::string name = repeated("n", 64);
  const std::string part = repeated("\xC3\xA4", 124);
  CHECK(topic(name, "s", repeated("t", 182)).size() == 249);
  CHECK(topic(name, "s", repeated("t", 183)) == name + ".s." + repeated("t", 182));
  CHECK(topic("a", part, part) == "a." + repeated("_", 124) + "." + repeated("_", 122));
  // What the sink held before does not count.
  const auto put = [&](Sink& sink) {
    sink.put("before ");
    put_topic(sink, name, name, repeated("t", 200));
  };
  CHECK(written(put).size() == 7 + 249);
}

// The schema of a published example, for a table with a serial key and a text.
TEST_CASE("the schema of a table's events", "[connect_json]") {
  const std::string columns = R"({"type":"int32","optional":false,"default":0,"field":"id"},)"
                              R"({"type":"string","optional":true,"field":"name"})";
  const std::string row =
      R"({"type":"struct","fields":[)" + columns + R"(],"optional":true,"name":"p.public.t.Value")";
  CHECK(
      written([&](Sink& sink) { put_envelope_schema(sink, "p.public.t", columns); }) ==
      R"({"type":"struct","fields":[)" + row + R"(,"field":"before"},)" + row +
          R"(,"field":"after"},)"
          R"({"type":"struct","fields":[)"
          R"({"type":"string","optional":false,"field":"version"},)"
          R"({"type":"string","optional":false,"field":"connector"},)"
          R"({"type":"string","optional":false,"field":"name"},)"
          R"({"type":"int64","optional":false,"field":"ts_ms"},)"
          R"({"type":"string","optional":true,"name":"io.debezium.data.Enum","version":1,)"
          R"("parameters":{"allowed":"true,first,first_in_data_collection,last_in_data_collection,last,false,incremental"},)"
          R"("default":"false","field":"snapshot"},)"
          R"({"type":"string","optional":false,"field":"db"},)"
          R"({"type":"string","optional":true,"field":"sequence"},)"
          R"({"type":"int64","optional":true,"field":"ts_us"},)"
          R"({"type":"int64","optional":true,"field":"ts_ns"},)"
          R"({"type":"string","optional":false,"field":"schema"},)"
          R"({"type":"string","optional":false,"field":"table"},)"
          R"({"type":"int64","optional":true,"field":"txId"},)"
          R"({"type":"int64","optional":true,"field":"lsn"},)"
          R"({"type":"int64","optional":true,"field":"xmin"},)"
          R"({"type":"string","optional":true,"field":"origin"},)"
          R"({"type":"int64","optional":true,"field":"origin_lsn"}],)"
          R"("optional":false,"name":"io.debezium.connector.postgresql.Source","version":1,"field":"source"},)"
          R"({"type":"struct","fields":[{"type":"string","optional":false,"field":"id"},)"
          R"({"type":"int64","optional":false,"field":"total_order"},)"
          R"({"type":"int64","optional":false,"field":"data_collection_order"}],)"
          R"("optional":true,"name":"event.block","version":1,"field":"transaction"},)"
          R"({"type":"string","optional":false,"field":"op"},)"
          R"({"type":"int64","optional":true,"field":"ts_ms"},)"
          R"({"type":"int64","optional":true,"field":"ts_us"},)"
          R"({"type":"int64","optional":true,"field":"ts_ns"}],)"
          R"("optional":false,"name":"p.public.t.Envelope","version":2})");
}

TEST_CASE("a table without columns has a schema", "[connect_json]") {
  CHECK(is_json(written([](Sink& sink) { put_envelope_schema(sink, "p.public.t", ""); })));
}

TEST_CASE("the schema of logical messages", "[connect_json]") {
  rapidjson::Document message;
  const std::string text = written([](Sink& sink) { put_message_schema(sink, bytes); });
  REQUIRE(!message.Parse(text.data(), text.size()).HasParseError());
  CHECK(fields(message) ==
        std::vector<std::string>{"op", "ts_ms", "source", "transaction", "message"});
  CHECK(fields(message["fields"][4]) == std::vector<std::string>{"prefix", "content"});
  CHECK(message["fields"][4]["fields"][1]["type"] == "bytes");
  CHECK(message["name"] == "io.debezium.connector.postgresql.MessageValue");
}

TEST_CASE("the schema of a transaction's boundaries", "[connect_json]") {
  rapidjson::Document boundary;
  const std::string text = written(put_transaction_schema);
  REQUIRE(!boundary.Parse(text.data(), text.size()).HasParseError());
  CHECK(fields(boundary) ==
        std::vector<std::string>{"status", "id", "event_count", "data_collections", "ts_ms"});
  CHECK(fields(boundary["fields"][3]["items"]) ==
        std::vector<std::string>{"data_collection", "event_count"});
}

TEST_CASE("structs and vectors are JSON", "[connect_json]") {
  for (const Type& type : {variable_scale_decimal, point, geometry, geography, double_vector,
                           float_vector, sparse_vector, string_map}) {
    CHECK(is_json(schema(type, {.field = R"("f")"})));
  }
}

}  // namespace
}  // namespace waljet::connect
