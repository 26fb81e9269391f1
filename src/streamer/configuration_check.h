// What only several settings together, or files that they name, tell to be wrong. Reads files, asks
// nobody.
#pragma once

#include <optional>
#include <string_view>

#include "streamer/configuration.h"

namespace waljet {

[[nodiscard]] std::optional<Error> check_together(const Configuration& configuration);

// An error about the setting at `path`, with the place where it was set.
Error setting_error(const Configuration& configuration, std::string_view path,
                    std::string_view text);

}  // namespace waljet
