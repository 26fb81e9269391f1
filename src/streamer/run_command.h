// `waljet run`: stream until stopped.
#pragma once

#include "streamer/configuration.h"
#include "streamer/settings.h"

namespace waljet {

// The exit code. `settings` were made of `configuration`, which `sources` said; these are read
// again when they change.
int run_command(const RunSettings& settings, ConfigurationSources sources,
                const Configuration& configuration);

}  // namespace waljet
