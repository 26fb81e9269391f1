#include "streamer/source_view.h"

#include <fmt/core.h>

#include <charconv>
#include <utility>

namespace waljet {
namespace {

using Row = std::vector<std::optional<std::string>>;

std::string text_at(const Row& row, size_t column) {
  return column < row.size() ? row[column].value_or("") : std::string();
}

std::optional<Lsn> lsn_at(const Row& row, size_t column) {
  return parse_lsn(text_at(row, column));
}

template <typename Number>
Number number_at(const Row& row, size_t column) {
  const std::string text = text_at(row, column);
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

bool is_true_at(const Row& row, size_t column) {
  return text_at(row, column) == "t";
}

// A process that waits for the slot, or for an operator, asks for it again and again over
// a replication connection: see Server::find_slot().
std::string status_query(const std::string& slot) {
  return fmt::format(
      "SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn() "
      "ELSE pg_current_wal_flush_lsn() END, "
      "(extract(epoch FROM clock_timestamp()) * 1000000)::bigint, "
      "slots.slot_name IS NOT NULL, slots.plugin, slots.database, slots.wal_status, "
      "slots.restart_lsn, slots.confirmed_flush_lsn, slots.active, "
      // A sender that is hidden from our role has no state, a new one has heard of nothing yet.
      "CASE WHEN senders.state IS NOT NULL "
      "THEN coalesce(senders.write_lsn, slots.confirmed_flush_lsn) END, "
      "EXISTS (SELECT FROM pg_stat_activity WHERE backend_type = 'walsender' "
      "AND pid IS DISTINCT FROM slots.active_pid AND strpos(query, {1}) > 0) "
      "FROM (VALUES (1)) AS one LEFT JOIN pg_replication_slots AS slots ON slots.slot_name = {0} "
      "LEFT JOIN pg_stat_replication AS senders ON senders.pid = slots.active_pid",
      quote_literal(slot), quote_literal("slot_name = " + quote_literal(slot)));
}

SlotStatus slot_of(const Row& row) {
  SlotStatus slot;
  slot.plugin = text_at(row, 3);
  slot.database = text_at(row, 4);
  slot.wal_status = text_at(row, 5);
  slot.restart = lsn_at(row, 6);
  slot.confirmed = lsn_at(row, 7);
  slot.active = is_true_at(row, 8);
  slot.received = lsn_at(row, 9);
  slot.awaited = is_true_at(row, 10);
  return slot;
}

}  // namespace

Result<SourceView> SourceView::connect(const RunSettings& settings, int stop_fd) {
  if (auto error = check_conninfo(settings.postgres)) return std::move(*error);
  const Instant deadline = std::chrono::steady_clock::now() + patience;
  auto connection = waljet::connect(settings.postgres, ConnectionKind::plain, deadline, stop_fd);
  if (!connection) return connection.error();
  SourceView view(std::move(*connection), stop_fd);
  if (auto error = view.learn_names(settings)) return std::move(*error);
  return view;
}

std::optional<Error> SourceView::learn_names(const RunSettings& settings) {
  // Everything else names what it means, so nobody's search path may change it; and a role's own
  // settings do not wait for a standby on our behalf.
  auto prepared =
      ask("SELECT pg_catalog.set_config('search_path', 'pg_catalog', false), "
          "pg_catalog.set_config('synchronous_commit', 'local', false)");
  if (!prepared) return prepared.error();
  auto identity = ask("SELECT system_identifier FROM pg_control_system()");
  if (!identity) return identity.error();
  uint64_t system_identifier = 0;
  const std::string digits = identity->single();
  std::from_chars(digits.data(), digits.data() + digits.size(), system_identifier);
  auto names = resolve_names(settings, connection_.database(), system_identifier);
  if (!names) return names.error();
  names_ = std::move(*names);
  return std::nullopt;
}

Result<Rows> SourceView::ask(const std::string& sql) {
  return connection_.query(sql, std::chrono::steady_clock::now() + patience, stop_fd_);
}

Result<ServerStatus> SourceView::status() {
  auto rows = ask(status_query(names_.slot));
  if (!rows) return rows.error();
  if (rows->rows.empty()) return Error{ErrorClass::retry, "PostgreSQL gave no answer", {}, {}};
  const Row& row = rows->rows[0];
  ServerStatus status;
  status.wal_end = lsn_at(row, 0).value_or(0);
  status.now_us = number_at<int64_t>(row, 1);
  if (is_true_at(row, 2)) status.slot = slot_of(row);
  return status;
}

std::optional<Error> SourceView::wake(std::string_view content) {
  // The transaction has an id, so that its commit writes out what is before it.
  auto written =
      ask(fmt::format("SELECT pg_logical_emit_message(false, 'waljet', {}), txid_current()",
                      quote_literal(content)));
  if (!written) return written.error();
  return std::nullopt;
}

}  // namespace waljet
