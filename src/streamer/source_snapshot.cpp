// A source that begins with an initial snapshot: from the request to the first change.
#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "streamer/snapshot_check.h"
#include "streamer/source.h"

namespace waljet {
namespace {

Instant present() {
  return std::chrono::steady_clock::now();
}

Error refused(std::string text) {
  return {ErrorClass::refused, std::move(text), {}, {}};
}

}  // namespace

// What stands in the way of what the user asks for, or needs no more to be done.
std::optional<SourceState> Source::answer_snapshot_choice(SnapshotStart start) {
  switch (start) {
    case SnapshotStart::none:
    case SnapshotStart::begin:
    case SnapshotStart::start_over: return std::nullopt;
    case SnapshotStart::not_new:
      if (std::exchange(snapshot_choice_said_, true)) return std::nullopt;
      log_info(
          "no snapshot: this source has been streamed before; `waljet snapshot` publishes what "
          "tables hold");
      return std::nullopt;
    case SnapshotStart::abandoned:
      if (std::exchange(snapshot_choice_said_, true)) return std::nullopt;
      log_warning(
          "the initial snapshot of this source did not come to its end: rows of its tables are "
          "missing; start with --snapshot initial to read all of them again");
      return std::nullopt;
    case SnapshotStart::finished: return end_after_snapshot();
    case SnapshotStart::slot_exists:
      return after_error(refused(
          fmt::format("slot {} exists already, and a snapshot begins with a slot that waljet "
                      "creates: drop it (`waljet slot drop --slot {}`), or start without "
                      "--snapshot and run `waljet snapshot`",
                      names_->slot, names_->slot)));
    case SnapshotStart::known:
      return after_error(
          refused("--snapshot only is for a source that is not streamed, and this one has been: "
                  "start without it and run `waljet snapshot`"));
  }
  return std::nullopt;
}

// Everything that may be refused comes before the slot.
SourceState Source::request_snapshot(bool start_over) {
  take_filter();
  const SnapshotReaderSettings reader{settings_.postgres, names_->slot, options_of_session(),
                                      settings_.snapshot_workers};
  if (auto error = check_snapshot(reader, present() + snapshot_check_timeout, stop_fd_)) {
    return after_error(std::move(*error));
  }
  if (start_over) {
    log_warning(
        "the snapshot of this source did not come to its end, or is to be made again: it starts "
        "over, and consumers are told to discard what they have of the tables");
    if (facts_.slot_exists) {
      if (auto error = Server(*connection_, stop_fd_).drop_slot(names_->slot)) {
        return after_error(std::move(*error));
      }
    }
  }
  handoff_.request_snapshot({settings_.snapshot == SnapshotChoice::only, start_over});
  return SourceState::requesting_snapshot;
}

SourceState Source::wait_for_request() {
  constexpr uint64_t no_session = 0;
  while (!handoff_.report().snapshot.pending) {
    if (auto next = wait_for_snapshot_news(no_session, Instant::max())) return *next;
  }
  return begin_snapshot();
}

// After this the connection must not be asked anything before the snapshot is read: the next
// command ends what it exports.
SourceState Source::begin_snapshot() {
  auto exported = Server(*connection_, stop_fd_).create_slot_with_snapshot(names_->slot);
  if (!exported) return after_error(std::move(exported.error()));
  created_slot_ = true;
  facts_.slot_exists = true;
  facts_.slot_confirmed = exported->consistent_point;
  facts_.flushed = std::max(facts_.flushed, exported->consistent_point);
  constexpr bool anew = true;
  begin_session(anew);
  log_info("created slot {}: reading what the tables hold, by {} connections", names_->slot,
           settings_.snapshot_workers);
  snapshot_said_at_ = present();
  handoff_.begin_snapshot({std::move(exported->snapshot), exported->consistent_point});
  return SourceState::snapshotting;
}

SourceState Source::wait_for_snapshot() {
  while (!handoff_.report().snapshot.done) {
    const Instant due = snapshot_said_at_ + snapshot_report_interval;
    if (auto next = wait_for_snapshot_news(session_number_, due)) return *next;
    if (present() >= due) say_snapshot_age();
  }
  log_info("the initial snapshot is over");
  if (settings_.snapshot == SnapshotChoice::only) return end_after_snapshot();
  if (auto error = Server(*connection_, stop_fd_).start(names_->slot, options_of_session())) {
    return after_error(std::move(*error));
  }
  return on_stream_started();
}

// Until the publisher may have said something, or `until`. The state to go to, where that is
// another one. `session`: that which must not end; 0: none.
std::optional<SourceState> Source::wait_for_snapshot_news(uint64_t session, Instant until) {
  const Handoff::Report report = handoff_.report();
  if (report.fatal) return after_fatal(*report.fatal);
  if (session != 0 && report.session_end.number == session) {
    return after_session_end(report.session_end);
  }
  if (report.snapshot.error) return after_error(*report.snapshot.error);
  std::array<pollfd, 3> fds{
      {{stop_fd_, POLLIN, 0}, {handoff_.wake_fd(), POLLIN, 0}, {connection_->fd(), POLLIN, 0}}};
  poll(fds.data(), fds.size(), milliseconds_between(present(), until));
  if (fds[0].revents != 0) return SourceState::draining;
  if (fds[1].revents != 0) handoff_.clear_wake();
  if (fds[2].revents == 0) return std::nullopt;
  if (auto error = connection_->receive()) return after_error(std::move(*error));
  return std::nullopt;
}

// While the snapshot is read the server keeps old rows and WAL.
void Source::say_snapshot_age() {
  snapshot_said_at_ = present();
  const auto age = std::chrono::floor<std::chrono::seconds>(snapshot_said_at_ - session_since_);
  const Instant deadline = snapshot_said_at_ + snapshot_look_timeout;
  std::string kept = "an unknown amount";
  auto connection = waljet::connect(settings_.postgres, ConnectionKind::plain, deadline, stop_fd_);
  if (connection) {
    auto rows = connection->query(kept_wal_query(names_->slot), deadline, stop_fd_);
    if (rows && !rows->single().empty()) kept = rows->single();
  }
  log_info(
      "initial snapshot: under way for {} s; the server keeps {} of WAL for slot {} meanwhile, and "
      "rows that have been deleted since",
      age.count(), kept, names_->slot);
}

SourceState Source::end_after_snapshot() {
  drop_own_slot();
  log_info("the snapshot is done, and nothing is streamed after it");
  return SourceState::draining;
}

}  // namespace waljet
