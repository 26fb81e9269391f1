// What the sink holds of one source, read at one moment: the stream's state, the ids of its newest
// messages, and the record. Everything that is decided about where to resume is decided from it.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "event/position.h"
#include "streamer/clock.h"
#include "streamer/job_marks.h"
#include "streamer/record.h"
#include "streamer/snapshot_job.h"

namespace waljet {

struct StreamState {
  std::string created;  // the server's text
  uint64_t first_sequence = 0;
  uint64_t last_sequence = 0;  // stays when messages are purged, deleted or expire
  uint64_t messages = 0;
  int replicas = 1;
  bool in_memory = false;
  Duration duplicate_window{0};
  int64_t message_bytes_max = -1;  // max_msg_size; -1: none
};

// A stored message of this source: one event, or a group of them that follow each other.
struct StoredEvent {
  uint64_t sequence = 0;
  Position position;  // of the last one
  Position first;

  StoredEvent(uint64_t at, const Position& event) : StoredEvent(at, event, event) {}
  StoredEvent(uint64_t at, const Position& first_event, const Position& last_event)
      : sequence(at), position(last_event), first(first_event) {}

  friend bool operator==(const StoredEvent&, const StoredEvent&) = default;
};

// The job of a snapshot, as far as there is one.
struct SurveyedJob {
  std::optional<SnapshotJob> job;
  uint64_t revision = 0;  // 0: there is none
  bool is_stored = true;  // false: the broker has lost it, and this process knows it
  StoredRows rows;        // what is left of its rows
};

struct Survey {
  std::optional<StreamState> stream;  // nothing: there is no such stream

  // Of the messages from sequence `read_from` to the last one, as far as they are still there:
  uint64_t read_from = 0;
  std::vector<StoredEvent> events;  // of this source, in the order of their sequence
  uint64_t foreign_messages = 0;    // of nobody's, that is without an event id
  std::string foreign_subject;      // of the newest of those
  uint64_t other_sequence = 0;      // newest event of another source, 0: none
  std::string other_source;

  // Another message stands where the record has its newest one.
  bool is_written_anew = false;

  std::optional<Record> record;
  uint64_t record_revision = 0;  // 0: there is none
  // The record as this process had it acknowledged, where the broker has lost that one.
  std::optional<Record> lost_record;

  SurveyedJob snapshot;
};

}  // namespace waljet
