#include "event/rules.h"

#include <utility>

#include "event/table_list.h"
#include "event/text.h"
#include "event/utf8.h"

namespace waljet {
namespace {

constexpr std::string_view rule_keys = "table, operations, columns, where";
constexpr std::string_view column_keys = "include, exclude, mask, hash";
constexpr std::string_view operation_names = "insert, update, delete, truncate";
constexpr std::string_view given_twice = "is given twice";

// ---- reading ----

RuleProblem unreadable(const JsonCursor& cursor) {
  return {.phrase = "is not valid JSON", .byte = cursor.offset() + 1};
}

RuleProblem wrong(std::string_view key, std::string_view phrase, std::string_view allowed = {}) {
  return {.phrase = phrase, .key = key, .allowed = allowed};
}

// `{"key": …}`: read_value(key) takes each value.
template <typename ReadValue>
RuleProblem read_object(JsonCursor& cursor, ReadValue read_value) {
  if (!cursor.take('{')) return unreadable(cursor);
  if (cursor.take('}')) return {};
  do {
    JsonString key;
    if (!cursor.take_string(key) || !cursor.take(':')) return unreadable(cursor);
    const RuleProblem problem = read_value(key);
    if (!problem.phrase.empty()) return problem;
  } while (cursor.take(','));
  return cursor.take('}') ? RuleProblem{} : unreadable(cursor);
}

// `["…", …]` with at least one text: read_text(text) returns what is wrong with one.
template <typename ReadText>
RuleProblem read_texts(JsonCursor& cursor, std::string_view key, ReadText read_text) {
  if (!cursor.take('[')) return wrong(key, "is not a list of texts");
  if (cursor.take(']')) return wrong(key, "is empty");
  do {
    JsonString text;
    if (!cursor.is_at('"')) return wrong(key, "is not a list of texts");
    if (!cursor.take_string(text)) return unreadable(cursor);
    const RuleProblem problem = read_text(text);
    if (!problem.phrase.empty()) return problem;
  } while (cursor.take(','));
  return cursor.take(']') ? RuleProblem{} : unreadable(cursor);
}

RuleProblem read_text(JsonCursor& cursor, std::string_view key, JsonString& text) {
  if (!cursor.is_at('"')) return wrong(key, "is not a text");
  return cursor.take_string(text) ? RuleProblem{} : unreadable(cursor);
}

uint8_t operation_bit(const JsonString& name) {
  if (name == "insert") return static_cast<uint8_t>(Operation::insert);
  if (name == "update") return static_cast<uint8_t>(Operation::update);
  if (name == "delete") return static_cast<uint8_t>(Operation::remove);
  if (name == "truncate") return static_cast<uint8_t>(Operation::truncate);
  return 0;
}

RuleProblem read_operations(JsonCursor& cursor, uint8_t& operations) {
  constexpr std::string_view key = "operations";
  unsigned bits = 0;
  const RuleProblem problem = read_texts(cursor, key, [&](const JsonString& name) -> RuleProblem {
    const uint8_t bit = operation_bit(name);
    if (bit == 0) return wrong(key, "names an unknown operation", operation_names);
    if ((bits & bit) != 0) return wrong(key, "names an operation twice", operation_names);
    bits |= bit;
    return {};
  });
  operations = static_cast<uint8_t>(bits);
  return problem;
}

RuleProblem read_names(JsonCursor& cursor, std::string_view key, ColumnNames& names) {
  const JsonCursor start = cursor;
  size_t count = 0;
  const RuleProblem problem = read_texts(cursor, key, [&](const JsonString& name) -> RuleProblem {
    if (name.empty()) return wrong(key, "has an empty name");
    if (++count > RuleList::names_max)
      return wrong(key, "names more columns than a table can have");
    return {};
  });
  if (problem.phrase.empty()) names = ColumnNames(start);
  return problem;
}

// The list of a key of `columns`, and the key as problems name it.
struct NamedList {
  ColumnNames* names;
  std::string_view key;
};

NamedList named_list(Rule& rule, const JsonString& key) {
  if (key == "include") return {&rule.include, "columns.include"};
  if (key == "exclude") return {&rule.exclude, "columns.exclude"};
  if (key == "mask") return {&rule.mask, "columns.mask"};
  if (key == "hash") return {&rule.hash, "columns.hash"};
  return {nullptr, {}};
}

RuleProblem read_columns(JsonCursor& cursor, Rule& rule) {
  if (!cursor.is_at('{')) return wrong("columns", "is not an object", column_keys);
  bool any = false;
  const RuleProblem problem = read_object(cursor, [&](const JsonString& key) {
    any = true;
    const NamedList list = named_list(rule, key);
    if (list.names == nullptr) return wrong(key.spelled(), "is no key of columns", column_keys);
    if (list.names->is_given()) return wrong(list.key, given_twice);
    return read_names(cursor, list.key, *list.names);
  });
  if (problem.phrase.empty() && !any) return wrong("columns", "is empty", column_keys);
  return problem;
}

RuleProblem read_rule(JsonCursor& cursor, Rule& rule) {
  if (!cursor.is_at('{')) return {.phrase = "is not an object"};
  bool has_operations = false;
  bool has_columns = false;
  bool has_where = false;
  bool has_table = false;
  const auto first = [](bool& has) { return !std::exchange(has, true); };
  const RuleProblem problem = read_object(cursor, [&](const JsonString& key) {
    if (key == "table") {
      return first(has_table) ? read_text(cursor, "table", rule.table)
                              : wrong("table", given_twice);
    }
    if (key == "operations") {
      return first(has_operations) ? read_operations(cursor, rule.operations)
                                   : wrong("operations", given_twice);
    }
    if (key == "columns") {
      return first(has_columns) ? read_columns(cursor, rule) : wrong("columns", given_twice);
    }
    if (key == "where") {
      return first(has_where) ? read_text(cursor, "where", rule.where)
                              : wrong("where", given_twice);
    }
    return wrong(key.spelled(), "is no key of a rule", rule_keys);
  });
  if (!problem.phrase.empty()) return problem;
  if (!has_table) return wrong("table", "is missing");
  if (has_where && rule.where.empty()) return wrong("where", "is empty");
  return {};
}

// ---- what a rule says as a whole ----

// A table pattern, spelled out.
struct TableText {
  char room[RuleList::table_bytes_max];
  Sink sink{room, sizeof room, nullptr, nullptr};

  explicit TableText(const JsonString& table) { table.put(sink); }
};

bool is_blank(const JsonString& text) {
  for (const char c : text.spelled()) {
    if (c != ' ') return false;
  }
  return true;
}

bool names_twice(const ColumnNames& names) {
  JsonCursor at = names.first();
  for (JsonString name; ColumnNames::next(at, name);) {
    JsonCursor later = at;
    for (JsonString other; ColumnNames::next(later, other);) {
      if (name == other) return true;
    }
  }
  return false;
}

// Whether each name of `names`, or none of them, is also in `others`.
bool all_in(const ColumnNames& names, const ColumnNames& others) {
  JsonCursor at = names.first();
  for (JsonString name; ColumnNames::next(at, name);) {
    if (!others.contains(name)) return false;
  }
  return true;
}

bool none_in(const ColumnNames& names, const ColumnNames& others) {
  JsonCursor at = names.first();
  for (JsonString name; ColumnNames::next(at, name);) {
    if (others.contains(name)) return false;
  }
  return true;
}

// A list of columns whose values are not sent as they are.
RuleProblem check_disguised(const Rule& rule, const ColumnNames& names, std::string_view key) {
  if (!none_in(names, rule.exclude)) return wrong(key, "names a column that columns.exclude names");
  const bool sent = !rule.include.is_given() || all_in(names, rule.include);
  return sent ? RuleProblem{} : wrong(key, "names a column that columns.include does not name");
}

RuleProblem check_columns(const Rule& rule) {
  constexpr std::string_view twice = "names a column twice";
  if (names_twice(rule.include)) return wrong("columns.include", twice);
  if (names_twice(rule.exclude)) return wrong("columns.exclude", twice);
  if (names_twice(rule.mask)) return wrong("columns.mask", twice);
  if (names_twice(rule.hash)) return wrong("columns.hash", twice);
  if (rule.include.is_given() && rule.exclude.is_given()) {
    return wrong("columns.exclude", "cannot stand beside columns.include");
  }
  if (!none_in(rule.hash, rule.mask)) {
    return wrong("columns.hash", "names a column that columns.mask names");
  }
  const RuleProblem problem = check_disguised(rule, rule.mask, "columns.mask");
  if (!problem.phrase.empty()) return problem;
  return check_disguised(rule, rule.hash, "columns.hash");
}

RuleProblem check_rule(const Rule& rule) {
  if (rule.table.spelled().size() > RuleList::table_bytes_max) {
    return wrong("table", "is too long");
  }
  const TableText table(rule.table);
  const std::string_view problem = TableList::check(table.sink.view());
  if (!problem.empty()) return wrong("table", problem);
  if (rule.where.spelled().size() > RuleList::where_bytes_max) return wrong("where", "is too long");
  if (!rule.where.empty() && is_blank(rule.where)) return wrong("where", "is empty");
  return check_columns(rule);
}

}  // namespace

// ---- column names ----

ColumnNames::ColumnNames(const JsonCursor& list) : given_(true), first_(list) {
  first_.take('[');
}

bool ColumnNames::next(JsonCursor& at, JsonString& name) {
  if (!at.take_string(name)) return false;
  at.take(',');
  return true;
}

bool ColumnNames::contains(std::string_view utf8) const {
  JsonCursor at = first_;
  for (JsonString name; next(at, name);) {
    if (name == utf8) return true;
  }
  return false;
}

bool ColumnNames::contains(const JsonString& wanted) const {
  JsonCursor at = first_;
  for (JsonString name; next(at, name);) {
    if (name == wanted) return true;
  }
  return false;
}

// ---- rules ----

RuleProblem RuleList::check(std::string_view json) {
  JsonCursor cursor(json);
  if (!cursor.take('[')) return {.phrase = "is not a JSON array"};
  if (cursor.take(']')) return {.phrase = "is empty"};
  size_t number = 0;
  do {
    Rule rule;
    ++number;
    RuleProblem problem = read_rule(cursor, rule);
    if (problem.phrase.empty()) problem = check_rule(rule);
    problem.rule = number;
    if (!problem.phrase.empty()) return problem;
  } while (cursor.take(','));
  if (!cursor.take(']') || !cursor.is_at_end()) return unreadable(cursor);
  return {};
}

RuleList::Place RuleList::first() const {
  Place place{JsonCursor(json_)};
  place.cursor.take('[');
  return place;
}

bool RuleList::next(Place& place, Rule& rule) {
  if (!place.cursor.is_at('{')) return false;
  rule = {};
  read_rule(place.cursor, rule);
  place.cursor.take(',');
  rule.number = ++place.taken;
  return true;
}

std::optional<Rule> RuleList::find(std::string_view schema, std::string_view table) const {
  Place place = first();
  for (Rule rule; next(place, rule);) {
    const TableText pattern(rule.table);
    if (TableList(pattern.sink.view()).matches(schema, table)) return rule;
  }
  return std::nullopt;
}

bool RuleList::hashes() const {
  Place place = first();
  for (Rule rule; next(place, rule);) {
    if (rule.hash.is_given()) return true;
  }
  return false;
}

void put_rule_problem(Sink& sink, const RuleProblem& problem) {
  constexpr size_t key_bytes_max = 64;
  if (problem.rule == 0) {
    sink.put("The value ");
  } else {
    sink.put("Rule ");
    put_uint(sink, problem.rule);
    sink.put(problem.key.empty() ? " " : ": ");
  }
  if (!problem.key.empty()) {
    const bool is_long = problem.key.size() > key_bytes_max;
    const std::string_view front{problem.key.data(), is_long ? key_bytes_max : problem.key.size()};
    sink.put('"');
    sink.put({front.data(), valid_utf8_prefix(front)});
    sink.put(is_long ? "...\" " : "\" ");
  }
  sink.put(problem.phrase);
  if (problem.byte > 0) {
    sink.put(" at byte ");
    put_uint(sink, problem.byte);
  }
  sink.put('.');
}

}  // namespace waljet
