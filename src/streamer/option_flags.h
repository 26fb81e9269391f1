// The plugin's options as `waljet run` takes them: by flag, by environment variable, passed on as
// they are. Made from the declarations in event/plugin_options.h.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "event/plugin_options.h"

namespace waljet {

// What the user has set, by the options' names. Empty: not set, so that a default applies.
using OptionTexts = std::map<std::string, std::string, std::less<>>;

// As START_REPLICATION takes them, in order.
using OptionList = std::vector<std::pair<std::string, std::string>>;

struct OptionFlag {
  const OptionSpec* spec;
  std::string flag;         // `--partition-root`
  std::string environment;  // `WALJET_SOURCE_PARTITION_ROOT`
  std::string value_name;   // `off|on`
  std::string help;
};

// One for each option that a user may set. Left out are those that the streamer sets itself, and
// the name and the subject, which the streamer has to know as well.
std::vector<OptionFlag> option_flags();

// What is wrong with a value, and what is allowed, as a sentence; empty if nothing. Of a subject
// only what is wrong with it under any name.
std::string option_problem(const OptionSpec& spec, const std::string& value);

// The value that applies: what was set, or the declared default.
std::string_view option_value(const OptionTexts& texts, std::string_view name);

}  // namespace waljet
