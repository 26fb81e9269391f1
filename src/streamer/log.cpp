#include "streamer/log.h"

#include <spdlog/sinks/stdout_color_sinks.h>

namespace waljet {

void start_log(std::string_view level) {
  auto logger = spdlog::stderr_color_mt("waljet");
  logger->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %^%l%$ %v");
  logger->set_level(spdlog::level::from_str(std::string(level)));
  spdlog::set_default_logger(std::move(logger));
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
