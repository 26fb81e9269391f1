#include "streamer/sql_list.h"

namespace waljet {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view spaces = " \t\r\n";
  const size_t first = text.find_first_not_of(spaces);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(spaces) + 1 - first);
}

}  // namespace

std::vector<std::string> sql_list(std::string_view text) {
  std::vector<std::string> entries;
  size_t begin = 0;
  bool quoted = false;
  for (size_t i = 0; i <= text.size(); ++i) {
    if (i < text.size() && text[i] == '"') quoted = !quoted;
    if (i < text.size() && (text[i] != ',' || quoted)) continue;
    const std::string_view entry = trimmed(text.substr(begin, i - begin));
    if (!entry.empty()) entries.emplace_back(entry);
    begin = i + 1;
  }
  return entries;
}

std::string sql_name(std::string_view spelled) {
  std::string name;
  if (!spelled.starts_with('"')) {
    for (const char c : spelled) {
      name += c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    }
    return name;
  }
  for (size_t i = 1; i < spelled.size(); ++i) {
    if (spelled[i] == '"') ++i;  // the second of two, or the end
    if (i < spelled.size()) name += spelled[i];
  }
  return name;
}

}  // namespace waljet
