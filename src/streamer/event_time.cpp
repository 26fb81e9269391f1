#include "streamer/event_time.h"

#include "streamer/exact_json.h"
#include "streamer/json_members.h"
#include "streamer/time_text.h"

namespace waljet {
namespace {

constexpr int64_t us_in_ms = 1000;
constexpr int64_t ns_in_us = 1000;

std::string_view last_line(std::string_view body) {
  while (body.ends_with('\n')) body.remove_suffix(1);
  return body.substr(body.rfind('\n') + 1);
}

std::optional<int64_t> number_of(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  return member == object.MemberEnd() ? std::nullopt : exact_integer(member->value);
}

}  // namespace

std::optional<int64_t> commit_time_us(std::string_view body) {
  rapidjson::Document document;
  if (!parse_exact(last_line(body), document) || !document.IsObject()) return std::nullopt;
  const rapidjson::Value* payload = object_member(document, "payload");
  const rapidjson::Value& event = payload != nullptr ? *payload : document;
  if (const auto time_ns = parse_rfc3339_ns(text_member(event, "commitTime"))) {
    return *time_ns / ns_in_us;
  }
  const rapidjson::Value* source = object_member(event, "source");
  const rapidjson::Value& times = source != nullptr ? *source : event;  // of a transaction's marker
  if (const auto us = number_of(times, "ts_us")) return us;
  if (const auto ms = number_of(times, "ts_ms")) return *ms * us_in_ms;
  return std::nullopt;
}

}  // namespace waljet
