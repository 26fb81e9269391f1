// Rows of a snapshot on their way: read, taken to be published, stored. And what has been reached
// once they are stored.
//
// Pure. One thread.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "streamer/row_source.h"

namespace waljet {

// What is true of a table when all rows before it are stored.
struct RowStep {
  std::string table = {};  // JobTable::name
  uint64_t rows = 0;       // so many more are stored
  bool done = false;
  std::optional<std::string> cursor = {};
};

class RowQueue {
 public:
  // To be taken, after all before it. A batch without a row is no batch that may be the last one.
  void push(RowBatch batch, Lsn lsn, std::shared_ptr<const KeyHashes> without, RowStep step);
  // As push(), but the newest batch with rows waits until another one comes, or release().
  void push_held(RowBatch batch, Lsn lsn, RowStep step);
  void release();
  // The newest batch ends the snapshot. Without effect if it is taken already.
  void mark_last();
  // Reached with all that is in the queue.
  void add(RowStep step);

  // `first`: the next row begins a snapshot.
  std::optional<RowsInPlace> take(bool first);
  // What has been reached since; in order.
  std::vector<RowStep> on_stored(uint64_t number);
  std::vector<RowStep> reached_already();

  // What is not taken yet.
  void drop_waiting();
  // And what is not stored yet.
  void drop_all();

  size_t ready() const { return waiting_.size(); }  // batches that take() would give
  bool has_waiting() const { return held_.has_value() || !waiting_.empty(); }
  bool empty() const { return !has_waiting() && taken_.empty(); }

 private:
  struct Entry {
    RowsInPlace rows;
    std::vector<RowStep> steps;
  };
  struct Taken {
    uint64_t number = 0;
    std::vector<RowStep> steps;
  };

  std::optional<Entry> held_;
  std::deque<Entry> waiting_;
  std::deque<Taken> taken_;
  std::vector<RowStep> reached_;
  uint64_t number_ = 0;
};

}  // namespace waljet
