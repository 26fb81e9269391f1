// Rows of tables that a snapshot reads beside the stream of changes, as the pump sees them: which
// rows stand at which place between the changes.
//
// A row's place in the stream is a position like an event's: (`lsn`, n-th row published there).
// `lsn` is that of the point at which the rows are true together with the changes before it: the
// start of the high watermark's record, or the last byte before a slot's consistent point. No
// transaction commits there, so rows sort between the events around them.
//
// All calls are made on the publisher's thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <unordered_set>

#include "event/frame.h"
#include "event/position.h"
#include "streamer/item.h"

namespace waljet {

// Whole frames of kind `row`, end to end, as the server formatted them.
struct RowBatch {
  Buffer buffer{nullptr, nullptr};
  size_t buffer_bytes = 0;
  std::string_view frames;  // a view into `buffer`
  uint64_t rows = 0;        // markers by which consumers discard a table are not counted
};

using KeyHashes = std::unordered_set<uint64_t>;

// The next rows to be published.
struct RowsInPlace {
  RowBatch batch;  // may be empty
  Lsn lsn = 0;     // place in the stream; never falls
  // Rows whose key is among these are left out: events of them were published before. May be null.
  std::shared_ptr<const KeyHashes> without;
  bool first = false;   // its first row begins a snapshot
  bool last = false;    // its last row ends one; then `batch` is not empty
  uint64_t number = 0;  // rising; on_rows_stored() names the newest of which all is stored
};

// A message of rows in the stream.
struct StoredRow {
  uint64_t sequence = 0;
  Position place;                   // of its last row
  std::string_view stream_created;  // the server's text
};

class RowSource {
 public:
  virtual ~RowSource() = default;

  // A session begins: changes follow from where the slot stands, some of them for a second time.
  virtual void on_session_begin(Lsn slot_confirmed) = 0;
  // No session: nothing arrives, and nothing is taken.
  virtual void on_session_end() = 0;
  // Each frame of row changes as it arrives, single or group, whether it is stored already or not.
  // Not called while wants_events() says no.
  virtual bool wants_events() const = 0;
  virtual void on_event(const Frame& frame) = 0;
  // A frame of kind `control`: what a watermark says, at its place among the changes.
  virtual void on_control(const Frame& frame) = 0;
  // Rows that are to be published now, before any further change. Asked again until it has none.
  virtual std::optional<RowsInPlace> take_rows() = 0;
  // Everything up to this number is acknowledged by JetStream, with `newest`, if anything of this
  // session is.
  virtual void on_rows_stored(uint64_t number, const StoredRow* newest) = 0;
  // Rows that were taken and not yet reported as stored are given up with their session, and may
  // or may not be in the stream.
  virtual void on_rows_lost() = 0;
};

}  // namespace waljet
