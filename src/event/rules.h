// Option `rules`: which tables are sent and what of them, as a JSON array of which the first rule
// that fits a table holds for it. A table that no rule fits is not sent.
//
//     [{"table": "public.users", "operations": ["insert", "update"],
//       "columns": {"exclude": ["ssn"], "mask": ["email"], "hash": ["phone"]},
//       "where": "amount > 100"},
//      {"table": "*"}]
//
// All keys but `table` may be absent. The text is kept as it is and read anew at each question,
// which comes once a table and not once a row. Normative description: docs/filters.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "event/json_text.h"
#include "event/operation.h"
#include "event/sink.h"

namespace waljet {

// The names in one of the lists of `columns`, as the catalog spells them.
class ColumnNames {
 public:
  ColumnNames() = default;
  // `list` stands at the opening bracket of a list that RuleList::check() has let through.
  explicit ColumnNames(const JsonCursor& list);

  bool contains(std::string_view utf8) const;
  bool contains(const JsonString& name) const;
  bool is_given() const { return given_; }

  // The names in their order: next() begins at a copy of first() and takes one.
  JsonCursor first() const { return first_; }
  static bool next(JsonCursor& at, JsonString& name);

 private:
  bool given_ = false;
  JsonCursor first_;
};

struct Rule {
  size_t number = 0;                    // from 1
  JsonString table;                     // a list, see event/table_list.h
  uint8_t operations = all_operations;  // bits of Operation
  ColumnNames include;                  // either this: no other column is sent
  ColumnNames exclude;                  // or this: these are not
  ColumnNames mask;
  ColumnNames hash;
  JsonString where;  // empty: none
};

// What is wrong with a text, and where.
struct RuleProblem {
  std::string_view phrase = {};   // continues what the others name; empty: nothing is wrong
  size_t rule = 0;                // from 1; 0: the text as a whole
  std::string_view key = {};      // `columns.mask`
  std::string_view allowed = {};  // what the key may say, with commas; empty: no list
  size_t byte = 0;                // from 1, where the text cannot be read on; 0: it can
};

// Writes it as a sentence: `Rule 2: "columns.mask" is empty.`
void put_rule_problem(Sink& sink, const RuleProblem& problem);

class RuleList {
 public:
  static constexpr size_t table_bytes_max = 4096;   // as spelled
  static constexpr size_t where_bytes_max = 65536;  //
  static constexpr size_t names_max = 1600;         // in a list: no table has more columns

  RuleList() = default;
  // `json` must outlive this and have passed check().
  explicit RuleList(std::string_view json) : json_(json) {}

  static RuleProblem check(std::string_view json);

  bool is_given() const { return !json_.empty(); }
  // The rule that holds for a table.
  std::optional<Rule> find(std::string_view schema, std::string_view table) const;
  // Whether a rule hashes a column, for which a salt is needed.
  bool hashes() const;

  // All rules in their order: next() begins at a copy of first() and takes one.
  struct Place {
    JsonCursor cursor;
    size_t taken = 0;
  };
  Place first() const;
  static bool next(Place& place, Rule& rule);

 private:
  std::string_view json_;
};

}  // namespace waljet
