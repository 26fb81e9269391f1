#include "streamer/status_text.h"

#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "streamer/event_line.h"
#include "streamer/human_text.h"
#include "streamer/job_text.h"
#include "streamer/json_writer.h"
#include "streamer/time_text.h"

namespace waljet {
namespace {

constexpr std::string_view unknown = "not known";

// ---- for people ----

std::string size_or_unknown(const std::optional<uint64_t>& bytes) {
  return bytes ? rounded_size_text(*bytes) : std::string(unknown);
}

std::string source_text(const StatusNames& names) {
  return names.source_id.empty() ? std::string(unknown) : names.source_id;
}

std::string role_text(const StatusReport& report) {
  if (!report.role) return std::string(unknown);
  switch (*report.role) {
    case Role::active: return "active: a process streams";
    case Role::standby: return "standby: a process waits, none streams";
    case Role::none: return "none: no process streams";
  }
  return {};
}

std::string lag_text(const StatusReport& report) {
  std::string text = size_or_unknown(report.lag_bytes);
  if (report.lag) text += fmt::format(", {}", rounded_span_text(*report.lag));
  return text;
}

std::string kept_text(const StatusReport& report) {
  std::string text = size_or_unknown(report.retained_bytes);
  if (report.wal_status) text += fmt::format(" ({})", *report.wal_status);
  return text;
}

std::string stream_text(const StatusReport& report) {
  std::string name = report.names.stream.empty() ? std::string(unknown) : report.names.stream;
  if (!report.stream_sequence) return name;
  return fmt::format("{}, sequence {}", name, count_text(*report.stream_sequence));
}

std::string last_event_text(const StatusReport& report, int64_t now_us) {
  if (!report.last_event) return report.stream_sequence ? "none" : std::string(unknown);
  std::string text = without_control_characters(*report.last_event);
  if (const auto time_ns = parse_rfc3339_ns(report.last_event_time.value_or(""))) {
    const int64_t ago_ms = std::max<int64_t>(now_us / 1000 - *time_ns / 1'000'000, 0);
    text += fmt::format(", stored {} ago", rounded_span_text(Duration(ago_ms)));
  }
  return text;
}

// ---- for programs ----

void put_name(JsonWriter& writer, const char* name, std::string_view text) {
  if (!text.empty()) return put_member(writer, name, text);
  writer.Key(name);
  writer.Null();
}

void put_known(JsonWriter& writer, const char* name, const std::optional<std::string>& text) {
  put_name(writer, name, text.value_or(""));
}

void put_seconds(JsonWriter& writer, const char* name, const std::optional<Duration>& span) {
  writer.Key(name);
  if (span) {
    writer.Double(static_cast<double>(span->count()) / 1000);
  } else {
    writer.Null();
  }
}

void put_job(JsonWriter& writer, const std::optional<SnapshotJob>& job) {
  writer.Key("snapshot");
  if (!job) {
    writer.Null();
    return;
  }
  const std::string json = job_progress_json(*job, JobSpeed());
  writer.RawValue(json.data(), json.size(), rapidjson::kObjectType);
}

}  // namespace

std::vector<std::string> status_lines(const StatusReport& report, int64_t now_us) {
  const std::pair<std::string_view, std::string> parts[] = {
      {"source", source_text(report.names)},
      {"slot", report.names.slot.empty() ? std::string(unknown) : report.names.slot},
      {"role", role_text(report)},
      {"not stored yet", lag_text(report)},
      {"in flight", size_or_unknown(report.unacked_bytes)},
      {"held back", size_or_unknown(report.held_back_bytes)},
      {"WAL kept", kept_text(report)},
      {"stream", stream_text(report)},
      {"last event", last_event_text(report, now_us)},
      {"snapshot", report.job ? job_summary(*report.job) : std::string("none")},
  };
  std::vector<std::string> lines;
  for (const auto& [name, text] : parts) lines.push_back(fmt::format("{:<16}{}", name, text));
  return lines;
}

std::string status_json(const StatusReport& report) {
  rapidjson::StringBuffer buffer;
  JsonWriter writer(buffer);
  writer.SetMaxDecimalPlaces(3);
  writer.StartObject();
  put_name(writer, "source", report.names.source_id);
  put_name(writer, "slot", report.names.slot);
  put_name(writer, "stream", report.names.stream);
  put_name(writer, "role", report.role ? role_name(*report.role) : std::string_view());
  put_member(writer, "lag_bytes", report.lag_bytes);
  put_seconds(writer, "lag_seconds", report.lag);
  put_member(writer, "unacked_bytes", report.unacked_bytes);
  put_member(writer, "held_back_bytes", report.held_back_bytes);
  put_known(writer, "wal_status", report.wal_status);
  put_member(writer, "retained_bytes", report.retained_bytes);
  put_member(writer, "stream_seq", report.stream_sequence);
  put_known(writer, "last_event", report.last_event);
  put_known(writer, "last_event_time", report.last_event_time);
  put_job(writer, report.job);
  writer.EndObject();
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace waljet
