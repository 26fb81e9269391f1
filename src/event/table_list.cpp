#include "event/table_list.h"

#include <cstddef>
#include <cstdint>

namespace waljet {
namespace {

bool is_space(char c) {
  return c == ' ' || (c >= '\t' && c <= '\r');
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text[0])) text.remove_prefix(1);
  while (!text.empty() && is_space(text[text.size() - 1])) text.remove_suffix(1);
  return text;
}

// Takes text up to an unquoted `separator` off the front.
std::string_view take_until(std::string_view& text, char separator) {
  bool quoted = false;
  size_t at = 0;
  for (; at < text.size(); ++at) {
    if (text[at] == '"') quoted = !quoted;
    if (text[at] == separator && !quoted) break;
  }
  const std::string_view taken{text.data(), at};
  text.remove_prefix(at < text.size() ? at + 1 : at);
  return taken;
}

enum class Element : uint8_t { end, byte, any_character, any_text };

// Reads one name of an entry, element by element. Copied freely, to come back to a place.
class NameReader {
 public:
  explicit NameReader(std::string_view text) : text_(text) {}

  Element next(char& byte) {
    while (!text_.empty()) {
      const char c = text_[0];
      text_.remove_prefix(1);
      if (c == '"') {
        const bool doubled = quoted_ && !text_.empty() && text_[0] == '"';
        if (!doubled) {
          quoted_ = !quoted_;
          continue;
        }
        text_.remove_prefix(1);
      } else if (!quoted_ && c == '*') {
        return Element::any_text;
      } else if (!quoted_ && c == '?') {
        return Element::any_character;
      }
      byte = !quoted_ && c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
      return Element::byte;
    }
    return Element::end;
  }

 private:
  std::string_view text_;
  bool quoted_ = false;
};

// Bytes of the UTF-8 character in front; a name holds nothing else.
size_t character_bytes(std::string_view name) {
  size_t n = 1;
  while (n < name.size() && (static_cast<uint8_t>(name[n]) & 0xC0) == 0x80) ++n;
  return n;
}

bool name_matches(std::string_view pattern, std::string_view name) {
  NameReader reader(pattern);
  // Where to go on when a later element fails: behind the last `*`, with one byte more given to it.
  bool can_retry = false;
  NameReader retry_reader(pattern);
  std::string_view retry_name;
  for (;;) {
    char byte = 0;
    bool matched = false;
    switch (reader.next(byte)) {
      case Element::end:
        if (name.empty()) return true;
        break;
      case Element::any_text:
        can_retry = true;
        retry_reader = reader;
        retry_name = name;
        matched = true;
        break;
      case Element::any_character:
        matched = !name.empty();
        if (matched) name.remove_prefix(character_bytes(name));
        break;
      case Element::byte:
        matched = !name.empty() && name[0] == byte;
        if (matched) name.remove_prefix(1);
        break;
    }
    if (matched) continue;
    if (!can_retry || retry_name.empty()) return false;
    retry_name.remove_prefix(1);
    name = retry_name;
    reader = retry_reader;
  }
}

std::string_view check_name(std::string_view name) {
  if (name.empty()) return "has an empty name";
  const bool opens = name[0] == '"';
  if (name == "\"\"") return "has an empty name";
  bool quoted = false;
  for (size_t i = 0; i < name.size(); ++i) {
    if (name[i] == '"') quoted = !quoted;
    if (!quoted && is_space(name[i])) return "has a space in an unquoted name";
    if (!opens && name[i] == '"') return "has a double quote inside an unquoted name";
    const bool closed_before_end = opens && !quoted && name[i] != '"';
    if (closed_before_end) return "has text behind a quoted name";
  }
  return quoted ? "has a double quote that is not closed" : std::string_view{};
}

std::string_view check_entry(std::string_view entry) {
  std::string_view rest = trim(entry);
  if (rest.empty()) return "has an empty entry";
  const bool ends_with_dot = rest[rest.size() - 1] == '.';
  const std::string_view first = take_until(rest, '.');
  std::string_view problem = check_name(first);
  if (!problem.empty()) return problem;
  if (rest.empty()) return ends_with_dot ? "has an empty name" : std::string_view{};
  const std::string_view second = take_until(rest, '.');
  problem = check_name(second);
  if (!problem.empty()) return problem;
  return rest.empty() && !ends_with_dot ? std::string_view{}
                                        : "has an entry of more than two names";
}

}  // namespace

std::string_view TableList::check(std::string_view text) {
  text = trim(text);
  if (text.empty()) return "is empty";
  if (text[text.size() - 1] == ',') return "has an empty entry";
  while (!text.empty()) {
    const std::string_view problem = check_entry(take_until(text, ','));
    if (!problem.empty()) return problem;
  }
  return {};
}

bool TableList::matches(std::string_view schema, std::string_view table) const {
  std::string_view list = text_;
  while (!list.empty()) {
    std::string_view second = trim(take_until(list, ','));
    const std::string_view first = take_until(second, '.');
    const bool bare = second.empty();
    if (name_matches(bare ? first : second, table) && (bare || name_matches(first, schema))) {
      return true;
    }
  }
  return false;
}

}  // namespace waljet
