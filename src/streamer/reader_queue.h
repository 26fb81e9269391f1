// Events on their way from the reader's threads to the director, bounded in bytes, and the end of
// the work that makes them.
//
// Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>

#include "streamer/errors.h"
#include "streamer/snapshot_reader.h"

namespace waljet {

class ReaderQueue {
 public:
  // `wake` is called from any thread when an event has come.
  ReaderQueue(size_t bytes_max, std::function<void()> wake);
  ~ReaderQueue();
  ReaderQueue(const ReaderQueue&) = delete;
  ReaderQueue& operator=(const ReaderQueue&) = delete;

  // ---- the reader's threads ----

  // Work begins.
  void begin();
  // Batches wait for room. False: the work is over, and the event dropped.
  bool push(ReaderEvent event);
  // The work ends with this error, unless it is over already.
  void fail(Error error);
  // Readable while no work is under way.
  int stop_fd() const { return stop_fd_; }

  // ---- whoever ordered it ----

  // Ends the work: nothing of it comes any more.
  void cancel();
  std::optional<ReaderEvent> take();

 private:
  void end_work();

  const size_t bytes_max_;
  const std::function<void()> wake_;
  const int stop_fd_;
  std::mutex mutex_;
  std::condition_variable changed_;  // room was made, or the work is over
  std::deque<ReaderEvent> events_;
  size_t bytes_ = 0;
  bool working_ = false;
};

}  // namespace waljet
