// Subjects: which NATS subject an event goes to.
//
// A template such as `{name}.{schema}.{table}.{action}` is literal text and variables. The value of
// a variable is encoded so that it is never empty, never a wildcard, never a separator: each UTF-8
// byte outside [A-Za-z0-9_-] becomes `=XX` (upper hex), an empty value is `=00`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "event/sink.h"

namespace waljet {

enum class SubjectVariable : uint8_t { literal, name, db, schema, table, action, op };

struct SubjectFields {
  std::string_view name;
  std::string_view db;
  std::string_view schema;
  std::string_view table;
  std::string_view action;  // insert, update, delete, truncate, read, message
  std::string_view op;      // c, u, d, t, r, m
};

class SubjectTemplate {
 public:
  static constexpr size_t pieces_max = 32;
  static constexpr size_t bytes_max = 1024;  // so that a frame can hold every subject

  // `text` must outlive the template. Returns what is wrong with it, as a phrase that continues
  // "The value ...", or an empty view when it can be used for a source of this name.
  std::string_view parse(std::string_view text, std::string_view name);

  // Writes the subject of one event.
  void put(Sink& sink, const SubjectFields& fields) const;

  // Writes the narrowest NATS pattern that matches every subject of this template, given the
  // values that never change: `app.*.*.*`.
  void put_pattern(Sink& sink, std::string_view name, std::string_view db) const;

  // Writes the first token, which is always known: a literal or {name}.
  void put_first_token(Sink& sink, std::string_view name) const;

 private:
  struct Piece {
    SubjectVariable variable = SubjectVariable::literal;
    std::string_view text;
  };
  std::string_view split(std::string_view text);
  std::string_view add(Piece piece);
  std::string_view check_first_token(std::string_view name) const;

  std::array<Piece, pieces_max> pieces_{};
  size_t count_ = 0;
};

// Appends the encoded form of one variable's value.
void put_token(Sink& sink, std::string_view value);

// True where every subject that `inner` matches is also matched by `outer`.
bool subject_covers(std::string_view outer, std::string_view inner);

}  // namespace waljet
