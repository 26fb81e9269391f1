// All rows of all tables, as an exported snapshot shows them, read by several workers.
//
// A worker's transaction holds the snapshot, and its tables' locks, until it has nothing left to
// read.
#pragma once

#include <cstddef>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "streamer/reader_queue.h"
#include "streamer/reader_session.h"
#include "streamer/snapshot_plan.h"
#include "streamer/snapshot_reader.h"

namespace waljet {

class InitialRead {
 public:
  InitialRead(const SnapshotReaderSettings& settings, const InitialOrder& order,
              ReaderQueue& queue);

  // Pushes all events of the read, its end or its failure among them.
  void run();

 private:
  class Worker;
  struct Progress {
    size_t ranges_left = 0;
    bool rewritten = false;
  };

  std::optional<Error> list_tables();
  std::optional<Error> push_markers(ReaderSession& session);
  void read_tables();
  // The next range that is worth reading.
  std::optional<BlockRange> take_range();
  void on_range_read(size_t table);
  void on_rewritten(size_t table);
  ReadTerms terms(size_t table, uint32_t part) const;

  const SnapshotReaderSettings& settings_;
  const InitialOrder& order_;
  ReaderQueue& queue_;
  std::vector<ReadableTable> tables_;
  bool may_split_ = false;

  std::mutex mutex_;  // of what follows
  std::deque<BlockRange> ranges_;
  std::vector<Progress> progress_;
};

}  // namespace waljet
