// The record: what a source remembers beside its stream, one key in the KV bucket `waljet`.
//
// It is for the cases in which the stream's newest messages cannot tell what was stored: they were
// purged or have expired, the stream was created again, the broker lost its latest writes, the slot
// was dropped. It is written before anything up to its position is confirmed to PostgreSQL, so
// a slot that stands beyond it was moved by somebody else.
//
// JSON, documented with a worked example in docs/record-format.md. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/position.h"

namespace waljet {

constexpr std::string_view record_bucket = "waljet";

// Everything up to `lsn` is stored at or before `sequence`.
struct Mark {
  Lsn lsn = 0;
  uint64_t sequence = 0;

  friend bool operator==(const Mark&, const Mark&) = default;
};

struct Record {
  uint64_t writer = 0;  // a number that one process alone has
  uint64_t system_identifier = 0;
  uint32_t timeline = 0;
  Lsn position = 0;  // the last mark's: the slot is confirmed to no more than this
  std::string stream;
  std::string stream_created;    // the server's text: another one is another stream
  uint64_t stream_sequence = 0;  // the stream has been acknowledged to reach this far
  // Its newest message of this source, by its last position; 0: not known. Where another one stands
  // there, the stream has lost it and was written anew, and this record is older than that.
  uint64_t newest_sequence = 0;
  Position newest_event;
  std::optional<Position> last_event;  // this one and all before it are stored
  uint64_t read_from = 0;              // all behind it are stored at or after this; 0: not known
  uint64_t max_pending = 0;            // the largest ever used: how far a hole can lie back
  uint64_t max_pending_bytes = 0;
  uint64_t group_bytes = 0;          // how large groups of events were; 0: none
  bool rows = false;                 // rows of a snapshot may be under way, see pump.h
  bool settled = false;              // nothing that was sent can still arrive: a clean end
  uint64_t history_sequence = 0;     // what is stored up to here belongs to a history given up
  std::optional<Position> diverged;  // the server's log was seen to end before this stored event
  std::vector<Mark> marks;           // what may be confirmed by now or soon, the oldest first

  friend bool operator==(const Record&, const Record&) = default;
};

// About this many marks are written; some between are left out.
constexpr size_t record_marks_max = 16;

std::string record_json(const Record& record, std::string_view source_id);
// Nothing if it is not a record of a version that we know.
std::optional<Record> parse_record(std::string_view json);

// Names in JetStream.
std::string record_stream();
std::string record_subject(std::string_view source_id);

}  // namespace waljet
