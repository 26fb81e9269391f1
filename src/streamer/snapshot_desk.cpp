#include "streamer/snapshot_desk.h"

#include <array>
#include <chrono>
#include <utility>

#include "streamer/failpoint.h"

namespace waljet {
namespace {

Instant present() {
  return std::chrono::steady_clock::now();
}

int64_t wall_us() {
  using std::chrono::microseconds;
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<microseconds>(since_1970).count();
}

std::string_view name_of(JobState state) {
  switch (state) {
    case JobState::requested: return "requested";
    case JobState::running: return "running";
    case JobState::paused: return "paused";
    case JobState::cancelled: return "cancelled";
    case JobState::complete: return "complete";
    case JobState::failed: return "failed";
  }
  return "";
}

size_t tables_done(const SnapshotJob& job) {
  size_t done = 0;
  for (const JobTable& table : job.tables) done += table.done ? 1 : 0;
  return done;
}

}  // namespace

SnapshotDesk::SnapshotDesk(std::string source_id, SnapshotReaderSettings reader, Handoff& handoff)
    : source_id_(std::move(source_id)),
      handoff_(handoff),
      director_([this] { return fmt::format("{:016x}", random_()); }, wall_us,
                [this] { return std::uniform_real_distribution<>(0, 1)(random_); }),
      reader_(std::move(reader), [&handoff] { handoff.wake(); }) {}

// ---- what comes in ----

bool SnapshotDesk::take_inputs(bool in_session, Instant now) {
  if (const auto request = handoff_.take_snapshot_request()) {
    director_.request_initial(request->only, request->discard, now);
    reported_ = {};
  }
  // The director hears of its session first.
  if (auto exported = in_session ? handoff_.take_exported_snapshot() : std::nullopt) {
    director_.begin_initial(std::move(exported->name), exported->consistent_point, now);
  }
  // In a session they are taken with the rows, as the pump has room for them.
  if (!in_session) take_reader_events();
  return in_session;
}

void SnapshotDesk::take_reader_events() {
  while (auto event = reader_.take()) director_.on_reader_event(std::move(*event), present());
}

void SnapshotDesk::on_survey(const Survey& survey, Instant now) {
  surveyed_ = survey.snapshot;
  director_.on_job(surveyed_.job, surveyed_.revision, now, surveyed_.is_stored);
}

// The survey was taken for this session.
void SnapshotDesk::on_session_begin(Lsn slot_confirmed) {
  director_.on_session_begin();
  SurveyedJob found = std::exchange(surveyed_, {});
  if (!found.job) return;
  SnapshotJob job = as_far_as_stored(*found.job, found.rows, slot_confirmed);
  if (job != *found.job) {
    log_warning("the stream has lost rows of snapshot {}: of {} rows {} count as stored now",
                job.id, found.job->rows, job.rows);
    found.is_stored = false;
  }
  director_.on_job(std::move(job), found.revision, present(), found.is_stored);
}

void SnapshotDesk::on_session_end() {
  director_.on_session_end();
}

// The reader said that a chunk is read before it wrote the watermark.
void SnapshotDesk::on_control(const Frame& frame) {
  take_reader_events();
  director_.on_control(frame);
}

std::optional<RowsInPlace> SnapshotDesk::take_rows() {
  while (true) {
    if (auto rows = director_.take_rows()) return rows;
    if (!director_.wants_reader_event()) return std::nullopt;
    auto event = reader_.take();
    if (!event) return std::nullopt;
    director_.on_reader_event(std::move(*event), present());
  }
}

void SnapshotDesk::on_ack(const Ack& ack, Instant now) {
  if (!std::exchange(write_under_way_, false)) return;
  if (ack.result.outcome == PubAckOutcome::stored) {
    failpoint("job_written");
    return director_.on_job_written(ack.result.sequence, now);
  }
  // Whatever it was, reading it again tells what stands there.
  director_.on_job_conflict(now);
}

void SnapshotDesk::on_link_lost(Instant now) {
  if (std::exchange(write_under_way_, false)) director_.on_job_unknown(now);
}

// ---- what the director wants ----

std::optional<Error> SnapshotDesk::work(Link& link, Surveyor& surveyor, Instant now) {
  while (true) {
    std::optional<Error> error;
    DirectorAction action = director_.next(now);
    switch (action.kind) {
      case DirectorAction::Kind::wait: wake_at_ = action.until; return std::nullopt;
      case DirectorAction::Kind::list: reader_.list(std::move(action.list)); break;
      case DirectorAction::Kind::initial: reader_.initial(std::move(action.initial)); break;
      case DirectorAction::Kind::chunk: reader_.chunk(std::move(action.chunk)); break;
      case DirectorAction::Kind::open: reader_.open({}); break;
      case DirectorAction::Kind::cancel: reader_.cancel(); break;
      case DirectorAction::Kind::read_job: error = read_job(link, surveyor, now); break;
      case DirectorAction::Kind::write_job: error = write_job(link, surveyor, action); break;
    }
    if (!error) continue;
    // Asked for again over the next link.
    write_under_way_ = false;
    director_.on_job_unknown(now);
    return error;
  }
}

std::optional<Error> SnapshotDesk::read_job(Link& link, Surveyor& surveyor, Instant now) {
  SurveyedJob found;
  if (auto failed = surveyor.read_job(link, known_job(), found)) return std::move(failed->error);
  director_.on_job(std::move(found.job), found.revision, now, found.is_stored);
  return std::nullopt;
}

// Before the first session the bucket may not be there.
std::optional<Error> SnapshotDesk::write_job(Link& link, Surveyor& surveyor,
                                             const DirectorAction& action) {
  if (!bucket_ensured_) {
    if (auto failed = surveyor.ensure_bucket(link)) return std::move(failed->error);
    bucket_ensured_ = true;
  }
  const std::string revision = std::to_string(action.job_revision);
  const std::array<Header, 1> headers{{{"Nats-Expected-Last-Subject-Sequence", revision.c_str()}}};
  const std::string subject = job_subject(source_id_);
  const std::string body = job_json(action.job);
  write_under_way_ = true;
  return link.publish({subject.c_str(), headers, body}, job_token);
}

// ---- what others are told ----

void SnapshotDesk::report(Instant now) {
  Handoff::SnapshotReport report{director_.initial_pending(), director_.initial_done(),
                                 director_.initial_failed()};
  const bool news = report.pending != reported_.pending || report.done != reported_.done ||
                    report.error.has_value() != reported_.error.has_value();
  if (news) {
    reported_ = report;
    handoff_.report_snapshot(std::move(report));
  }
  if (!director_.trouble().empty()) {
    trouble_log_.trouble(director_.trouble());
  } else {
    trouble_log_.over("the snapshot goes on");
  }
  log_job(now);
}

void SnapshotDesk::log_job(Instant now) {
  const auto& job = director_.job();
  if (!job) return;
  const bool same = job->id == logged_id_ && job->state == logged_state_;
  const bool progress = job->state == JobState::running && now >= progress_at_ + progress_interval;
  if (same && !progress) return;
  if (!same) progress_at_ = now;
  const bool was_over = job->id == logged_id_ && logged_state_ && is_over(*logged_state_);
  const bool found_over = job->id != logged_id_ && is_over(job->state);
  logged_id_ = job->id;
  logged_state_ = job->state;
  if (was_over || found_over) return;  // of long ago
  progress_at_ = now;
  if (job->state == JobState::failed) {
    return log_error("snapshot {} has failed: {}", job->id, job->error);
  }
  log_info("snapshot {} {}: {} rows stored, {} of {} tables done", job->id, name_of(job->state),
           job->rows, tables_done(*job), job->tables.size());
}

}  // namespace waljet
