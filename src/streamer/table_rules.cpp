#include "streamer/table_rules.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <rapidjson/stringbuffer.h>
#include <rapidjson/writer.h>

#include <algorithm>
#include <array>
#include <utility>

#include "event/plugin_options.h"
#include "event/table_list.h"
#include "streamer/nearest.h"
#include "streamer/setting.h"

namespace waljet {
namespace {

using Words = std::vector<std::string>;
using Writer = rapidjson::Writer<rapidjson::StringBuffer>;

bool has(const Words& words, std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

const Words& all_operation_names() {
  static const Words names = list_value(std::string(find_option("operations")->allowed));
  return names;
}

// ---- reading ----

class RuleReader {
 public:
  RuleReader(std::string path, TableRule& rule) : path_(std::move(path)), rule_(rule) {}

  // `[insert, update]`, a map, or nothing.
  std::optional<YamlProblem> read_short(const YamlNode& node) {
    switch (node.kind) {
      case YamlKind::null: return std::nullopt;
      case YamlKind::scalar:
      case YamlKind::list: return read_operations(node);
      case YamlKind::map: return read_map(node, false);
    }
    return std::nullopt;
  }

  std::optional<YamlProblem> read_map(const YamlNode& node, bool with_table) {
    Words known{"operations", "columns", "where"};
    if (with_table) known.insert(known.begin(), "table");
    for (const YamlEntry& entry : node.entries) {
      auto problem = read_member(entry, known);
      if (problem) return problem;
    }
    if (!with_table || !rule_.table.empty()) return std::nullopt;
    return YamlProblem{node.place, fmt::format("{}: a rule needs a table", path_)};
  }

 private:
  YamlProblem wrong(const YamlNode& node, std::string_view key, std::string_view text) const {
    return {node.place, fmt::format("{}.{}: {}", path_, key, text)};
  }

  std::optional<YamlProblem> read_member(const YamlEntry& entry, const Words& known) {
    if (!has(known, entry.key)) return unknown(entry, path_, known);
    if (entry.key == "operations") return read_operations(entry.value);
    if (entry.key == "columns") return read_columns(entry.value);
    if (entry.value.kind != YamlKind::scalar || entry.value.text.empty()) {
      return wrong(entry.value, entry.key, "a text is wanted");
    }
    if (entry.key == "where") {
      rule_.where = entry.value.text;
      return std::nullopt;
    }
    rule_.table = entry.value.text;
    const std::string problem = table_pattern_problem(rule_.table);
    if (problem.empty()) return std::nullopt;
    return wrong(entry.value, entry.key, fmt::format("\"{}\" {}", rule_.table, problem));
  }

  std::optional<YamlProblem> read_operations(const YamlNode& node) {
    Words words;
    if (auto problem = read_words(node, "operations", words)) return problem;
    for (const std::string& word : words) {
      if (has(all_operation_names(), word)) continue;
      const std::string meant = nearest(word, all_operation_names());
      return wrong(
          node, "operations",
          fmt::format("\"{}\" is not one of {}{}", word, fmt::join(all_operation_names(), ", "),
                      meant.empty() ? "" : fmt::format(", did you mean \"{}\"?", meant)));
    }
    rule_.operations = std::move(words);
    return std::nullopt;
  }

  std::optional<YamlProblem> read_columns(const YamlNode& node) {
    static const Words known{"include", "exclude", "mask", "hash"};
    if (node.kind != YamlKind::map) {
      return wrong(node, "columns", fmt::format("a map of {} is wanted", fmt::join(known, ", ")));
    }
    for (const YamlEntry& entry : node.entries) {
      const std::array<Words*, 4> lists{&rule_.include, &rule_.exclude, &rule_.mask, &rule_.hash};
      const auto at = std::find(known.begin(), known.end(), entry.key);
      if (at == known.end()) return unknown(entry, path_ + ".columns", known);
      Words& words = *lists[static_cast<size_t>(at - known.begin())];
      if (auto problem = read_words(entry.value, "columns." + entry.key, words)) return problem;
    }
    if (rule_.include.empty() || rule_.exclude.empty()) return std::nullopt;
    return wrong(node, "columns", "include and exclude rule each other out");
  }

  // One or more, each once.
  std::optional<YamlProblem> read_words(const YamlNode& node, std::string_view key,
                                        Words& words) const {
    if (node.kind == YamlKind::scalar) words = list_value(node.text);
    for (const YamlNode& item : node.items) {
      if (item.kind != YamlKind::scalar) return wrong(item, key, "a list of texts is wanted");
      words.push_back(item.text);
    }
    const bool fits = node.kind == YamlKind::scalar || node.kind == YamlKind::list;
    if (!fits || words.empty()) return wrong(node, key, "a list of texts is wanted");
    for (size_t i = 0; i < words.size(); ++i) {
      if (words[i].empty()) return wrong(node, key, "an empty item");
      const auto here = words.begin() + static_cast<Words::difference_type>(i);
      if (std::find(words.begin(), here, words[i]) != here) {
        return wrong(node, key, fmt::format("\"{}\" comes twice", words[i]));
      }
    }
    return std::nullopt;
  }

  static YamlProblem unknown(const YamlEntry& entry, const std::string& path, const Words& known) {
    const std::string meant = nearest(entry.key, known);
    if (!meant.empty()) {
      return {entry.place, fmt::format("unknown key '{0}.{1}', did you mean '{0}.{2}'?", path,
                                       entry.key, meant)};
    }
    return {entry.place, fmt::format("unknown key '{}.{}': known are {}", path, entry.key,
                                     fmt::join(known, ", "))};
  }

  std::string path_;
  TableRule& rule_;
};

// Programs that write YAML like to sort a map's keys, which puts "*" first.
std::optional<YamlProblem> add_rule(TableRule rule, YamlPlace place, const std::string& path,
                                    std::vector<TableRule>& rules) {
  if (!rules.empty() && rules.back().table == "*") {
    return YamlProblem{place,
                       fmt::format("{}: stands behind \"*\", which holds for all tables: put "
                                   "that last",
                                   path)};
  }
  rules.push_back(std::move(rule));
  return std::nullopt;
}

// ---- writing ----

void put_words(Writer& writer, const Words& words) {
  writer.StartArray();
  for (const std::string& word : words) writer.String(word.c_str());
  writer.EndArray();
}

void put_columns(Writer& writer, const TableRule& rule) {
  writer.StartObject();
  const std::array<std::pair<const char*, const Words*>, 4> lists{{{"include", &rule.include},
                                                                   {"exclude", &rule.exclude},
                                                                   {"mask", &rule.mask},
                                                                   {"hash", &rule.hash}}};
  for (const auto& [name, words] : lists) {
    if (words->empty()) continue;
    writer.Key(name);
    put_words(writer, *words);
  }
  writer.EndObject();
}

bool has_columns(const TableRule& rule) {
  return !rule.include.empty() || !rule.exclude.empty() || !rule.mask.empty() || !rule.hash.empty();
}

// The members of a rule behind its table.
void put_members(Writer& writer, const TableRule& rule) {
  if (rule.operations) {
    writer.Key("operations");
    put_words(writer, *rule.operations);
  }
  if (has_columns(rule)) {
    writer.Key("columns");
    put_columns(writer, rule);
  }
  if (!rule.where.empty()) {
    writer.Key("where");
    writer.String(rule.where.c_str());
  }
}

// ---- options ----

bool names_alone_differ(const std::vector<TableRule>& rules) {
  return std::all_of(rules.begin(), rules.end(), [&](const TableRule& rule) {
    return !has_columns(rule) && rule.where.empty() && rule.operations == rules[0].operations;
  });
}

Words intersection(const Words& operations, const Words& limit) {
  Words both;
  for (const std::string& operation : operations) {
    if (has(limit, operation)) both.push_back(operation);
  }
  return both;
}

// In the order of the declaration, which makes the result canonical.
std::string joined(const Words& operations) {
  return fmt::format("{}", fmt::join(intersection(all_operation_names(), operations), ","));
}

Error nothing_left(const std::string& table) {
  return {ErrorClass::configuration,
          fmt::format("of the operations of table {} filter.operations leaves none", table),
          {},
          {}};
}

FilterOptions options_without_rules(const std::vector<TableRule>& rules,
                                    const std::optional<Words>& operations) {
  Words tables;
  for (const TableRule& rule : rules) tables.push_back(rule.table);
  FilterOptions options;
  options.tables = fmt::format("{}", fmt::join(tables, ","));
  const std::optional<Words>& own = rules[0].operations;
  if (own || operations) options.operations = joined(own ? *own : *operations);
  return options;
}

// The operations of any rule, and the default.
Words all_wanted(const std::vector<TableRule>& rules, const Words& default_operations) {
  Words wanted = default_operations;
  for (const TableRule& rule : rules) {
    for (const std::string& operation : rule.operations.value_or(Words())) {
      if (!has(wanted, operation)) wanted.push_back(operation);
    }
  }
  return wanted;
}

}  // namespace

std::optional<YamlProblem> read_table_rules(const YamlNode& node, std::string_view path,
                                            std::vector<TableRule>& rules) {
  for (const YamlEntry& entry : node.entries) {
    TableRule rule;
    rule.table = entry.key;
    const std::string entry_path = fmt::format("{}.{}", path, entry.key);
    const std::string problem = table_pattern_problem(entry.key);
    if (!problem.empty())
      return YamlProblem{entry.place, fmt::format("{}: {}", entry_path, problem)};
    if (auto wrong = RuleReader(entry_path, rule).read_short(entry.value)) return wrong;
    if (auto wrong = add_rule(std::move(rule), entry.place, entry_path, rules)) return wrong;
  }
  for (size_t i = 0; i < node.items.size(); ++i) {
    const YamlNode& item = node.items[i];
    TableRule rule;
    const std::string item_path = fmt::format("{}[{}]", path, i);
    if (item.kind != YamlKind::map) {
      return YamlProblem{item.place, fmt::format("{}: a map is wanted", item_path)};
    }
    if (auto wrong = RuleReader(item_path, rule).read_map(item, true)) return wrong;
    if (auto wrong = add_rule(std::move(rule), item.place, item_path, rules)) return wrong;
  }
  if (!rules.empty()) return std::nullopt;
  return YamlProblem{node.place, fmt::format("{}: without a table nothing would be sent", path)};
}

std::string table_pattern_problem(const std::string& pattern) {
  bool quoted = false;
  for (const char c : pattern) {
    if (c == '"') quoted = !quoted;
    if (c == ',' && !quoted) return "names several tables: each has an entry of its own";
  }
  return std::string(TableList::check(pattern));
}

std::string rules_as_list(const std::vector<TableRule>& rules) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartArray();
  for (const TableRule& rule : rules) {
    writer.StartObject();
    writer.Key("table");
    writer.String(rule.table.c_str());
    put_members(writer, rule);
    writer.EndObject();
  }
  writer.EndArray();
  return buffer.GetString();
}

std::string rules_as_map(const std::vector<TableRule>& rules) {
  rapidjson::StringBuffer buffer;
  Writer writer(buffer);
  writer.StartObject();
  for (const TableRule& rule : rules) {
    writer.Key(rule.table.c_str());
    const bool of_operations = rule.operations && !has_columns(rule) && rule.where.empty();
    if (of_operations) {
      put_words(writer, *rule.operations);
      continue;
    }
    writer.StartObject();
    put_members(writer, rule);
    writer.EndObject();
  }
  writer.EndObject();
  return buffer.GetString();
}

Result<FilterOptions> filter_options(std::vector<TableRule> rules,
                                     const std::optional<Words>& operations,
                                     const Words& default_operations) {
  if (operations) {
    for (TableRule& rule : rules) {
      if (rule.operations) rule.operations = intersection(*rule.operations, *operations);
      if (rule.operations && rule.operations->empty()) return nothing_left(rule.table);
    }
  }
  if (names_alone_differ(rules)) return options_without_rules(rules, operations);
  FilterOptions options;
  if (operations) {
    options.operations = joined(*operations);
  } else if (const Words wanted = all_wanted(rules, default_operations);
             wanted.size() > default_operations.size()) {
    // What one rule asks for beyond the default, the others do not get by it.
    options.operations = joined(wanted);
    for (TableRule& rule : rules) {
      if (!rule.operations) rule.operations = default_operations;
    }
  }
  options.rules = rules_as_list(rules);
  return options;
}

}  // namespace waljet
