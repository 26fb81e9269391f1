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

SnapshotStart snapshot_start(SnapshotChoice choice, bool slot_exists, const Survey& survey) {
  const bool lost = survey.job && is_lost(*survey.job, slot_exists);
  if (choice == SnapshotChoice::never) {
    return lost ? SnapshotStart::abandoned : SnapshotStart::none;
  }
  if (lost) return SnapshotStart::start_over;
  const bool only = choice == SnapshotChoice::only;
  if (survey.job && survey.job->only && survey.job->state == JobState::complete) {
    if (!slot_exists) return SnapshotStart::start_over;
    return only ? SnapshotStart::finished : SnapshotStart::none;
  }
  const bool known = survey.record || !survey.events.empty();
  if (survey.job || known) {
    if (only) return SnapshotStart::known;
    return survey.job ? SnapshotStart::none : SnapshotStart::not_new;
  }
  return slot_exists ? SnapshotStart::slot_exists : SnapshotStart::begin;
}

}  // namespace waljet
