// `waljet tail`: events of a stream, as they are stored.
#pragma once

#include "streamer/settings.h"

namespace waljet {

// The exit code. Retries while NATS is away; a stream that does not exist is exit code 1.
int tail_command(const TailSettings& settings);

}  // namespace waljet
