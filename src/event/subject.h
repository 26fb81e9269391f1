// Subjects: which NATS subject an event goes to.
//
// A template such as `{name}.{schema}.{table}.{action}` is literal text and variables. The value of
// a variable is encoded so that it is never empty, never a wildcard, never a separator: each UTF-8
// byte outside [A-Za-z0-9_-] becomes `=XX` (upper hex), an empty value is `=00`. Tokens that begin
// with another `=` come from no identifier:
//
//     =                 the {key} of an event that has none
//     ...=h0badcafe     end of a {key} that was too long, as put_short_token() writes it, lower hex
//     =message          second token of a logical message's subject
//     =transaction      second token of a transaction marker's subject
//
// {partition:N} is FNV-1a, 32 bits, of the {key} token modulo N, which is what partition() of a
// NATS server makes of that token; without a key, of `schema.table`.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "event/sink.h"

namespace waljet {

enum class SubjectVariable : uint8_t {
  literal,
  name,
  db,
  schema,
  table,
  action,
  op,
  key,
  partition,
};

// The longest name in a catalog of PostgreSQL, and what it can take as UTF-8 and then encoded.
constexpr size_t identifier_bytes_max = 63;
constexpr size_t identifier_token_bytes_max = identifier_bytes_max * 3 * 3;

// Values are UTF-8 and plain, not yet encoded.
struct SubjectFields {
  std::string_view name;
  std::string_view db;
  std::string_view schema;
  std::string_view table;
  std::string_view action;                // insert, update, delete, truncate, read, message
  std::string_view op;                    // c, u, d, t, r, m
  bool has_key = false;                   // false for a table without a key, and for TRUNCATE
  std::string_view key = {};              // the columns of the key joined by `/`
  std::string_view qualified_table = {};  // schema.table
};

class SubjectTemplate {
 public:
  static constexpr size_t pieces_max = 32;
  static constexpr size_t bytes_max = 1024;
  static constexpr size_t partitions_max = 65536;
  // What every subject stays within, whatever the event: NATS reads 4096 bytes of a command by
  // default, of which sizes and the reply subject need some.
  static constexpr size_t subject_bytes_max = 4000;

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

  // Subjects that the template has no say in but for their first token:
  // `<first token>.=message.<prefix>` of a logical message, the pattern of all of them, and
  // `<first token>.=transaction` of a transaction marker. A long prefix is cut as a long key is.
  void put_message_subject(Sink& sink, std::string_view name, std::string_view prefix) const;
  void put_message_pattern(Sink& sink, std::string_view name) const;
  void put_transaction_subject(Sink& sink, std::string_view name) const;

  // True where events of one table and action differ in their subject.
  bool depends_on_key() const;

  // True where the values can be read back from a subject, since each variable is a whole token.
  // (Of a key that was too long only the beginning, of a partition only its number.)
  bool is_reversible() const;

 private:
  struct Piece {
    SubjectVariable variable = SubjectVariable::literal;
    std::string_view text;
    uint32_t partitions = 0;
  };
  std::string_view split(std::string_view text);
  std::string_view add_literal(std::string_view text);
  std::string_view add_variable(std::string_view text);
  std::string_view add(const Piece& piece);
  std::string_view check_first_token(std::string_view name) const;
  std::string_view check_length(std::string_view name) const;

  std::array<Piece, pieces_max> pieces_{};
  size_t count_ = 0;
};

// Appends the encoded form of one variable's value.
void put_token(Sink& sink, std::string_view value);

// The same for values of any length: a token over 255 bytes keeps its first 245, less where they
// would split an `=XX`, and ends in `=h` and the lower hex of FNV-1a, 32 bits, of the whole token.
constexpr size_t short_token_bytes_max = 255;
void put_short_token(Sink& sink, std::string_view value);

// True where every subject that `inner` matches is also matched by `outer`.
bool subject_covers(std::string_view outer, std::string_view inner);

}  // namespace waljet
