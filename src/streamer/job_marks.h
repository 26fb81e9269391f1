// What of a snapshot's progress the stream proves.
//
// A broker with one copy may lose with its power what it acknowledged a moment ago. Events are sent
// again by the slot; rows have to be read again. So a job keeps *marks*: messages of rows in the
// stream, and how far it was at each. Where another message stands at a mark, or the stream ends
// before it, the job goes back to the newest mark that holds. Marks are dense behind the present
// and thin out with distance, since a loss is of what came last.
//
// The bucket may lose the job's newest revisions as well, which this process may know.
//
// Pure.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "event/position.h"
#include "streamer/snapshot_job.h"

namespace waljet {

// With each twice as far back as the one behind it, enough for any snapshot.
constexpr size_t job_marks_max = 32;
// Messages between the newest two marks before another one is kept.
constexpr uint64_t mark_distance = 512;

// The newest of all; the one before it makes room if it is not worth keeping.
void add_mark(SnapshotJob& job, JobMark mark);

// The job as this process read or wrote it last.
struct KnownJob {
  std::optional<SnapshotJob> job;
  uint64_t revision = 0;  // 0: never
};

// Whether a bucket in which `stored` is found at `revision` has had that one. Revisions repeat
// behind a loss, so that of another process may have the same; then it is newer by its time.
bool has_lost(const KnownJob& known, const std::optional<SnapshotJob>& stored, uint64_t revision);

// The rows of a job that the stream still holds.
struct StoredRows {
  bool same_stream = true;     // as that of the marks
  uint64_t kept = UINT64_MAX;  // those stored at or before this sequence of it
};

// The job as if it had got no further. One that was complete goes on, but not where the stream is
// another one and the slot was confirmed since: then an operator has given up the one before. One
// that has failed or was cancelled stays what it is.
SnapshotJob as_far_as_stored(SnapshotJob job, const StoredRows& rows, Lsn slot_confirmed);

}  // namespace waljet
