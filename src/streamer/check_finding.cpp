#include "streamer/check_finding.h"

#include <fmt/core.h>

#include <algorithm>

namespace waljet {
namespace {

// Braces that hold no known word stay, as in `jetstream {}`.
std::string filled(std::string_view sentence, FindingWords words) {
  std::string text;
  while (!sentence.empty()) {
    const size_t open = std::min(sentence.find('{'), sentence.size());
    const size_t close = std::min(sentence.find('}', open), sentence.size());
    text += sentence.substr(0, open);
    sentence.remove_prefix(open);
    if (sentence.empty()) break;
    const std::string_view name = sentence.substr(1, close - open - 1);
    const auto word = std::find_if(words.begin(), words.end(),
                                   [&](const auto& one) { return one.first == name; });
    const size_t taken = std::min(close - open + 1, sentence.size());
    text += word != words.end() ? std::string_view(word->second) : sentence.substr(0, taken);
    sentence.remove_prefix(taken);
  }
  return text;
}

}  // namespace

std::string_view level_name(FindingLevel level) {
  switch (level) {
    case FindingLevel::error: return "error";
    case FindingLevel::warning: return "warning";
    case FindingLevel::note: return "note";
  }
  return {};
}

Finding make_finding(const FindingSpec& spec, FindingWords words) {
  return {&spec, filled(spec.message, words), filled(spec.fix, words)};
}

std::string some_of(const std::vector<std::string>& names) {
  constexpr size_t shown_max = 5;
  std::string text;
  for (size_t i = 0; i < names.size() && i < shown_max; ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > shown_max) text += fmt::format(" and {} more", names.size() - shown_max);
  return text;
}

}  // namespace waljet
