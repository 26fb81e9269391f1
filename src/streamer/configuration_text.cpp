#include "streamer/configuration_text.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>

#include "event/json.h"
#include "streamer/secret_text.h"
#include "streamer/string_sink.h"

namespace waljet {
namespace {

bool is_word(const std::string& text) {
  const auto is_letter = [](char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); };
  if (text.empty() || !is_letter(text[0])) return false;
  for (const char c : text) {
    const bool fine = is_letter(c) || (c >= '0' && c <= '9') || c == '_' || c == '-' || c == '.';
    if (!fine) return false;
  }
  // Other readers of YAML take these for something else.
  constexpr std::array<std::string_view, 9> taken{"true", "false", "yes", "no", "on",
                                                  "off",  "null",  "y",   "n"};
  std::string lower = text;
  for (char& c : lower) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return std::find(taken.begin(), taken.end(), lower) == taken.end();
}

std::string quoted(std::string_view text) {
  StringSink sink;
  put_json_string(*sink, text);
  return sink.str();
}

std::string list_text(const std::string& text) {
  if (text.empty()) return "[]";
  if (text.find('"') != std::string::npos) return quoted(text);  // tables in quotes, with commas
  std::vector<std::string> items;
  for (const std::string& item : list_value(text)) items.push_back(yaml_scalar(item));
  return fmt::format("[{}]", fmt::join(items, ", "));
}

std::string shown(const Setting& setting, const std::string& text) {
  if (text.empty()) return {};
  switch (setting.secrecy) {
    case Secrecy::whole: return quoted(hidden_text);
    case Secrecy::connection: return quoted(hidden_connection(text));
    case Secrecy::nats_url: return quoted(hidden_nats_url(text));
    case Secrecy::none: break;
  }
  switch (setting.type) {
    case SettingType::flag:
    case SettingType::count:
    case SettingType::size:
    case SettingType::rules: return text;
    case SettingType::list: return list_text(text);
    case SettingType::tables: return text.starts_with('{') ? text : list_text(text);
    case SettingType::text:
    case SettingType::choice:
    case SettingType::duration: return yaml_scalar(text);
  }
  return {};
}

// Opens the sections of `path` that were not open for the path before.
void put_sections(std::string& result, std::string_view before, std::string_view path) {
  bool same = true;
  size_t depth = 0;
  for (size_t end = path.find('.'); end != std::string_view::npos; end = path.find('.', end + 1)) {
    same = same && before.starts_with(path.substr(0, end + 1));
    const size_t begin = path.rfind('.', end - 1);
    const std::string_view name = begin == std::string_view::npos
                                      ? path.substr(0, end)
                                      : path.substr(begin + 1, end - begin - 1);
    if (!same) result += fmt::format("{:{}}{}:\n", "", depth * 2, name);
    ++depth;
  }
}

}  // namespace

std::string yaml_scalar(const std::string& text) {
  return is_word(text) ? text : quoted(text);
}

std::string configuration_text(const Configuration& configuration) {
  std::string result;
  std::string_view before;
  for (const Setting& setting : setting_table()) {
    put_sections(result, before, setting.path);
    before = setting.path;
    const size_t depth = static_cast<size_t>(std::count(before.begin(), before.end(), '.'));
    const SettingValue* value = configuration.find(setting.path);
    std::string key = setting.path.substr(setting.path.rfind('.') + 1);
    std::string text = shown(setting, configuration.text(setting.path));
    std::string origin = value == nullptr ? "default" : value->origin;
    if (value == nullptr && !setting.default_note.empty()) origin += ": " + setting.default_note;
    if (value != nullptr && !value->secret_file.empty()) {
      key += "_file";
      text = quoted(value->secret_file);
    }
    std::erase(origin, '`');
    const std::string_view space = text.empty() ? "" : " ";
    result += fmt::format("{:{}}{}:{}{}  # {}\n", "", depth * 2, key, space, text, origin);
  }
  return result;
}

}  // namespace waljet
