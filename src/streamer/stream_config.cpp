#include "streamer/stream_config.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "event/subject.h"
#include "streamer/json_members.h"
#include "streamer/json_writer.h"

namespace waljet {
namespace {

std::vector<std::string> strings_of(const rapidjson::Value& object, const char* name) {
  std::vector<std::string> strings;
  const rapidjson::Value* array = array_member(object, name);
  if (!array) return strings;
  for (const auto& element : array->GetArray()) {
    if (element.IsString()) strings.emplace_back(element.GetString(), element.GetStringLength());
  }
  return strings;
}

// Parses an answer; what is wrong with it, be it its form or what it says.
std::optional<ApiError> parse(std::string_view json, rapidjson::Document& document) {
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) {
    return ApiError{0, "the JetStream API's answer is not a JSON object"};
  }
  const rapidjson::Value* error = object_member(document, "error");
  if (error == nullptr) return std::nullopt;
  return ApiError{static_cast<int>(number_member(*error, "err_code")),
                  std::string(text_member(*error, "description"))};
}

}  // namespace

namespace {

// The chain counts on every message being stored as it was sent, and staying until it expires.
std::vector<std::string> unfit_for_chain(const rapidjson::Value& config) {
  std::vector<std::string> unfit;
  const std::string_view retention = text_member(config, "retention");
  if (retention == "workqueue" || retention == "interest") {
    unfit.push_back(fmt::format("retention {}", retention));
  }
  for (const char* name : {"subject_transform", "sources"}) {
    if (config.HasMember(name) && !config[name].IsNull()) unfit.emplace_back(name);
  }
  if (number_member(config, "subject_delete_marker_ttl", 0) != 0) {
    unfit.emplace_back("subject_delete_marker_ttl");
  }
  return unfit;
}

void read_config(const rapidjson::Value& config, StreamAnswer& answer) {
  answer.subjects = strings_of(config, "subjects");
  answer.is_mirror = object_member(config, "mirror") != nullptr;
  answer.is_sealed = flag_member(config, "sealed");
  answer.acknowledges = !flag_member(config, "no_ack");
  answer.unfit_for_chain = unfit_for_chain(config);
  answer.state.replicas = static_cast<int>(number_member(config, "num_replicas", 1));
  answer.state.in_memory = text_member(config, "storage") == "memory";
  answer.state.message_bytes_max = number_member(config, "max_msg_size", -1);
  answer.state.duplicate_window = std::chrono::duration_cast<Duration>(
      std::chrono::nanoseconds(number_member(config, "duplicate_window", 0)));
}

}  // namespace

// A replica that knows of no leader answers STREAM.INFO with what it has itself, which may be less
// than what was acknowledged. The leader's answer names it.
StreamAnswer parse_stream_answer(std::string_view json) {
  StreamAnswer answer;
  rapidjson::Document document;
  answer.error = parse(json, document);
  if (answer.error) return answer;
  const rapidjson::Value* cluster = object_member(document, "cluster");
  if (cluster != nullptr && text_member(*cluster, "leader").empty()) {
    answer.error = ApiError{0, "the stream has no leader at the moment"};
    return answer;
  }
  answer.state.created = text_member(document, "created");
  if (const rapidjson::Value* config = object_member(document, "config"))
    read_config(*config, answer);
  if (const rapidjson::Value* state = object_member(document, "state")) {
    answer.state.first_sequence = count_member(*state, "first_seq");
    answer.state.last_sequence = count_member(*state, "last_seq");
    answer.state.messages = count_member(*state, "messages");
  }
  return answer;
}

NamesAnswer parse_names_answer(std::string_view json) {
  NamesAnswer answer;
  rapidjson::Document document;
  answer.error = parse(json, document);
  if (!answer.error) answer.names = strings_of(document, "streams");
  return answer;
}

std::string stream_create_request(std::string_view stream, std::string_view subjects,
                                  const StreamPlan& plan) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_member(writer, "name", stream);
  writer.Key("subjects");
  writer.StartArray();
  writer.String(subjects.data(), static_cast<rapidjson::SizeType>(subjects.size()));
  writer.EndArray();
  put_member(writer, "retention", "limits");
  put_member(writer, "storage", plan.in_memory ? "memory" : "file");
  writer.Key("num_replicas");
  writer.Int(plan.replicas);
  if (plan.max_age > Duration{0}) {
    writer.Key("max_age");
    writer.Int64(std::chrono::nanoseconds(plan.max_age).count());
  }
  if (plan.bytes_max > 0) {
    writer.Key("max_bytes");
    writer.Uint64(plan.bytes_max);
  }
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string bucket_create_request(int replicas) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_member(writer, "name", record_stream());
  writer.Key("subjects");
  writer.StartArray();
  writer.String(record_subject(">").c_str());
  writer.EndArray();
  put_member(writer, "storage", "file");
  put_member(writer, "discard", "new");
  writer.Key("num_replicas");
  writer.Int(replicas);
  writer.Key("max_msgs_per_subject");
  writer.Int(1);
  for (const char* name : {"allow_rollup_hdrs", "deny_delete", "allow_direct"}) {
    writer.Key(name);
    writer.Bool(true);
  }
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::string stream_names_request(std::string_view subject) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_member(writer, "subject", subject);
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

namespace {

bool is_covered(const std::vector<std::string>& subjects, std::string_view pattern) {
  return std::any_of(subjects.begin(), subjects.end(),
                     [&](const std::string& outer) { return subject_covers(outer, pattern); });
}

}  // namespace

std::optional<Error> check_stream(std::string_view stream, const StreamAnswer& answer,
                                  std::span<const std::string> subject_patterns, bool strict) {
  const auto refuse = [](std::string text) {
    return Error{ErrorClass::refused, std::move(text), {}, {}};
  };
  if (answer.is_mirror || answer.is_sealed) {
    return refuse(
        fmt::format("stream {} is {}, which takes no events: choose another with --stream", stream,
                    answer.is_mirror ? "a mirror" : "sealed"));
  }
  if (!answer.acknowledges) {
    return refuse(
        fmt::format("stream {} does not acknowledge (no_ack), so nothing would ever be "
                    "known as stored: change it, or choose another with --stream",
                    stream));
  }
  if (strict && !answer.unfit_for_chain.empty()) {
    return refuse(
        fmt::format("stream {} has {}, which strict fencing cannot work with: choose "
                    "another with --stream, or --fencing off and its weaker promise",
                    stream, fmt::join(answer.unfit_for_chain, ", ")));
  }
  std::vector<std::string> uncovered;
  for (const std::string& pattern : subject_patterns) {
    if (!is_covered(answer.subjects, pattern)) uncovered.push_back(pattern);
  }
  if (uncovered.empty()) return std::nullopt;
  const std::string listed = fmt::format("{}", fmt::join(answer.subjects, ", "));
  return refuse(
      fmt::format("stream {} takes {}, which does not cover the events' subjects {}: add "
                  "them to the stream, or choose another with --stream or --subject",
                  stream, listed.empty() ? "no subjects" : listed, fmt::join(uncovered, ", ")));
}

Error api_error(std::string_view stream, const ApiError& error) {
  const std::string what = fmt::format("JetStream says: {} ({})", error.text, error.code);
  switch (error.code) {
    case api_error_jetstream_not_enabled:
    case api_error_jetstream_not_enabled_for_account:
      return {ErrorClass::retry,
              what +
                  ": switch JetStream on in nats-server, by `-js` or `jetstream {}` in its "
                  "configuration",
              {},
              {}};
    case api_error_subjects_overlap:
      return {ErrorClass::refused,
              fmt::format("{}: another stream takes some of the subjects of {}: choose it with "
                          "--stream, or other subjects with --subject",
                          what, stream),
              {},
              {}};
    default:  // a name in use among them: somebody created the stream meanwhile, look again
      return {ErrorClass::retry, what, {}, {}};
  }
}

bool means_jetstream_absent(const ApiError& error) {
  return error.code == api_error_jetstream_not_enabled ||
         error.code == api_error_jetstream_not_enabled_for_account;
}

std::string_view stream_name_problem(std::string_view name) {
  if (name.empty()) return "is empty";
  if (name.size() > 255) return "is longer than 255 characters";
  for (const char c : name) {
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) return "holds a space";
    if (c == '.' || c == '*' || c == '>' || c == '/' || c == '\\') {
      return "holds one of . * > / \\";
    }
  }
  return {};
}

}  // namespace waljet
