#include "streamer/job_follower.h"

#include <fmt/core.h>
#include <poll.h>

#include <cstdio>
#include <utility>

#include "streamer/bucket.h"

namespace waljet {

JobFollower::JobFollower(NatsAccess nats, std::string subject, std::string id, bool json,
                         int stop_fd)
    : nats_(std::move(nats)),
      subject_(std::move(subject)),
      id_(std::move(id)),
      json_(json),
      stop_fd_(stop_fd) {}

FollowEnd JobFollower::await_begin(Instant deadline) {
  constexpr Duration interval{100};
  while (true) {
    const auto job = look();
    if (job && (!is_ours(*job) || job->state != JobState::requested)) return FollowEnd::begun;
    if (std::chrono::steady_clock::now() >= deadline) return FollowEnd::too_late;
    if (pause(interval)) return FollowEnd::stopped;
  }
}

int JobFollower::follow() {
  while (true) {
    const auto job = look();
    if (job && !is_ours(*job)) {
      log_error("snapshot {} is over: {} has its place", id_, job->id);
      return exit_refused;
    }
    const Instant now = std::chrono::steady_clock::now();
    if (job) speed_.note(*job, now);
    if (job && show_due(*job, now) && !show(*job, now)) return exit_done;
    if (job && is_over(job->state)) return finish(*job);
    if (!pause(look_interval)) continue;
    if (!json_) {
      fmt::print(
          "the snapshot goes on; `waljet status` shows it, `waljet snapshot cancel` ends it\n");
    }
    return exit_done;
  }
}

std::optional<SnapshotJob> JobFollower::look() {
  const auto trouble = [&](const Error& error) {
    trouble_log_.trouble(error.text);
    reader_.reset();
    return std::nullopt;
  };
  if (!reader_) {
    auto reader = Reader::connect(nats_);
    if (!reader) return trouble(reader.error());
    reader_ = std::move(*reader);
  }
  const auto key = read_key(*reader_, subject_);
  if (!key) return trouble(key.error());
  trouble_log_.over("NATS is back");
  return parse_job(key->value);
}

// ---- showing ----

// A terminal is drawn at each look; the end is always shown.
bool JobFollower::show_due(const SnapshotJob& job, Instant now) const {
  if (json_ || !shown_at_ || is_over(job.state)) return true;
  return screen_.on_terminal() || now >= *shown_at_ + line_interval;
}

// False: nobody reads any more.
bool JobFollower::show(const SnapshotJob& job, Instant now) {
  shown_at_ = now;
  if (!json_) return screen_.draw(job_lines(job, speed_, screen_.height(), screen_.width()));
  std::string stored = job_json(job);
  if (stored == shown_) return true;
  shown_ = std::move(stored);
  fmt::print("{}\n", job_progress_json(job, speed_));
  std::fflush(stdout);
  return std::ferror(stdout) == 0;
}

int JobFollower::finish(const SnapshotJob& job) const {
  if (job.state == JobState::complete) return exit_done;
  if (job.state == JobState::failed) {
    log_error("the snapshot failed: {}", job.error);
  } else {
    log_error("the snapshot was cancelled");
  }
  return exit_refused;
}

bool JobFollower::pause(Duration duration) const {
  pollfd stop{stop_fd_, POLLIN, 0};
  return poll(&stop, 1, static_cast<int>(duration.count())) > 0;
}

}  // namespace waljet
