#include <fmt/core.h>

#include <algorithm>
#include <set>

#include "streamer/check_judge.h"
#include "streamer/size_text.h"
#include "streamer/sql_list.h"
#include "streamer/string_sink.h"

namespace waljet {
namespace {

std::string text_of(const JsonString& string) {
  StringSink sink;
  string.put(*sink);
  return sink.str();
}

std::string shown(const TableFacts& table) {
  return table.schema + "." + table.name;
}

class TableJudge {
 public:
  TableJudge(const CheckPlan& plan, const ServerFacts& server, const SinkFacts* sink,
             FindingList& findings)
      : plan_(plan), server_(server), sink_(sink), findings_(findings), filter_(plan) {}

  void judge() {
    for (const TableFacts& table : server_.tables) {
      if (filter_.lets_through(table)) passing_.push_back(&table);
    }
    publications();
    filter();
    rules();
    rule_columns();
    identities();
    keys();
    snapshot();
    sizes();
    subject();
  }

 private:
  void publications();
  void filter();
  void rules();
  void rule_columns();
  void identities();
  void keys();
  void snapshot();
  void sizes();
  void subject();
  void note_missing(const TableFacts& table, const ColumnNames& names,
                    std::vector<std::string>& missing) const;

  const CheckPlan& plan_;
  const ServerFacts& server_;
  const SinkFacts* sink_;
  FindingList& findings_;
  CheckedFilter filter_;
  std::vector<const TableFacts*> passing_;
};

void TableJudge::publications() {
  std::vector<std::string> missing;
  for (const std::string& entry : sql_list(filter_.options().publications)) {
    const std::string name = sql_name(entry);
    const auto& known = server_.publications;
    if (std::find(known.begin(), known.end(), name) == known.end()) missing.push_back(entry);
  }
  if (!missing.empty()) {
    findings_.add("publication_missing", {{"publications", some_of(missing)}});
  }
}

void TableJudge::filter() {
  if (server_.tables.empty()) return;
  const bool some_pass = std::any_of(passing_.begin(), passing_.end(),
                                     [](const TableFacts* table) { return table->logged; });
  if (!some_pass) findings_.add("filter_sends_nothing", {{"database", plan_.database}});
  std::vector<std::string> useless;
  for (const std::string& entry : sql_list(option_value(plan_.settings.options, "tables"))) {
    const TableList list(entry);
    const bool used =
        std::any_of(server_.tables.begin(), server_.tables.end(), [&](const TableFacts& table) {
          return list.matches(table.schema, table.name) ||
                 list.matches(table.root_schema, table.root_name);
        });
    if (!used) useless.push_back(entry);
  }
  if (!useless.empty()) findings_.add("filter_matches_nothing", {{"entries", some_of(useless)}});
}

void TableJudge::rules() {
  if (!filter_.options().rules.is_given()) return;
  std::set<size_t> used;
  for (const TableFacts& table : server_.tables) {
    if (const auto rule = filter_.rule_for(table)) used.insert(rule->number);
  }
  RuleList::Place place = filter_.options().rules.first();
  for (Rule rule; RuleList::next(place, rule);) {
    const std::string table = text_of(rule.table);
    if (used.count(rule.number) != 0 || table == "*") continue;
    findings_.add("rule_matches_nothing",
                  {{"rule", std::to_string(rule.number)}, {"table", table}});
  }
}

void TableJudge::note_missing(const TableFacts& table, const ColumnNames& names,
                              std::vector<std::string>& missing) const {
  if (!names.is_given()) return;
  JsonCursor at = names.first();
  for (JsonString name; ColumnNames::next(at, name);) {
    const auto& has = table.columns;
    if (std::any_of(has.begin(), has.end(), [&](const std::string& one) { return name == one; })) {
      continue;
    }
    missing.push_back(shown(table) + "." + text_of(name));
  }
}

void TableJudge::rule_columns() {
  std::vector<std::string> missing;
  std::vector<std::string> masked;
  for (const TableFacts* table : passing_) {
    const auto rule = filter_.rule_for(*table);
    if (!rule) continue;
    for (const ColumnNames* names : {&rule->include, &rule->exclude, &rule->mask, &rule->hash}) {
      note_missing(*table, *names, missing);
    }
    for (const std::string& column : table->key) {
      if (rule->mask.contains(column)) masked.push_back(shown(*table) + "." + column);
    }
  }
  if (!missing.empty()) findings_.add("rule_column", {{"columns", some_of(missing)}});
  if (!masked.empty()) findings_.add("key_masked", {{"columns", some_of(masked)}});
}

// What the old row of an update or delete is known by.
void TableJudge::identities() {
  std::vector<std::string> nothing;
  std::vector<std::string> without_key;
  std::vector<std::string> key_alone;
  std::vector<std::string> unlogged;
  for (const TableFacts* table : passing_) {
    if (!table->logged) unlogged.push_back(shown(*table));
    if (!table->logged || !filter_.sends_changes(*table)) continue;
    if (table->identity == 'n') nothing.push_back(shown(*table));
    if (table->identity == 'd' && table->key.empty()) without_key.push_back(shown(*table));
    if (table->identity == 'd' && !table->key.empty()) key_alone.push_back(shown(*table));
    if (table->identity == 'i') key_alone.push_back(shown(*table));
  }
  if (!nothing.empty()) findings_.add("identity_nothing", {{"tables", some_of(nothing)}});
  if (!without_key.empty()) findings_.add("table_without_key", {{"tables", some_of(without_key)}});
  if (!key_alone.empty()) findings_.add("identity_default", {{"tables", some_of(key_alone)}});
  if (!unlogged.empty()) findings_.add("table_unlogged", {{"tables", some_of(unlogged)}});
}

void TableJudge::keys() {
  std::vector<std::string> keyless;
  for (const TableFacts* table : passing_) {
    if (table->logged && table->identity == 'f' && table->key.empty()) {
      keyless.push_back(shown(*table));
    }
  }
  if (!keyless.empty()) findings_.add("no_primary_key", {{"tables", some_of(keyless)}});
}

void TableJudge::snapshot() {
  if (!plan_.snapshot) return;
  std::vector<std::string> unreadable;
  std::vector<std::string> hidden;
  for (const TableFacts* table : passing_) {
    if (!table->readable) unreadable.push_back(shown(*table));
    if (table->readable && table->hidden_rows) hidden.push_back(shown(*table));
  }
  const std::string& role = server_.role;
  if (!unreadable.empty()) {
    findings_.add("role_select", {{"role", role}, {"tables", some_of(unreadable)}});
  }
  if (!hidden.empty()) {
    findings_.add("role_row_security", {{"role", role}, {"tables", some_of(hidden)}});
  }
}

void TableJudge::sizes() {
  const int64_t limit = sink_ == nullptr ? 0 : message_bytes_max(*sink_);
  if (limit <= 0 || plan_.settings.oversize == Oversize::stub) return;
  std::vector<std::string> large;
  for (const TableFacts* table : passing_) {
    if (table->row_bytes <= static_cast<uint64_t>(limit)) continue;
    large.push_back(fmt::format("{} ({} bytes)", shown(*table), table->row_bytes));
  }
  if (large.empty()) return;
  findings_.add("row_too_large",
                {{"limit", size_text(static_cast<uint64_t>(limit))}, {"tables", some_of(large)}});
}

void TableJudge::subject() {
  SubjectTemplate subject;
  const std::string& text = plan_.settings.subject;
  if (!subject.parse(text, plan_.names.name).empty() || subject.is_reversible()) return;
  findings_.add("subject_ambiguous", {{"template", text}});
}

}  // namespace

// ---- the filter ----

// Checked when the configuration was loaded: each option is fine by itself.
CheckedFilter::CheckedFilter(const CheckPlan& plan) {
  for (const auto& [name, value] : plan.settings.options) {
    const OptionSpec* spec = find_option(name);
    if (spec != nullptr && !value.empty()) set_option(options_, *spec, value);
  }
  finish_options(options_, plan.database);
}

std::string_view CheckedFilter::schema_of(const TableFacts& table) const {
  return options_.partition_root ? table.root_schema : table.schema;
}

std::string_view CheckedFilter::name_of(const TableFacts& table) const {
  return options_.partition_root ? table.root_name : table.name;
}

bool CheckedFilter::lets_through(const TableFacts& table) const {
  if (!options_.publications.empty()) return table.published;
  if (!options_.wants_table(schema_of(table), name_of(table))) return false;
  return !options_.rules.is_given() || rule_for(table).has_value();
}

std::optional<Rule> CheckedFilter::rule_for(const TableFacts& table) const {
  if (!options_.rules.is_given()) return std::nullopt;
  return options_.rules.find(schema_of(table), name_of(table));
}

bool CheckedFilter::sends_changes(const TableFacts& table) const {
  uint8_t operations = options_.operations;
  if (const auto rule = rule_for(table)) operations &= rule->operations;
  constexpr uint8_t changes =
      static_cast<uint8_t>(Operation::update) | static_cast<uint8_t>(Operation::remove);
  return (operations & changes) != 0;
}

bool CheckedFilter::shows(const TableFacts& table, std::string_view column) const {
  const auto rule = rule_for(table);
  if (!rule) return true;
  if (rule->include.is_given() && !rule->include.contains(column)) return false;
  return !rule->exclude.contains(column) && !rule->mask.contains(column) &&
         !rule->hash.contains(column);
}

void judge_tables(const CheckPlan& plan, const ServerFacts& server, const SinkFacts* sink,
                  FindingList& findings) {
  TableJudge(plan, server, sink, findings).judge();
}

}  // namespace waljet
