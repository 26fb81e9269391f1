// What is shown of a snapshot's job: lines for people, an object for programs. Pure.
//
// Rows that are to come are the server's estimate, which may be wrong: a share is below 100 % until
// a table is done, and there is none where nothing was estimated.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "streamer/clock.h"
#include "streamer/snapshot_job.h"

namespace waljet {

// How fast rows were stored lately: tells the speed of a job that is looked at again and again.
class JobSpeed {
 public:
  static constexpr Duration window{15'000};

  // Another job, or one that lists its tables for the first time, begins anew.
  void note(const SnapshotJob& job, Instant now);

  // Rows per second: of a table of the job, of all. Nothing before there were two looks.
  std::optional<double> of_table(size_t index) const;
  std::optional<double> of_all() const;

 private:
  struct Sample {
    Instant at;
    uint64_t rows = 0;
    std::vector<uint64_t> table_rows;
  };
  std::optional<double> between(uint64_t first, uint64_t last) const;

  std::string id_;
  std::deque<Sample> samples_;
};

// `3 tables, 1,234 of about 5,000 rows, 24 %`.
std::string job_extent(const SnapshotJob& job);
// One line: kind, state, extent, and why it failed.
std::string job_summary(const SnapshotJob& job);

// A line for all and one for each table, the columns aligned: name, bar, rows, share, speed, time
// left. Of more tables than lines those that are being read come first. Lines are cut to `width`
// bytes; 0: as long as they are.
std::vector<std::string> job_lines(const SnapshotJob& job, const JobSpeed& speed, size_t lines_max,
                                   size_t width);

// One JSON object, without a line's end.
std::string job_progress_json(const SnapshotJob& job, const JobSpeed& speed);

}  // namespace waljet
