// The job of a snapshot as this process knows it, and what of that is in the bucket.
//
// Each write replaces the revision that was read or written before. One read or write is under way
// at a time. Progress is written at intervals, all else at once.
//
// Pure. One thread.
#pragma once

#include <cstdint>
#include <optional>

#include "streamer/clock.h"
#include "streamer/snapshot_job.h"

namespace waljet {

class JobKeeper {
 public:
  explicit JobKeeper(Duration interval) : interval_(interval) {}

  const std::optional<SnapshotJob>& job() const { return job_; }

  // Ours, whatever is in the bucket. To be written at once.
  void put(SnapshotJob job);
  // To be changed by the caller, and written. There must be a job.
  SnapshotJob& change();           // at once
  SnapshotJob& change_progress();  // soon
  // As it is in the bucket, in place of ours.
  void adopt(std::optional<SnapshotJob> job);

  // Changes are counted: all up to this one ...
  uint64_t changes() const { return changes_; }
  // ... are in the bucket.
  bool is_written(uint64_t change) const { return written_ >= change; }

  // ---- what is to be done with the bucket ----

  void want_read() { read_wanted_ = true; }
  bool takes_read();  // if it says yes a read is under way
  // What to write in place of revision(), if something is due; a write is under way then.
  std::optional<SnapshotJob> take_write(Instant now, int64_t wall_us);
  uint64_t revision() const { return revision_; }
  // The newest one that is known to have been there.
  uint64_t known_revision() const { return known_revision_; }
  Instant wake_at() const;

  // The read's answer. Ours stays what it is.
  void on_read(const std::optional<SnapshotJob>& stored, uint64_t revision);
  // Likewise, where what is there does not count.
  void on_outdated(uint64_t revision);
  void on_written(uint64_t revision);
  // Nobody knows what is there now.
  void on_unknown();

 private:
  enum class UnderWay : uint8_t { nothing, read, write };

  const Duration interval_;
  std::optional<SnapshotJob> job_;
  uint64_t changes_ = 0;
  uint64_t sent_ = 0;
  uint64_t written_ = 0;
  bool urgent_ = false;
  Instant next_write_{};

  std::optional<SnapshotJob> sent_job_;
  uint64_t revision_ = 0;
  uint64_t known_revision_ = 0;
  bool read_wanted_ = true;  // before the first read the revision is not known
  UnderWay under_way_ = UnderWay::nothing;
};

}  // namespace waljet
