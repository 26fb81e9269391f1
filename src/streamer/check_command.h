// `waljet check`: whether `waljet run` would work with these settings, and what would hurt it.
// Asks PostgreSQL and NATS once, and changes nothing in either.
#pragma once

#include "streamer/settings.h"

namespace waljet {

struct CheckSettings {
  RunSettings run;
  bool snapshot = false;  // `run` would take one
  bool json = false;
};

// The exit code: 0 nothing or notes alone, 1 one side does not answer or does not let us in, 2 the
// names are impossible, 3 an error or a warning.
int check_command(const CheckSettings& settings);

}  // namespace waljet
