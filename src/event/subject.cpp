#include "event/subject.h"

#include <cstring>

#include "event/text.h"

namespace waljet {
namespace {

struct VariableName {
  std::string_view name;
  SubjectVariable variable;
};

constexpr std::array<VariableName, 7> variable_names{{
    {"name", SubjectVariable::name},
    {"db", SubjectVariable::db},
    {"schema", SubjectVariable::schema},
    {"table", SubjectVariable::table},
    {"action", SubjectVariable::action},
    {"op", SubjectVariable::op},
    {"key", SubjectVariable::key},
}};
constexpr std::string_view partition_name = "partition";

constexpr std::string_view empty_token = "=00";
constexpr std::string_view no_key_token = "=";
constexpr std::string_view message_token = "=message";
constexpr std::string_view transaction_token = "=transaction";

// By byte: whether it stands for itself.
constexpr std::array<bool, 256> plain_bytes = [] {
  std::array<bool, 256> plain{};
  for (int byte = 0; byte < 256; ++byte) {
    plain[static_cast<size_t>(byte)] = (byte >= 'A' && byte <= 'Z') ||
                                       (byte >= 'a' && byte <= 'z') ||
                                       (byte >= '0' && byte <= '9') || byte == '_' || byte == '-';
  }
  return plain;
}();

bool is_plain(char c) {
  return plain_bytes[static_cast<uint8_t>(c)];
}

// Writes the encoded form of one byte; returns how many bytes that are, 3 at most.
size_t encode(char c, char* to) {
  constexpr char hex_digits[] = "0123456789ABCDEF";
  const auto byte = static_cast<uint8_t>(c);
  if (is_plain(c)) {
    to[0] = c;
    return 1;
  }
  to[0] = '=';
  to[1] = hex_digits[byte >> 4];
  to[2] = hex_digits[byte & 0xF];
  return 3;
}

size_t token_bytes(std::string_view value) {
  if (value.empty()) return empty_token.size();
  size_t bytes = 0;
  for (const char c : value) bytes += is_plain(c) ? 1 : 3;
  return bytes;
}

uint32_t token_hash(std::string_view value) {
  uint32_t hash = fnv1a_32_start;
  for (const char c : value) {
    char encoded[3];
    const size_t bytes = encode(c, encoded);
    hash = fnv1a_32({encoded, bytes}, hash);
  }
  return hash;
}

// What put_short_token() writes, without a sink: a value may be far larger than its token.
class ShortToken {
 public:
  explicit ShortToken(std::string_view value) {
    if (value.empty()) append(empty_token);
    size_t cut = 0;
    for (const char c : value) {
      size_ += encode(c, bytes_ + size_);
      if (size_ > short_token_bytes_max) {
        shorten(cut, token_hash(value));
        return;
      }
      if (size_ <= short_token_bytes_max - hash_bytes) cut = size_;
    }
  }

  std::string_view view() const { return {bytes_, size_}; }

 private:
  static constexpr size_t hash_bytes = 10;  // =h and 8 digits

  void append(std::string_view text) {
    std::memcpy(bytes_ + size_, text.data(), text.size());
    size_ += text.size();
  }

  void shorten(size_t cut, uint32_t hash) {
    constexpr char hex_digits[] = "0123456789abcdef";
    size_ = cut;
    append("=h");
    for (int shift = 28; shift >= 0; shift -= 4) bytes_[size_++] = hex_digits[hash >> shift & 0xF];
  }

  char bytes_[short_token_bytes_max + 3];  // room for the byte that makes it too long
  size_t size_ = 0;
};

size_t find(std::string_view text, char c, size_t from) {
  while (from < text.size() && text[from] != c) ++from;
  return from;
}

// What is wrong with the literal text of a template, apart from the places of its dots.
std::string_view check_literal(std::string_view text) {
  for (const char c : text) {
    if (c == '*' || c == '>') return "holds a wildcard";
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F)
      return "holds a space or control character";
    if (c == '}') return "holds a closing brace without an opening one";
  }
  return {};
}

// Dots may separate tokens, never begin, end or double: with variables never empty, that is all
// that could make an empty token.
std::string_view check_dots(std::string_view text) {
  char before = '.';
  for (const char c : text) {
    if (c == '.' && before == '.') return "has an empty token";
    before = c;
  }
  return before == '.' ? "has an empty token" : std::string_view{};
}

std::string_view value_of(SubjectVariable variable, const SubjectFields& fields) {
  switch (variable) {
    case SubjectVariable::name: return fields.name;
    case SubjectVariable::db: return fields.db;
    case SubjectVariable::schema: return fields.schema;
    case SubjectVariable::table: return fields.table;
    case SubjectVariable::action: return fields.action;
    case SubjectVariable::op: return fields.op;
    case SubjectVariable::key:
    case SubjectVariable::partition:
    case SubjectVariable::literal: break;
  }
  return {};
}

// The most bytes that one of the variables with a value of their own can take, {name} apart.
size_t variable_bytes_max(SubjectVariable variable) {
  switch (variable) {
    case SubjectVariable::db:
    case SubjectVariable::schema:
    case SubjectVariable::table: return identifier_token_bytes_max;
    case SubjectVariable::key: return short_token_bytes_max;
    case SubjectVariable::partition: return 5;  // digits of 65535
    case SubjectVariable::action: return 8;     // truncate
    case SubjectVariable::op: return 1;
    case SubjectVariable::name:
    case SubjectVariable::literal: break;
  }
  return 0;
}

// 0 if `text` is not a number of partitions.
uint32_t parse_partitions(std::string_view text) {
  uint32_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return 0;
    value = value * 10 + static_cast<uint32_t>(c - '0');
    if (value > SubjectTemplate::partitions_max) return 0;
  }
  return value;
}

bool starts_with(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && std::string_view{text.data(), prefix.size()} == prefix;
}

// Takes the token in front off a subject or pattern.
std::string_view take_subject_token(std::string_view& subject) {
  const size_t dot = find(subject, '.', 0);
  const std::string_view token{subject.data(), dot};
  subject.remove_prefix(dot < subject.size() ? dot + 1 : dot);
  return token;
}

}  // namespace

std::string_view SubjectTemplate::parse(std::string_view text, std::string_view name) {
  count_ = 0;
  if (text.empty()) return "is empty";
  if (text.size() > bytes_max) return "is longer than 1024 bytes";
  std::string_view problem = check_dots(text);
  if (problem.empty()) problem = split(text);
  if (problem.empty()) problem = check_first_token(name);
  if (problem.empty()) problem = check_length(name);
  if (problem.empty() && find(text, '.', 0) == text.size()) {
    problem = "has a single token, which leaves a stream nothing to cover behind it";
  }
  return problem;
}

std::string_view SubjectTemplate::split(std::string_view text) {
  size_t at = 0;
  while (at < text.size()) {
    const size_t open = find(text, '{', at);
    if (open > at) {
      const std::string_view problem = add_literal({text.data() + at, open - at});
      if (!problem.empty()) return problem;
    }
    if (open == text.size()) break;
    const size_t close = find(text, '}', open);
    if (close == text.size()) return "has an opening brace without a closing one";
    const std::string_view problem = add_variable({text.data() + open + 1, close - open - 1});
    if (!problem.empty()) return problem;
    at = close + 1;
  }
  return {};
}

std::string_view SubjectTemplate::add_literal(std::string_view text) {
  const std::string_view problem = check_literal(text);
  return problem.empty() ? add({SubjectVariable::literal, text}) : problem;
}

// `text` is what stands between the braces.
std::string_view SubjectTemplate::add_variable(std::string_view text) {
  for (const VariableName& known : variable_names) {
    if (known.name == text) return add({known.variable, text});
  }
  std::string_view number = text;
  if (starts_with(text, partition_name)) number.remove_prefix(partition_name.size());
  const bool named = number.size() < text.size() && (number.empty() || number[0] == ':');
  if (!named) {
    return "names an unknown variable; known are {name} {db} {schema} {table} {action} {op} {key} "
           "{partition:N}";
  }
  if (!number.empty()) number.remove_prefix(1);
  const uint32_t partitions = parse_partitions(number);
  if (partitions == 0) return "needs a whole number from 1 to 65536 as N in {partition:N}";
  return add({SubjectVariable::partition, text, partitions});
}

std::string_view SubjectTemplate::add(const Piece& piece) {
  if (count_ == pieces_max) return "has more than 32 pieces";
  pieces_[count_++] = piece;
  return {};
}

std::string_view SubjectTemplate::check_first_token(std::string_view name) const {
  for (size_t i = 0; i < count_; ++i) {
    const Piece& piece = pieces_[i];
    if (piece.variable == SubjectVariable::name) continue;
    if (piece.variable != SubjectVariable::literal) {
      return "must begin with a literal token or {name}, so that one stream can cover it";
    }
    if (find(piece.text, '.', 0) < piece.text.size()) break;
  }
  const std::string_view first =
      pieces_[0].variable == SubjectVariable::name ? name : pieces_[0].text;
  const bool reserved = starts_with(first, "_INBOX");
  const bool system = pieces_[0].variable == SubjectVariable::literal && first[0] == '$';
  if (reserved || system) return "must not begin with $ or _INBOX, which NATS keeps for itself";
  return {};
}

std::string_view SubjectTemplate::check_length(std::string_view name) const {
  size_t bytes = 0;
  size_t first_token_bytes = 0;
  for (size_t i = 0; i < count_; ++i) {
    const Piece& piece = pieces_[i];
    if (piece.variable == SubjectVariable::literal) {
      const size_t dot = find(piece.text, '.', 0);
      if (first_token_bytes == 0 && dot < piece.text.size()) first_token_bytes = bytes + dot;
      bytes += piece.text.size();
    } else if (piece.variable == SubjectVariable::name) {
      bytes += token_bytes(name);
    } else {
      bytes += variable_bytes_max(piece.variable);
    }
  }
  const size_t message_bytes =
      first_token_bytes + 1 + message_token.size() + 1 + short_token_bytes_max;
  const bool fits = bytes <= subject_bytes_max && message_bytes <= subject_bytes_max;
  return fits ? std::string_view{} : "could make a subject of more than 4000 bytes";
}

void SubjectTemplate::put(Sink& sink, const SubjectFields& fields) const {
  const bool keyed = fields.has_key && depends_on_key();
  const ShortToken key_token(keyed ? fields.key : std::string_view{});
  const std::string_view key = keyed ? key_token.view() : no_key_token;
  for (size_t i = 0; i < count_; ++i) {
    const Piece& piece = pieces_[i];
    switch (piece.variable) {
      case SubjectVariable::literal: sink.put(piece.text); break;
      case SubjectVariable::key: sink.put(key); break;
      case SubjectVariable::partition:
        put_uint(sink, fnv1a_32(fields.has_key ? key : fields.qualified_table) % piece.partitions);
        break;
      default: put_token(sink, value_of(piece.variable, fields)); break;
    }
  }
}

void SubjectTemplate::put_pattern(Sink& sink, std::string_view name, std::string_view db) const {
  // A token with any variable that changes from event to event becomes a wildcard as a whole.
  size_t token = sink.size();
  bool wild = false;
  const auto end_token = [&] {
    if (wild) {
      sink.truncate(token);
      sink.put('*');
    }
    wild = false;
  };
  for (size_t i = 0; i < count_; ++i) {
    const Piece& piece = pieces_[i];
    if (piece.variable == SubjectVariable::name) {
      put_token(sink, name);
    } else if (piece.variable == SubjectVariable::db) {
      put_token(sink, db);
    } else if (piece.variable != SubjectVariable::literal) {
      wild = true;
    } else {
      for (const char c : piece.text) {
        if (c == '.') end_token();
        sink.put(c);
        if (c == '.') token = sink.size();
      }
    }
  }
  end_token();
}

void SubjectTemplate::put_first_token(Sink& sink, std::string_view name) const {
  for (size_t i = 0; i < count_; ++i) {
    const Piece& piece = pieces_[i];
    if (piece.variable == SubjectVariable::name) {
      put_token(sink, name);
      continue;
    }
    const size_t dot = find(piece.text, '.', 0);
    sink.put({piece.text.data(), dot});
    if (dot < piece.text.size()) return;
  }
}

void SubjectTemplate::put_message_subject(Sink& sink, std::string_view name,
                                          std::string_view prefix) const {
  put_first_token(sink, name);
  sink.put('.');
  sink.put(message_token);
  sink.put('.');
  put_short_token(sink, prefix);
}

void SubjectTemplate::put_message_pattern(Sink& sink, std::string_view name) const {
  put_first_token(sink, name);
  sink.put('.');
  sink.put(message_token);
  sink.put(".*");
}

void SubjectTemplate::put_transaction_subject(Sink& sink, std::string_view name) const {
  put_first_token(sink, name);
  sink.put('.');
  sink.put(transaction_token);
}

bool SubjectTemplate::depends_on_key() const {
  for (size_t i = 0; i < count_; ++i) {
    const SubjectVariable variable = pieces_[i].variable;
    if (variable == SubjectVariable::key || variable == SubjectVariable::partition) return true;
  }
  return false;
}

bool SubjectTemplate::is_reversible() const {
  bool after_dot = true;  // where the piece begins; a literal is never empty
  for (size_t i = 0; i < count_; ++i) {
    const Piece& piece = pieces_[i];
    const bool literal = piece.variable == SubjectVariable::literal;
    if (!literal && !after_dot) return false;
    if (literal && i > 0 && piece.text[0] != '.') return false;
    after_dot = literal && piece.text[piece.text.size() - 1] == '.';
  }
  return true;
}

void put_token(Sink& sink, std::string_view value) {
  if (value.empty()) return sink.put(empty_token);
  for (const char c : value) sink.advance(encode(c, sink.reserve(3)));
}

void put_short_token(Sink& sink, std::string_view value) {
  sink.put(ShortToken(value).view());
}

bool subject_covers(std::string_view outer, std::string_view inner) {
  while (!outer.empty() && !inner.empty()) {
    const std::string_view outer_token = take_subject_token(outer);
    const std::string_view inner_token = take_subject_token(inner);
    if (outer_token == ">") return true;
    if (inner_token == ">") return false;
    if (outer_token != "*" && outer_token != inner_token) return false;
  }
  return outer.empty() && inner.empty();
}

}  // namespace waljet
