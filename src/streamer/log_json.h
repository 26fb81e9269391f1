// A log line as a JSON object: time, level, message. Pure.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

namespace waljet {

// Ends with a newline. What is not UTF-8 in the message is replaced.
std::string log_line_json(std::chrono::system_clock::time_point time, std::string_view level,
                          std::string_view message);

}  // namespace waljet
