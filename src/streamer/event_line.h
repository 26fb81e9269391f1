// One line about an event, as a terminal shows it: words and columns, coloured or not. Whatever an
// event holds, no control character reaches the terminal. Pure.
#pragma once

#include <rapidjson/document.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace waljet {

enum class Color : uint8_t { none, dim, red, green, yellow, magenta, bold };

class EventLine {
 public:
  explicit EventLine(bool colored) : colored_(colored) {}

  // ` name=value`, or ` name=old -> new` where both are given.
  void put_column(std::string_view name, const rapidjson::Value& value,
                  const rapidjson::Value* before = nullptr);
  void put_unchanged_column(std::string_view name);
  void put_all_columns(const rapidjson::Value& row);
  // What differs, and what is not known of before.
  void put_changed_columns(const rapidjson::Value& before, const rapidjson::Value& after);

  // Local time, operation, and what it was done to. Nothing in the time: not known.
  void put_head(std::optional<int64_t> time_ms, std::string_view operation, Color color,
                std::string_view object);
  void put(std::string_view text, Color color = Color::none);

  std::string take() && { return std::move(text_); }

 private:
  void put_name(std::string_view name);
  void put_value(const rapidjson::Value& value);

  bool colored_;
  std::string text_;
};

// Everything below space would reach the terminal as a command.
std::string without_control_characters(std::string_view text);

}  // namespace waljet
