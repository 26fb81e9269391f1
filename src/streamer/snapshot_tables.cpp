#include "streamer/snapshot_tables.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace waljet {
namespace {

Error refused(std::string text) {
  return {ErrorClass::refused, std::move(text), {}, {}};
}

std::string array_literal(const OptionList& options) {
  std::string array = "ARRAY[";
  std::string_view separator;
  for (const auto& [name, value] : options) {
    array += fmt::format("{}{}, {}", separator, quote_literal(name), quote_literal(value));
    separator = ", ";
  }
  return array + "]::text[]";
}

Result<std::vector<ListedTable>> list_tables(SourceView& source, const OptionList& options,
                                             const std::string& wanted) {
  auto rows = source.ask(tables_query(options, wanted));
  if (!rows) return rows.error();
  std::vector<ListedTable> tables;
  for (const auto& row : rows->rows) {
    tables.push_back({row[0].value_or(""), row[1] == "t", row[2].value_or(""), row[3] == "t"});
  }
  return tables;
}

// Functions have the rights of whoever calls them, so that anybody may be let in.
Error explained(Error error) {
  constexpr std::string_view insufficient_privilege = "42501";
  if (error.sqlstate == insufficient_privilege) {
    add_sentence(error.text, "GRANT USAGE ON SCHEMA waljet TO PUBLIC lets everybody ask");
  }
  return error;
}

Error nothing_listed(SourceView& source, const OptionList& options, const std::string& wanted) {
  auto unfiltered = list_tables(source, without_filter(options), wanted);
  if (!unfiltered) return unfiltered.error();
  if (unfiltered->empty()) {
    return refused(fmt::format("there is no table {} in database {}", wanted, source.database()));
  }
  return refused(fmt::format(
      "table {} is not let through by the filter (section `filter` of the configuration), so its "
      "changes are not in the stream either",
      unfiltered->front().name));
}

}  // namespace

std::optional<Error> check_extension(SourceView& source) {
  auto installed = source.ask("SELECT extversion FROM pg_extension WHERE extname = 'waljet'");
  if (!installed) return installed.error();
  if (installed->rows.empty()) return version_problem(source.database(), std::nullopt, {});
  auto module = source.ask("SELECT waljet.version()");
  if (!module) return explained(std::move(module.error()));
  return version_problem(source.database(), installed->single(), module->single());
}

std::optional<Error> check_tables(SourceView& source, const OptionList& options,
                                  const std::vector<std::string>& wanted) {
  auto role = source.ask("SELECT quote_ident(current_user)");
  if (!role) return role.error();
  for (const std::string& entry : wanted) {
    auto tables = list_tables(source, options, entry);
    if (!tables) return tables.error();
    if (tables->empty()) return nothing_listed(source, options, entry);
    if (auto problem = table_problem(*tables, role->single())) return problem;
  }
  return std::nullopt;
}

std::string tables_query(const OptionList& options, const std::string& wanted) {
  return fmt::format("SELECT name, keyed, unkeyed_reason, readable FROM waljet.tables({}, {})",
                     array_literal(options), quote_literal(wanted));
}

OptionList without_filter(const OptionList& options) {
  constexpr std::array<std::string_view, 5> filters{"tables", "exclude_tables", "operations",
                                                    "rules", "publications"};
  OptionList rest;
  for (const auto& option : options) {
    const bool filter = std::find(filters.begin(), filters.end(), option.first) != filters.end();
    if (!filter) rest.push_back(option);
  }
  return rest;
}

std::optional<Error> version_problem(const std::string& database,
                                     const std::optional<std::string>& installed,
                                     const std::string& module) {
  if (!installed) {
    return refused(
        fmt::format("the extension waljet is not there, which reads the rows: run CREATE EXTENSION "
                    "waljet in database {}",
                    database));
  }
  if (*installed != WALJET_VERSION) {
    return refused(fmt::format(
        "the extension waljet in database {} is of version {}, this is waljet {}: run ALTER "
        "EXTENSION waljet UPDATE there",
        database, *installed, WALJET_VERSION));
  }
  if (module != WALJET_VERSION) {
    return refused(fmt::format(
        "the plugin on the database server is of version {}, this is waljet {}: install "
        "the same version on both sides",
        module, WALJET_VERSION));
  }
  return std::nullopt;
}

std::optional<Error> table_problem(const std::vector<ListedTable>& tables,
                                   const std::string& role) {
  for (const ListedTable& table : tables) {
    if (!table.readable) {
      return refused(
          fmt::format("table {0} may not be read: GRANT SELECT ON {0} TO {1}", table.name, role));
    }
    if (!table.keyed) {
      return refused(fmt::format(
          "table {} cannot be read beside its changes: {}; `waljet run --snapshot initial` with a "
          "new slot reads it",
          table.name, table.unkeyed_reason.empty() ? "it has no key" : table.unkeyed_reason));
    }
  }
  return std::nullopt;
}

}  // namespace waljet
