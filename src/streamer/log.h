// Log lines, to stderr. Never a secret: connection strings and URLs go through their own printers.
// log.cpp is the only file that knows spdlog, whose headers take long to compile.
#pragma once

#include <fmt/core.h>

#include <cstdint>
#include <string>
#include <string_view>

namespace waljet {

// `level` is one of the names in log_levels. `json`: each line an object, see log_json.h.
void start_log(std::string_view level, bool json);
// The same of the log that has started, for the lines that follow.
void change_log(std::string_view level, bool json);
constexpr const char* log_levels[] = {"trace", "debug", "info", "warning", "error", "off"};

enum class LogLevel : uint8_t { info, warning, error };
void write_log(LogLevel level, fmt::string_view text, fmt::format_args arguments);

template <typename... Args>
void log_info(fmt::format_string<Args...> text, Args&&... args) {
  write_log(LogLevel::info, text, fmt::make_format_args(args...));
}
template <typename... Args>
void log_warning(fmt::format_string<Args...> text, Args&&... args) {
  write_log(LogLevel::warning, text, fmt::make_format_args(args...));
}
template <typename... Args>
void log_error(fmt::format_string<Args...> text, Args&&... args) {
  write_log(LogLevel::error, text, fmt::make_format_args(args...));
}

// Says a trouble once, however often it is met again, and once that it is over.
class TroubleLog {
 public:
  void trouble(std::string_view text);
  // The same, as an error: somebody has to do something.
  void blocked(std::string_view text);
  // Logs `text` if trouble was said since the last time.
  void over(std::string_view text);

 private:
  std::string said_;
};

}  // namespace waljet
