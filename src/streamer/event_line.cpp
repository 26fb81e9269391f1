#include "streamer/event_line.h"

#include <fmt/core.h>

#include <ctime>

#include "streamer/exact_json.h"
#include "streamer/json_members.h"

namespace waljet {
namespace {

using Json = rapidjson::Value;

constexpr size_t value_characters_max = 60;
constexpr std::string_view unchanged_toast = "__debezium_unavailable_value";

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

std::string clock_text(std::optional<int64_t> time_ms) {
  if (!time_ms) return "--:--:--.---";
  const auto seconds = static_cast<std::time_t>(*time_ms / 1000);
  std::tm local{};
  localtime_r(&seconds, &local);
  return fmt::format("{:02}:{:02}:{:02}.{:03}", local.tm_hour, local.tm_min, local.tm_sec,
                     *time_ms % 1000);
}

const Json* column_of(const Json& row, const Json& name) {
  const auto found = row.FindMember(name);
  return found == row.MemberEnd() ? nullptr : &found->value;
}

}  // namespace

std::string without_control_characters(std::string_view text) {
  std::string shown(text);
  for (char& c : shown) {
    if (static_cast<unsigned char>(c) < ' ' || c == 0x7F) c = ' ';
  }
  return shown;
}

void EventLine::put(std::string_view text, Color color) {
  const bool paint = colored_ && color != Color::none;
  if (paint) text_ += code_of(color);
  text_ += without_control_characters(text);
  if (paint) text_ += "\033[0m";
}

void EventLine::put_head(std::optional<int64_t> time_ms, std::string_view operation, Color color,
                         std::string_view object) {
  put(clock_text(time_ms), Color::dim);
  put(" ");
  put(fmt::format("{:<8}", operation), color);
  put(" ");
  put(object, Color::bold);
}

void EventLine::put_value(const Json& value) {
  if (value.IsNull()) return put("null", Color::dim);
  if (text_of(value) == unchanged_toast) return put("unchanged", Color::dim);
  put(shortened(exact_text(value)));
}

void EventLine::put_name(std::string_view name) {
  put(" ");
  put(name, Color::dim);
  put("=", Color::dim);
}

void EventLine::put_column(std::string_view name, const Json& value, const Json* before) {
  put_name(name);
  if (before != nullptr) {
    put_value(*before);
    put(" -> ", Color::dim);
  }
  put_value(value);
}

void EventLine::put_unchanged_column(std::string_view name) {
  put_name(name);
  put("unchanged", Color::dim);
}

void EventLine::put_all_columns(const Json& row) {
  for (const auto& column : row.GetObject()) put_column(text_of(column.name), column.value);
}

void EventLine::put_changed_columns(const Json& before, const Json& after) {
  for (const auto& column : after.GetObject()) {
    const Json* old = column_of(before, column.name);
    if (old == nullptr || *old != column.value) {
      put_column(text_of(column.name), column.value, old);
    }
  }
}

}  // namespace waljet
