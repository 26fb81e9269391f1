#include "streamer/configuration.h"

#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <optional>

#include "event/plugin_options.h"
#include "event/utf8.h"
#include "streamer/configuration_check.h"
#include "streamer/configuration_source.h"
#include "streamer/nearest.h"
#include "streamer/yaml_tree.h"

namespace waljet {
namespace {

constexpr std::string_view variable_prefix = "WALJET_";
constexpr std::string_view filter_tables = "filter.tables";
constexpr std::string_view filter_rules = "filter.rules";
constexpr std::string_view filter_operations = "filter.operations";

std::vector<std::string> default_operations(const Configuration& configuration) {
  if (configuration.text("source.format") == "wal-listener") {
    return list_value(std::string(find_option("operations")->allowed));
  }
  return {"insert", "update", "delete"};
}

Result<Configuration> load(const ConfigurationSources& sources) {
  SettingValues values;
  for (const FlagText& flag : sources.flags) {
    if (auto error = read_flag(flag, values)) return std::move(*error);
  }
  if (auto error = read_environment(sources.environment, values)) return std::move(*error);
  if (!sources.file.empty()) {
    if (auto error = read_configuration_file(sources.file, values)) return std::move(*error);
  }
  Configuration configuration(std::move(values));
  if (auto error = check_together(configuration)) return std::move(*error);
  return configuration;
}

// What a sentence quotes may hold anything, and be long.
std::string one_line(std::string_view text) {
  constexpr size_t bytes_max = 1000;
  std::string line;
  for (const char c : text.substr(0, valid_utf8_prefix(text.substr(0, bytes_max)))) {
    const auto byte = static_cast<unsigned char>(c);
    const bool control = byte < ' ' || byte == 0x7F;
    line += control ? fmt::format("\\x{:02X}", byte) : std::string(1, c);
  }
  return text.size() > bytes_max ? line + "..." : line;
}

}  // namespace

const std::string& Configuration::text(std::string_view path) const {
  const SettingValue* value = find(path);
  return value == nullptr ? find_setting(path)->default_text : value->text;
}

const SettingValue* Configuration::find(std::string_view path) const {
  const auto found = values_.find(path);
  return found == values_.end() ? nullptr : &found->second;
}

Result<Configuration> load_configuration(const ConfigurationSources& sources) {
  auto configuration = load(sources);
  if (!configuration) configuration.error().text = one_line(configuration.error().text);
  return configuration;
}

Environment waljet_environment() {
  Environment environment;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text = *entry;
    const size_t equals = text.find('=');
    if (!text.starts_with(variable_prefix) || equals == std::string_view::npos) continue;
    environment.emplace(text.substr(0, equals), text.substr(equals + 1));
  }
  return environment;
}

// Others use the prefix, too: for a service of that name Kubernetes sets WALJET_PORT and more. So
// only what begins as a section of ours is looked at.
std::vector<std::string> unknown_variables(const Environment& environment) {
  std::vector<std::string> sentences;
  for (const auto& [variable, value] : environment) {
    const size_t section_end = variable.find('_', variable_prefix.size()) + 1;
    const std::string section = variable.substr(0, section_end);
    std::vector<std::string> known;
    for (const Setting& setting : setting_table()) {
      const std::string name = environment_of(setting.path);
      if (section_end == 0 || !name.starts_with(section)) continue;
      known.push_back(name.substr(section_end));
      if (setting.is_secret()) known.push_back(known.back() + "_FILE");
    }
    const std::string rest = variable.substr(section_end);
    if (known.empty() || std::find(known.begin(), known.end(), rest) != known.end()) continue;
    const std::string meant = nearest(rest, known);
    sentences.push_back(
        fmt::format("{} names no setting{}", variable,
                    meant.empty() ? "" : fmt::format(", did you mean {}{}?", section, meant)));
  }
  return sentences;
}

Result<FilterOptions> filter_options(const Configuration& configuration) {
  const std::string& tables = configuration.text(filter_tables);
  const SettingValue* given = configuration.find(filter_operations);
  FilterOptions options;
  if (given != nullptr) options.operations = given->text;
  const bool has_rules =
      find_setting(filter_rules) != nullptr && configuration.find(filter_rules) != nullptr;
  if (has_rules) options.rules = configuration.text(filter_rules);
  if (!tables.starts_with('{')) {
    options.tables = tables;
    return options;
  }
  YamlNode node;
  std::vector<TableRule> rules;
  if (parse_yaml(tables, node) || read_table_rules(node, filter_tables, rules)) {
    return setting_error(configuration, filter_tables, "cannot be read");
  }
  std::optional<std::vector<std::string>> operations;
  if (given != nullptr) operations = list_value(given->text);
  auto made = filter_options(std::move(rules), operations, default_operations(configuration));
  if (!made) return setting_error(configuration, filter_tables, made.error().text);
  if (has_rules && !made->rules.empty()) {
    return setting_error(configuration, filter_rules, "rules out rules in filter.tables: keep one");
  }
  if (has_rules) made->rules = std::move(options.rules);
  return made;
}

}  // namespace waljet
