#include "event/connect_json.h"

#include "event/text.h"
#include "event/utf8.h"

namespace waljet::connect {

// ---- structs ----

const Type variable_scale_decimal{R"("type":"struct","fields":[)"
                                  R"({"type":"int32","optional":false,"field":"scale"},)"
                                  R"({"type":"bytes","optional":false,"field":"value"}])",
                                  "io.debezium.data.VariableScaleDecimal", 1,
                                  "Variable scaled decimal"};

const Type point{R"("type":"struct","fields":[)"
                 R"({"type":"double","optional":false,"field":"x"},)"
                 R"({"type":"double","optional":false,"field":"y"},)"
                 R"({"type":"bytes","optional":true,"field":"wkb"},)"
                 R"({"type":"int32","optional":true,"field":"srid"}])",
                 "io.debezium.data.geometry.Point", 1, "Geometry (POINT)"};

namespace {

constexpr std::string_view geometry_shape = R"("type":"struct","fields":[)"
                                            R"({"type":"bytes","optional":false,"field":"wkb"},)"
                                            R"({"type":"int32","optional":true,"field":"srid"}])";

}  // namespace

const Type geometry{geometry_shape, "io.debezium.data.geometry.Geometry", 1, "Geometry", {}, true};
const Type geography{geometry_shape, "io.debezium.data.geometry.Geography", 1, "Geography"};

const Type double_vector{R"("type":"array","items":{"type":"double","optional":false})",
                         "io.debezium.data.DoubleVector", 1};
const Type float_vector{R"("type":"array","items":{"type":"float","optional":false})",
                        "io.debezium.data.FloatVector", 1};

const Type sparse_vector{
    R"("type":"struct","fields":[)"
    R"({"type":"int16","optional":false,"field":"dimensions"},)"
    R"({"type":"map","keys":{"type":"int16","optional":false},)"
    R"("values":{"type":"double","optional":false},"optional":false,"field":"vector"}])",
    "io.debezium.data.SparseDoubleVector", 1, "Sparse double vector"};

namespace {

constexpr std::string_view source_field =
    R"({"type":"struct","fields":[)"
    R"({"type":"string","optional":false,"field":"version"},)"
    R"({"type":"string","optional":false,"field":"connector"},)"
    R"({"type":"string","optional":false,"field":"name"},)"
    R"({"type":"int64","optional":false,"field":"ts_ms"},)"
    R"({"type":"string","optional":true,"name":"io.debezium.data.Enum","version":1,)"
    R"("parameters":{"allowed":"true,first,first_in_data_collection,last_in_data_collection,)"
    R"(last,false,incremental"},"default":"false","field":"snapshot"},)"
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
    R"("optional":false,"name":"io.debezium.connector.postgresql.Source","version":1,)"
    R"("field":"source"})";

constexpr std::string_view transaction_field =
    R"({"type":"struct","fields":[)"
    R"({"type":"string","optional":false,"field":"id"},)"
    R"({"type":"int64","optional":false,"field":"total_order"},)"
    R"({"type":"int64","optional":false,"field":"data_collection_order"}],)"
    R"("optional":true,"name":"event.block","version":1,"field":"transaction"})";

constexpr std::string_view times_fields = R"({"type":"int64","optional":true,"field":"ts_ms"},)"
                                          R"({"type":"int64","optional":true,"field":"ts_us"},)"
                                          R"({"type":"int64","optional":true,"field":"ts_ns"})";

constexpr std::string_view op_field = R"({"type":"string","optional":false,"field":"op"})";

void put_row_field(Sink& sink, std::string_view topic, std::string_view columns,
                   std::string_view field) {
  sink.put(R"({"type":"struct","fields":[)");
  sink.put(columns);
  sink.put(R"(],"optional":true,"name":")");
  sink.put(topic);
  sink.put(R"(.Value","field":")");
  sink.put(field);
  sink.put("\"}");
}

bool is_topic_character(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '_' || c == '-';
}

void put_topic_part(Sink& sink, std::string_view part) {
  while (!part.empty()) {
    const Utf8Character first = first_utf8_character(part);
    if (is_topic_character(part[0])) {
      sink.put(part[0]);
    } else {
      sink.put(first.code > 0xFFFF ? "__" : "_");
    }
    part.remove_prefix(first.length > 0 ? first.length : 1);
  }
}

}  // namespace

void put_schema(Sink& sink, const Type& type, const Use& use) {
  sink.put('{');
  sink.put(type.shape);
  sink.put(use.optional || type.always_optional ? R"(,"optional":true)" : R"(,"optional":false)");
  if (!type.name.empty()) {
    sink.put(R"(,"name":")");
    sink.put(type.name);
    sink.put('"');
  }
  if (type.version > 0) {
    sink.put(R"(,"version":)");
    put_int(sink, type.version);
  }
  if (!type.doc.empty()) {
    sink.put(R"(,"doc":")");
    sink.put(type.doc);
    sink.put('"');
  }
  if (!type.parameters.empty()) {
    sink.put(R"(,"parameters":{)");
    sink.put(type.parameters);
    sink.put('}');
  }
  if (!use.default_json.empty()) {
    sink.put(R"(,"default":)");
    sink.put(use.default_json);
  }
  if (!use.field.empty()) {
    sink.put(R"(,"field":)");
    sink.put(use.field);
  }
  sink.put('}');
}

void put_array_shape(Sink& sink, const Type& element) {
  sink.put(R"("type":"array","items":)");
  put_schema(sink, element, {.optional = true});
}

void put_topic(Sink& sink, std::string_view name, std::string_view schema, std::string_view table) {
  const size_t start = sink.size();
  put_topic_part(sink, name);
  sink.put('.');
  put_topic_part(sink, schema);
  sink.put('.');
  put_topic_part(sink, table);
  if (sink.size() - start > topic_bytes_max) sink.truncate(start + topic_bytes_max);
}

void put_envelope_schema(Sink& sink, std::string_view topic, std::string_view columns) {
  sink.put(R"({"type":"struct","fields":[)");
  put_row_field(sink, topic, columns, "before");
  sink.put(',');
  put_row_field(sink, topic, columns, "after");
  for (const std::string_view field : {source_field, transaction_field, op_field, times_fields}) {
    sink.put(',');
    sink.put(field);
  }
  sink.put(R"(],"optional":false,"name":")");
  sink.put(topic);
  sink.put(R"(.Envelope","version":2})");
}

void put_message_schema(Sink& sink, const Type& content) {
  sink.put(R"({"type":"struct","fields":[)");
  sink.put(op_field);
  sink.put(R"(,{"type":"int64","optional":true,"field":"ts_ms"},)");
  sink.put(source_field);
  sink.put(',');
  sink.put(transaction_field);
  sink.put(R"(,{"type":"struct","fields":[{"type":"string","optional":true,"field":"prefix"},)");
  put_schema(sink, content, {.optional = true, .field = R"("content")"});
  sink.put(
      R"(],"optional":false,"name":"io.debezium.connector.postgresql.Message","version":1,)"
      R"("field":"message"}],)"
      R"("optional":false,"name":"io.debezium.connector.postgresql.MessageValue","version":1})");
}

void put_transaction_schema(Sink& sink) {
  sink.put(R"({"type":"struct","fields":[)"
           R"({"type":"string","optional":false,"field":"status"},)"
           R"({"type":"string","optional":false,"field":"id"},)"
           R"({"type":"int64","optional":true,"field":"event_count"},)"
           R"({"type":"array","items":{"type":"struct","fields":[)"
           R"({"type":"string","optional":false,"field":"data_collection"},)"
           R"({"type":"int64","optional":false,"field":"event_count"}],)"
           R"("optional":false,"name":"event.collection","version":1},)"
           R"("optional":true,"field":"data_collections"},)"
           R"({"type":"int64","optional":false,"field":"ts_ms"}],)"
           R"("optional":false,"name":"io.debezium.connector.common.TransactionMetadataValue",)"
           R"("version":1})");
}

}  // namespace waljet::connect
