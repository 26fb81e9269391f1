// Rules for tables as a configuration writes them, and the plugin's options that they become.
//
//     filter:                                       filter:
//       tables:                                       rules:
//         users: [insert, update]                       - table: users
//         public.orders:                                  operations: [insert, update]
//           operations: [insert]                        - table: public.orders
//           columns: {mask: [email]}                      operations: [insert]
//           where: "amount > 100"                         columns: {mask: [email]}
//         "*":                                            where: "amount > 100"
//
// An allow-list: the first rule that names a table holds for it, and a table that none names is
// dropped. A table is written as in the plugin's option `tables`. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "streamer/errors.h"
#include "streamer/yaml_tree.h"

namespace waljet {

struct TableRule {
  std::string table;
  std::optional<std::vector<std::string>> operations;  // nothing: those that hold for all tables
  std::vector<std::string> include;
  std::vector<std::string> exclude;
  std::vector<std::string> mask;
  std::vector<std::string> hash;
  std::string where;
};

// Reads the map of `filter.tables`, or the list of `filter.rules`; `path` is what sentences call
// it. Returns what is wrong.
[[nodiscard]] std::optional<YamlProblem> read_table_rules(const YamlNode& node,
                                                          std::string_view path,
                                                          std::vector<TableRule>& rules);

// What is wrong with one table's pattern, as a phrase behind it; empty if nothing.
std::string table_pattern_problem(const std::string& pattern);

// The same rules, each in one line of JSON, which is YAML too.
std::string rules_as_list(const std::vector<TableRule>& rules);  // as the plugin takes them
std::string rules_as_map(const std::vector<TableRule>& rules);

// The plugin's options; empty: not set.
struct FilterOptions {
  std::string tables;
  std::string operations;
  std::string rules;
};

// Where tables differ in nothing but their names, `tables` and `operations` say it; else `rules`.
// `operations`: those that hold for all tables; if not set, `default_operations` where a rule says
// nothing. A rule of whose operations none is left is an error.
Result<FilterOptions> filter_options(std::vector<TableRule> rules,
                                     const std::optional<std::vector<std::string>>& operations,
                                     const std::vector<std::string>& default_operations);

}  // namespace waljet
