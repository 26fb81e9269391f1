#include "streamer/configuration_check.h"

#include <fmt/core.h>

#include <array>

#include "event/plugin_options.h"
#include "streamer/nkey.h"
#include "streamer/option_flags.h"
#include "streamer/text_file.h"

namespace waljet {
namespace {

bool is_set(const Configuration& configuration, std::string_view path) {
  return configuration.find(path) != nullptr;
}

std::optional<Error> check_login(const Configuration& configuration) {
  constexpr std::array<std::string_view, 4> ways{"sink.auth.user", "sink.auth.token",
                                                 "sink.auth.nkey_file", "sink.auth.creds_file"};
  const bool in_url = configuration.text("sink.url").find('@') != std::string::npos;
  std::string_view chosen;
  for (const std::string_view way : ways) {
    if (!is_set(configuration, way)) continue;
    if (in_url) {
      return setting_error(configuration, way, "rules out a user or token in sink.url: keep one");
    }
    if (!chosen.empty()) {
      return setting_error(configuration, way,
                           fmt::format("rules out {}: keep one way of logging in", chosen));
    }
    chosen = way;
  }
  const bool has_password = is_set(configuration, "sink.auth.password");
  if (has_password && !is_set(configuration, "sink.auth.user")) {
    return setting_error(configuration, "sink.auth.password", "needs sink.auth.user");
  }
  return std::nullopt;
}

std::optional<Error> check_certificate(const Configuration& configuration) {
  constexpr std::string_view cert = "sink.tls.cert";
  constexpr std::string_view key = "sink.tls.key";
  const bool has_cert = is_set(configuration, cert);
  if (has_cert == is_set(configuration, key)) return std::nullopt;
  if (has_cert) return setting_error(configuration, cert, "needs sink.tls.key");
  return setting_error(configuration, key, "needs sink.tls.cert");
}

// As the plugin will do it: what one option makes of another.
std::optional<Error> check_options(const Configuration& configuration) {
  PluginOptions options;
  constexpr std::string_view any_name = "name";
  for (const Setting& setting : setting_table()) {
    const SettingValue* value = configuration.find(setting.path);
    const bool taken = value != nullptr && setting.option != nullptr &&
                       (setting.type == SettingType::choice || setting.type == SettingType::text ||
                        setting.type == SettingType::list);
    if (taken) set_option(options, *setting.option, value->text);
  }
  const OptionProblem problem = finish_options(options, any_name);
  if (problem.phrase.empty()) return std::nullopt;
  for (const Setting& setting : setting_table()) {
    if (setting.option == nullptr || setting.option->id != problem.id) continue;
    return setting_error(configuration, setting.path, problem.phrase);
  }
  return std::nullopt;
}

// They are read at each connection, so that what replaces them counts; here only tried.
std::optional<Error> check_files(const Configuration& configuration) {
  constexpr size_t bytes_max = size_t{1} << 20;
  constexpr std::string_view nkey = "sink.auth.nkey_file";
  for (const std::string_view path :
       {nkey, std::string_view("sink.auth.creds_file"), std::string_view("sink.tls.ca"),
        std::string_view("sink.tls.cert"), std::string_view("sink.tls.key")}) {
    if (!is_set(configuration, path)) continue;
    const std::string& file = configuration.text(path);
    const auto text = read_text_file(file, bytes_max);
    if (!text) return setting_error(configuration, path, text.error().text);
    if (path != nkey) continue;
    const auto key = public_nkey(find_seed(*text));
    if (!key)
      return setting_error(configuration, path, fmt::format("{}: {}", file, key.error().text));
  }
  return std::nullopt;
}

// What tables with rules become is checked as the plugin will check it.
std::optional<Error> check_filter(const Configuration& configuration) {
  auto filter = filter_options(configuration);
  if (!filter) return std::move(filter.error());
  constexpr std::string_view filter_rules = "filter.rules";
  constexpr std::string_view filter_tables = "filter.tables";
  const OptionSpec* rules = find_option("rules");
  if (rules == nullptr || filter->rules.empty()) return std::nullopt;
  const std::string problem = option_problem(*rules, filter->rules);
  if (problem.empty()) return std::nullopt;
  return setting_error(configuration,
                       is_set(configuration, filter_rules) ? filter_rules : filter_tables, problem);
}

}  // namespace

std::optional<Error> check_together(const Configuration& configuration) {
  if (auto error = check_login(configuration)) return error;
  if (auto error = check_certificate(configuration)) return error;
  if (auto error = check_files(configuration)) return error;
  if (auto error = check_options(configuration)) return error;
  return check_filter(configuration);
}

Error setting_error(const Configuration& configuration, std::string_view path,
                    std::string_view text) {
  const SettingValue* value = configuration.find(path);
  const std::string place = value == nullptr ? std::string(path) : value->place;
  return {ErrorClass::configuration, fmt::format("{}: {}: {}", place, path, text), {}, {}};
}

}  // namespace waljet
