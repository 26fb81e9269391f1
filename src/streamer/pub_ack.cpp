#include "streamer/pub_ack.h"

#include <array>

#include "streamer/json_members.h"

namespace waljet {
namespace {

PubAck refusal(int error_code, std::string text) {
  return {PubAckOutcome::refused, false, 0, error_code, std::move(text)};
}

}  // namespace

PubAck parse_pub_ack(std::string_view json) {
  // An answer fits into this; a longer one takes memory from the heap.
  std::array<char, 1024> space;
  rapidjson::MemoryPoolAllocator<> pool(space.data(), space.size());
  rapidjson::Document document(&pool);
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) {
    return refusal(0, "the answer is not a JSON object");
  }
  // An error may come with "seq":0 beside it, so it is looked for first.
  const auto error = document.FindMember("error");
  if (error != document.MemberEnd()) {
    if (!error->value.IsObject()) return refusal(0, "the answer has an error of unknown form");
    return refusal(static_cast<int>(number_member(error->value, "err_code")),
                   std::string(text_member(error->value, "description")));
  }
  const auto sequence = document.FindMember("seq");
  if (sequence == document.MemberEnd() || !sequence->value.IsUint64()) {
    return refusal(0, "the answer has no sequence");
  }
  const auto duplicate = document.FindMember("duplicate");
  PubAck ack;
  ack.sequence = sequence->value.GetUint64();
  ack.duplicate =
      duplicate != document.MemberEnd() && duplicate->value.IsBool() && duplicate->value.GetBool();
  if (ack.sequence == 0) {
    return refusal(0, ack.duplicate ? "called a duplicate, but has no sequence: not stored yet"
                                    : "the answer has sequence 0");
  }
  ack.outcome = PubAckOutcome::stored;
  return ack;
}

}  // namespace waljet
