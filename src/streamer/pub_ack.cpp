#include "streamer/pub_ack.h"

#include <array>
#include <charconv>
#include <optional>

#include "streamer/json_members.h"

namespace waljet {
namespace {

PubAck refusal(int error_code, std::string text) {
  return {PubAckOutcome::refused, false, 0, error_code, std::move(text)};
}

bool skip(std::string_view& text, std::string_view expected) {
  if (!text.starts_with(expected)) return false;
  text.remove_prefix(expected.size());
  return true;
}

// What nearly all answers are, told without a tree of values: `{"stream":"app", "seq":7}`, with or
// without the space. Anything else is left to the parser.
std::optional<uint64_t> plain_sequence(std::string_view json) {
  if (!skip(json, R"({"stream":")")) return std::nullopt;
  const size_t name_bytes = json.find_first_of(R"("\)");
  if (name_bytes == std::string_view::npos) return std::nullopt;
  json.remove_prefix(name_bytes);
  if (!skip(json, R"(",)")) return std::nullopt;
  skip(json, " ");
  if (!skip(json, R"("seq":)")) return std::nullopt;
  uint64_t sequence = 0;
  const char* end = json.data() + json.size();
  const auto [rest, error] = std::from_chars(json.data(), end, sequence);
  const bool ends_there = std::string_view(rest, static_cast<size_t>(end - rest)) == "}";
  const bool plain = error == std::errc{} && sequence != 0 && json.front() != '0' && ends_there;
  return plain ? std::optional(sequence) : std::nullopt;
}

constexpr int api_error_wrong_last_sequence = 10071;
constexpr int api_error_wrong_last_sequence_constant = 10164;

}  // namespace

bool says_somebody_else_wrote(const PubAck& ack) {
  return ack.error_code == api_error_wrong_last_sequence ||
         ack.error_code == api_error_wrong_last_sequence_constant;
}

PubAck parse_pub_ack(std::string_view json) {
  if (const auto sequence = plain_sequence(json)) {
    return {PubAckOutcome::stored, false, *sequence, 0, {}};
  }
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
