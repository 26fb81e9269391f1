#include "streamer/setting.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "streamer/nearest.h"
#include "streamer/option_flags.h"
#include "streamer/size_text.h"
#include "streamer/string_sink.h"
#include "streamer/time_text.h"

namespace waljet {
namespace {

constexpr std::array<std::string_view, 4> words_for_true{"true", "on", "yes", "1"};
constexpr std::array<std::string_view, 4> words_for_false{"false", "off", "no", "0"};

std::string lower(std::string_view text) {
  std::string result(text);
  for (char& c : result) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return result;
}

bool is_one_of(std::string_view text, std::span<const std::string_view> words) {
  const std::string word = lower(text);
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool has(const std::vector<std::string>& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

std::optional<uint64_t> parse_count(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
  return number;
}

std::optional<uint64_t> parse_milliseconds(std::string_view text) {
  const auto duration = parse_duration(text);
  if (!duration) return std::nullopt;
  return static_cast<uint64_t>(duration->count());
}

std::string not_one_of(std::string_view word, const std::vector<std::string>& allowed) {
  std::string text = fmt::format("\"{}\" is not one of {}", word, fmt::join(allowed, ", "));
  const std::string meant = nearest(word, allowed);
  if (!meant.empty()) text += fmt::format(", did you mean \"{}\"?", meant);
  return text;
}

std::optional<std::string> list_problem(const Setting& setting, const std::string& text) {
  std::vector<std::string> seen;
  for (const std::string& item : list_value(text)) {
    if (!has(setting.allowed, item)) return not_one_of(item, setting.allowed);
    if (has(seen, item)) return fmt::format("\"{}\" comes twice", item);
    seen.push_back(item);
  }
  return std::nullopt;
}

std::optional<std::string> number_problem(const Setting& setting, const std::string& text,
                                          std::optional<uint64_t> number) {
  if (has(setting.allowed, text)) return std::nullopt;
  if (number && *number >= setting.min && *number <= setting.max) return std::nullopt;
  return fmt::format("\"{}\" is not {}", text, allowed_text(setting));
}

std::optional<std::string> type_problem(const Setting& setting, const std::string& text) {
  switch (setting.type) {
    case SettingType::flag:
      if (is_one_of(text, words_for_true) || is_one_of(text, words_for_false)) return std::nullopt;
      return not_one_of(text, {"true", "false"});
    case SettingType::choice:
      if (has(setting.allowed, choice_value(setting, text))) return std::nullopt;
      return not_one_of(text, setting.allowed);
    case SettingType::list:
      if (setting.is_secret() || setting.allowed.empty()) return std::nullopt;
      return list_problem(setting, text);
    case SettingType::count: return number_problem(setting, text, parse_count(text));
    case SettingType::size: return number_problem(setting, text, parse_size(text));
    case SettingType::duration: return number_problem(setting, text, parse_milliseconds(text));
    case SettingType::text:
    case SettingType::tables:
    case SettingType::rules: return std::nullopt;
  }
  return std::nullopt;
}

// In what unit bounds are told.
std::string bounds_text(const Setting& setting) {
  if (setting.type == SettingType::size) {
    return fmt::format("a size from {} to {}, such as 65536, 64KiB, 8MiB", size_text(setting.min),
                       size_text(setting.max));
  }
  if (setting.type == SettingType::duration) {
    return fmt::format("a duration such as 500ms, 90s, 2m, 1h, 7d, up to {}",
                       duration_text(Duration(setting.max)));
  }
  return fmt::format("a whole number from {} to {}", setting.min, setting.max);
}

std::string allowed_by_option(const OptionSpec& spec) {
  StringSink sink;
  put_allowed(*sink, spec);
  std::string text = sink.str();  // `Allowed: x.`
  text.pop_back();
  return text.substr(text.find(": ") + 2);
}

}  // namespace

const Setting* find_setting(std::string_view path) {
  for (const Setting& setting : setting_table()) {
    if (setting.path == path) return &setting;
  }
  return nullptr;
}

std::string environment_of(std::string_view path) {
  std::string name = "WALJET_";
  for (const char c : path) {
    name += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return name;
}

std::optional<std::string> value_problem(const Setting& setting, const std::string& text) {
  const bool of_words = setting.type == SettingType::text || setting.type == SettingType::list ||
                        setting.type == SettingType::tables || setting.type == SettingType::rules;
  const bool has_no_empty_form =
      setting.option != nullptr && setting.option->kind == OptionKind::subject;
  const bool unset = text.empty() && of_words && !has_no_empty_form;
  if (unset && setting.problem == nullptr) return std::nullopt;
  if (auto problem = type_problem(setting, text)) return problem;
  if (setting.problem != nullptr) {
    std::string problem = setting.problem(text);
    if (!problem.empty()) return problem;
  }
  const bool of_rules = setting.type == SettingType::tables && text.starts_with('{');
  if (setting.option == nullptr || !of_words || unset || of_rules) return std::nullopt;
  std::string problem = option_problem(*setting.option, text);
  if (problem.empty()) return std::nullopt;
  return problem;
}

std::string allowed_text(const Setting& setting) {
  switch (setting.type) {
    case SettingType::flag: return "true, false";
    case SettingType::choice: return fmt::format("{}", fmt::join(setting.allowed, ", "));
    case SettingType::list:
      if (!setting.allowed.empty()) {
        return fmt::format("a list of {}", fmt::join(setting.allowed, ", "));
      }
      break;
    case SettingType::count:
    case SettingType::size: return bounds_text(setting);
    case SettingType::duration:
      if (setting.allowed.empty()) return bounds_text(setting);
      return fmt::format("{}, or {}", fmt::join(setting.allowed, ", "), bounds_text(setting));
    case SettingType::tables:
      return "a list of tables, or a map from tables to operations or rules";
    case SettingType::rules: return "a list of rules";
    case SettingType::text: break;
  }
  if (setting.option != nullptr) return allowed_by_option(*setting.option);
  if (setting.value_name == "FILE") return "the name of a file";
  return setting.type == SettingType::list ? "a list" : "a text";
}

bool flag_value(const std::string& text) {
  return is_one_of(text, words_for_true);
}

uint64_t count_value(const std::string& text) {
  return parse_count(text).value_or(0);
}

std::vector<std::string> list_value(const std::string& text) {
  std::vector<std::string> items;
  std::string_view rest = text;
  while (true) {
    const size_t comma = std::min(rest.find(','), rest.size());
    std::string_view item = rest.substr(0, comma);
    while (item.starts_with(' ')) item.remove_prefix(1);
    while (item.ends_with(' ')) item.remove_suffix(1);
    items.emplace_back(item);
    if (comma == rest.size()) return items;
    rest.remove_prefix(comma + 1);
  }
}

std::string choice_value(const Setting& setting, const std::string& text) {
  std::string word = lower(text);
  if (has(setting.allowed, word)) return word;
  if (has(setting.allowed, "on") && is_one_of(word, words_for_true)) return "on";
  if (has(setting.allowed, "off") && is_one_of(word, words_for_false)) return "off";
  return word;
}

}  // namespace waljet
