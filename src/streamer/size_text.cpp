#include "streamer/size_text.h"

#include <fmt/core.h>

#include <array>
#include <charconv>
#include <limits>

namespace waljet {
namespace {

constexpr std::string_view unit_letters = "KMG";

char upper(char c) {
  return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
}

// How often 1024 counts: of `MiB` twice.
std::optional<unsigned> power_of(std::string_view unit) {
  std::string letters;
  for (const char c : unit) letters += upper(c);
  if (letters.empty() || letters == "B") return 0;
  const size_t at = unit_letters.find(letters[0]);
  const std::string_view rest = std::string_view(letters).substr(1);
  const bool known = at != std::string_view::npos && (rest.empty() || rest == "B" || rest == "IB");
  if (!known) return std::nullopt;
  return static_cast<unsigned>(at) + 1;
}

}  // namespace

std::optional<uint64_t> parse_size(std::string_view text) {
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc{}) return std::nullopt;
  std::string_view unit = text.substr(static_cast<size_t>(end - text.data()));
  while (unit.starts_with(' ')) unit.remove_prefix(1);
  const auto power = power_of(unit);
  if (!power) return std::nullopt;
  const unsigned shift = *power * 10;
  if (number > std::numeric_limits<uint64_t>::max() >> shift) return std::nullopt;
  return number << shift;
}

std::string size_text(uint64_t bytes) {
  constexpr std::array<std::string_view, 4> units{"", "KiB", "MiB", "GiB"};
  size_t unit = 0;
  for (; unit + 1 < units.size() && bytes != 0 && bytes % 1024 == 0; ++unit) bytes /= 1024;
  return fmt::format("{}{}", bytes, units[unit]);
}

}  // namespace waljet
