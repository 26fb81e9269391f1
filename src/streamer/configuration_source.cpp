#include "streamer/configuration_source.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

#include "streamer/nearest.h"
#include "streamer/text_file.h"
#include "streamer/yaml_tree.h"

namespace waljet {
namespace {

constexpr std::string_view file_suffix = "_file";
constexpr size_t secret_bytes_max = size_t{64} << 10;

Error configuration_error(std::string_view place, std::string_view text) {
  return {ErrorClass::configuration, fmt::format("{}: {}", place, text), {}, {}};
}

std::string join_path(std::string_view section, std::string_view key) {
  return section.empty() ? std::string(key) : fmt::format("{}.{}", section, key);
}

// The setting of which `path` is the file: of `sink.auth.token_file` it is `sink.auth.token`.
const Setting* secret_of(std::string_view path) {
  if (!path.ends_with(file_suffix)) return nullptr;
  path.remove_suffix(file_suffix.size());
  const Setting* setting = find_setting(path);
  return setting != nullptr && setting->is_secret() ? setting : nullptr;
}

// ---- a node's text ----

YamlProblem wrong_kind(const Setting& setting, const YamlNode& node) {
  const bool any_text = setting.type == SettingType::text && setting.value_name != "FILE";
  return {node.place,
          fmt::format("{}: {} is wanted, not {}", setting.path,
                      any_text ? "a text" : allowed_text(setting), kind_text(node.kind))};
}

// What a list's item must not be, for they are joined by commas.
std::string item_problem(const Setting& setting, const std::string& item) {
  const bool of_tables = setting.option != nullptr && setting.option->kind == OptionKind::tables;
  if (of_tables) return table_pattern_problem(item);
  if (item.empty()) return "is empty";
  return item.find(',') == std::string::npos ? "" : "holds a comma";
}

std::optional<YamlProblem> list_text(const Setting& setting, const YamlNode& node,
                                     std::string& text) {
  for (const YamlNode& item : node.items) {
    if (item.kind != YamlKind::scalar) return wrong_kind(setting, item);
    const std::string problem = item_problem(setting, item.text);
    if (!problem.empty()) {
      return YamlProblem{item.place,
                         fmt::format("{}: \"{}\" {}", setting.path,
                                     setting.is_secret() ? "an item" : item.text, problem)};
    }
    if (!text.empty()) text += ',';
    text += item.text;
  }
  return std::nullopt;
}

std::optional<YamlProblem> rules_text(const Setting& setting, const YamlNode& node,
                                      std::string& text) {
  std::vector<TableRule> rules;
  if (auto problem = read_table_rules(node, setting.path, rules)) return problem;
  text = node.kind == YamlKind::map ? rules_as_map(rules) : rules_as_list(rules);
  return std::nullopt;
}

// The form in which a value is kept: what a flag takes.
std::optional<YamlProblem> node_text(const Setting& setting, const YamlNode& node,
                                     std::string& text) {
  if (node.kind == YamlKind::null) return std::nullopt;
  const bool of_rules = setting.type == SettingType::rules;
  const bool of_tables = setting.type == SettingType::tables;
  if (node.kind == YamlKind::scalar && !of_rules) {
    text = node.text;
    return std::nullopt;
  }
  if (node.kind == YamlKind::list && (of_tables || setting.type == SettingType::list)) {
    return list_text(setting, node, text);
  }
  const bool has_rules =
      (node.kind == YamlKind::map && of_tables) || (node.kind == YamlKind::list && of_rules);
  return has_rules ? rules_text(setting, node, text) : wrong_kind(setting, node);
}

// What a flag or a variable says: lists and maps may be YAML on one line.
std::optional<YamlProblem> inline_text(const Setting& setting, const std::string& given,
                                       std::string& text) {
  const bool may_be_yaml = setting.type == SettingType::list ||
                           setting.type == SettingType::tables ||
                           setting.type == SettingType::rules;
  const bool is_yaml = may_be_yaml && (given.starts_with('[') || given.starts_with('{'));
  YamlNode node;
  node.kind = given.empty() ? YamlKind::null : YamlKind::scalar;
  node.text = given;
  if (is_yaml) {
    if (auto problem = parse_yaml(given, node)) return problem;
  }
  return node_text(setting, node, text);
}

// ---- one value ----

// Choices and flags are kept in the words of the declaration.
std::string canonical(const Setting& setting, std::string text) {
  if (setting.type == SettingType::choice) return choice_value(setting, text);
  if (setting.type == SettingType::flag) return flag_value(text) ? "true" : "false";
  return text;
}

std::optional<std::string> read_secret(const std::string& file, std::string& secret) {
  auto text = read_text_file(file, secret_bytes_max);
  if (!text) return text.error().text;
  secret = std::move(*text);
  if (secret.ends_with('\n')) secret.pop_back();
  if (secret.ends_with('\r')) secret.pop_back();
  if (secret.empty()) return fmt::format("{}: is empty", file);
  if (secret.find('\0') == std::string::npos) return std::nullopt;
  return fmt::format("{}: holds a NUL byte", file);
}

// Checks a value and keeps it, if no source before has set it.
std::optional<std::string> keep(const Setting& setting, SettingValue value, SettingValues& values) {
  if (auto problem = value_problem(setting, value.text)) return problem;
  if (value.text.empty()) return std::nullopt;
  value.text = canonical(setting, std::move(value.text));
  values.try_emplace(setting.path, std::move(value));
  return std::nullopt;
}

std::optional<std::string> keep_from_file(const Setting& setting, SettingValue value,
                                          SettingValues& values) {
  if (value.secret_file.empty()) return std::nullopt;
  if (auto problem = read_secret(value.secret_file, value.text)) return problem;
  return keep(setting, std::move(value), values);
}

// ---- the file ----

class FileReader {
 public:
  FileReader(const std::string& file, SettingValues& values) : file_(file), values_(values) {}

  std::optional<YamlProblem> read_section(const YamlNode& node, const std::string& section) {
    if (node.kind == YamlKind::null) return std::nullopt;
    if (node.kind != YamlKind::map) {
      const std::string keys = fmt::format("{}", fmt::join(keys_of(section), ", "));
      return YamlProblem{node.place, fmt::format("{}a map of {} is wanted, not {}",
                                                 section.empty() ? "" : section + ": ", keys,
                                                 kind_text(node.kind))};
    }
    for (const YamlEntry& entry : node.entries) {
      if (auto problem = read_entry(entry, section)) return problem;
    }
    return std::nullopt;
  }

 private:
  std::optional<YamlProblem> read_entry(const YamlEntry& entry, const std::string& section) {
    const std::string path = join_path(section, entry.key);
    const bool flat = entry.key.find('.') != std::string::npos;
    if (flat) return YamlProblem{entry.place, unknown_key(section, entry.key, path)};
    if (const Setting* setting = find_setting(path)) return read_value(*setting, entry, path);
    if (const Setting* setting = secret_of(path)) return read_value(*setting, entry, path);
    if (!keys_of(path).empty()) return read_section(entry.value, path);
    return YamlProblem{entry.place, unknown_key(section, entry.key, path)};
  }

  std::optional<YamlProblem> read_value(const Setting& setting, const YamlEntry& entry,
                                        const std::string& path) {
    if (entry.value.kind == YamlKind::null) return std::nullopt;
    if (!seen_.insert(setting.path).second) {
      return YamlProblem{entry.place, fmt::format("{0} and {0}{1} rule each other out",
                                                  setting.path, file_suffix)};
    }
    const YamlPlace place = entry.value.place;
    SettingValue value;
    value.place = fmt::format("{}:{}:{}", file_, place.line, place.column);
    value.origin = fmt::format("file:{}", entry.place.line);
    std::optional<std::string> problem;
    if (path == setting.path) {
      if (auto wrong = node_text(setting, entry.value, value.text)) return wrong;
      problem = keep(setting, std::move(value), values_);
    } else {
      if (entry.value.kind == YamlKind::list || entry.value.kind == YamlKind::map) {
        return YamlProblem{place, fmt::format("{}: the name of a file is wanted, not {}", path,
                                              kind_text(entry.value.kind))};
      }
      value.secret_file = entry.value.text;
      problem = keep_from_file(setting, std::move(value), values_);
    }
    if (!problem) return std::nullopt;
    return YamlProblem{place, fmt::format("{}: {}", path, *problem)};
  }

  // The keys that a section may have; none: it is no section.
  static std::vector<std::string> keys_of(const std::string& section) {
    const std::string prefix = section.empty() ? "" : section + ".";
    std::vector<std::string> keys;
    const auto add = [&](const std::string& path) {
      if (!path.starts_with(prefix)) return;
      const std::string key =
          path.substr(prefix.size(), path.find('.', prefix.size()) - prefix.size());
      if (std::find(keys.begin(), keys.end(), key) == keys.end()) keys.push_back(key);
    };
    for (const Setting& setting : setting_table()) {
      add(setting.path);
      if (setting.is_secret()) add(setting.path + std::string(file_suffix));
    }
    return keys;
  }

  static std::string unknown_key(const std::string& section, const std::string& key,
                                 const std::string& path) {
    const std::vector<std::string> keys = keys_of(section);
    std::string meant = nearest(key, keys);
    if (!meant.empty()) meant = join_path(section, meant);
    for (const Setting& setting : setting_table()) {  // in another section, or written flat
      if (!meant.empty()) break;
      if (setting.path == key || setting.path.ends_with("." + key)) meant = setting.path;
    }
    if (meant == key) {
      return fmt::format("unknown key '{}': keys are nested, each part on a line of its own", path);
    }
    if (!meant.empty()) return fmt::format("unknown key '{}', did you mean '{}'?", path, meant);
    return fmt::format("unknown key '{}': known here are {}", path, fmt::join(keys, ", "));
  }

  const std::string& file_;
  SettingValues& values_;
  std::set<std::string> seen_;
};

}  // namespace

std::optional<Error> read_flag(const FlagText& flag, SettingValues& values) {
  const Setting& setting = *flag.setting;
  SettingValue value{{}, setting.flag, "flag " + setting.flag, {}};
  if (auto problem = inline_text(setting, flag.text, value.text)) {
    return configuration_error(setting.flag, problem->text);
  }
  auto problem = keep(setting, std::move(value), values);
  if (!problem) return std::nullopt;
  return configuration_error(setting.flag, *problem);
}

std::optional<Error> read_environment(const Environment& environment, SettingValues& values) {
  for (const Setting& setting : setting_table()) {
    const std::string variable = environment_of(setting.path);
    const std::string file_variable = environment_of(setting.path + std::string(file_suffix));
    const auto given = environment.find(variable);
    const auto file = setting.is_secret() ? environment.find(file_variable) : environment.end();
    const bool is_given = given != environment.end() && !given->second.empty();
    const bool is_in_file = file != environment.end() && !file->second.empty();
    if (is_given && is_in_file) {
      return configuration_error(file_variable, fmt::format("{} is set, too", variable));
    }
    if (is_given) {
      SettingValue value{{}, variable, variable, {}};
      if (auto problem = inline_text(setting, given->second, value.text)) {
        return configuration_error(variable, problem->text);
      }
      if (auto problem = keep(setting, std::move(value), values)) {
        return configuration_error(variable, *problem);
      }
    }
    if (is_in_file) {
      SettingValue value{{}, file_variable, file_variable, file->second};
      if (auto problem = keep_from_file(setting, std::move(value), values)) {
        return configuration_error(file_variable, *problem);
      }
    }
  }
  return std::nullopt;
}

std::optional<Error> read_configuration_file(const std::string& file, SettingValues& values) {
  auto text = read_text_file(file, yaml_bytes_max);
  if (!text) return std::move(text.error());
  const auto located = [&](const YamlProblem& problem) {
    return configuration_error(
        fmt::format("{}:{}:{}", file, problem.place.line, problem.place.column), problem.text);
  };
  YamlNode root;
  if (auto problem = parse_yaml(*text, root)) return located(*problem);
  if (auto problem = FileReader(file, values).read_section(root, "")) return located(*problem);
  return std::nullopt;
}

}  // namespace waljet
