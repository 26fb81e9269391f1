// A status as it is shown: aligned lines for people, one JSON object for programs. Pure.
#pragma once

#include <string>
#include <vector>

#include "streamer/status_report.h"

namespace waljet {

// Without the reasons of what is not known. `now_us` is since 1970.
std::vector<std::string> status_lines(const StatusReport& report, int64_t now_us);

// Without a line's end. What is not known is null.
std::string status_json(const StatusReport& report);

}  // namespace waljet
