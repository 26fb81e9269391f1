// One source of a configuration at a time, read into values. What is there already stays, so that
// the source that wins comes first.
#pragma once

#include <optional>
#include <string>

#include "streamer/configuration.h"

namespace waljet {

[[nodiscard]] std::optional<Error> read_flag(const FlagText& flag, SettingValues& values);
[[nodiscard]] std::optional<Error> read_environment(const Environment& environment,
                                                    SettingValues& values);
[[nodiscard]] std::optional<Error> read_configuration_file(const std::string& file,
                                                           SettingValues& values);

}  // namespace waljet
