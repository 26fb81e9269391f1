#include "streamer/snapshot_command.h"

#include <fmt/core.h>

#include <chrono>
#include <random>
#include <utility>

#include "streamer/bucket.h"
#include "streamer/job_follower.h"
#include "streamer/job_text.h"
#include "streamer/log.h"
#include "streamer/slot.h"
#include "streamer/snapshot_tables.h"
#include "streamer/source_view.h"
#include "streamer/sql_list.h"
#include "streamer/stop_signal.h"

namespace waljet {
namespace {

int64_t now_us() {
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count();
}

std::string unique_id() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

Error refused(std::string text) {
  return {ErrorClass::refused, std::move(text), {}, {}};
}

struct StoredJob {
  uint64_t revision = 0;
  std::optional<SnapshotJob> job;
};

class SnapshotCommand {
 public:
  SnapshotCommand(const SnapshotRequest& request, const RunSettings& settings, int stop_fd)
      : request_(request), settings_(settings), stop_fd_(stop_fd) {}

  // The exit code, or why nothing was done.
  Result<int> run();

 private:
  Result<int> start();
  Result<int> change();
  std::optional<Error> check();
  std::optional<Error> check_slot_in_use();
  Result<StoredJob> read_job();
  Result<int> await_begin(const SnapshotJob& job);
  Result<int> withdraw(const SnapshotJob& job);

  const SnapshotRequest& request_;
  const RunSettings& settings_;
  int stop_fd_;
  std::optional<SourceView> source_;
  std::optional<Reader> reader_;
};

Result<int> SnapshotCommand::run() {
  if (auto error = request_problem(request_)) return std::move(*error);
  auto source = SourceView::connect(settings_, stop_fd_);
  if (!source) return source.error();
  source_ = std::move(*source);
  if (request_.verb == SnapshotVerb::start) {
    if (auto error = check()) return std::move(*error);
  }
  auto reader = Reader::connect(settings_.nats);
  if (!reader) return reader.error();
  reader_ = std::move(*reader);
  return request_.verb == SnapshotVerb::start ? start() : change();
}

// ---- a new snapshot ----

// Somebody who waits can mend now what would fail later.
std::optional<Error> SnapshotCommand::check() {
  if (auto error = check_slot_in_use()) return error;
  if (auto error = check_extension(*source_)) return error;
  constexpr int64_t unknown_size = 0;
  const OptionList options = start_options(settings_, source_->names(), unknown_size);
  return check_tables(*source_, options, sql_list(request_.tables));
}

std::optional<Error> SnapshotCommand::check_slot_in_use() {
  auto status = source_->status();
  if (!status) return status.error();
  const std::string& name = source_->names().slot;
  const auto& slot = status->slot;
  if (slot) {
    const SlotInfo info{slot->plugin, slot->database, slot->active, slot->confirmed.value_or(0),
                        slot->wal_status};
    if (auto error = check_slot(name, info, source_->database())) return error;
  }
  if (slot && slot->active) return std::nullopt;
  return refused(fmt::format("no running pipeline for slot {}: start `waljet run`{}", name,
                             slot ? "" : "; --slot or --name names another one"));
}

Result<StoredJob> SnapshotCommand::read_job() {
  auto key = read_key(*reader_, job_subject(source_->names().source_id));
  if (!key) return key.error();
  if (key->value.empty()) return StoredJob{key->revision, std::nullopt};
  auto job = parse_job(key->value);
  if (job) return StoredJob{key->revision, std::move(job)};
  return refused(
      fmt::format("the snapshot's job of source {} cannot be read: it was written by a newer "
                  "waljet; upgrade this one",
                  source_->names().source_id));
}

Result<int> SnapshotCommand::start() {
  auto stored = read_job();
  if (!stored) return stored.error();
  if (auto error = job_in_the_way(stored->job)) return std::move(*error);
  const SnapshotJob job = new_job(request_, unique_id(), now_us());
  auto written =
      write_key(*reader_, job_subject(source_->names().source_id), job_json(job), stored->revision);
  if (!written) return written.error();
  if (!*written) {
    return refused(
        "somebody else asked for a snapshot at the same moment: look at `waljet status`");
  }
  if (auto error = source_->wake(wake_content)) {
    // It would begin some day, when nobody expects it.
    if (auto withdrawn = withdraw(job); !withdrawn) return withdrawn.error();
    return std::move(*error);
  }
  return await_begin(job);
}

Result<int> SnapshotCommand::await_begin(const SnapshotJob& job) {
  constexpr Duration patience{10'000};
  JobFollower follower(settings_.nats, job_subject(source_->names().source_id), job.id,
                       request_.json, stop_fd_);
  const FollowEnd end = follower.await_begin(std::chrono::steady_clock::now() + patience);
  if (end == FollowEnd::too_late) return withdraw(job);
  if (end == FollowEnd::begun && !request_.wait) {
    if (!request_.json) fmt::print("snapshot {} is under way: `waljet status` shows it\n", job.id);
    return exit_done;
  }
  return follower.follow();
}

Result<int> SnapshotCommand::withdraw(const SnapshotJob& job) {
  auto stored = read_job();
  if (!stored) return stored.error();
  const bool untouched =
      stored->job && stored->job->id == job.id && stored->job->state == JobState::requested;
  if (untouched) {
    SnapshotJob withdrawn = *stored->job;
    withdrawn.state = JobState::cancelled;
    withdrawn.updated_us = now_us();
    auto written = write_key(*reader_, job_subject(source_->names().source_id), job_json(withdrawn),
                             stored->revision);
    if (!written) return written.error();
    if (*written) {
      if (auto error = check_slot_in_use()) return std::move(*error);
      return refused(
          "the running pipeline has not taken the request for 10 s, so it was withdrawn: `waljet "
          "status` shows how far behind it is, its log what it waits for");
    }
  }
  // It was taken at the last moment.
  return JobFollower(settings_.nats, job_subject(source_->names().source_id), job.id, request_.json,
                     stop_fd_)
      .follow();
}

// ---- pause, resume, cancel ----

Result<int> SnapshotCommand::change() {
  constexpr int attempts = 10;  // the process writes how far it is meanwhile
  for (int attempt = 0; attempt < attempts; ++attempt) {
    auto stored = read_job();
    if (!stored) return stored.error();
    auto changed = changed_job(stored->job, request_.verb, now_us());
    if (!changed) return changed.error();
    const bool is_so_already = *changed == *stored->job;
    if (!is_so_already) {
      auto written = write_key(*reader_, job_subject(source_->names().source_id),
                               job_json(*changed), stored->revision);
      if (!written) return written.error();
      if (!*written) continue;
    }
    if (auto error = source_->wake(wake_content)) return std::move(*error);
    auto status = source_->status();
    const bool heard = status && status->slot && status->slot->active;
    if (request_.json) {
      fmt::print("{}\n", job_progress_json(*changed, JobSpeed()));
      return exit_done;
    }
    fmt::print("snapshot {} is {}{}{}\n", changed->id, state_name(changed->state),
               is_so_already ? " already" : "",
               heard ? "" : "; no pipeline runs: it counts when one does");
    return exit_done;
  }
  return Error{ErrorClass::retry, "the snapshot's job changes all the time: try again", {}, {}};
}

}  // namespace

int snapshot_command(const SnapshotRequest& request, const RunSettings& settings) {
  const auto code = SnapshotCommand(request, settings, catch_stop_signals()).run();
  if (code) return *code;
  if (code.error().error_class == ErrorClass::interrupted) return exit_done;
  log_error("{}", code.error().text);
  return code.error().error_class == ErrorClass::configuration ? exit_usage : exit_refused;
}

}  // namespace waljet
