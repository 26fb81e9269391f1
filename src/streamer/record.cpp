#include "streamer/record.h"

#include <fmt/core.h>

#include <charconv>

#include "streamer/json_members.h"
#include "streamer/json_writer.h"
#include "streamer/position_text.h"

namespace waljet {
namespace {

constexpr unsigned record_version = 1;

void put_marks(JsonWriter& writer, const std::vector<Mark>& marks) {
  writer.Key("marks");
  writer.StartArray();
  for (const Mark& mark : marks) {
    writer.StartArray();
    put_text(writer, lsn_text(mark.lsn));
    writer.Uint64(mark.sequence);
    writer.EndArray();
  }
  writer.EndArray();
}

std::vector<Mark> marks_of(const rapidjson::Value& object) {
  std::vector<Mark> marks;
  const rapidjson::Value* array = array_member(object, "marks");
  if (!array) return marks;
  for (const auto& pair : array->GetArray()) {
    if (!pair.IsArray() || pair.Size() != 2 || !pair[1].IsUint64()) continue;
    if (const auto lsn = parse_lsn(text_of(pair[0]))) marks.push_back({*lsn, pair[1].GetUint64()});
  }
  return marks;
}

}  // namespace

std::string record_json(const Record& record, std::string_view source_id) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_member(writer, "version", uint64_t{record_version});
  put_member(writer, "writer", record.writer);
  put_member(writer, "system_identifier", std::to_string(record.system_identifier));
  put_member(writer, "timeline", uint64_t{record.timeline});
  put_member(writer, "position", lsn_text(record.position));
  put_member(writer, "stream", record.stream);
  put_member(writer, "stream_created", record.stream_created);
  put_member(writer, "stream_sequence", record.stream_sequence);
  if (record.newest_sequence != 0) {
    put_member(writer, "newest_sequence", record.newest_sequence);
    put_member(writer, "newest_event", event_id_text(source_id, record.newest_event));
  }
  put_member(writer, "last_event",
             record.last_event ? event_id_text(source_id, *record.last_event) : std::string());
  put_member(writer, "read_from", record.read_from);
  put_member(writer, "max_pending", record.max_pending);
  put_member(writer, "max_pending_bytes", record.max_pending_bytes);
  put_member(writer, "group_bytes", record.group_bytes);
  put_flag(writer, "rows", record.rows);
  put_flag(writer, "settled", record.settled);
  put_member(writer, "history_sequence", record.history_sequence);
  if (record.diverged) put_member(writer, "diverged", event_id_text(source_id, *record.diverged));
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
  record.rows = flag_member(document, "rows");
  record.settled = flag_member(document, "settled");
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
