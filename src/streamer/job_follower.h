// Follows a snapshot's job to its end, and shows how far it is: bars that are redrawn on
// a terminal, a line for each table now and then elsewhere, JSON for programs.
//
// Trouble with NATS is waited out. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "streamer/backoff.h"
#include "streamer/clock.h"
#include "streamer/errors.h"
#include "streamer/jetstream.h"
#include "streamer/job_text.h"
#include "streamer/log.h"
#include "streamer/snapshot_job.h"
#include "streamer/terminal.h"

namespace waljet {

enum class FollowEnd : uint8_t {
  begun,     // somebody has taken the request, or it is over already
  too_late,  // nobody has
  stopped,   // by a signal
};

class JobFollower {
 public:
  static constexpr Duration look_interval{500};
  static constexpr Duration line_interval{5'000};  // where there is no terminal

  // `subject` is the job's key, `id` the job's; its end is also that another one has its place.
  JobFollower(NatsAccess nats, std::string subject, std::string id, bool json, int stop_fd);

  FollowEnd await_begin(Instant deadline);
  // The exit code.
  int follow();

 private:
  // The job as it is now. Nothing: not to be had at the moment.
  std::optional<SnapshotJob> look();
  bool is_ours(const SnapshotJob& job) const { return job.id == id_; }
  bool show(const SnapshotJob& job, Instant now);
  bool show_due(const SnapshotJob& job, Instant now) const;
  int finish(const SnapshotJob& job) const;
  bool pause(Duration duration) const;

  NatsAccess nats_;
  std::string subject_;
  std::string id_;
  bool json_;
  int stop_fd_;
  std::optional<Reader> reader_;
  TroubleLog trouble_log_;
  JobSpeed speed_;
  RedrawnLines screen_;
  std::optional<Instant> shown_at_;
  std::string shown_;  // as JSON: the job as it stood there
};

}  // namespace waljet
