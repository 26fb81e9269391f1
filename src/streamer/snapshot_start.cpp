#include "streamer/snapshot_start.h"

#include "streamer/snapshot_job.h"

namespace waljet {
namespace {

// What would finish it by chunks needs the changes beside it.
bool is_lost(const SnapshotJob& job, bool slot_exists) {
  const bool unfinished = job.kind == JobKind::initial && !is_over(job.state);
  return must_start_over(job) || (unfinished && !slot_exists);
}

}  // namespace

SnapshotStart snapshot_start(SnapshotChoice choice, bool slot_exists, Lsn slot_confirmed,
                             const Survey& survey) {
  std::optional<SnapshotJob> job;
  if (const auto& found = survey.snapshot; found.job) {
    job = as_far_as_stored(*found.job, found.rows, slot_confirmed);
  }
  const bool lost = job && is_lost(*job, slot_exists);
  if (choice == SnapshotChoice::never) {
    return lost ? SnapshotStart::abandoned : SnapshotStart::none;
  }
  if (lost) return SnapshotStart::start_over;
  const bool only = choice == SnapshotChoice::only;
  if (job && job->only && job->state == JobState::complete) {
    if (!slot_exists) return SnapshotStart::start_over;
    return only ? SnapshotStart::finished : SnapshotStart::none;
  }
  const bool known = survey.record || !survey.events.empty();
  if (job || known) {
    if (only) return SnapshotStart::known;
    return job ? SnapshotStart::none : SnapshotStart::not_new;
  }
  return slot_exists ? SnapshotStart::slot_exists : SnapshotStart::begin;
}

}  // namespace waljet
