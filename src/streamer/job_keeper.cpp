#include "streamer/job_keeper.h"

#include <algorithm>
#include <utility>

namespace waljet {

void JobKeeper::put(SnapshotJob job) {
  job_ = std::move(job);
  ++changes_;
  urgent_ = true;
}

SnapshotJob& JobKeeper::change() {
  ++changes_;
  urgent_ = true;
  return *job_;
}

SnapshotJob& JobKeeper::change_progress() {
  ++changes_;
  return *job_;
}

void JobKeeper::adopt(std::optional<SnapshotJob> job) {
  job_ = std::move(job);
  written_ = ++changes_;
  urgent_ = false;
}

bool JobKeeper::takes_read() {
  if (!read_wanted_ || under_way_ != UnderWay::nothing) return false;
  read_wanted_ = false;
  under_way_ = UnderWay::read;
  return true;
}

std::optional<SnapshotJob> JobKeeper::take_write(Instant now, int64_t wall_us) {
  const bool is_free = under_way_ == UnderWay::nothing && !read_wanted_;
  const bool is_due = written_ < changes_ && (urgent_ || now >= next_write_);
  if (!job_ || !is_free || !is_due) return std::nullopt;
  job_->updated_us = wall_us;
  urgent_ = false;
  next_write_ = now + interval_;
  sent_ = changes_;
  sent_job_ = job_;
  under_way_ = UnderWay::write;
  return job_;
}

Instant JobKeeper::wake_at() const {
  const bool waits = job_ && under_way_ == UnderWay::nothing && written_ < changes_;
  return waits ? next_write_ : Instant::max();
}

void JobKeeper::on_read(const std::optional<SnapshotJob>& stored, uint64_t revision) {
  under_way_ = UnderWay::nothing;
  revision_ = revision;
  known_revision_ = revision;
  // The answer to the write was lost, but not the write.
  if (stored && sent_job_ && *stored == *sent_job_) written_ = std::max(written_, sent_);
  if (written_ < changes_) urgent_ = true;
}

void JobKeeper::on_outdated(uint64_t revision) {
  under_way_ = UnderWay::nothing;
  revision_ = revision;
  known_revision_ = std::max(known_revision_, revision);
}

void JobKeeper::on_written(uint64_t revision) {
  under_way_ = UnderWay::nothing;
  revision_ = revision;
  known_revision_ = revision;
  written_ = std::max(written_, sent_);
}

void JobKeeper::on_unknown() {
  under_way_ = UnderWay::nothing;
  read_wanted_ = true;
}

}  // namespace waljet
