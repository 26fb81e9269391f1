// Members of a JSON object as JetStream writes them: absent or of another type counts as not set.
// Views and values live as long as the document.
#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <string_view>

namespace waljet {

inline std::string_view text_of(const rapidjson::Value& value) {
  if (!value.IsString()) return {};
  return {value.GetString(), value.GetStringLength()};
}

inline std::string_view text_member(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  return member != object.MemberEnd() ? text_of(member->value) : std::string_view();
}

inline int64_t number_member(const rapidjson::Value& object, const char* name, int64_t absent = 0) {
  const auto member = object.FindMember(name);
  const bool is_set = member != object.MemberEnd() && member->value.IsInt64();
  return is_set ? member->value.GetInt64() : absent;
}

// For counts and sequences, which are never negative.
inline uint64_t count_member(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  const bool is_set = member != object.MemberEnd() && member->value.IsUint64();
  return is_set ? member->value.GetUint64() : 0;
}

inline bool flag_member(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  return member != object.MemberEnd() && member->value.IsTrue();
}

// Null where there is none.
inline const rapidjson::Value* array_member(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  return member != object.MemberEnd() && member->value.IsArray() ? &member->value : nullptr;
}
inline const rapidjson::Value* object_member(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  return member != object.MemberEnd() && member->value.IsObject() ? &member->value : nullptr;
}

}  // namespace waljet
