#include "streamer/human_text.h"

#include <fmt/core.h>

#include <array>
#include <string_view>

namespace waljet {

std::string count_text(uint64_t count) {
  std::string text = std::to_string(count);
  for (size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::string rounded_size_text(uint64_t bytes) {
  constexpr std::array<std::string_view, 6> units{"KiB", "MiB", "GiB", "TiB", "PiB", "EiB"};
  if (bytes < 1024) return fmt::format("{} B", bytes);
  double number = static_cast<double>(bytes) / 1024;
  size_t unit = 0;
  // From here on one digit behind the point would say 1024.0.
  constexpr double rounds_up = 1023.95;
  for (; unit + 1 < units.size() && number >= rounds_up; ++unit) number /= 1024;
  return fmt::format("{:.1f} {}", number, units[unit]);
}

std::string rounded_span_text(Duration span) {
  const int64_t seconds = span.count() / 1000;
  if (seconds < 10) return fmt::format("{}.{} s", seconds, span.count() % 1000 / 100);
  const int64_t minutes = seconds / 60;
  if (minutes == 0) return fmt::format("{} s", seconds);
  const int64_t hours = minutes / 60;
  if (hours == 0) return fmt::format("{} min {:02} s", minutes, seconds % 60);
  const int64_t days = hours / 24;
  if (days == 0) return fmt::format("{} h {:02} min", hours, minutes % 60);
  return fmt::format("{} d {} h", days, hours % 24);
}

}  // namespace waljet
