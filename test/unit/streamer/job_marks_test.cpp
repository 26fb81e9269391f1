#include "streamer/job_marks.h"

#include <catch2/catch.hpp>
#include <string>

using namespace waljet;

namespace {

constexpr Lsn newest_lsn = 900;

// Two tables are read, of the third one a part: marks at 10 (a), 20 (b), 30 and 40 (c).
SnapshotJob running() {
  SnapshotJob job;
  job.state = JobState::running;
  job.tables = {{"a", true, 0, 10, true, true, "", 5, 10},
                {"b", true, 0, 10, true, true, "", 15, 20},
                {"c", true, 0, 20, true, false, "c40", 25, 0}};
  job.rows = 40;
  job.marks = {{10, {100, 1, 0}, "a", 10, ""},
               {20, {200, 1, 0}, "b", 10, ""},
               {30, {300, 1, 0}, "c", 10, "c30"},
               {40, {newest_lsn, 1, 0}, "c", 20, "c40"}};
  return job;
}

SnapshotJob complete() {
  SnapshotJob job = running();
  job.state = JobState::complete;
  job.tables[2].done = true;
  job.tables[2].done_at = 40;
  job.tables[2].cursor.clear();
  return job;
}

SnapshotJob left(const SnapshotJob& job, uint64_t kept) {
  return as_far_as_stored(job, {true, kept}, 0);
}

}  // namespace

TEST_CASE("a job whose newest message is there stays what it is", "[snapshot]") {
  CHECK(left(running(), 40) == running());
  CHECK(left(complete(), 40) == complete());
  CHECK(as_far_as_stored({}, {false, 0}, 0) == SnapshotJob());
}

TEST_CASE("a job goes back to the newest mark that holds", "[snapshot]") {
  const SnapshotJob job = left(running(), 30);
  CHECK(job.tables[2].cursor == "c30");
  CHECK(job.tables[2].rows == 10);
  CHECK(job.rows == 30);
  CHECK(job.marks.size() == 3);
  CHECK(job.state == JobState::running);
  CHECK(job.tables[0] == running().tables[0]);
}

TEST_CASE("tables that were done behind the mark are not any more", "[snapshot]") {
  const SnapshotJob job = left(complete(), 10);
  CHECK(job.tables[0].done);
  for (const JobTable& table : {job.tables[1], job.tables[2]}) {
    CHECK_FALSE(table.done);
    CHECK_FALSE(table.begun);
    CHECK(table.cursor.empty());
    CHECK(table.rows == 0);
  }
  CHECK(job.rows == 10);
  CHECK(job.state == JobState::running);
}

TEST_CASE("without any mark that holds all is read again", "[snapshot]") {
  const SnapshotJob job = left(running(), 0);
  CHECK(job.marks.empty());
  CHECK(job.rows == 0);
  for (const JobTable& table : job.tables) CHECK_FALSE((table.begun || table.done));
}

TEST_CASE("what an operator ended, or an error, stays ended", "[snapshot]") {
  for (const JobState state : {JobState::cancelled, JobState::failed}) {
    SnapshotJob job = running();
    job.state = state;
    CHECK(left(job, 0) == job);
  }
  SnapshotJob job = running();
  job.state = JobState::paused;
  CHECK(left(job, 0).state == JobState::paused);
}

TEST_CASE("in another stream all is read again, unless the slot has gone on since", "[snapshot]") {
  const StoredRows gone{false, UINT64_MAX};
  CHECK(as_far_as_stored(complete(), gone, newest_lsn + 1).rows == 0);
  CHECK(as_far_as_stored(complete(), gone, newest_lsn + 2) == complete());
  CHECK(as_far_as_stored(running(), gone, newest_lsn + 2).rows == 0);
}

TEST_CASE("a table without a key that is lost makes all start over", "[snapshot]") {
  SnapshotJob job = complete();
  job.kind = JobKind::initial;
  job.tables[2].keyed = false;
  CHECK_FALSE(must_start_over(left(job, 40)));
  CHECK(must_start_over(left(job, 30)));
}

TEST_CASE("marks thin out with distance, and are bounded", "[snapshot]") {
  constexpr uint64_t newest = 10'000'000;
  SnapshotJob job;
  for (uint64_t sequence = 100; sequence <= newest; sequence += 100) {
    add_mark(job, {sequence, {sequence, 1, 0}, "t", sequence, std::to_string(sequence)});
    REQUIRE(job.marks.size() <= job_marks_max);
  }
  REQUIRE(job.marks.back().sequence == newest);
  CHECK(job.marks.front().sequence < 2 * mark_distance);
  for (size_t i = 1; i < job.marks.size(); ++i) {
    const uint64_t before = job.marks[i - 1].sequence;
    const uint64_t gap = job.marks[i].sequence - before;
    INFO(before << " to " << job.marks[i].sequence);
    CHECK(gap > 0);
    // What is lost is read again with no more than as much as that.
    CHECK(gap <= 2 * (newest - job.marks[i].sequence) + 2 * mark_distance);
  }
}
