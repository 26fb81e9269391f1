// Reading JSON that somebody wrote by hand: strict, in place, piece by piece as the reader expects
// it. Nothing is copied, so what a string says is only spelled out when it is asked for.
#pragma once

#include <cstddef>
#include <string_view>

#include "event/sink.h"

namespace waljet {

// A string of a JSON text, as it is spelled there between its quotes: escapes and all.
class JsonString {
 public:
  JsonString() = default;
  // `spelled` must outlive this and be well-formed, as JsonCursor finds it.
  explicit JsonString(std::string_view spelled) : spelled_(spelled) {}

  bool operator==(std::string_view utf8) const;
  bool operator==(const JsonString& other) const;
  // Writes what it says, in UTF-8: never longer than it is spelled.
  void put(Sink& sink) const;

  bool empty() const { return spelled_.empty(); }
  std::string_view spelled() const { return spelled_; }

 private:
  std::string_view spelled_;
};

// A place in a JSON text. Copied freely, to come back to it.
class JsonCursor {
 public:
  JsonCursor() = default;
  explicit JsonCursor(std::string_view json) : text_(json) {}

  // Each skips white space first. What is not there is not taken.
  bool is_at(char mark);
  bool take(char mark);
  bool is_at_end();
  // A string whose escapes are valid, whose bytes are UTF-8 and that holds no zero character, which
  // no text of PostgreSQL holds.
  bool take_string(JsonString& string);

  size_t offset() const { return offset_; }

 private:
  void skip_space();

  std::string_view text_;
  size_t offset_ = 0;
};

}  // namespace waljet
