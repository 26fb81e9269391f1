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
  // The snapshot shows what the slot's changes begin after. It lasts until the connection's next
  // command, of any kind, or its end.
  struct SlotSnapshot {
    std::string snapshot;
    Lsn consistent_point = 0;
  };
  Result<SlotSnapshot> create_slot_with_snapshot(const std::string& slot);
  std::optional<Error> drop_slot(const std::string& slot);
  // An advisory lock of the source, until the connection ends: between a slot's creation and its
  // stream nothing else says that somebody is at work. False: another session has it.
  Result<bool> try_lock(const std::string& source_id);
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
enum class SlotExport : uint8_t { nothing, snapshot };
std::string create_slot_command(const std::string& slot, int server_version,
                                SlotExport exported = SlotExport::nothing);
// Of a slot that is dropped with its connection.
std::string create_temporary_slot_command(const std::string& slot, int server_version);
// Switches off what would end a session that takes long or waits: as many as the server knows.
std::string no_timeouts_query();
// How much WAL the slot holds, for people.
std::string kept_wal_query(const std::string& slot);
std::string start_command(const std::string& slot, const OptionList& options);

// `output_plugin_libraries = '…'`: what the server has now, and waljet.
std::string allow_plugin_line(std::string_view current);

}  // namespace waljet
