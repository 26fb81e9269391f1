// Table lists match what a slow matcher says that takes the list apart first.
#include "event/table_list.h"

#include <vector>

#include "fuzz.h"

namespace waljet {
namespace {

struct Element {
  std::string character;  // one of UTF-8, of a pattern perhaps a wildcard
  bool wildcard = false;  // `*` or `?`
};
using Name = std::vector<Element>;

// Splits at separators outside quotes.
std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts(1);
  bool quoted = false;
  for (const char c : text) {
    if (c == '"') quoted = !quoted;
    if (c == separator && !quoted) {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

std::string trim(const std::string& text) {
  constexpr const char* spaces = " \t\n\v\f\r";
  const size_t begin = text.find_first_not_of(spaces);
  require(begin != std::string::npos, "no accepted entry is empty");
  return text.substr(begin, text.find_last_not_of(spaces) - begin + 1);
}

Name characters(std::string_view utf8) {
  Name name;
  for (size_t size = 0; !utf8.empty(); utf8.remove_prefix(size)) {
    size = utf8_character_bytes(utf8);
    name.push_back({std::string(utf8.substr(0, size))});
  }
  return name;
}

Name quoted_pattern(std::string_view text) {
  require(text.size() > 2 && text.back() == '"', "a quoted name is closed and not empty");
  std::string plain;
  for (size_t i = 1; i + 1 < text.size(); ++i) {
    plain += text[i];
    if (text[i] == '"') require(text[++i] == '"', "a quote within quotes is doubled");
  }
  return characters(plain);
}

Name parse_pattern(std::string_view text) {
  require(!text.empty(), "no accepted name is empty");
  if (text[0] == '"') return quoted_pattern(text);
  Name name = characters(text);
  for (Element& element : name) {
    char& c = element.character[0];
    require(c != '"' && c != ' ', "no quote or space in an unquoted name");
    element.wildcard = c == '*' || c == '?';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return name;
}

bool name_matches(const Name& pattern, const Name& name) {
  std::vector<bool> reached(name.size() + 1);  // whether the pattern so far matches so much
  reached[0] = true;
  for (const Element& element : pattern) {
    const bool any_text = element.wildcard && element.character == "*";
    std::vector<bool> next(name.size() + 1);
    for (size_t i = 0; i <= name.size(); ++i) {
      if (any_text) {
        next[i] = reached[i] || (i > 0 && next[i - 1]);
      } else if (i > 0) {
        const bool same = element.wildcard || element.character == name[i - 1].character;
        next[i] = reached[i - 1] && same;
      }
    }
    reached = next;
  }
  return reached[name.size()];
}

bool list_matches(const std::string& list, const Name& schema, const Name& table) {
  bool matches = false;
  for (const std::string& entry : split(trim(list), ',')) {
    const std::vector<std::string> names = split(trim(entry), '.');
    require(names.size() <= 2, "no accepted entry has more than two names");
    const bool table_matches = name_matches(parse_pattern(names.back()), table);
    const bool schema_matches =
        names.size() == 1 || name_matches(parse_pattern(names.front()), schema);
    if (table_matches && schema_matches) matches = true;
  }
  return matches;
}

std::string text_of(FuzzedDataProvider& input) {
  std::string bytes = input.ConsumeRandomLengthString();
  std::erase(bytes, '\0');
  return as_utf8(bytes);
}

}  // namespace
}  // namespace waljet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace waljet;
  FuzzedDataProvider input(data, size);
  const std::string list = text_of(input);
  const std::string schema = text_of(input);
  const std::string table = text_of(input);
  if (!TableList::check(list).empty()) return 0;
  const bool expected = list_matches(list, characters(schema), characters(table));
  require(TableList(list).matches(schema, table) == expected, "a list matches as written");
  return 0;
}
