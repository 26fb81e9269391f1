// The statements by which rows of tables are read, as SQL. The functions of schema waljet are those
// of the extension: docs/extension.md.
//
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "event/position.h"
#include "streamer/option_flags.h"
#include "streamer/snapshot_plan.h"

namespace waljet {

// First in each session, one after the other: what the role or the database has set must neither
// end a long read nor change what the statements below mean. The second one answers with the role's
// name.
std::string no_statement_timeout_command();
std::string reader_settings_query();

// Begins a transaction that only reads, and sees what `snapshot` shows, or what is there at its
// first query.
std::string begin_read_command(std::string_view snapshot = {});

// `table` is a name as SQL reads it. Waits for a lock that shuts readers out.
std::string lock_command(std::string_view table);

// Whether the table of that name is still the one of that oid, with the file that the transaction's
// snapshot shows. No row: the snapshot does not show the table.
std::string same_file_query(std::string_view table, uint32_t relation);

// Columns: relation, name, shown, keyed, unkeyed_reason, readable, rows_expected, blocks.
std::string tables_query(const OptionList& options, const std::optional<std::string>& wanted);

// What every read is told.
struct ReadTerms {
  std::string_view table;
  std::string_view slot;
  const OptionList& options;
  Lsn lsn = 0;
  uint32_t part = 0;
};

std::string discard_command(const ReadTerms& terms);

// Of an exported snapshot.
std::string read_range_command(const ReadTerms& terms, uint64_t first_row, const BlockRange& range);

struct ChunkLimits {
  std::string_view cursor;  // bytes
  std::string_view where;   // empty: all rows
  uint64_t rows_max = 0;
  uint64_t bytes_max = 0;
};

// Of the rows behind the cursor, in the order of their key.
std::string read_chunk_command(const ReadTerms& terms, const ChunkLimits& limits);

// Reads nothing, and fails where the predicate is not allowed for the table.
std::string check_where_command(const ReadTerms& terms, std::string_view where);

// Writes a message into the WAL and waits until it is on disk here, on whatever standby it is not
// yet. Answers with its LSN. Its transaction has an xid: every transaction that was in the WAL
// before is below the next snapshot's xmax.
std::string watermark_command(std::string_view content);

// Ends the transaction of a chunk behind such a message. Its lock lasts until that is in the WAL,
// so what the table is, and what its key, is the same for all events before.
std::string end_chunk_command(std::string_view content);

// The transactions that are open. One of its own comes first, for the same reason.
std::string open_query();

}  // namespace waljet
