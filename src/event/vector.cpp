#include "event/vector.h"

#include "event/json.h"

namespace waljet {
namespace {

// Every number that pgvector prints stays far below both.
constexpr size_t number_bytes_max = 40;
constexpr size_t index_digits_max = 10;

bool take(std::string_view& text, char wanted) {
  if (text.empty() || text[0] != wanted) return false;
  text.remove_prefix(1);
  return true;
}

// Takes the digits at the front; returns how many there were.
size_t take_digits(std::string_view& text) {
  size_t count = 0;
  while (count < text.size() && text[count] >= '0' && text[count] <= '9') ++count;
  text.remove_prefix(count);
  return count;
}

// What was taken off the front of `before` to leave `after`.
std::string_view taken(std::string_view before, std::string_view after) {
  return {before.data(), before.size() - after.size()};
}

bool put_whole_number(Sink& sink, std::string_view& text) {
  const std::string_view start = text;
  const size_t digits = take_digits(text);
  if (digits == 0 || digits > index_digits_max || (digits > 1 && start[0] == '0')) return false;
  sink.put(taken(start, text));
  return true;
}

bool take_decimal(std::string_view& text) {
  take(text, '-');
  if (take_digits(text) == 0) return false;
  if (take(text, '.') && take_digits(text) == 0) return false;
  if (!take(text, 'e')) return true;
  if (!take(text, '-')) take(text, '+');
  const size_t exponent_digits = take_digits(text);
  return exponent_digits > 0 && exponent_digits <= 3;
}

bool put_decimal(Sink& sink, std::string_view& text) {
  const std::string_view start = text;
  if (!take_decimal(text)) return false;
  const std::string_view number = taken(start, text);
  if (number.size() > number_bytes_max) return false;
  put_json_double(sink, number);
  return true;
}

bool put_numbers(Sink& sink, std::string_view text) {
  if (!take(text, '[')) return false;
  sink.put('[');
  do {
    if (!put_decimal(sink, text)) return false;
    sink.put(',');
  } while (take(text, ','));
  sink.truncate(sink.size() - 1);
  sink.put(']');
  return take(text, ']') && text.empty();
}

// `1:201` as [1,201.0]
bool put_entry(Sink& sink, std::string_view& text) {
  sink.put('[');
  if (!put_whole_number(sink, text) || !take(text, ':')) return false;
  sink.put(',');
  if (!put_decimal(sink, text)) return false;
  sink.put(']');
  return true;
}

// Takes the entries up to the closing brace.
bool put_entries(Sink& sink, std::string_view& text) {
  sink.put('[');
  for (bool first = true; !take(text, '}'); first = false) {
    if (!first) {
      if (!take(text, ',')) return false;
      sink.put(',');
    }
    if (!put_entry(sink, text)) return false;
  }
  sink.put(']');
  return true;
}

// Splits `{...}/3000` in front of the last slash: the dimensions come first in JSON.
bool put_sparse(Sink& sink, std::string_view text) {
  size_t slash = text.size();
  while (slash > 0 && text[slash - 1] != '/') --slash;
  if (slash == 0) return false;
  std::string_view dimensions{text.data() + slash, text.size() - slash};
  std::string_view entries{text.data(), slash - 1};

  sink.put("{\"dimensions\":");
  if (!put_whole_number(sink, dimensions) || !dimensions.empty()) return false;
  sink.put(",\"vector\":");
  if (!take(entries, '{') || !put_entries(sink, entries) || !entries.empty()) return false;
  sink.put('}');
  return true;
}

}  // namespace

bool put_vector(Sink& sink, std::string_view text) {
  const size_t start = sink.size();
  if (put_numbers(sink, text)) return true;
  sink.truncate(start);
  return false;
}

bool put_sparse_vector(Sink& sink, std::string_view text) {
  const size_t start = sink.size();
  if (put_sparse(sink, text)) return true;
  sink.truncate(start);
  return false;
}

}  // namespace waljet
