#include "streamer/job_marks.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace waljet {
namespace {

// Of the marks but the first and the newest, the one whose neighbours are closest to each other,
// seen from the newest one.
std::vector<JobMark>::iterator least_needed(std::vector<JobMark>& marks) {
  const uint64_t newest = marks.back().sequence;
  auto least = std::next(marks.begin());
  double least_gap = 2;
  for (auto mark = least; std::next(mark) != marks.end(); ++mark) {
    const auto back = static_cast<double>(newest - std::prev(mark)->sequence + 1);
    const auto gap = static_cast<double>(std::next(mark)->sequence - std::prev(mark)->sequence);
    if (gap / back >= least_gap) continue;
    least = mark;
    least_gap = gap / back;
  }
  return least;
}

void go_back(JobTable& table, const std::vector<JobMark>& marks, uint64_t kept) {
  table.begun = table.begun && table.begun_at <= kept;
  table.done = table.done && table.done_at <= kept;
  if (table.done) return;
  const auto mark = std::find_if(marks.rbegin(), marks.rend(),
                                 [&](const JobMark& each) { return each.table == table.name; });
  table.cursor = mark != marks.rend() ? mark->cursor : std::string();
  table.rows = mark != marks.rend() ? mark->rows : 0;
}

}  // namespace

void add_mark(SnapshotJob& job, JobMark mark) {
  std::vector<JobMark>& marks = job.marks;
  const size_t count = marks.size();
  if (count >= 2 && mark.sequence - marks[count - 2].sequence < mark_distance) marks.pop_back();
  marks.push_back(std::move(mark));
  if (marks.size() > job_marks_max) marks.erase(least_needed(marks));
}

bool has_lost(const KnownJob& known, const std::optional<SnapshotJob>& stored, uint64_t revision) {
  if (!known.job || revision >= known.revision) return false;
  return !stored || stored->updated_us <= known.job->updated_us;
}

SnapshotJob as_far_as_stored(SnapshotJob job, const StoredRows& rows, Lsn slot_confirmed) {
  if (job.marks.empty()) return job;
  const JobMark& newest = job.marks.back();
  if (rows.same_stream && newest.sequence <= rows.kept) return job;
  if (is_over(job.state) && job.state != JobState::complete) return job;
  const bool is_given_up = !rows.same_stream && slot_confirmed > newest.place.commit_lsn + 1;
  if (job.state == JobState::complete && is_given_up) return job;

  const uint64_t kept = rows.same_stream ? rows.kept : 0;
  std::erase_if(job.marks, [&](const JobMark& mark) { return mark.sequence > kept; });
  job.rows = 0;
  for (JobTable& table : job.tables) {
    go_back(table, job.marks, kept);
    job.rows += table.rows;
  }
  if (job.state == JobState::complete) job.state = JobState::running;
  return job;
}

}  // namespace waljet
