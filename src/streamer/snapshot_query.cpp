#include "streamer/snapshot_query.h"

#include <fmt/core.h>

#include "streamer/position_text.h"
#include "streamer/replication.h"
#include "streamer/slot.h"

namespace waljet {
namespace {

constexpr std::string_view null = "NULL";

std::string options_array(const OptionList& options) {
  std::string items;
  for (const auto& [name, value] : options) {
    items += fmt::format("{}{}, {}", items.empty() ? "" : ", ", quote_literal(name),
                         quote_literal(value));
  }
  return fmt::format("ARRAY[{}]::pg_catalog.text[]", items);
}

std::string bytes_literal(std::string_view bytes) {
  std::string hex;
  for (const char c : bytes) hex += fmt::format("{:02x}", static_cast<uint8_t>(c));
  return fmt::format("'\\x{}'::pg_catalog.bytea", hex);
}

std::string text_or_null(std::string_view text) {
  return text.empty() ? std::string(null) : quote_literal(text);
}

std::string copy_command(std::string_view call) {
  return fmt::format("COPY (SELECT {}) TO STDOUT (FORMAT binary)", call);
}

// waljet.read() with the arguments from `first_row` to `predicate`.
std::string read_command(const ReadTerms& terms, std::string_view mode, std::string_view rest) {
  return copy_command(
      fmt::format("waljet.read({}::pg_catalog.regclass, {}, {}, '{}', '{}', {}, {})",
                  quote_literal(terms.table), quote_literal(terms.slot),
                  options_array(terms.options), mode, lsn_text(terms.lsn), terms.part, rest));
}

}  // namespace

// Alone, since it counts for what is sent together.
std::string no_statement_timeout_command() {
  return "SET statement_timeout = 0";
}

// A server that is not told to cancel, since we were killed or the network is gone, is to notice by
// itself, as servers from 14 on can, and refuse to where the system cannot: what it reads by holds
// back the removal of dead rows.
std::string reader_settings_query() {
  return "SET search_path = ''; SET standard_conforming_strings = on; SET synchronous_commit = "
         "local; SELECT pg_catalog.set_config(name, '5s', false) FROM pg_catalog.pg_settings WHERE "
         "name = 'client_connection_check_interval' AND pg_catalog.version() LIKE '%linux%'; " +
         no_timeouts_query() + "; SELECT current_user";
}

std::string begin_read_command(std::string_view snapshot) {
  std::string command = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY";
  if (!snapshot.empty()) {
    command += fmt::format("; SET TRANSACTION SNAPSHOT {}", quote_literal(snapshot));
  }
  return command;
}

std::string lock_command(std::string_view table) {
  return fmt::format("LOCK TABLE ONLY {} IN ACCESS SHARE MODE", table);
}

// pg_class is read with the transaction's snapshot, and the functions see what is there now.
std::string same_file_query(std::string_view table, uint32_t relation) {
  return fmt::format(
      "SELECT coalesce(relfilenode = pg_catalog.pg_relation_filenode(oid) "
      "AND oid = pg_catalog.to_regclass({}), false) FROM pg_catalog.pg_class WHERE oid = {}",
      quote_literal(table), relation);
}

std::string tables_query(const OptionList& options, const std::optional<std::string>& wanted) {
  return fmt::format(
      "SELECT relation, name, shown, keyed, unkeyed_reason, readable, rows_expected, blocks "
      "FROM waljet.tables({}, {})",
      options_array(options), wanted ? quote_literal(*wanted) : null);
}

std::string discard_command(const ReadTerms& terms) {
  return copy_command(fmt::format("waljet.discard({}::pg_catalog.regclass, {}, {}, '{}', {})",
                                  quote_literal(terms.table), quote_literal(terms.slot),
                                  options_array(terms.options), lsn_text(terms.lsn), terms.part));
}

std::string read_range_command(const ReadTerms& terms, uint64_t first_row,
                               const BlockRange& range) {
  const std::string end = range.end ? std::to_string(*range.end) : std::string(null);
  return read_command(
      terms, "true",
      fmt::format("{}, {}, {}, NULL, NULL, NULL, NULL", first_row, range.first, end));
}

std::string read_chunk_command(const ReadTerms& terms, const ChunkLimits& limits) {
  return read_command(terms, "incremental",
                      fmt::format("1, NULL, NULL, {}, {}, {}, {}", bytes_literal(limits.cursor),
                                  limits.rows_max, limits.bytes_max, text_or_null(limits.where)));
}

std::string check_where_command(const ReadTerms& terms, std::string_view where) {
  return read_command(terms, "incremental",
                      fmt::format("1, 0, 0, NULL, NULL, NULL, {}", text_or_null(where)));
}

std::string watermark_command(std::string_view content) {
  return "BEGIN READ WRITE; " + end_chunk_command(content);
}

// A message needs no right to write, and neither does an xid.
std::string end_chunk_command(std::string_view content) {
  return fmt::format(
      "SELECT pg_catalog.pg_logical_emit_message(false, 'waljet', {}), "
      "pg_catalog.txid_current(); COMMIT",
      quote_literal(content));
}

std::string open_query() {
  return "BEGIN READ WRITE; SELECT pg_catalog.txid_current(); COMMIT; "
         "SELECT pg_catalog.pg_current_snapshot()";
}

}  // namespace waljet
