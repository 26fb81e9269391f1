// How far a source is, in numbers. docs/operating.md defines each of them for those who watch it.
//
//     restart ─────── confirmed ─────── stored ─────── received ─────── end of the WAL
//        └───────────────┬──────────────────────────────────────────────────┘ retained
//                        └── held back ────┘└── unacknowledged ─┘
//                                           └───────────── lag ───────────────┘
//
// Pure: what was read of PostgreSQL and JetStream goes in.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "event/position.h"
#include "streamer/clock.h"
#include "streamer/record.h"
#include "streamer/snapshot_job.h"

namespace waljet {

// Of pg_replication_slots and what belongs to it.
struct SlotStatus {
  std::string plugin;
  std::string database;
  std::string wal_status;  // empty where it is not known
  std::optional<Lsn> restart;
  std::optional<Lsn> confirmed;
  bool active = false;
  // What the process that has it says to have received. Nothing: hidden from our role.
  std::optional<Lsn> received;
  bool awaited = false;  // a process waits for it
};

// All of one moment. Read before what JetStream holds, so that what is confirmed is on record
// there.
struct ServerStatus {
  Lsn wal_end = 0;
  int64_t now_us = 0;  // its clock, since 1970
  std::optional<SlotStatus> slot;
};

struct LastMessage {
  uint64_t sequence = 0;
  std::string time;                       // when it was stored, as JetStream writes it
  std::string event_id;                   // header Waljet-Id, empty: of somebody else
  std::optional<int64_t> commit_time_us;  // of its event, since 1970
};

struct SinkStatus {
  bool stream_exists = false;
  std::string stream_created;
  uint64_t last_sequence = 0;
  std::optional<LastMessage> last_message;
  std::optional<Record> record;
  std::optional<SnapshotJob> job;
  std::vector<std::string> unreadable;  // sentences about what is there, in a form not known here
};

// Empty: not known, since that takes an answer of the server.
struct StatusNames {
  std::string source_id;
  std::string slot;
  std::string stream;
};

// A side that could not be asked is absent, with the reason.
struct StatusFacts {
  StatusNames names;
  std::optional<ServerStatus> server;
  std::string server_trouble;
  std::optional<SinkStatus> sink;
  std::string sink_trouble;
  // All that was in the WAL so long ago is stored now. Nothing: not known.
  std::optional<Duration> stored_since;
};

enum class Role : uint8_t {
  active,   // a process streams from the slot
  standby,  // none does, but one waits for it
  none,
};
std::string_view role_name(Role role);

// Nothing: not known, and `reasons` says why.
struct StatusReport {
  StatusNames names;
  std::optional<Role> role;
  std::optional<uint64_t> lag_bytes;
  std::optional<Duration> lag;
  std::optional<std::string> wal_status;
  std::optional<uint64_t> retained_bytes;
  std::optional<uint64_t> held_back_bytes;
  std::optional<uint64_t> unacked_bytes;
  std::optional<uint64_t> stream_sequence;
  std::optional<std::string> last_event;  // nothing also where there is none
  std::optional<std::string> last_event_time;
  std::optional<SnapshotJob> job;  // nothing also where there never was one
  std::vector<std::string> reasons;
  bool complete = false;  // both sides answered, and the slot is there
};

// Everything that the server wrote before this is stored, as far as slot, record and stream tell.
// Nothing: not known.
std::optional<Lsn> stored_position(const StatusFacts& facts);
StatusReport status_report(const StatusFacts& facts);

// Where the WAL ended when it was looked at: tells how old what is stored is at most.
class SeenEnds {
 public:
  void note(Lsn wal_end, Instant at);
  std::optional<Duration> age_of(Lsn stored, Instant now) const;

 private:
  static constexpr size_t kept_max = 1024;
  struct End {
    Lsn lsn;
    Instant at;
  };
  std::deque<End> ends_;
};

}  // namespace waljet
