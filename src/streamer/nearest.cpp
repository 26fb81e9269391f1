#include "streamer/nearest.h"

#include <algorithm>
#include <vector>

namespace waljet {
namespace {

std::string plain(std::string_view word) {
  std::string text;
  for (const char c : word) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    text += lower == '-' ? '_' : lower;
  }
  return text;
}

// A third of the letters may be wrong, and one in any case.
size_t tolerance(std::string_view word) {
  return std::max<size_t>(1, word.size() / 3);
}

}  // namespace

size_t edit_distance(std::string_view left_word, std::string_view right_word) {
  const std::string left = plain(left_word);
  const std::string right = plain(right_word);
  const size_t width = right.size() + 1;
  std::vector<size_t> cells((left.size() + 1) * width);
  const auto at = [&](size_t i, size_t j) -> size_t& { return cells[i * width + j]; };
  for (size_t i = 0; i <= left.size(); ++i) at(i, 0) = i;
  for (size_t j = 0; j <= right.size(); ++j) at(0, j) = j;
  for (size_t i = 1; i <= left.size(); ++i) {
    for (size_t j = 1; j <= right.size(); ++j) {
      const size_t changed = left[i - 1] == right[j - 1] ? 0 : 1;
      at(i, j) = std::min({at(i - 1, j) + 1, at(i, j - 1) + 1, at(i - 1, j - 1) + changed});
      const bool swapped =
          i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1];
      if (swapped) at(i, j) = std::min(at(i, j), at(i - 2, j - 2) + 1);
    }
  }
  return at(left.size(), right.size());
}

std::string nearest(std::string_view word, std::span<const std::string> known) {
  constexpr size_t word_bytes_max = 100;  // nobody means a known word by a longer one
  if (word.size() > word_bytes_max) return {};
  constexpr size_t beginning_bytes_min = 3;
  std::string best;
  size_t best_distance = tolerance(word) + 1;
  for (const std::string& candidate : known) {
    const size_t distance = edit_distance(word, candidate);
    if (distance >= best_distance) continue;
    best_distance = distance;
    best = candidate;
  }
  if (!best.empty() || word.size() < beginning_bytes_min) return best;
  for (const std::string& candidate : known) {
    if (plain(candidate).starts_with(plain(word))) return candidate;
  }
  return {};
}

}  // namespace waljet
