// `waljet status`: how far a source is. It does not retry: a side that does not answer is exit 1.
#pragma once

#include "streamer/settings.h"

namespace waljet {

struct StatusRequest {
  bool json = false;
  bool watch = false;  // again and again, until stopped
};

// The exit code.
int status_command(const StatusRequest& request, const RunSettings& settings);

}  // namespace waljet
