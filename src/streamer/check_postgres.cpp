#include "streamer/check_postgres.h"

#include <fmt/core.h>
#include <fmt/ranges.h>
#include <rapidjson/document.h>
#include <unistd.h>

#include <charconv>
#include <ctime>

#include "streamer/json_members.h"
#include "streamer/sql_list.h"

namespace waljet {
namespace {

constexpr int version_14 = 140000;
constexpr Duration query_timeout{5'000};
constexpr Duration connect_timeout{5'000};
constexpr Duration measure_time_max{3'000};
constexpr std::string_view lock_not_available = "55P03";
constexpr std::string_view too_many_slots = "53400";

Instant deadline_after(Duration timeout) {
  return std::chrono::steady_clock::now() + timeout;
}

using Row = std::vector<std::optional<std::string>>;

std::string column(const Row& row, size_t index) {
  return index < row.size() ? row[index].value_or("") : "";
}

bool is_true(const Row& row, size_t index) {
  return column(row, index) == "t";
}

uint64_t count(const Row& row, size_t index) {
  const std::string text = column(row, index);
  uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

std::vector<std::string> json_names(const std::string& json) {
  std::vector<std::string> names;
  rapidjson::Document document;
  document.Parse(json.data(), json.size());
  if (document.HasParseError() || !document.IsArray()) return names;
  for (const auto& element : document.GetArray()) names.emplace_back(text_of(element));
  return names;
}

// A name within a database is looked up in pg_catalog alone, and times are our own.
constexpr std::string_view session =
    "SELECT pg_catalog.set_config('search_path', '', false), "
    "pg_catalog.set_config('client_encoding', 'UTF8', false), "
    "pg_catalog.set_config('statement_timeout', '4s', false), "
    "pg_catalog.set_config('lock_timeout', '1s', false)";

constexpr std::string_view basics =
    "SELECT current_user, r.rolreplication OR r.rolsuper, pg_is_in_recovery(), "
    "current_setting('server_version'), current_setting('application_name'), "
    "(SELECT count(*) FROM pg_replication_slots), (SELECT count(*) FROM pg_stat_replication), "
    "current_database() FROM pg_roles r WHERE r.rolname = current_user";

constexpr std::string_view settings =
    "SELECT name, setting FROM pg_settings WHERE name IN ('wal_level', 'fsync', "
    "'max_replication_slots', 'max_wal_senders', 'max_slot_wal_keep_size', 'wal_sender_timeout', "
    "'idle_replication_slot_timeout', 'synchronous_standby_names', 'output_plugin_libraries')";

// Tables with rows of their own, as far as they are decoded.
constexpr std::string_view tables =
    "SELECT n.nspname, c.relname, rn.nspname, r.relname, c.relreplident, c.relpersistence = 'p', "
    "has_schema_privilege(n.oid, 'USAGE') AND has_table_privilege(c.oid, 'SELECT'), "
    "row_security_active(c.oid), "
    "CASE WHEN c.reltoastrelid <> 0 THEN pg_relation_size(c.reltoastrelid) ELSE 0 END, c.relpages, "
    "(SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a "
    "WHERE a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped), "
    "(SELECT json_agg(a.attname ORDER BY a.attnum) FROM pg_attribute a WHERE a.attrelid = c.oid "
    "AND a.attnum > 0 AND NOT a.attisdropped AND a.attlen = -1), "
    "(SELECT json_agg(a.attname ORDER BY k.place) FROM pg_index i "
    "CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY k (number, place) "
    "JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum = k.number "
    "WHERE i.indrelid = c.oid AND i.indisvalid AND k.place <= i.indnkeyatts "
    "AND CASE WHEN c.relreplident = 'i' THEN i.indisreplident ELSE i.indisprimary END), c.oid, "
    "r.oid "
    "FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
    "JOIN pg_class r ON r.oid = coalesce(pg_partition_root(c.oid), c.oid) "
    "JOIN pg_namespace rn ON rn.oid = r.relnamespace "
    "WHERE c.relkind = 'r' AND c.relpersistence IN ('p', 'u') AND c.oid >= 16384 "
    "AND n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' ORDER BY 1, 2";

TableFacts table_of(const Row& row) {
  TableFacts table;
  table.schema = column(row, 0);
  table.name = column(row, 1);
  table.root_schema = column(row, 2);
  table.root_name = column(row, 3);
  table.identity = column(row, 4).empty() ? 'd' : column(row, 4)[0];
  table.logged = is_true(row, 5);
  table.readable = is_true(row, 6);
  table.hidden_rows = is_true(row, 7);
  table.long_bytes = count(row, 8);
  table.pages = count(row, 9);
  table.columns = json_names(column(row, 10));
  table.long_columns = json_names(column(row, 11));
  table.key = json_names(column(row, 12));
  return table;
}

}  // namespace

Result<Rows> ServerCheck::ask(const std::string& sql) {
  return connection_.query(sql, deadline_after(query_timeout), stop_fd_);
}

std::optional<Error> ServerCheck::learn(ServerFacts& facts) {
  facts.version = connection_.server_version();
  if (auto prepared = ask(std::string(session)); !prepared) return prepared.error();
  if (auto error = learn_basics(facts)) return error;
  if (auto error = learn_settings(facts)) return error;
  if (auto error = learn_identity(facts)) return error;
  if (auto error = learn_slot(facts)) return error;
  learn_rate(facts);
  learn_versions(facts);
  if (auto error = learn_tables(facts)) return error;
  learn_publications(facts);
  return std::nullopt;
}

std::optional<Error> ServerCheck::learn_basics(ServerFacts& facts) {
  auto rows = ask(std::string(basics));
  if (!rows) return rows.error();
  if (rows->rows.empty()) return Error{ErrorClass::retry, "no answer from PostgreSQL", {}, {}};
  const Row& row = rows->rows[0];
  facts.role = column(row, 0);
  facts.may_replicate = is_true(row, 1);
  facts.in_recovery = is_true(row, 2);
  facts.version_text = column(row, 3);
  facts.application_name = column(row, 4);
  facts.slots_used = count(row, 5);
  facts.senders_used = count(row, 6);
  plan_.database = column(row, 7);
  return std::nullopt;
}

std::optional<Error> ServerCheck::learn_settings(ServerFacts& facts) {
  auto rows = ask(std::string(settings));
  if (!rows) return rows.error();
  for (const Row& row : rows->rows) facts.settings[column(row, 0)] = column(row, 1);
  return std::nullopt;
}

// By a replication connection, as `run` has it. It may be impossible, and the rest still be told.
std::optional<Error> ServerCheck::learn_identity(ServerFacts& facts) {
  auto replication = connect(plan_.settings.postgres, ConnectionKind::replication,
                             deadline_after(connect_timeout), stop_fd_);
  if (!replication) facts.replication_error = replication.error();
  uint64_t system_identifier = 0;
  if (replication) {
    Server server(*replication, stop_fd_);
    auto identity = server.identify();
    if (!identity) return identity.error();
    facts.identity = *identity;
    system_identifier = identity->system_identifier;
    if (auto history = server.timeline_history(identity->timeline)) facts.ancestors = *history;
  }
  auto names = resolve_names(plan_.settings, plan_.database, system_identifier);
  if (!names) return names.error();
  plan_.names = std::move(*names);
  if (!facts.identity) plan_.names.source_id.clear();
  if (replication) try_plugin(*replication, facts);
  if (!replication) facts.plugin.error.text = "there is no replication connection";
  return std::nullopt;
}

// The library is loaded before the server waits for open transactions, so a wait that is cut short
// is an answer as well.
void ServerCheck::try_plugin(Connection& replication, ServerFacts& facts) {
  PluginTrial& trial = facts.plugin;
  trial.error.text = "wal_level is not logical";
  if (facts.setting("wal_level") != "logical") return;
  trial.error.text = "the server is a standby";
  if (facts.in_recovery) return;
  const std::string slot = fmt::format("waljet_check_{}_{}", getpid(), std::time(nullptr));
  const Instant deadline = deadline_after(query_timeout);
  auto created = replication.query(std::string(session), deadline, stop_fd_);
  if (created) {
    created = replication.query(create_temporary_slot_command(slot, replication.server_version()),
                                deadline, stop_fd_);
  }
  trial.error = created ? Error{} : created.error();
  if (!created && trial.error.sqlstate == lock_not_available) {
    trial.outcome = PluginTrial::Outcome::works;
    trial.waits = true;
    return;
  }
  if (!created) {
    const bool unanswered = trial.error.sqlstate.empty() || trial.error.sqlstate == too_many_slots;
    if (!unanswered) trial.outcome = PluginTrial::Outcome::not_loaded;
    return;
  }
  constexpr int64_t not_known = 0;
  const OptionList options = start_options(plan_.settings, plan_.names, not_known);
  auto refused = replication.start_stream(start_command(slot, options), deadline, stop_fd_);
  trial.outcome = refused ? PluginTrial::Outcome::refused : PluginTrial::Outcome::works;
  if (refused) trial.error = std::move(*refused);
  if (!refused) replication.end_stream(deadline_after(Duration{1'000}));
}

std::optional<Error> ServerCheck::learn_slot(ServerFacts& facts) {
  auto slot = Server(connection_, stop_fd_).find_slot(plan_.names.slot);
  if (!slot) return slot.error();
  facts.slot = std::move(*slot);
  if (!facts.slot || facts.in_recovery) return std::nullopt;
  auto rows = ask(
      fmt::format("SELECT greatest(pg_wal_lsn_diff(pg_current_wal_lsn(), restart_lsn), 0)::int8, "
                  "greatest(safe_wal_size, 0) FROM pg_replication_slots WHERE slot_name = {}",
                  quote_literal(plan_.names.slot)));
  if (!rows) return rows.error();
  if (rows->rows.empty()) return std::nullopt;
  const Row& row = rows->rows[0];
  facts.slot_retained = count(row, 0);
  // greatest() of NULL and 0 is 0, so the limit itself tells whether there is one.
  if (facts.setting("max_slot_wal_keep_size") != "-1") facts.slot_bytes_left = count(row, 1);
  return std::nullopt;
}

void ServerCheck::learn_rate(ServerFacts& facts) {
  if (facts.version < version_14) return;
  auto rows =
      ask("SELECT (wal_bytes / greatest(extract(epoch FROM now() - stats_reset), 1) * 3600)"
          "::int8 FROM pg_stat_wal WHERE stats_reset < now() - interval '1 hour'");
  if (rows && !rows->rows.empty()) facts.wal_bytes_an_hour = count(rows->rows[0], 0);
}

// The module says its version by a function of the extension; without that, the files beside it do.
void ServerCheck::learn_versions(ServerFacts& facts) {
  auto extension = ask("SELECT extversion FROM pg_extension WHERE extname = 'waljet'");
  if (extension) facts.extension_version = extension->single();
  auto callable =
      ask("SELECT has_schema_privilege(n.oid, 'USAGE') FROM pg_proc p "
          "JOIN pg_namespace n ON n.oid = p.pronamespace "
          "WHERE n.nspname = 'waljet' AND p.proname = 'version' AND p.pronargs = 0");
  if (callable && callable->single() == "t") {
    auto version = ask("SELECT waljet.version()");
    if (version) facts.plugin_version = version->single();
  }
  if (!facts.plugin_version.empty()) return;
  auto files = ask("SELECT default_version FROM pg_available_extensions WHERE name = 'waljet'");
  if (files) facts.plugin_version = files->single();
}

std::optional<Error> ServerCheck::learn_tables(ServerFacts& facts) {
  auto rows = ask(std::string(tables));
  if (!rows) return rows.error();
  for (const Row& row : rows->rows) facts.tables.push_back(table_of(row));
  return std::nullopt;
}

void ServerCheck::learn_publications(ServerFacts& facts) {
  std::vector<std::string> wanted;
  for (const std::string& entry : sql_list(option_value(plan_.settings.options, "publications"))) {
    wanted.push_back(quote_literal(sql_name(entry)));
  }
  if (wanted.empty()) return;
  const std::string list = fmt::format("{}", fmt::join(wanted, ", "));
  auto known = ask(fmt::format("SELECT pubname FROM pg_publication WHERE pubname IN ({})", list));
  if (known) {
    for (const Row& row : known->rows) facts.publications.push_back(column(row, 0));
  }
  auto published = ask(fmt::format(
      "SELECT DISTINCT schemaname, tablename FROM pg_publication_tables WHERE pubname IN ({})",
      list));
  if (!published) return;
  for (TableFacts& table : facts.tables) {
    for (const Row& row : published->rows) {
      const bool itself = table.schema == column(row, 0) && table.name == column(row, 1);
      const bool root = table.root_schema == column(row, 0) && table.root_name == column(row, 1);
      table.published = table.published || itself || root;
    }
  }
}

void ServerCheck::measure_rows(ServerFacts& facts, const CheckedFilter& filter, int64_t limit) {
  if (limit <= 0) return;
  const Instant until = deadline_after(measure_time_max);
  for (TableFacts& table : facts.tables) {
    const bool may_be_large = table.long_bytes > static_cast<uint64_t>(limit) / 2;
    if (!may_be_large || !table.readable || !filter.lets_through(table)) continue;
    if (std::chrono::steady_clock::now() >= until) return;
    std::vector<std::string> columns;
    for (const std::string& name : table.long_columns) {
      if (filter.shows(table, name)) columns.push_back(name);
    }
    measure(table, columns);
  }
}

// pg_column_size() of a value that is stored out of line does not fetch it.
void ServerCheck::measure(TableFacts& table, const std::vector<std::string>& columns) {
  constexpr uint64_t pages_max = 2'000;
  std::string sum = "0";
  for (const std::string& name : columns) {
    sum += fmt::format(" + coalesce(pg_column_size({})::int8, 0)", quote_identifier(name));
  }
  const uint64_t percent =
      table.pages <= pages_max ? 100 : std::max<uint64_t>(100 * pages_max / table.pages, 1);
  auto rows =
      ask(fmt::format("SELECT max({}) FROM {}.{} TABLESAMPLE SYSTEM ({})", sum,
                      quote_identifier(table.schema), quote_identifier(table.name), percent));
  if (rows && !rows->rows.empty()) table.row_bytes = count(rows->rows[0], 0);
}

void ServerCheck::refresh_end(ServerFacts& facts) {
  if (!facts.identity || facts.in_recovery) return;
  auto end = ask("SELECT pg_current_wal_flush_lsn()");
  if (!end) return;
  facts.identity->flushed = parse_lsn(end->single()).value_or(facts.identity->flushed);
}

}  // namespace waljet
