// Kafka Connect schemas as JSON: which members, in which order, as its JsonConverter writes them,
// and the schemas of the events themselves, as Debezium declares them.
//
//     {"type":"int64","optional":true,"name":"io.debezium.time.MicroTime","version":1,"field":"at"}
#pragma once

#include <string_view>

#include "event/sink.h"

namespace waljet::connect {

// What the values of a schema are. Texts are JSON already, names need no escaping.
struct Type {
  std::string_view shape;      // `"type":` and what belongs to it: items, keys, values, fields
  std::string_view name = {};  // what the values mean, where their type alone does not tell
  int version = 0;             // of the name; 0: not said
  std::string_view doc = {};   //
  std::string_view parameters = {};  // `"scale":"2"`, with commas between
  bool always_optional = false;      // whoever uses it
};

// Where a type is used.
struct Use {
  bool optional = false;
  std::string_view default_json = {};  // in the form of a payload; empty: none
  std::string_view field = {};         // `"name"` as a member of a struct; empty: it is none
};

void put_schema(Sink& sink, const Type& type, const Use& use);

constexpr Type boolean{R"("type":"boolean")"};
constexpr Type int16{R"("type":"int16")"};
constexpr Type int32{R"("type":"int32")"};
constexpr Type int64{R"("type":"int64")"};
constexpr Type float32{R"("type":"float")"};
constexpr Type float64{R"("type":"double")"};
constexpr Type string{R"("type":"string")"};
constexpr Type bytes{R"("type":"bytes")"};
// Of texts by texts that may be null.
constexpr Type string_map{
    R"("type":"map","keys":{"type":"string","optional":false},"values":{"type":"string","optional":true})"};

// The same values with a meaning.
constexpr Type named(const Type& type, std::string_view name, std::string_view parameters = {}) {
  return {type.shape, name, 1, {}, parameters};
}

// Debezium's structs and vectors.
extern const Type variable_scale_decimal;
extern const Type point;
extern const Type geometry;
extern const Type geography;
extern const Type double_vector;
extern const Type float_vector;
extern const Type sparse_vector;

// `"type":"array"` of elements that may be null.
void put_array_shape(Sink& sink, const Type& element);

// The name that the schemas of a table's events begin with: that of Debezium's topic. Characters
// outside [A-Za-z0-9._-] are `_`, those beyond U+FFFF two of them, as Java counts; cut to 249.
constexpr size_t topic_bytes_max = 249;
void put_topic(Sink& sink, std::string_view name, std::string_view schema, std::string_view table);

// The schema of a table's events. `columns` are the schemas of its columns, with commas between.
void put_envelope_schema(Sink& sink, std::string_view topic, std::string_view columns);

// The schema of logical messages, whose content is of this type, and of transaction boundaries.
void put_message_schema(Sink& sink, const Type& content);
void put_transaction_schema(Sink& sink);

}  // namespace waljet::connect
