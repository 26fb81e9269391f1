// What we ask of a PostgreSQL server: what it is, and what becomes of our replication slot.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/position.h"
#include "streamer/clock.h"
#include "streamer/errors.h"
#include "streamer/option_flags.h"
#include "streamer/replication.h"
#include "streamer/resume.h"

namespace waljet {

constexpr std::string_view plugin_name = "waljet";

// What IDENTIFY_SYSTEM says.
struct SystemIdentity {
  uint64_t system_identifier = 0;
  uint32_t timeline = 0;
  Lsn flushed = 0;  // end of the server's WAL
  std::string database;

  friend bool operator==(const SystemIdentity&, const SystemIdentity&) = default;
};

struct SlotInfo {
  std::string plugin;    // empty for a physical slot
  std::string database;  // likewise
  bool active = false;
  Lsn confirmed = 0;
  std::string wal_status;  // empty where it is not known
};

// All of them ask over one connection of kind `replication` and wait for the answer, no longer
// than query_timeout, but for create_slot(), which may have to wait for transactions to end.
class Server {
 public:
  static constexpr Duration query_timeout{10'000};
  static constexpr Duration wal_sender_timeout_max{20'000};

  Server(Connection& connection, int stop_fd) : connection_(connection), stop_fd_(stop_fd) {}

  Result<SystemIdentity> identify();
  // Timelines that `timeline` descends from.
  Result<std::vector<TimelineSwitch>> timeline_history(uint32_t timeline);
  // wal_level: refused, with what to do. Sets the session's own wal_sender_timeout, so that a
  // streamer whose host is gone does not hold the slot for long.
  std::optional<Error> check_settings();
  // Nothing in the optional: there is no such slot.
  Result<std::optional<SlotInfo>> find_slot(const std::string& slot);
  std::optional<Error> create_slot(const std::string& slot);
  std::optional<Error> drop_slot(const std::string& slot);
  std::optional<Error> start(const std::string& slot, const OptionList& options);

 private:
  Result<Rows> ask(const std::string& sql);
  Error explain(Error error);

  Connection& connection_;
  int stop_fd_;
};

// Why the slot cannot be used for this database; nothing if it can.
std::optional<Error> check_slot(const std::string& slot, const SlotInfo& info,
                                const std::string& database);

// The commands, as text.
std::string create_slot_command(const std::string& slot, int server_version);
// Of a slot that is dropped with its connection.
std::string create_temporary_slot_command(const std::string& slot, int server_version);
std::string start_command(const std::string& slot, const OptionList& options);

// `output_plugin_libraries = '…'`: what the server has now, and waljet.
std::string allow_plugin_line(std::string_view current);

}  // namespace waljet
