// The job and the orders. Initial snapshots are in snapshot_initial.cpp, chunks in
// snapshot_chunks.cpp.
#include "streamer/snapshot_director.h"

#include <algorithm>
#include <utility>

namespace waljet {

SnapshotDirector::SnapshotDirector(std::function<std::string()> nonce,
                                   std::function<int64_t()> wall_us, std::function<double()> chance)
    : nonce_(std::move(nonce)), wall_us_(std::move(wall_us)), chance_(std::move(chance)) {}

DirectorAction SnapshotDirector::next(Instant now) {
  if (wait_) not_before_ = now + *std::exchange(wait_, std::nullopt);
  DirectorAction action;
  if (cancel_due_) {
    cancel_due_ = false;
    reader_busy_ = false;
    action.kind = DirectorAction::Kind::cancel;
    return action;
  }
  look_at_job(now);
  const bool may_write = in_session_ || requesting_;
  if (may_write && keeper_.takes_read()) {
    action.kind = DirectorAction::Kind::read_job;
    return action;
  }
  if (auto job = may_write ? keeper_.take_write(now, wall_us_()) : std::nullopt) {
    action.kind = DirectorAction::Kind::write_job;
    action.job = std::move(*job);
    action.job_revision = keeper_.revision();
    return action;
  }
  if (auto order = next_order(now)) {
    reader_busy_ = true;
    return std::move(*order);
  }
  if (may_write) action.until = keeper_.wake_at();
  for (const Instant at : {not_before_, next_chunk_, next_look_}) {
    if (at > now) action.until = std::min(action.until, at);
  }
  return action;
}

// While nothing is streamed, no message tells of an operator's word.
void SnapshotDirector::look_at_job(Instant now) {
  if (phase_ != Phase::initial || now < next_look_) return;
  keeper_.want_read();
  next_look_ = now + job_interval;
}

std::optional<DirectorAction> SnapshotDirector::next_order(Instant now) {
  if (!in_session_ || reader_busy_ || now < not_before_) return std::nullopt;
  DirectorAction action;
  switch (phase_) {
    case Phase::idle: return std::nullopt;
    case Phase::initial:
      if (initial_read_) return std::nullopt;
      action.kind = DirectorAction::Kind::initial;
      action.initial = exported_;
      return action;
    case Phase::listing: return order_list();
    case Phase::opening: action.kind = DirectorAction::Kind::open; return action;
    case Phase::chunks:
      if (chunk_ || queue_.has_waiting() || !place_ || now < next_chunk_) return std::nullopt;
      return order_chunk(now);
  }
  return std::nullopt;
}

DirectorAction SnapshotDirector::order_list() {
  const SnapshotJob& job = *keeper_.job();
  const bool on_demand = job.kind == JobKind::on_demand;
  DirectorAction action;
  action.kind = DirectorAction::Kind::list;
  action.list.needs_key = on_demand;
  if (on_demand) action.list.wanted = job.wanted;
  action.list.where = job.where;
  return action;
}

// ---- the job ----

void SnapshotDirector::on_job(std::optional<SnapshotJob> stored, uint64_t revision, Instant,
                              bool is_stored) {
  if (is_stored) {
    keeper_.on_read(stored, revision);
  } else {
    keeper_.on_outdated(revision);
  }
  if (requesting_) return;  // ours is written in place of it
  const auto& job = keeper_.job();
  const bool is_ours = job && stored && job->id == stored->id;
  if (phase_ == Phase::initial && !is_ours) {
    keeper_.change();  // whoever asked for that one has not got the slot
    return;
  }
  if (is_ours && !stored_job_counts_) {
    merge(*stored, is_stored);
  } else {
    stop_reading();
    queue_.drop_all();  // what becomes of those rows is no progress of this job
    stored_job_counts_ = false;
    if (is_stored || !stored) {
      keeper_.adopt(std::move(stored));
    } else {
      keeper_.put(std::move(*stored));
    }
  }
  follow_job();
}

// An operator's word is taken from the bucket; progress is ours, and so are both ends.
void SnapshotDirector::merge(const SnapshotJob& stored, bool is_stored) {
  SnapshotJob job = *keeper_.job();
  const JobState said = stored.state == JobState::requested ? JobState::running : stored.state;
  const bool is_own_word = said == JobState::complete || said == JobState::failed;
  if (!is_over(job.state) && !is_own_word) job.state = said;
  job.updated_us = stored.updated_us;
  if (job == stored && is_stored) {
    keeper_.adopt(stored);
  } else {
    keeper_.put(std::move(job));
  }
}

void SnapshotDirector::on_job_written(uint64_t revision, Instant) {
  keeper_.on_written(revision);
}

void SnapshotDirector::on_job_conflict(Instant) {
  keeper_.on_unknown();
}

void SnapshotDirector::on_job_unknown(Instant) {
  keeper_.on_unknown();
}

// Does what the job's state asks for.
void SnapshotDirector::follow_job() {
  const auto& job = keeper_.job();
  if (!job || is_over(job->state)) {
    if (phase_ == Phase::initial) initial_end_ = keeper_.changes();
    return stop_reading();
  }
  if (phase_ == Phase::initial) return;  // while it is paused, what is read waits
  if (job->state == JobState::paused) return stop_reading();
  if (phase_ == Phase::idle && in_session_ && !initial_failed_) start_job();
}

void SnapshotDirector::start_job() {
  if (must_start_over(*keeper_.job())) {
    const bool is_about_to_begin = request_ && request_->id == keeper_.job()->id;
    if (!is_about_to_begin) trouble_ = "the initial snapshot was interrupted and has to start over";
    return;
  }
  if (keeper_.job()->state == JobState::requested) {
    SnapshotJob& job = keeper_.change();
    job.state = JobState::running;
    job.started_us = wall_us_();
  }
  const SnapshotJob& job = *keeper_.job();
  if (job.kind == JobKind::initial || job.tables.empty()) {
    phase_ = Phase::listing;
  } else {
    start_chunks();
  }
}

// Ends the work in hand. What has been taken may still be stored.
void SnapshotDirector::stop_reading() {
  if (reader_busy_) cancel_due_ = true;
  phase_ = Phase::idle;
  chunk_.reset();
  place_.reset();
  queue_.drop_waiting();
  unseen_.begin();
}

void SnapshotDirector::again(std::string why) {
  trouble_ = std::move(why);
  wait_ = backoff_.take(chance_());
}

// ---- the reader ----

bool SnapshotDirector::wants_reader_event() const {
  constexpr size_t ready_max = 2;
  return phase_ != Phase::initial || queue_.ready() < ready_max;
}

void SnapshotDirector::on_reader_event(ReaderEvent event, Instant) {
  if (cancel_due_ || !reader_busy_) return;
  if (event.kind == ReaderEvent::Kind::failed) return on_failed(event.error);
  if (phase_ == Phase::initial) return on_initial_event(std::move(event));
  switch (event.kind) {
    case ReaderEvent::Kind::tables: return on_tables(std::move(event.tables));
    case ReaderEvent::Kind::open: return on_open(event.snapshot);
    case ReaderEvent::Kind::chunk:
      if (chunk_ && chunk_->number == event.chunk_number) chunk_->read = std::move(event);
      return;
    default: return;
  }
}

void SnapshotDirector::on_failed(const Error& error) {
  cancel_due_ = true;
  chunk_.reset();
  if (phase_ == Phase::initial) return fail_initial(error);
  const bool may_heal =
      error.error_class == ErrorClass::retry || error.error_class == ErrorClass::interrupted;
  if (may_heal) return again(error.text);
  if (keeper_.job()->kind == JobKind::on_demand) {
    SnapshotJob& job = keeper_.change();
    job.state = JobState::failed;
    job.error = error.text;
    trouble_ = error.text;
    return stop_reading();
  }
  // The rows of an initial snapshot are owed. Perhaps the table is gone, or its key is another one.
  if (phase_ == Phase::chunks && place_) {
    SnapshotJob& job = keeper_.change_progress();
    for (JobTable& table : job.tables) {
      if (!table.done) table.cursor.clear();
    }
    for (JobMark& mark : job.marks) mark.cursor.clear();
  }
  phase_ = Phase::listing;
  again(error.text);
}

// ---- the pump ----

void SnapshotDirector::on_session_begin() {
  if (in_session_) on_session_end();
  in_session_ = true;
  requesting_ = false;
  initial_failed_.reset();
  initial_end_.reset();
  queue_.drop_all();
  watermark_nonce_ = nonce_();
  stored_job_counts_ = true;
  keeper_.want_read();
}

void SnapshotDirector::on_session_end() {
  in_session_ = false;
  if (phase_ == Phase::initial) {
    fail_initial({ErrorClass::retry, "the session of the initial snapshot is over", {}, {}});
  }
  stop_reading();
}

bool SnapshotDirector::wants_events() const {
  return phase_ == Phase::opening || phase_ == Phase::chunks;
}

std::optional<RowsInPlace> SnapshotDirector::take_rows() {
  const auto& job = keeper_.job();
  if (!in_session_ || (job && job->state == JobState::paused)) return std::nullopt;
  auto rows = queue_.take(!begun_rows_);
  if (rows && rows->batch.rows > 0) begun_rows_ = true;
  return rows;
}

void SnapshotDirector::on_rows_stored(uint64_t number, const StoredRow* newest) {
  apply(queue_.on_stored(number), newest);
  end_initial_if_stored();
  complete_if_stored();
}

void SnapshotDirector::on_rows_lost() {
  queue_.drop_all();
  if (phase_ == Phase::initial) {
    return fail_initial({ErrorClass::retry, "rows were lost on their way into the stream", {}, {}});
  }
  stop_reading();
  follow_job();
}

void SnapshotDirector::apply(const std::vector<RowStep>& steps, const StoredRow* newest) {
  if (steps.empty() || !keeper_.job() || is_over(keeper_.job()->state)) return;
  SnapshotJob& job = keeper_.change_progress();
  const uint64_t marked = job.marks.empty() ? 0 : job.marks.back().sequence;
  const uint64_t at = newest != nullptr ? newest->sequence : marked;
  JobTable* table = nullptr;
  for (const RowStep& step : steps) {
    const auto found = std::find_if(job.tables.begin(), job.tables.end(),
                                    [&](const auto& each) { return each.name == step.table; });
    if (found == job.tables.end()) continue;
    table = &*found;
    if (!table->begun) table->begun_at = at;
    table->begun = true;
    table->rows += step.rows;
    job.rows += step.rows;
    if (step.cursor) table->cursor = *step.cursor;
    if (!step.done) continue;
    table->done = true;
    table->done_at = at;
    table->cursor.clear();
  }
  if (table == nullptr || newest == nullptr || newest->sequence <= marked) return;
  job.stream_created = newest->stream_created;
  add_mark(job, {newest->sequence, newest->place, table->name, table->rows, table->cursor});
}

std::optional<SnapshotDirector::Place> SnapshotDirector::unread_place(size_t from) const {
  const auto& tables = keeper_.job()->tables;
  for (size_t i = from; i < tables.size(); ++i) {
    if (!tables[i].done) return Place{i, tables[i].cursor};
  }
  return std::nullopt;
}

}  // namespace waljet
