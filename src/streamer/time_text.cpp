#include "streamer/time_text.h"

#include <array>
#include <charconv>
#include <chrono>

namespace waljet {
namespace {

constexpr int64_t ns_in_second = 1'000'000'000;

// Takes a number of exactly `digits` digits off `text`.
std::optional<int> take_number(std::string_view& text, size_t digits) {
  if (text.size() < digits) return std::nullopt;
  int value = 0;
  for (const char c : text.substr(0, digits)) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + (c - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take_one_of(std::string_view& text, std::string_view allowed) {
  if (text.empty() || allowed.find(text[0]) == std::string_view::npos) return false;
  text.remove_prefix(1);
  return true;
}

// `.5` and the like; digits beyond nanoseconds are dropped. Zero where there is none.
std::optional<int64_t> take_fraction_ns(std::string_view& text) {
  if (!take_one_of(text, ".")) return 0;
  int64_t value_ns = 0;
  int64_t unit_ns = ns_in_second / 10;
  size_t digits = 0;
  for (; digits < text.size() && text[digits] >= '0' && text[digits] <= '9'; ++digits) {
    value_ns += unit_ns * (text[digits] - '0');
    unit_ns /= 10;
  }
  if (digits == 0) return std::nullopt;
  text.remove_prefix(digits);
  return value_ns;
}

// `Z` or `+02:00`, as seconds.
std::optional<int> take_offset_s(std::string_view& text) {
  if (take_one_of(text, "Zz")) return 0;
  const bool west = !text.empty() && text[0] == '-';
  if (!take_one_of(text, "+-")) return std::nullopt;
  const auto hours = take_number(text, 2);
  if (!hours || *hours > 23 || !take_one_of(text, ":")) return std::nullopt;
  const auto minutes = take_number(text, 2);
  if (!minutes || *minutes > 59) return std::nullopt;
  const int offset_s = *hours * 3600 + *minutes * 60;
  return west ? -offset_s : offset_s;
}

std::optional<int64_t> take_date_s(std::string_view& text) {
  const auto year = take_number(text, 4);
  if (!year || !take_one_of(text, "-")) return std::nullopt;
  const auto month = take_number(text, 2);
  if (!month || !take_one_of(text, "-")) return std::nullopt;
  const auto day = take_number(text, 2);
  if (!day) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(*year),
                                         std::chrono::month(static_cast<unsigned>(*month)),
                                         std::chrono::day(static_cast<unsigned>(*day))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::seconds(std::chrono::sys_days(date).time_since_epoch()).count();
}

std::optional<int64_t> take_clock_s(std::string_view& text) {
  const auto hour = take_number(text, 2);
  if (!hour || *hour > 23 || !take_one_of(text, ":")) return std::nullopt;
  const auto minute = take_number(text, 2);
  if (!minute || *minute > 59 || !take_one_of(text, ":")) return std::nullopt;
  const auto second = take_number(text, 2);
  if (!second || *second > 60) return std::nullopt;
  return *hour * 3600 + *minute * 60 + *second;
}

}  // namespace

std::optional<int64_t> parse_rfc3339_ns(std::string_view text) {
  const auto date_s = take_date_s(text);
  if (!date_s || !take_one_of(text, "Tt ")) return std::nullopt;
  const auto clock_s = take_clock_s(text);
  if (!clock_s) return std::nullopt;
  const auto fraction_ns = take_fraction_ns(text);
  if (!fraction_ns) return std::nullopt;
  const auto offset_s = take_offset_s(text);
  if (!offset_s || !text.empty()) return std::nullopt;
  return (*date_s + *clock_s - *offset_s) * ns_in_second + *fraction_ns;
}

std::optional<Duration> parse_duration(std::string_view text) {
  constexpr int64_t number_max = 1'000'000'000;
  int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{} || number < 0 || number > number_max) return std::nullopt;
  const std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  if (unit == "ms" || (unit.empty() && number == 0)) return Duration(number);
  if (unit == "s") return Duration(number * 1000);
  if (unit == "m") return Duration(number * 60'000);
  if (unit == "h") return Duration(number * 3'600'000);
  if (unit == "d") return Duration(number * 86'400'000);
  return std::nullopt;
}

std::string duration_text(Duration duration) {
  struct Unit {
    int64_t count;  // of the unit before
    std::string_view name;
  };
  constexpr std::array<Unit, 5> units{{{1, "ms"}, {1000, "s"}, {60, "m"}, {60, "h"}, {24, "d"}}};
  int64_t number = duration.count();
  if (number == 0) return "0s";
  size_t unit = 0;
  for (; unit + 1 < units.size() && number % units[unit + 1].count == 0; ++unit) {
    number /= units[unit + 1].count;
  }
  return std::to_string(number) + std::string(units[unit].name);
}

}  // namespace waljet
