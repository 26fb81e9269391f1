// Initial snapshots: all rows of all tables before the first change.
#include <utility>

#include "streamer/snapshot_director.h"

namespace waljet {

void SnapshotDirector::request_initial(bool only, bool discard, Instant) {
  SnapshotJob job;
  job.id = nonce_();
  job.kind = JobKind::initial;
  job.only = only;
  job.discard = discard;
  request_ = job;
  keeper_.put(std::move(job));
  keeper_.want_read();
  requesting_ = true;
  request_change_ = keeper_.changes();
  initial_failed_.reset();
  initial_end_.reset();
}

bool SnapshotDirector::initial_pending() const {
  return requesting_ && keeper_.is_written(request_change_);
}

void SnapshotDirector::begin_initial(std::string snapshot, Lsn consistent_point, Instant now) {
  stop_reading();
  if (!request_) request_initial(false, false, now);
  SnapshotJob job = *std::exchange(request_, std::nullopt);
  exported_ = {std::move(snapshot), consistent_point, job.discard};
  job.state = JobState::running;
  job.started_us = wall_us_();
  keeper_.put(std::move(job));
  stored_job_counts_ = false;
  requesting_ = false;
  begun_rows_ = false;
  initial_read_ = false;
  left_to_chunks_ = false;
  initial_failed_.reset();
  initial_end_.reset();
  trouble_.clear();
  phase_ = Phase::initial;
}

bool SnapshotDirector::initial_done() const {
  return initial_end_ && keeper_.is_written(*initial_end_);
}

void SnapshotDirector::on_initial_event(ReaderEvent event) {
  using Kind = ReaderEvent::Kind;
  if (event.kind == Kind::tables) {
    keeper_.change().tables = std::move(event.tables);
    return;
  }
  if (event.kind == Kind::finished) return on_initial_read();
  const auto& tables = keeper_.job()->tables;
  if (event.table >= tables.size()) return;
  const JobTable& table = tables[event.table];
  if (event.kind == Kind::batch) {
    const uint64_t rows = event.batch.rows;
    queue_.push_held(std::move(event.batch), exported_.consistent_point - 1, {table.name, rows});
  } else if (event.kind == Kind::table_done) {
    queue_.add({table.name, 0, true});
    apply(queue_.reached_already());
  } else if (event.kind == Kind::rewritten) {
    on_rewritten(table);
  }
}

void SnapshotDirector::on_rewritten(const JobTable& table) {
  left_to_chunks_ = true;
  if (table.keyed && !keeper_.job()->only) return;
  fail_initial({ErrorClass::retry,
                "table " + table.name +
                    " was rewritten or truncated while the snapshot was read, which starts over",
                {},
                {}});
}

void SnapshotDirector::on_initial_read() {
  reader_busy_ = false;
  initial_read_ = true;
  if (!left_to_chunks_) queue_.mark_last();
  queue_.release();
  end_initial_if_stored();
}

void SnapshotDirector::end_initial_if_stored() {
  if (phase_ != Phase::initial || !initial_read_ || !queue_.empty()) return;
  const bool whole = !unread_place(0);
  if (!whole && must_start_over(*keeper_.job())) {
    return fail_initial(
        {ErrorClass::retry, "the initial snapshot is not whole and starts over", {}, {}});
  }
  SnapshotJob& job = keeper_.change();
  if (whole) {
    job.state = JobState::complete;
    job.error.clear();
  }
  initial_end_ = keeper_.changes();
  phase_ = Phase::idle;
  follow_job();
}

// The rest is for the next session.
void SnapshotDirector::fail_initial(Error error) {
  trouble_ = error.text;
  keeper_.change().error = error.text;
  initial_failed_ = std::move(error);
  stop_reading();
}

}  // namespace waljet
