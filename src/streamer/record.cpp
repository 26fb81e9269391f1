#include "streamer/record.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <spdlog/fmt/fmt.h>

#include <charconv>

#include "streamer/json_members.h"
#include "streamer/position_text.h"

namespace waljet {
namespace {

constexpr unsigned record_version = 1;

using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

void put(Writer& writer, std::string_view text) {
  writer.String(text.data(), static_cast<rapidjson::SizeType>(text.size()));
}

void put(Writer& writer, const char* name, std::string_view text) {
  writer.Key(name);
  put(writer, text);
}

void put(Writer& writer, const char* name, uint64_t number) {
  writer.Key(name);
  writer.Uint64(number);
}

void put_marks(Writer& writer, const std::vector<Mark>& marks) {
  writer.Key("marks");
  writer.StartArray();
  for (const Mark& mark : marks) {
    writer.StartArray();
    put(writer, lsn_text(mark.lsn));
    writer.Uint64(mark.sequence);
    writer.EndArray();
  }
  writer.EndArray();
}

std::vector<Mark> marks_of(const rapidjson::Value& object) {
  std::vector<Mark> marks;
  const auto member = object.FindMember("marks");
  if (member == object.MemberEnd() || !member->value.IsArray()) return marks;
  for (const auto& pair : member->value.GetArray()) {
    if (!pair.IsArray() || pair.Size() != 2 || !pair[1].IsUint64()) continue;
    if (const auto lsn = parse_lsn(text_of(pair[0]))) marks.push_back({*lsn, pair[1].GetUint64()});
  }
  return marks;
}

}  // namespace

std::string record_json(const Record& record, std::string_view source_id) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  put(writer, "version", record_version);
  put(writer, "writer", record.writer);
  put(writer, "system_identifier", std::to_string(record.system_identifier));
  put(writer, "timeline", record.timeline);
  put(writer, "position", lsn_text(record.position));
  put(writer, "stream", record.stream);
  put(writer, "stream_created", record.stream_created);
  put(writer, "stream_sequence", record.stream_sequence);
  if (record.newest_sequence != 0) {
    put(writer, "newest_sequence", record.newest_sequence);
    put(writer, "newest_event", event_id_text(source_id, record.newest_event));
  }
  put(writer, "last_event",
      record.last_event ? event_id_text(source_id, *record.last_event) : std::string());
  put(writer, "read_from", record.read_from);
  put(writer, "max_pending", record.max_pending);
  put(writer, "max_pending_bytes", record.max_pending_bytes);
  put(writer, "group_bytes", record.group_bytes);
  writer.Key("rows");
  writer.Bool(record.rows);
  writer.Key("settled");
  writer.Bool(record.settled);
  put(writer, "history_sequence", record.history_sequence);
  if (record.diverged) put(writer, "diverged", event_id_text(source_id, *record.diverged));
  put_marks(writer, record.marks);
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::optional<Record> parse_record(std::string_view json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  if (count_member(document, "version") != record_version) return std::nullopt;
  const auto position = parse_lsn(text_member(document, "position"));
  if (!position) return std::nullopt;
  Record record;
  record.writer = count_member(document, "writer");
  const std::string_view system = text_member(document, "system_identifier");
  std::from_chars(system.data(), system.data() + system.size(), record.system_identifier);
  record.timeline = static_cast<uint32_t>(count_member(document, "timeline"));
  record.position = *position;
  record.stream = text_member(document, "stream");
  record.stream_created = text_member(document, "stream_created");
  record.stream_sequence = count_member(document, "stream_sequence");
  if (const auto id = parse_event_id(text_member(document, "newest_event"))) {
    record.newest_sequence = count_member(document, "newest_sequence");
    record.newest_event = id->position;
  }
  if (const auto id = parse_event_id(text_member(document, "last_event"))) {
    record.last_event = id->position;
  }
  record.read_from = count_member(document, "read_from");
  record.max_pending = count_member(document, "max_pending");
  record.max_pending_bytes = count_member(document, "max_pending_bytes");
  record.group_bytes = count_member(document, "group_bytes");
  const auto rows = document.FindMember("rows");
  record.rows = rows != document.MemberEnd() && rows->value.IsTrue();
  const auto settled = document.FindMember("settled");
  record.settled = settled != document.MemberEnd() && settled->value.IsTrue();
  record.history_sequence = count_member(document, "history_sequence");
  if (const auto id = parse_event_id(text_member(document, "diverged"))) {
    record.diverged = id->position;
  }
  record.marks = marks_of(document);
  return record;
}

std::string record_stream() {
  return fmt::format("KV_{}", record_bucket);
}

std::string record_subject(std::string_view source_id) {
  return fmt::format("$KV.{}.{}", record_bucket, source_id);
}

}  // namespace waljet
