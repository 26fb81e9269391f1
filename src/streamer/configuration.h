// What all sources together say: flags win over environment variables, these over the file, the
// file over the defaults.
//
// An empty value is as good as none. A secret may stand in a file of its own, named by
// `<path>_file` or `WALJET_…_FILE`, whose last newline does not count. Whatever is wrong with any
// source is one line that tells where, what, and what would be right; no line shows a secret.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "streamer/errors.h"
#include "streamer/setting.h"
#include "streamer/table_rules.h"

namespace waljet {

struct SettingValue {
  std::string text;
  std::string place;        // for errors: `/etc/waljet.yaml:12:5`, `WALJET_SINK_URL`, `--nats`
  std::string origin;       // for people: `file:12`, `WALJET_SINK_URL`, `flag --nats`
  std::string secret_file;  // where a secret was read from
};

// By the settings' paths; what is not in it has its default.
using SettingValues = std::map<std::string, SettingValue, std::less<>>;

class Configuration {
 public:
  explicit Configuration(SettingValues values) : values_(std::move(values)) {}

  // Of a setting that is declared: its value or its default.
  const std::string& text(std::string_view path) const;
  // Nothing where the default applies.
  const SettingValue* find(std::string_view path) const;

 private:
  SettingValues values_;
};

struct FlagText {
  const Setting* setting = nullptr;
  std::string text;
};

using Environment = std::map<std::string, std::string>;

struct ConfigurationSources {
  std::string file;  // empty: none
  Environment environment;
  std::vector<FlagText> flags;
};

// Errors are of class `configuration`.
Result<Configuration> load_configuration(const ConfigurationSources& sources);

// The process's own variables that begin with WALJET_.
Environment waljet_environment();
// A sentence for each variable of one of our sections that names no setting.
std::vector<std::string> unknown_variables(const Environment& environment);

// What the filter section becomes. An error is of class `configuration`.
Result<FilterOptions> filter_options(const Configuration& configuration);

}  // namespace waljet
