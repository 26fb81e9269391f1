#include "streamer/snapshot_request.h"

#include <fmt/core.h>
#include <fmt/ranges.h>

#include "event/table_list.h"
#include "streamer/sql_list.h"

namespace waljet {
namespace {

Error configuration(std::string text) {
  return {ErrorClass::configuration, std::move(text), {}, {}};
}

Error refused(std::string text) {
  return {ErrorClass::refused, std::move(text), {}, {}};
}

std::string tables_of(const SnapshotJob& job) {
  if (job.wanted.empty()) return "all tables";
  return fmt::format("{}", fmt::join(job.wanted, ", "));
}

}  // namespace

std::optional<Error> request_problem(const SnapshotRequest& request) {
  const bool describes = !request.tables.empty() || !request.where.empty() || request.rate != 0;
  if (request.verb != SnapshotVerb::start) {
    if (!describes) return std::nullopt;
    return configuration("--tables, --where and --rate are for a new snapshot alone");
  }
  if (request.tables.empty()) {
    return configuration(
        "--tables says which tables to read, such as --tables public.orders,public.customers");
  }
  const std::string_view problem = TableList::check(request.tables);
  if (problem.empty()) return std::nullopt;
  return configuration(fmt::format("--tables: \"{}\" {}", request.tables, problem));
}

SnapshotJob new_job(const SnapshotRequest& request, std::string id, int64_t now_us) {
  SnapshotJob job;
  job.id = std::move(id);
  job.kind = JobKind::on_demand;
  job.state = JobState::requested;
  job.wanted = sql_list(request.tables);
  job.where = request.where;
  job.rate = request.rate;
  job.updated_us = now_us;
  return job;
}

Result<SnapshotJob> changed_job(const std::optional<SnapshotJob>& job, SnapshotVerb verb,
                                int64_t now_us) {
  if (!job) return refused("there is no snapshot: `waljet snapshot --tables …` begins one");
  if (is_over(job->state)) {
    return refused(fmt::format("no snapshot is under way: the last one, {}, is {}", job->id,
                               state_name(job->state)));
  }
  const JobState begun = job->started_us == 0 ? JobState::requested : JobState::running;
  JobState wanted = job->state;
  switch (verb) {
    case SnapshotVerb::start: break;
    case SnapshotVerb::pause: wanted = JobState::paused; break;
    case SnapshotVerb::resume: wanted = job->state == JobState::paused ? begun : job->state; break;
    case SnapshotVerb::cancel: wanted = JobState::cancelled; break;
  }
  SnapshotJob changed = *job;
  if (wanted == job->state) return changed;
  changed.state = wanted;
  changed.updated_us = now_us;
  return changed;
}

std::optional<Error> job_in_the_way(const std::optional<SnapshotJob>& job) {
  if (!job || is_over(job->state)) return std::nullopt;
  const char* end = job->state == JobState::paused
                        ? "go on with it by `waljet snapshot resume`, or end it by "
                          "`waljet snapshot cancel`"
                        : "wait for its end, or end it by `waljet snapshot cancel`";
  return refused(fmt::format("a snapshot is under way: {} ({}) of {}, {}: {}", job->id,
                             kind_name(job->kind), tables_of(*job), state_name(job->state), end));
}

std::string_view state_name(JobState state) {
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

std::string_view kind_name(JobKind kind) {
  return kind == JobKind::initial ? "initial" : "on demand";
}

}  // namespace waljet
