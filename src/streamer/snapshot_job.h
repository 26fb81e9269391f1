// A snapshot under way or done: what was asked for and how far it is, the key
// `<source id>.snapshot` in the KV bucket `waljet`.
//
// Two write it, each in place of the revision it has read: the commands (a request, pause, resume,
// cancel) and the process that has the slot (all else). Whoever loses reads again. A process that
// takes over goes on from here.
//
// JSON, documented with a worked example in docs/snapshot-format.md. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/position.h"

namespace waljet {

enum class JobKind : uint8_t {
  initial,    // of all tables, with the slot's own snapshot
  on_demand,  // of some tables, in chunks by key
};

enum class JobState : uint8_t {
  requested,  // nobody has begun
  running,
  paused,     // by an operator
  cancelled,  // by an operator: ended
  complete,   // every row is stored
  failed,     // ended, see `error`
};

constexpr bool is_over(JobState state) {
  return state == JobState::cancelled || state == JobState::complete || state == JobState::failed;
}

struct JobTable {
  std::string name;            // schema.table as SQL reads it, quoted where needed
  bool keyed = false;          // has a key by which it can be read in chunks
  uint64_t rows_expected = 0;  // the server's estimate; 0: not known
  uint64_t rows = 0;           // stored
  bool begun = false;
  bool done = false;
  std::string cursor;     // bytes: where the next chunk begins, empty: at the start
  uint64_t begun_at = 0;  // stream sequences: what is begun, or done, is stored at or before them
  uint64_t done_at = 0;

  friend bool operator==(const JobTable&, const JobTable&) = default;
};

// A message of rows in the stream, and how far the snapshot was when that was the newest one
// (job_marks.h).
struct JobMark {
  uint64_t sequence = 0;
  Position place;      // of its last row
  std::string table;   // JobTable::name: whose rows these are
  uint64_t rows = 0;   // JobTable::rows
  std::string cursor;  // JobTable::cursor

  friend bool operator==(const JobMark&, const JobMark&) = default;
};

struct SnapshotJob {
  std::string id;  // made by whoever asked, unique
  JobKind kind = JobKind::on_demand;
  JobState state = JobState::requested;
  std::string error;                // why it failed, a sentence
  std::vector<std::string> wanted;  // tables as they were asked for; none: all
  std::string where;                // predicate; empty: all rows
  uint64_t rate = 0;                // rows per second at most; 0: no limit
  bool only = false;                // initial: nothing is streamed after it, the slot is dropped
  bool discard = false;  // initial: begun anew; consumers are told to discard what they have
  std::vector<JobTable> tables;  // none: not listed yet
  uint64_t rows = 0;             // stored, over all tables
  std::string stream_created;    // of the stream that the marks are of, the server's text
  std::vector<JobMark> marks;    // ascending
  int64_t started_us = 0;        // since 1970; 0: not yet
  int64_t updated_us = 0;

  friend bool operator==(const SnapshotJob&, const SnapshotJob&) = default;
};

std::string job_json(const SnapshotJob& job);
// Nothing if it is not a job of a version that we know.
std::optional<SnapshotJob> parse_job(std::string_view json);

// The subject of the job's key in JetStream.
std::string job_subject(std::string_view source_id);

// An initial snapshot that did not come to its end and cannot be finished by chunks: a table
// without a key is unfinished, the marker of one is not stored, nobody knows which tables there
// are, or nothing is to be streamed after it. It starts over with a new slot, after markers by
// which consumers discard what they have of the tables.
bool must_start_over(const SnapshotJob& job);

}  // namespace waljet
