// `waljet slot create` and `waljet slot drop`: the slot alone. They do not retry.
#pragma once

#include "streamer/settings.h"

namespace waljet {

enum class SlotAction : uint8_t { create, drop };

// The exit code.
int slot_command(SlotAction action, const SlotSettings& settings);

}  // namespace waljet
