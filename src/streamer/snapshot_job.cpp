#include "streamer/snapshot_job.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <utility>

#include "streamer/json_members.h"
#include "streamer/json_writer.h"
#include "streamer/position_text.h"
#include "streamer/record.h"

namespace waljet {
namespace {

constexpr unsigned job_version = 1;

template <typename T>
using Name = std::pair<T, std::string_view>;

constexpr std::array kind_names{
    Name<JobKind>{JobKind::initial, "initial"},
    Name<JobKind>{JobKind::on_demand, "on_demand"},
};
constexpr std::array state_names{
    Name<JobState>{JobState::requested, "requested"},
    Name<JobState>{JobState::running, "running"},
    Name<JobState>{JobState::paused, "paused"},
    Name<JobState>{JobState::cancelled, "cancelled"},
    Name<JobState>{JobState::complete, "complete"},
    Name<JobState>{JobState::failed, "failed"},
};

template <typename Names, typename T>
std::string_view name_of(const Names& names, T value) {
  for (const auto& [named, name] : names) {
    if (named == value) return name;
  }
  return {};
}

template <typename T, size_t N>
std::optional<T> named(const std::array<Name<T>, N>& names, std::string_view wanted) {
  for (const auto& [value, name] : names) {
    if (name == wanted) return value;
  }
  return std::nullopt;
}

std::string hex_of(std::string_view bytes) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string hex;
  for (const char c : bytes) {
    const auto byte = static_cast<uint8_t>(c);
    hex += digits[byte >> 4];
    hex += digits[byte & 0xF];
  }
  return hex;
}

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  return -1;
}

std::optional<std::string> bytes_of_hex(std::string_view hex) {
  if (hex.size() % 2 != 0) return std::nullopt;
  std::string bytes;
  for (size_t i = 0; i < hex.size(); i += 2) {
    const int high = hex_value(hex[i]);
    const int low = hex_value(hex[i + 1]);
    if (high < 0 || low < 0) return std::nullopt;
    bytes += static_cast<char>(high << 4 | low);
  }
  return bytes;
}

void put_table(JsonWriter& writer, const JobTable& table) {
  writer.StartObject();
  put_member(writer, "name", table.name);
  put_flag(writer, "keyed", table.keyed);
  put_member(writer, "rows_expected", table.rows_expected);
  put_member(writer, "rows", table.rows);
  put_flag(writer, "begun", table.begun);
  put_flag(writer, "done", table.done);
  put_member(writer, "cursor", hex_of(table.cursor));
  put_member(writer, "begun_at", table.begun_at);
  put_member(writer, "done_at", table.done_at);
  writer.EndObject();
}

void put_mark(JsonWriter& writer, const JobMark& mark) {
  writer.StartObject();
  put_member(writer, "sequence", mark.sequence);
  put_member(writer, "place", position_text(mark.place));
  put_member(writer, "table", mark.table);
  put_member(writer, "rows", mark.rows);
  put_member(writer, "cursor", hex_of(mark.cursor));
  writer.EndObject();
}

std::optional<JobTable> table_of(const rapidjson::Value& object) {
  if (!object.IsObject()) return std::nullopt;
  JobTable table;
  table.name = text_member(object, "name");
  table.keyed = flag_member(object, "keyed");
  table.rows_expected = count_member(object, "rows_expected");
  table.rows = count_member(object, "rows");
  table.begun = flag_member(object, "begun");
  table.done = flag_member(object, "done");
  table.begun_at = count_member(object, "begun_at");
  table.done_at = count_member(object, "done_at");
  auto cursor = bytes_of_hex(text_member(object, "cursor"));
  if (!cursor || table.name.empty()) return std::nullopt;
  table.cursor = std::move(*cursor);
  return table;
}

std::optional<JobMark> mark_of(const rapidjson::Value& object) {
  if (!object.IsObject()) return std::nullopt;
  JobMark mark;
  mark.sequence = count_member(object, "sequence");
  const auto place = parse_position(text_member(object, "place"));
  mark.table = text_member(object, "table");
  mark.rows = count_member(object, "rows");
  auto cursor = bytes_of_hex(text_member(object, "cursor"));
  if (!place || !cursor) return std::nullopt;
  mark.place = *place;
  mark.cursor = std::move(*cursor);
  return mark;
}

// Of each element; false if one of them is not what it must be.
template <typename T, typename Read>
bool take_elements(const rapidjson::Value& document, const char* name, Read read,
                   std::vector<T>& elements) {
  const rapidjson::Value* array = array_member(document, name);
  if (!array) return true;
  for (const auto& element : array->GetArray()) {
    auto value = read(element);
    if (!value) return false;
    elements.push_back(std::move(*value));
  }
  return true;
}

}  // namespace

std::string job_json(const SnapshotJob& job) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.StartObject();
  put_member(writer, "version", uint64_t{job_version});
  put_member(writer, "id", job.id);
  put_member(writer, "kind", name_of(kind_names, job.kind));
  put_member(writer, "state", name_of(state_names, job.state));
  put_member(writer, "error", job.error);
  writer.Key("wanted");
  writer.StartArray();
  for (const std::string& table : job.wanted) put_text(writer, table);
  writer.EndArray();
  put_member(writer, "where", job.where);
  put_member(writer, "rate", job.rate);
  put_flag(writer, "only", job.only);
  put_flag(writer, "discard", job.discard);
  writer.Key("tables");
  writer.StartArray();
  for (const JobTable& table : job.tables) put_table(writer, table);
  writer.EndArray();
  put_member(writer, "rows", job.rows);
  put_member(writer, "stream_created", job.stream_created);
  writer.Key("marks");
  writer.StartArray();
  for (const JobMark& mark : job.marks) put_mark(writer, mark);
  writer.EndArray();
  put_member(writer, "started_us", job.started_us);
  put_member(writer, "updated_us", job.updated_us);
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

std::optional<SnapshotJob> parse_job(std::string_view json) {
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsObject()) return std::nullopt;
  if (count_member(document, "version") != job_version) return std::nullopt;
  const auto kind = named(kind_names, text_member(document, "kind"));
  const auto state = named(state_names, text_member(document, "state"));
  if (!kind || !state) return std::nullopt;
  SnapshotJob job;
  job.id = text_member(document, "id");
  job.kind = *kind;
  job.state = *state;
  job.error = text_member(document, "error");
  if (const rapidjson::Value* wanted = array_member(document, "wanted")) {
    for (const auto& table : wanted->GetArray()) job.wanted.emplace_back(text_of(table));
  }
  job.where = text_member(document, "where");
  job.rate = count_member(document, "rate");
  job.only = flag_member(document, "only");
  job.discard = flag_member(document, "discard");
  if (!take_elements(document, "tables", table_of, job.tables)) return std::nullopt;
  job.rows = count_member(document, "rows");
  job.stream_created = text_member(document, "stream_created");
  if (!take_elements(document, "marks", mark_of, job.marks)) return std::nullopt;
  job.started_us = number_member(document, "started_us");
  job.updated_us = number_member(document, "updated_us");
  return job;
}

std::string job_subject(std::string_view source_id) {
  return fmt::format("$KV.{}.{}.snapshot", record_bucket, source_id);
}

bool must_start_over(const SnapshotJob& job) {
  if (job.kind != JobKind::initial || is_over(job.state)) return false;
  if (job.only || job.tables.empty()) return true;
  return std::any_of(job.tables.begin(), job.tables.end(), [&](const JobTable& table) {
    const bool has_stored_marker = table.begun || table.done;
    return !table.done && (!table.keyed || (job.discard && !has_stored_marker));
  });
}

}  // namespace waljet
