#include "event/subject.h"

#include "event/text.h"

namespace waljet {
namespace {

struct VariableName {
  std::string_view name;
  SubjectVariable variable;
};

constexpr std::array<VariableName, 6> variable_names{{
    {"name", SubjectVariable::name},
    {"db", SubjectVariable::db},
    {"schema", SubjectVariable::schema},
    {"table", SubjectVariable::table},
    {"action", SubjectVariable::action},
    {"op", SubjectVariable::op},
}};

bool is_plain(char c) {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' ||
         c == '-';
}

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
    case SubjectVariable::literal: break;
  }
  return {};
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
      const std::string_view problem =
          add({SubjectVariable::literal, {text.data() + at, open - at}});
      if (!problem.empty()) return problem;
    }
    if (open == text.size()) break;
    const size_t close = find(text, '}', open);
    if (close == text.size()) return "has an opening brace without a closing one";
    const std::string_view name{text.data() + open + 1, close - open - 1};
    Piece piece;
    for (const VariableName& known : variable_names) {
      if (known.name == name) piece = {known.variable, name};
    }
    if (piece.variable == SubjectVariable::literal) {
      return "names an unknown variable; known are {name} {db} {schema} {table} {action} {op}";
    }
    const std::string_view problem = add(piece);
    if (!problem.empty()) return problem;
    at = close + 1;
  }
  return {};
}

std::string_view SubjectTemplate::add(Piece piece) {
  if (count_ == pieces_max) return "has more than 32 pieces";
  if (piece.variable == SubjectVariable::literal) {
    const std::string_view problem = check_literal(piece.text);
    if (!problem.empty()) return problem;
  }
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
  constexpr std::string_view inbox = "_INBOX";
  const bool reserved =
      first.size() >= inbox.size() && std::string_view{first.data(), inbox.size()} == inbox;
  const bool system = pieces_[0].variable == SubjectVariable::literal && first[0] == '$';
  if (reserved || system) return "must not begin with $ or _INBOX, which NATS keeps for itself";
  return {};
}

void SubjectTemplate::put(Sink& sink, const SubjectFields& fields) const {
  for (size_t i = 0; i < count_; ++i) {
    const Piece& piece = pieces_[i];
    if (piece.variable == SubjectVariable::literal) {
      sink.put(piece.text);
    } else {
      put_token(sink, value_of(piece.variable, fields));
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

void put_token(Sink& sink, std::string_view value) {
  if (value.empty()) return sink.put("=00");
  for (const char c : value) {
    if (is_plain(c)) {
      sink.put(c);
    } else {
      sink.put('=');
      put_hex(sink, static_cast<unsigned char>(c), 2);
    }
  }
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
