// `waljet run`: stream until stopped.
#pragma once

#include "streamer/settings.h"

namespace waljet {

// The exit code.
int run_command(const RunSettings& settings);

}  // namespace waljet
