#include "streamer/event_printer.h"

#include <rapidjson/document.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>
#include <spdlog/fmt/fmt.h>

#include <array>
#include <ctime>
#include <optional>

namespace waljet {
namespace {

using Json = rapidjson::Value;

constexpr size_t value_characters_max = 60;
constexpr std::string_view unchanged_toast = "__debezium_unavailable_value";

enum class Color : uint8_t { none, dim, red, green, yellow, magenta, bold };

std::string_view code_of(Color color) {
  switch (color) {
    case Color::none: return "";
    case Color::dim: return "\033[2m";
    case Color::red: return "\033[31m";
    case Color::green: return "\033[32m";
    case Color::yellow: return "\033[33m";
    case Color::magenta: return "\033[35m";
    case Color::bold: return "\033[1m";
  }
  return "";
}

struct Operation {
  std::string_view op;
  std::string_view word;
  Color color;
};
constexpr std::array<Operation, 6> operations{{
    {"c", "insert", Color::green},
    {"u", "update", Color::yellow},
    {"d", "delete", Color::red},
    {"t", "truncate", Color::magenta},
    {"r", "read", Color::green},
    {"m", "message", Color::magenta},
}};

const Json* member(const Json& object, const char* name) {
  if (!object.IsObject()) return nullptr;
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

std::string text_of(const Json* value) {
  return value != nullptr && value->IsString() ? std::string(value->GetString()) : std::string();
}

// Everything below space would reach the terminal as a command.
std::string without_control_characters(std::string_view text) {
  std::string shown(text);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7F) c = ' ';
  }
  return shown;
}

// The first characters of a UTF-8 text, and a sign that there were more.
std::string shortened(std::string text) {
  size_t characters = 0;
  for (size_t at = 0; at < text.size(); ++at) {
    if ((static_cast<unsigned char>(text[at]) & 0xC0) == 0x80) continue;
    if (++characters <= value_characters_max) continue;
    return text.substr(0, at) + "...";
  }
  return text;
}

class Line {
 public:
  explicit Line(bool colored) : colored_(colored) {}

  void put(std::string_view text, Color color = Color::none) {
    const bool paint = colored_ && color != Color::none;
    if (paint) text_ += code_of(color);
    text_ += text;
    if (paint) text_ += "\033[0m";
  }
  void put_value(const Json& value);
  void put_column(const Json::Member& column, const Json* before);
  std::string take() && { return std::move(text_); }

 private:
  bool colored_;
  std::string text_;
};

void Line::put_value(const Json& value) {
  if (value.IsNull()) return put("null", Color::dim);
  if (value.IsString() && value.GetString() == unchanged_toast) return put("unchanged", Color::dim);
  rapidjson::StringBuffer buffer;
  rapidjson::Writer<rapidjson::StringBuffer> writer(buffer);
  value.Accept(writer);
  put(shortened(without_control_characters({buffer.GetString(), buffer.GetSize()})));
}

// ` name=value`, or ` name=old→new` where both are known and differ.
void Line::put_column(const Json::Member& column, const Json* before) {
  put(" ");
  put(without_control_characters(column.name.GetString()), Color::dim);
  put("=", Color::dim);
  if (before != nullptr) {
    put_value(*before);
    put(" -> ", Color::dim);
  }
  put_value(column.value);
}

void put_all_columns(Line& line, const Json& row) {
  for (const auto& column : row.GetObject()) line.put_column(column, nullptr);
}

void put_changed_columns(Line& line, const Json& before, const Json& after) {
  for (const auto& column : after.GetObject()) {
    const Json* old = member(before, column.name.GetString());
    if (old != nullptr && *old != column.value) line.put_column(column, old);
  }
}

// An update names its row by what did not change first: the columns in front are the key more often
// than not, and the event does not say.
void put_row_name(Line& line, const Json& row) {
  if (row.MemberCount() > 0) line.put_column(*row.MemberBegin(), nullptr);
}

std::string clock_text(const Json& source, const Json& payload) {
  const Json* commit = member(source, "ts_ms");
  const Json* written = member(payload, "ts_ms");
  const Json* time_ms = commit != nullptr && commit->IsInt64() ? commit : written;
  if (time_ms == nullptr || !time_ms->IsInt64()) return "--:--:--.---";
  const std::time_t seconds = static_cast<std::time_t>(time_ms->GetInt64() / 1000);
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", local.tm_hour, local.tm_min, local.tm_sec,
                     time_ms->GetInt64() % 1000);
}

void put_change(Line& line, const Json* before, const Json* after) {
  const bool has_before = before != nullptr && before->IsObject();
  const bool has_after = after != nullptr && after->IsObject();
  if (has_before && has_after) {
    const Json* first = after->MemberCount() > 0 ? &after->MemberBegin()->value : nullptr;
    const Json* old_first =
        first != nullptr ? member(*before, after->MemberBegin()->name.GetString()) : nullptr;
    if (old_first != nullptr && *old_first == *first) put_row_name(line, *after);
    put_changed_columns(line, *before, *after);
  } else if (has_after) {
    put_all_columns(line, *after);
  } else if (has_before) {
    put_all_columns(line, *before);
  }
}

std::optional<std::string> print_debezium(const Json& root, bool colored) {
  const Json* payload = member(root, "payload");
  if (payload == nullptr) payload = &root;
  const Json* source = member(*payload, "source");
  const std::string op = text_of(member(*payload, "op"));
  if (source == nullptr || op.empty()) return std::nullopt;
  for (const Operation& operation : operations) {
    if (operation.op != op) continue;
    Line line(colored);
    line.put(clock_text(*source, *payload), Color::dim);
    line.put(" ");
    line.put(fmt::format("{:<8}", operation.word), operation.color);
    line.put(" ");
    line.put(without_control_characters(text_of(member(*source, "schema")) + "." +
                                        text_of(member(*source, "table"))),
             Color::bold);
    put_change(line, member(*payload, "before"), member(*payload, "after"));
    return std::move(line).take();
  }
  return std::nullopt;
}

}  // namespace

std::string print_event(std::string_view body, bool colored) {
  // Numbers stay as they were written: a double would lose digits.
  constexpr unsigned flags = rapidjson::kParseFullPrecisionFlag;
  rapidjson::Document document;
  document.Parse<flags>(body.data(), body.size());
  if (!document.HasParseError() && document.IsObject()) {
    if (auto line = print_debezium(document, colored)) return std::move(*line);
  }
  return without_control_characters(body);
}

}  // namespace waljet
