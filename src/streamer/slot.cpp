#include "streamer/slot.h"

#include <fmt/core.h>

#include <charconv>

#include "streamer/position_text.h"

namespace waljet {
namespace {

constexpr int version_15 = 150000;  // the first with options of CREATE_REPLICATION_SLOT in brackets

Instant deadline_after(Duration timeout) {
  return std::chrono::steady_clock::now() + timeout;
}

std::string column(const std::vector<std::optional<std::string>>& row, size_t index) {
  return index < row.size() ? row[index].value_or("") : "";
}

}  // namespace

Result<Rows> Server::ask(const std::string& sql) {
  return connection_.query(sql, deadline_after(query_timeout), stop_fd_);
}

Result<SystemIdentity> Server::identify() {
  auto rows = ask("IDENTIFY_SYSTEM");
  if (!rows) return rows.error();
  if (rows->rows.empty()) return Error{ErrorClass::retry, "no answer to IDENTIFY_SYSTEM", {}, {}};
  const auto& row = rows->rows[0];
  const std::string number = column(row, 0);
  uint64_t system_identifier = 0;
  std::from_chars(number.data(), number.data() + number.size(), system_identifier);
  const std::string timeline_text = column(row, 1);
  uint32_t timeline = 0;
  std::from_chars(timeline_text.data(), timeline_text.data() + timeline_text.size(), timeline);
  return SystemIdentity{system_identifier, timeline, parse_lsn(column(row, 2)).value_or(0),
                        column(row, 3)};
}

Result<std::vector<TimelineSwitch>> Server::timeline_history(uint32_t timeline) {
  // The first timeline has no history file, and asking for it is an error.
  if (timeline <= 1) return std::vector<TimelineSwitch>{};
  auto rows = ask(fmt::format("TIMELINE_HISTORY {}", timeline));
  if (!rows) return rows.error();
  if (rows->rows.empty()) return std::vector<TimelineSwitch>{};
  return parse_timeline_history(column(rows->rows[0], 1));
}

std::optional<Error> Server::check_settings() {
  // Everything below names what it means, so nobody's search path may change it.
  auto path = ask("SELECT pg_catalog.set_config('search_path', '', false)");
  if (!path) return path.error();
  auto timeout = ask(
      fmt::format("SELECT pg_catalog.set_config(name, '{0}', false) FROM pg_catalog.pg_settings "
                  "WHERE name = 'wal_sender_timeout' AND NOT setting::pg_catalog.int8 BETWEEN 1 "
                  "AND {0}",
                  wal_sender_timeout_max.count()));
  if (!timeout) return timeout.error();
  auto level = ask("SHOW wal_level");
  if (!level) return level.error();
  if (level->single() != "logical") {
    return Error{ErrorClass::refused,
                 fmt::format("wal_level is {} and must be logical: run ALTER SYSTEM SET wal_level "
                             "= logical and restart PostgreSQL",
                             level->single()),
                 {},
                 {}};
  }
  return std::nullopt;
}

Result<std::optional<SlotInfo>> Server::find_slot(const std::string& slot) {
  auto rows =
      ask(fmt::format("SELECT plugin, database, active, confirmed_flush_lsn, wal_status "
                      "FROM pg_catalog.pg_replication_slots WHERE slot_name = {}",
                      quote_literal(slot)));
  if (!rows) return rows.error();
  if (rows->rows.empty()) return std::optional<SlotInfo>{};
  const auto& row = rows->rows[0];
  SlotInfo info;
  info.plugin = column(row, 0);
  info.database = column(row, 1);
  info.active = column(row, 2) == "t";
  info.confirmed = parse_lsn(column(row, 3)).value_or(0);
  info.wal_status = column(row, 4);
  return std::optional<SlotInfo>{info};
}

std::optional<Error> Server::create_slot(const std::string& slot) {
  // The server waits for the transactions that run now, however long they take.
  auto created = connection_.query(create_slot_command(slot, connection_.server_version()),
                                   Instant::max(), stop_fd_);
  if (created) return std::nullopt;
  return explain(std::move(created.error()));
}

// The connection is idle in a transaction then, so nothing may end it for that.
Result<Server::SlotSnapshot> Server::create_slot_with_snapshot(const std::string& slot) {
  auto settings = ask(no_timeouts_query());
  if (!settings) return std::move(settings.error());
  auto created = connection_.query(
      create_slot_command(slot, connection_.server_version(), SlotExport::snapshot), Instant::max(),
      stop_fd_);
  if (!created) return explain(std::move(created.error()));
  constexpr size_t consistent_point = 1;
  constexpr size_t snapshot_name = 2;
  if (created->rows.empty()) return Error{ErrorClass::retry, "no answer for the slot", {}, {}};
  const auto& row = created->rows[0];
  return SlotSnapshot{column(row, snapshot_name),
                      parse_lsn(column(row, consistent_point)).value_or(0)};
}

Result<bool> Server::try_lock(const std::string& source_id) {
  auto rows =
      ask(fmt::format("SELECT pg_catalog.pg_try_advisory_lock(pg_catalog.hashtextextended({}, 0))",
                      quote_literal("waljet " + source_id)));
  if (!rows) return std::move(rows.error());
  return rows->single() == "t";
}

std::optional<Error> Server::drop_slot(const std::string& slot) {
  auto dropped = ask(fmt::format("DROP_REPLICATION_SLOT {}", quote_identifier(slot)));
  if (dropped) return std::nullopt;
  return dropped.error();
}

std::optional<Error> Server::start(const std::string& slot, const OptionList& options) {
  auto error = connection_.start_stream(start_command(slot, options), deadline_after(query_timeout),
                                        stop_fd_);
  if (!error) return std::nullopt;
  return explain(std::move(*error));
}

// Adds what to do next, where the server's words do not say it.
Error Server::explain(Error error) {
  constexpr std::string_view setting = "output_plugin_libraries";
  const bool not_allowed = error.hint.find(setting) != std::string::npos ||
                           error.text.find("output plugin") != std::string::npos;
  if (error.sqlstate == "42501" && not_allowed) {
    auto current = ask(fmt::format("SHOW {}", setting));
    error.text += fmt::format(
        ". Put the line\n    {}\ninto postgresql.conf and reload PostgreSQL (SELECT "
        "pg_reload_conf()); no restart is needed",
        allow_plugin_line(current ? current->single() : "pgoutput, test_decoding"));
  } else if (error.sqlstate == "58P01") {
    add_sentence(error.text,
                 "Install the plugin on the database server (sudo make install), or name its "
                 "directory in dynamic_library_path");
  } else {
    add_sentence(error.text, error.hint);
  }
  return error;
}

std::optional<Error> check_slot(const std::string& slot, const SlotInfo& info,
                                const std::string& database) {
  const auto refuse = [&](std::string text) {
    return Error{ErrorClass::refused, std::move(text), {}, {}};
  };
  if (info.plugin != plugin_name) {
    return refuse(fmt::format(
        "slot {} belongs to {}, not to waljet: choose another name with "
        "--slot",
        slot,
        info.plugin.empty() ? "physical replication" : fmt::format("plugin {}", info.plugin)));
  }
  if (info.database != database) {
    return refuse(
        fmt::format("slot {} belongs to database {}, not to {}: choose another name with "
                    "--slot, or connect to that database",
                    slot, info.database, database));
  }
  if (info.wal_status == "lost") {
    return Error{ErrorClass::retry,
                 fmt::format("slot {} is lost: the server has removed WAL that it still needed "
                             "(max_slot_wal_keep_size), so the changes since {} cannot be "
                             "read any more; drop it with `waljet slot drop --slot {}` to go on "
                             "without them",
                             slot, lsn_text(info.confirmed), slot),
                 {},
                 {}};
  }
  return std::nullopt;
}

namespace {

std::string create_command(const std::string& slot, std::string_view life, int server_version,
                           SlotExport exported) {
  const bool exports = exported == SlotExport::snapshot;
  const std::string_view before_15 = exports ? "EXPORT_SNAPSHOT" : "NOEXPORT_SNAPSHOT";
  const std::string_view from_15 = exports ? "(SNAPSHOT 'export')" : "(SNAPSHOT 'nothing')";
  return fmt::format("CREATE_REPLICATION_SLOT {} {}LOGICAL {} {}", quote_identifier(slot), life,
                     quote_identifier(plugin_name),
                     server_version >= version_15 ? from_15 : before_15);
}

}  // namespace

std::string create_slot_command(const std::string& slot, int server_version, SlotExport exported) {
  return create_command(slot, "", server_version, exported);
}

std::string create_temporary_slot_command(const std::string& slot, int server_version) {
  return create_command(slot, "TEMPORARY ", server_version, SlotExport::nothing);
}

std::string no_timeouts_query() {
  return "SELECT pg_catalog.set_config(name, '0', false) FROM pg_catalog.pg_settings WHERE name IN "
         "('statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout', "
         "'idle_session_timeout', 'transaction_timeout')";
}

std::string kept_wal_query(const std::string& slot) {
  return fmt::format(
      "SELECT pg_catalog.pg_size_pretty(pg_catalog.pg_wal_lsn_diff(pg_catalog.pg_current_wal_lsn(),"
      " restart_lsn)) FROM pg_catalog.pg_replication_slots WHERE slot_name = {}",
      quote_literal(slot));
}

std::string start_command(const std::string& slot, const OptionList& options) {
  std::string command =
      fmt::format("START_REPLICATION SLOT {} LOGICAL 0/0", quote_identifier(slot));
  std::string_view separator = " (";
  for (const auto& [name, value] : options) {
    command += fmt::format("{}{} {}", separator, quote_identifier(name), quote_literal(value));
    separator = ", ";
  }
  if (!options.empty()) command += ")";
  return command;
}

std::string allow_plugin_line(std::string_view current) {
  return fmt::format("output_plugin_libraries = '{}{}{}'", current, current.empty() ? "" : ", ",
                     plugin_name);
}

}  // namespace waljet
