#include "streamer/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>
#include <spdlog/spdlog.h>

#include <memory>

#include "streamer/log_json.h"

namespace waljet {
namespace {

class JsonFormatter : public spdlog::formatter {
 public:
  void format(const spdlog::details::log_msg& line, spdlog::memory_buf_t& output) override {
    const auto level = spdlog::level::to_string_view(line.level);
    const std::string text = log_line_json(line.time, {level.data(), level.size()},
                                           {line.payload.data(), line.payload.size()});
    output.append(text.data(), text.data() + text.size());
  }
  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<JsonFormatter>();
  }
};

spdlog::level::level_enum spdlog_level(LogLevel level) {
  switch (level) {
    case LogLevel::info: return spdlog::level::info;
    case LogLevel::warning: return spdlog::level::warn;
    case LogLevel::error: return spdlog::level::err;
  }
  return spdlog::level::err;
}

}  // namespace

void start_log(std::string_view level, bool json) {
  spdlog::set_default_logger(spdlog::stderr_color_mt("waljet"));
  change_log(level, json);
}

void change_log(std::string_view level, bool json) {
  if (json) {
    spdlog::set_formatter(std::make_unique<JsonFormatter>());
  } else {
    spdlog::set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
  }
  spdlog::set_level(spdlog::level::from_str(std::string(level)));
}

void write_log(LogLevel level, fmt::string_view text, fmt::format_args arguments) {
  if (!spdlog::should_log(spdlog_level(level))) return;
  spdlog::log(spdlog_level(level), fmt::vformat(text, arguments));
}

void TroubleLog::trouble(std::string_view text) {
  if (text == said_) return;
  said_ = text;
  log_warning("{}; trying again", text);
}

void TroubleLog::blocked(std::string_view text) {
  if (text == said_) return;
  said_ = text;
  log_error("{}", text);
}

void TroubleLog::over(std::string_view text) {
  if (said_.empty()) return;
  said_.clear();
  log_info("{}", text);
}

}  // namespace waljet
