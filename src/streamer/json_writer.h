// Members of a JSON object that is written.
#pragma once

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace waljet {

using JsonWriter = rapidjson::Writer<rapidjson::StringBuffer>;

inline void put_text(JsonWriter& writer, std::string_view text) {
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

inline void put_member(JsonWriter& writer, const char* name, std::string_view text) {
  writer.Key(name);
  put_text(writer, text);
}

inline void put_member(JsonWriter& writer, const char* name, uint64_t number) {
  writer.Key(name);
  writer.Uint64(number);
}

inline void put_member(JsonWriter& writer, const char* name, int64_t number) {
  writer.Key(name);
  writer.Int64(number);
}

// Null where there is none.
inline void put_member(JsonWriter& writer, const char* name, std::optional<uint64_t> number) {
  if (number) return put_member(writer, name, *number);
  writer.Key(name);
  writer.Null();
}
inline void put_member(JsonWriter& writer, const char* name, std::optional<double> number) {
  writer.Key(name);
  if (number) {
    writer.Double(*number);
  } else {
    writer.Null();
  }
}

// Not an overload: a pointer would be taken for one.
inline void put_flag(JsonWriter& writer, const char* name, bool flag) {
  writer.Key(name);
  writer.Bool(flag);
}

}  // namespace waljet
