#include "plugin/stand_in.h"

#include "event/text.h"
#include "plugin/compat.h"
#include "plugin/encoding.h"
#include "plugin/memory.h"

namespace waljet {
namespace {

void put_quoted_base64(Sink& sink, std::string_view bytes) {
  sink.put('"');
  put_base64(sink, bytes);
  sink.put('"');
}

// Numbers have no room for a text: its bytes, one after the other.
void put_byte_values(Sink& sink, std::string_view bytes, std::string_view behind_each) {
  sink.put('[');
  for (size_t i = 0; i < bytes.size(); ++i) {
    if (i > 0) sink.put(',');
    put_uint(sink, static_cast<uint8_t>(bytes[i]));
    sink.put(behind_each);
  }
  sink.put(']');
}

// The UUID, version 3, that Java makes of a name without a namespace.
void put_name_uuid(Sink& sink, std::string_view name) {
  uint8 hash[uuid_bytes] = {};
  md5_of(name, hash);
  hash[6] = static_cast<uint8>((hash[6] & 0x0F) | 0x30);
  hash[8] = static_cast<uint8>((hash[8] & 0x3F) | 0x80);
  sink.put('"');
  put_uuid(sink, hash);
  sink.put('"');
}

void put_hstore_pair(Sink& sink, std::string_view text) {
  sink.put('{');
  put_json_string(sink, text, json_text());
  sink.put(':');
  put_json_string(sink, text, json_text());
  sink.put('}');
}

void put_array_of(Sink& sink, const ValueCodec& element, std::string_view text);

void put_unavailable(Sink& sink, const ValueCodec& codec, std::string_view text) {
  switch (codec.form) {
    case ValueForm::bytes_base64:
    case ValueForm::bits:
    case ValueForm::decimal:
    case ValueForm::money_decimal: return put_quoted_base64(sink, text);
    case ValueForm::variable_decimal:
      sink.put("{\"scale\":0,\"value\":");
      put_quoted_base64(sink, text);
      return sink.put('}');
    case ValueForm::geometry:
      sink.put("{\"wkb\":");
      put_quoted_base64(sink, text);
      return sink.put(",\"srid\":null}");
    case ValueForm::uuid: return put_name_uuid(sink, text);
    case ValueForm::hstore_object: return put_hstore_pair(sink, text);
    case ValueForm::hstore_string: {
      Sink pair = make_sink(CurrentMemoryContext, text.size() * 2 + 16);
      put_hstore_pair(pair, text);
      return put_json_string(sink, pair.view(), json_text());
    }
    case ValueForm::vector: return put_byte_values(sink, text, ".0");
    case ValueForm::array: return put_array_of(sink, *codec.element, text);
    default: return put_json_string(sink, text, json_text());
  }
}

// "0.00" with as many digits as the type has.
std::string_view zero_text(MemoryContext context, int scale) {
  Sink sink = make_sink(context, static_cast<size_t>(scale > 0 ? scale : 0) + 8);
  sink.put("\"0");
  if (scale > 0) sink.put('.');
  for (int i = 0; i < scale; ++i) sink.put('0');
  sink.put('"');
  return sink.view();
}

void put_array_of(Sink& sink, const ValueCodec& element, std::string_view text) {
  switch (element.form) {
    case ValueForm::int2:
    case ValueForm::int4:
    case ValueForm::int8:
    case ValueForm::oid:
    case ValueForm::date_days:
    case ValueForm::time_ms:
    case ValueForm::time_us:
    case ValueForm::time_ns:
    case ValueForm::timestamp_ms:
    case ValueForm::timestamp_us:
    case ValueForm::timestamp_ns: return put_byte_values(sink, text, "");
    case ValueForm::float4:
    case ValueForm::float8:
    case ValueForm::numeric_double: return put_byte_values(sink, text, ".0");
    default: break;
  }
  sink.put('[');
  put_unavailable(sink, element, text);
  sink.put(']');
}

}  // namespace

std::string_view unavailable_value(MemoryContext context, const ValueCodec& codec,
                                   std::string_view text) {
  Sink sink = make_sink(context, text.size() * 4 + 64);
  put_unavailable(sink, codec, text);
  return sink.view();
}

std::string_view fallback_value(MemoryContext context, const ValueCodec& codec) {
  switch (codec.form) {
    case ValueForm::boolean:
    case ValueForm::bit_boolean: return "false";
    case ValueForm::int2:
    case ValueForm::int4:
    case ValueForm::int8:
    case ValueForm::oid:
    case ValueForm::date_days:
    case ValueForm::time_ms:
    case ValueForm::time_us:
    case ValueForm::time_ns:
    case ValueForm::timestamp_ms:
    case ValueForm::timestamp_us:
    case ValueForm::timestamp_ns:
    case ValueForm::interval_us: return "0";
    case ValueForm::float4:
    case ValueForm::float8:
    case ValueForm::numeric_double:
    case ValueForm::money_double: return "0.0";
    case ValueForm::date_iso: return "\"1970-01-01Z\"";
    case ValueForm::time_iso:
    case ValueForm::timetz_utc: return "\"00:00:00Z\"";
    case ValueForm::timestamp_iso:
    case ValueForm::timestamptz_utc: return "\"1970-01-01T00:00:00Z\"";
    case ValueForm::interval_iso: return "\"P0Y0M0DT0H0M0S\"";
    case ValueForm::decimal:
    case ValueForm::money_decimal: return "\"AA==\"";
    case ValueForm::variable_decimal: return "{\"scale\":0,\"value\":\"AA==\"}";
    case ValueForm::numeric_string: return zero_text(context, codec.scale);
    case ValueForm::money_string: return "\"0.00\"";
    case ValueForm::point:
      return "{\"x\":0.0,\"y\":0.0,\"wkb\":\"AQEAAAAAAAAAAAAAAAAAAAAAAAAA\",\"srid\":null}";
    case ValueForm::hstore_string: return "\"{}\"";
    case ValueForm::hstore_object: return "{}";
    case ValueForm::geometry: return "{\"wkb\":\"\",\"srid\":null}";
    case ValueForm::sparse_vector: return "{\"dimensions\":0,\"vector\":[]}";
    case ValueForm::vector:
    case ValueForm::array: return "[]";
    default: return "\"\"";
  }
}

std::string_view too_large_value(ValueForm form) {
  switch (form) {
    case ValueForm::bytes_base64:
    case ValueForm::bytes_base64_string:
    case ValueForm::bytes_base64_url:
    case ValueForm::bits: return "\"X193YWxqZXRfdmFsdWVfdG9vX2xhcmdl\"";  // the text in base64
    case ValueForm::text:
    case ValueForm::bytes_hex:
    case ValueForm::jsonb_text:
    case ValueForm::json_value:
    case ValueForm::hstore_string:
    case ValueForm::hstore_object:
    case ValueForm::geometry:
    case ValueForm::vector:
    case ValueForm::sparse_vector:
    case ValueForm::array:
    case ValueForm::hashed:  // of a value that has no text
    case ValueForm::type_text: return "\"__waljet_value_too_large\"";
    default: return {};
  }
}

}  // namespace waljet
