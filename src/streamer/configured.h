// What each command is told, taken from a configuration.
#pragma once

#include "streamer/configuration.h"
#include "streamer/settings.h"

namespace waljet {

RunSettings run_settings(const Configuration& configuration);
TailSettings tail_settings(const Configuration& configuration);
SlotSettings slot_settings(const Configuration& configuration);

}  // namespace waljet
