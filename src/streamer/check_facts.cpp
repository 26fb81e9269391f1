#include "streamer/check_facts.h"

#include <fmt/core.h>
#include <rapidjson/document.h>

#include "streamer/json_members.h"

namespace waljet {
namespace {

bool is_given(const rapidjson::Value& object, const char* name) {
  const auto member = object.FindMember(name);
  if (member == object.MemberEnd() || member->value.IsNull()) return false;
  return !member->value.IsArray() || !member->value.Empty();
}

void read_config(const rapidjson::Value& config, StreamFacts& facts) {
  facts.retention = text_member(config, "retention");
  facts.transforms = is_given(config, "subject_transform");
  facts.has_sources = is_given(config, "sources");
  facts.writes_markers = number_member(config, "subject_delete_marker_ttl") != 0;
  facts.republishes = is_given(config, "republish");
  facts.allows_rollup = flag_member(config, "allow_rollup_hdrs");
  facts.discards_new = text_member(config, "discard") == "new";
  facts.messages_max = number_member(config, "max_msgs", -1);
  facts.bytes_max = number_member(config, "max_bytes", -1);
  facts.per_subject_max = number_member(config, "max_msgs_per_subject", -1);
  facts.max_age = std::chrono::duration_cast<Duration>(
      std::chrono::nanoseconds(number_member(config, "max_age")));
}

void read_limits(const rapidjson::Value& tier, AccountFacts& facts) {
  facts.file_used = number_member(tier, "storage");
  facts.memory_used = number_member(tier, "memory");
  facts.streams_used = number_member(tier, "streams");
  const rapidjson::Value* limits = object_member(tier, "limits");
  if (limits == nullptr) return;
  facts.file_max = number_member(*limits, "max_storage", -1);
  facts.memory_max = number_member(*limits, "max_memory", -1);
  facts.streams_max = number_member(*limits, "max_streams", -1);
}

}  // namespace

StreamFacts parse_stream_facts(std::string_view json) {
  StreamFacts facts;
  facts.answer = parse_stream_answer(json);
  if (facts.answer.error) return facts;
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (const rapidjson::Value* config = object_member(document, "config")) {
    read_config(*config, facts);
  }
  if (const rapidjson::Value* state = object_member(document, "state")) {
    facts.bytes = count_member(*state, "bytes");
  }
  return facts;
}

AccountFacts parse_account_facts(std::string_view json, int replicas) {
  AccountFacts facts;
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return facts;
  const rapidjson::Value* tiers = object_member(document, "tiers");
  const std::string wanted = fmt::format("R{}", replicas);
  const rapidjson::Value* tier = tiers ? object_member(*tiers, wanted.c_str()) : nullptr;
  read_limits(tier != nullptr ? *tier : document, facts);
  return facts;
}

}  // namespace waljet
