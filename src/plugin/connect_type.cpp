#include "plugin/connect_type.h"

#include "event/json.h"
#include "event/text.h"
#include "plugin/encoding.h"
#include "plugin/memory.h"

namespace waljet {
namespace {

using connect::named;

constexpr std::string_view decimal_name = "org.apache.kafka.connect.data.Decimal";

// ---- parameters ----

std::string_view number_parameter(MemoryContext context, std::string_view label, int64_t number) {
  Sink sink = make_sink(context, label.size() + 24);
  sink.put(label);
  sink.put('"');
  put_int(sink, number);
  sink.put('"');
  return sink.view();
}

std::string_view decimal_parameters(MemoryContext context, int32 typmod) {
  Sink sink = make_sink(context, 64);
  sink.put(R"("scale":")");
  put_int(sink, numeric_scale(typmod));
  sink.put(R"(","connect.decimal.precision":")");
  put_int(sink, numeric_precision(typmod));
  sink.put('"');
  return sink.view();
}

// The labels in their order. A comma in a label is not told from one between them, as in Debezium.
std::string_view enum_parameters(MemoryContext context, Oid type) {
  Sink sink = make_sink(context, 256);
  sink.put(R"("allowed":")");
  ScanKeyData key;
  ScanKeyInit(&key, Anum_pg_enum_enumtypid, BTEqualStrategyNumber, F_OIDEQ, ObjectIdGetDatum(type));
  Relation labels = table_open(EnumRelationId, AccessShareLock);
  Relation order = index_open(EnumTypIdSortOrderIndexId, AccessShareLock);
  SysScanDesc scan = systable_beginscan_ordered(labels, order, nullptr, 1, &key);
  const size_t start = sink.size();
  while (HeapTuple tuple = systable_getnext_ordered(scan, ForwardScanDirection)) {
    auto* label = reinterpret_cast<Form_pg_enum>(GETSTRUCT(tuple));
    if (sink.size() > start) sink.put(',');
    put_json_text(sink, utf8_of(NameStr(label->enumlabel)), json_text());
  }
  systable_endscan_ordered(scan);
  index_close(order, AccessShareLock);
  table_close(labels, AccessShareLock);
  sink.put('"');
  return sink.view();
}

// ---- by form ----

// Dates and times that are numbers, for which connect mode has names of its own.
connect::Type time_type(const connect::Type& type, std::string_view debezium_name,
                        std::string_view connect_name, const PluginOptions& options) {
  return named(type, options.time == TimeMode::connect ? connect_name : debezium_name);
}

connect::Type bits_type(MemoryContext context, int32 typmod) {
  constexpr int32 unlimited = 2147483647;
  return named(connect::bytes, "io.debezium.data.Bits",
               number_parameter(context, R"("length":)", typmod > 0 ? typmod : unlimited));
}

connect::Type vector_type(Oid type) {
  return known_type(type) == KnownType::halfvec ? connect::float_vector : connect::double_vector;
}

connect::Type geometry_type(Oid type) {
  return known_type(type) == KnownType::geography ? connect::geography : connect::geometry;
}

// Of what is text in a string, the type alone tells what the text is.
connect::Type text_type(MemoryContext context, Oid type) {
  switch (type) {
    case JSONOID:
    case JSONBOID: return named(connect::string, "io.debezium.data.Json");
    case XMLOID: return named(connect::string, "io.debezium.data.Xml");
    case TSVECTOROID: return named(connect::string, "io.debezium.data.Tsvector");
    default: break;
  }
  if (get_typtype(type) == TYPTYPE_ENUM) {
    return named(connect::string, "io.debezium.data.Enum", enum_parameters(context, type));
  }
  if (known_type(type) == KnownType::ltree) {
    return named(connect::string, "io.debezium.data.Ltree");
  }
  return connect::string;
}

connect::Type array_type(MemoryContext context, const ValueCodec& codec, const ValueType& type,
                         const PluginOptions& options) {
  const ValueType element = value_type(get_element_type(type.type), type.typmod);
  Sink shape = make_sink(context, 256);
  connect::put_array_shape(shape, connect_type(context, *codec.element, element, options));
  return {shape.view()};
}

}  // namespace

connect::Type connect_type(MemoryContext context, const ValueCodec& codec, const ValueType& type,
                           const PluginOptions& options) {
  using namespace connect;
  switch (codec.form) {
    case ValueForm::boolean:
    case ValueForm::bit_boolean: return boolean;
    case ValueForm::int2: return int16;
    case ValueForm::int4: return int32;
    case ValueForm::int8:
    case ValueForm::oid: return int64;
    case ValueForm::float4: return float32;
    case ValueForm::float8:
    case ValueForm::numeric_double:
    case ValueForm::money_double: return float64;
    case ValueForm::masked:
    case ValueForm::hashed:
    case ValueForm::numeric_string:
    case ValueForm::money_string:
    case ValueForm::bytes_base64_string:
    case ValueForm::bytes_base64_url:
    case ValueForm::bytes_hex: return string;
    case ValueForm::bytes_base64: return bytes;
    case ValueForm::uuid: return named(string, "io.debezium.data.Uuid");
    case ValueForm::date_days:
      return time_type(int32, "io.debezium.time.Date", "org.apache.kafka.connect.data.Date",
                       options);
    case ValueForm::time_ms:
      return time_type(int32, "io.debezium.time.Time", "org.apache.kafka.connect.data.Time",
                       options);
    case ValueForm::timestamp_ms:
      return time_type(int64, "io.debezium.time.Timestamp",
                       "org.apache.kafka.connect.data.Timestamp", options);
    case ValueForm::time_us: return named(int64, "io.debezium.time.MicroTime");
    case ValueForm::time_ns: return named(int64, "io.debezium.time.NanoTime");
    case ValueForm::timestamp_us: return named(int64, "io.debezium.time.MicroTimestamp");
    case ValueForm::timestamp_ns: return named(int64, "io.debezium.time.NanoTimestamp");
    case ValueForm::date_iso: return named(string, "io.debezium.time.IsoDate");
    case ValueForm::time_iso: return named(string, "io.debezium.time.IsoTime");
    case ValueForm::timestamp_iso: return named(string, "io.debezium.time.IsoTimestamp");
    case ValueForm::timetz_utc: return named(string, "io.debezium.time.ZonedTime");
    case ValueForm::timestamptz_utc: return named(string, "io.debezium.time.ZonedTimestamp");
    case ValueForm::interval_us: return named(int64, "io.debezium.time.MicroDuration");
    case ValueForm::interval_iso: return named(string, "io.debezium.time.Interval");
    case ValueForm::decimal:
      return named(bytes, decimal_name, decimal_parameters(context, type.typmod));
    case ValueForm::variable_decimal: return variable_scale_decimal;
    case ValueForm::money_decimal: return named(bytes, decimal_name, R"("scale":"2")");
    case ValueForm::bits: return bits_type(context, type.typmod);
    case ValueForm::point: return point;
    case ValueForm::hstore_string: return named(string, "io.debezium.data.Json");
    case ValueForm::hstore_object: return string_map;
    case ValueForm::geometry: return geometry_type(type.type);
    case ValueForm::vector: return vector_type(type.type);
    case ValueForm::sparse_vector: return sparse_vector;
    case ValueForm::array: return array_type(context, codec, type, options);
    case ValueForm::float4_plain:  // the last four are never Debezium's
    case ValueForm::float8_plain:
    case ValueForm::numeric_plain:
    case ValueForm::json_value:
    case ValueForm::text:
    case ValueForm::name:
    case ValueForm::character:
    case ValueForm::jsonb_text:
    case ValueForm::type_text: return text_type(context, type.type);
  }
  return string;
}

}  // namespace waljet
