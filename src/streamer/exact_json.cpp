#include "streamer/exact_json.h"

#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <charconv>

#include "streamer/json_members.h"

namespace waljet {
namespace {

// Stands before the digits of what was a number. Never in UTF-8, so no text begins with it.
constexpr char number_mark = '\xFF';

// Length of the string in front of `json`, quotes included.
size_t string_length(std::string_view json) {
  for (size_t at = 1; at < json.size(); ++at) {
    if (json[at] == '\\') {
      ++at;
    } else if (json[at] == '"') {
      return at + 1;
    }
  }
  return json.size();
}

std::string with_marked_numbers(std::string_view json) {
  constexpr std::string_view number_characters = "+-.0123456789Ee";
  std::string marked;
  marked.reserve(json.size() + json.size() / 4);
  while (!json.empty()) {
    const char first = json[0];
    const bool is_number = first == '-' || (first >= '0' && first <= '9');
    size_t length = 1;
    if (first == '"') length = string_length(json);
    if (is_number) length = std::min(json.find_first_not_of(number_characters), json.size());
    if (is_number) marked.append({'"', number_mark});
    marked += json.substr(0, length);
    if (is_number) marked += '"';
    json.remove_prefix(length);
  }
  return marked;
}

std::optional<std::string_view> digits_of(std::string_view text) {
  if (text.empty() || text[0] != number_mark) return std::nullopt;
  return text.substr(1);
}

class ExactWriter : public rapidjson::Writer<rapidjson::StringBuffer> {
 public:
  using Writer::Writer;
  bool String(const char* text, rapidjson::SizeType size, bool copy = false) {
    const auto digits = digits_of({text, size});
    return digits ? RawValue(digits->data(), digits->size(), rapidjson::kNumberType)
                  : Writer::String(text, size, copy);
  }
};

}  // namespace

bool parse_exact(std::string_view text, rapidjson::Document& document) {
  const std::string marked = with_marked_numbers(text);
  document.Parse(marked.data(), marked.size());
  return !document.HasParseError();
}

std::optional<int64_t> exact_integer(const rapidjson::Value& value) {
  const auto digits = digits_of(text_of(value));
  if (!digits) return std::nullopt;
  int64_t number = 0;
  const char* end = digits->data() + digits->size();
  const auto [rest, problem] = std::from_chars(digits->data(), end, number);
  if (problem != std::errc{} || rest != end) return std::nullopt;
  return number;
}

std::string exact_text(const rapidjson::Value& value) {
  rapidjson::StringBuffer buffer;
  ExactWriter writer(buffer);
  value.Accept(writer);
  return {buffer.GetString(), buffer.GetSize()};
}

}  // namespace waljet
