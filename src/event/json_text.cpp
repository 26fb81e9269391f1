#include "event/json_text.h"

#include <cstdint>

#include "event/utf8.h"

namespace waljet {
namespace {

// One character of a string, decoded.
struct Character {
  char bytes[4] = {};
  size_t count = 0;  // of bytes; 0: nothing valid begins here
};

int hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// The number of a `\uXXXX` at the front, which is taken off; 0 where there is none.
uint32_t take_unit(std::string_view& rest) {
  constexpr size_t escape_bytes = 6;
  if (rest.size() < escape_bytes || rest[0] != '\\' || rest[1] != 'u') return 0;
  uint32_t unit = 0;
  for (size_t i = 2; i < escape_bytes; ++i) {
    const int digit = hex_digit(rest[i]);
    if (digit < 0) return 0;
    unit = unit << 4 | static_cast<uint32_t>(digit);
  }
  rest.remove_prefix(escape_bytes);
  return unit;
}

Character utf8_of_code(uint32_t code) {
  const auto part = [](uint32_t mark, uint32_t bits) { return static_cast<char>(mark | bits); };
  const auto tail = [&](int shift) { return part(0x80, code >> shift & 0x3F); };
  if (code < 0x80) return {{static_cast<char>(code)}, 1};
  if (code < 0x800) return {{part(0xC0, code >> 6), tail(0)}, 2};
  if (code < 0x10000) return {{part(0xE0, code >> 12), tail(6), tail(0)}, 3};
  return {{part(0xF0, code >> 18), tail(12), tail(6), tail(0)}, 4};
}

Character take_unicode_escape(std::string_view& rest) {
  const uint32_t first = take_unit(rest);
  if (first == 0) return {};
  const bool surrogate = first >= 0xD800 && first <= 0xDFFF;
  if (!surrogate) return utf8_of_code(first);
  const uint32_t second = take_unit(rest);
  const bool pair = first < 0xDC00 && second >= 0xDC00 && second <= 0xDFFF;
  if (!pair) return {};
  return utf8_of_code(0x10000 + ((first - 0xD800) << 10) + (second - 0xDC00));
}

Character take_escape(std::string_view& rest) {
  if (rest.size() < 2) return {};
  const char letter = rest[1];
  if (letter == 'u') return take_unicode_escape(rest);
  rest.remove_prefix(2);
  switch (letter) {
    case '"':
    case '\\':
    case '/': return {{letter}, 1};
    case 'b': return {{'\b'}, 1};
    case 'f': return {{'\f'}, 1};
    case 'n': return {{'\n'}, 1};
    case 'r': return {{'\r'}, 1};
    case 't': return {{'\t'}, 1};
    default: return {};
  }
}

// Takes the character at the front of `rest`, which is not empty.
Character take_character(std::string_view& rest) {
  const char first = rest[0];
  if (first == '\\') return take_escape(rest);
  if (static_cast<uint8_t>(first) < 0x20) return {};
  Character character;
  character.count = first_utf8_character(rest).length;
  for (size_t i = 0; i < character.count; ++i) character.bytes[i] = rest[i];
  rest.remove_prefix(character.count);
  return character;
}

}  // namespace

bool JsonString::operator==(std::string_view utf8) const {
  std::string_view rest = spelled_;
  while (!rest.empty()) {
    const Character character = take_character(rest);
    if (character.count > utf8.size()) return false;
    for (size_t i = 0; i < character.count; ++i) {
      if (utf8[i] != character.bytes[i]) return false;
    }
    utf8.remove_prefix(character.count);
  }
  return utf8.empty();
}

bool JsonString::operator==(const JsonString& other) const {
  std::string_view left = spelled_;
  std::string_view right = other.spelled_;
  while (!left.empty() && !right.empty()) {
    const Character a = take_character(left);
    const Character b = take_character(right);
    if (std::string_view{a.bytes, a.count} != std::string_view{b.bytes, b.count}) return false;
  }
  return left.empty() && right.empty();
}

void JsonString::put(Sink& sink) const {
  std::string_view rest = spelled_;
  while (!rest.empty()) {
    const Character character = take_character(rest);
    sink.put(std::string_view{character.bytes, character.count});
  }
}

void JsonCursor::skip_space() {
  const auto is_space = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; };
  while (offset_ < text_.size() && is_space(text_[offset_])) ++offset_;
}

bool JsonCursor::is_at(char mark) {
  skip_space();
  return offset_ < text_.size() && text_[offset_] == mark;
}

bool JsonCursor::take(char mark) {
  if (!is_at(mark)) return false;
  ++offset_;
  return true;
}

bool JsonCursor::is_at_end() {
  skip_space();
  return offset_ == text_.size();
}

bool JsonCursor::take_string(JsonString& string) {
  if (!is_at('"')) return false;
  std::string_view rest = text_;
  rest.remove_prefix(offset_ + 1);
  const char* start = rest.data();
  while (!rest.empty() && rest[0] != '"') {
    if (take_character(rest).count == 0) return false;
  }
  if (rest.empty()) return false;
  string = JsonString({start, static_cast<size_t>(rest.data() - start)});
  offset_ = static_cast<size_t>(rest.data() + 1 - text_.data());
  return true;
}

}  // namespace waljet
