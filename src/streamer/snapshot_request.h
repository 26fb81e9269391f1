// What may be asked of snapshots, and what becomes of the job that there is. Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "streamer/errors.h"
#include "streamer/snapshot_job.h"

namespace waljet {

// The content of the control message by which the running process is told to read its job.
constexpr std::string_view wake_content = "job";

enum class SnapshotVerb : uint8_t { start, pause, resume, cancel };

struct SnapshotRequest {
  SnapshotVerb verb = SnapshotVerb::start;
  std::string tables;  // a table list, event/table_list.h
  std::string where;
  uint64_t rate = 0;  // rows per second; 0: no limit
  bool wait = true;   // until the job is over; else until somebody has begun
  bool json = false;  // progress for programs
};

// What is wrong with the request itself. Of class `configuration`.
std::optional<Error> request_problem(const SnapshotRequest& request);

// A job for it. `id` is unique, times are since 1970.
SnapshotJob new_job(const SnapshotRequest& request, std::string id, int64_t now_us);

// The job as pause, resume or cancel leave it: without an error in the optional, unchanged where it
// is so already. Of class `refused` where that cannot be.
Result<SnapshotJob> changed_job(const std::optional<SnapshotJob>& job, SnapshotVerb verb,
                                int64_t now_us);

// Why a new one cannot be asked for while there is this one; nothing if it can.
std::optional<Error> job_in_the_way(const std::optional<SnapshotJob>& job);

std::string_view state_name(JobState state);
std::string_view kind_name(JobKind kind);

}  // namespace waljet
