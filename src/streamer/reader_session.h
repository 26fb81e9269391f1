// A connection by which rows of tables are read with the functions of the extension.
//
// Waits as long as it takes, or until `stop_fd` becomes readable; the server is told to end what
// it does then. After an error the session is of no use any more.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "streamer/read_piece.h"
#include "streamer/replication.h"
#include "streamer/row_source.h"
#include "streamer/snapshot_job.h"
#include "streamer/snapshot_query.h"

namespace waljet {

// A table that the options let through.
struct ReadableTable {
  JobTable job;
  uint32_t relation = 0;
  std::string shown;           // as events show it: partitions may share their root's
  std::string unkeyed_reason;  // where it has no key to be read by, a phrase
  bool readable = false;       // the role may
  uint64_t blocks = 0;
};

class ReaderSession {
 public:
  static constexpr Duration connect_timeout{10'000};

  static Result<ReaderSession> open(const std::string& conninfo, Instant deadline, int stop_fd);

  // `about` is what an error begins with: "table public.orders".
  Result<Rows> query(const std::string& sql, std::string_view about,
                     Instant deadline = Instant::max());
  // Tables that may be read. `wanted` none: all; else an unknown one is an error.
  Result<std::vector<ReadableTable>> tables(const OptionList& options,
                                            const std::vector<std::string>& wanted,
                                            Instant deadline = Instant::max());
  // Hands out what a command of snapshot_query.h answers with, batch after batch, until `take` says
  // no. Nothing: it ended without a word, as a marker does.
  Result<std::optional<ReadEnd>> read(const std::string& command, std::string_view about,
                                      const std::function<bool(RowBatch)>& take);

  const std::string& role() const { return role_; }
  std::string database() const { return connection_.database(); }
  int server_version() const { return connection_.server_version(); }

 private:
  ReaderSession(Connection connection, int stop_fd);
  Error explain(Error error, std::string_view about) const;

  Connection connection_;
  int stop_fd_;
  std::string role_;
};

// What an error begins with.
std::string about_table(std::string_view table);

// The refusal of tables that the role may not read; nothing if it may.
std::optional<Error> check_readable(const std::vector<ReadableTable>& tables,
                                    std::string_view role);

}  // namespace waljet
