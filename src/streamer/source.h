// The source's loop, on the main thread: PostgreSQL in, items out, status updates back.
//
//     connecting ─▶ checking ─▶ waiting_for_publisher ─▶ deciding ─▶ starting ─▶ streaming
//         ▲                            ▲                    │                        │
//         │                            └── waiting_for_slot ◀                 draining ─▶ done
//         └── backing_off ◀── any trouble
//
// Start order, so that a refusal by either side starts nothing: PostgreSQL is checked, NATS is
// checked (by the publisher, whose survey tells whether the source is known there), the slot is
// created if absent and the source is new, replication starts, and only then the publisher surveys
// again, decides where to resume, and may create the stream. A slot that this process created
// is dropped again if what follows is refused before the first readiness.
//
// Another filter takes effect between two sessions (source_reload.cpp): the publisher is asked to
// end the present one behind a commit, and the next one starts with it. A session that is lost
// before that is followed by one with the old filter, which may be in the middle of a transaction.
//
// With an initial snapshot (source_snapshot.cpp) deciding is followed by
//
//     requesting_snapshot ─▶ snapshotting ─▶ streaming
//
// in one session on one connection: the slot is created there, what it exports is read by others,
// and then it streams.
//
// What an operator has to decide is said once and looked at again every few seconds, in case that
// it was mended.
#pragma once

#include <functional>
#include <optional>
#include <random>
#include <string>

#include "streamer/backoff.h"
#include "streamer/feedback.h"
#include "streamer/handoff.h"
#include "streamer/live_configuration.h"
#include "streamer/log.h"
#include "streamer/pace.h"
#include "streamer/replication.h"
#include "streamer/settings.h"
#include "streamer/slot.h"
#include "streamer/snapshot_start.h"

namespace waljet {

enum class SourceState : uint8_t {
  connecting,
  checking,
  waiting_for_publisher,
  deciding,
  waiting_for_slot,
  starting,
  requesting_snapshot,
  snapshotting,
  streaming,
  backing_off,
  draining,
  done,
};

class Source {
 public:
  static constexpr Duration connect_timeout{10'000};
  static constexpr Duration backoff_first{200};
  static constexpr Duration backoff_longest{5'000};
  static constexpr Duration slot_poll_interval{500};
  static constexpr Duration blocked_interval{3'000};
  // A session that lasted so long proves that the next trouble is a new one.
  static constexpr Duration session_proved{10'000};
  static constexpr Duration probe_timeout{5'000};
  // A little more than the pump's own limit, which is the one that should count.
  static constexpr Duration drain_max{12'000};
  static constexpr Duration end_stream_max{1'000};
  static constexpr int64_t event_headers_bytes_max = 1024;
  // A turn that takes longer than this is said to wait.
  static constexpr Duration turn_usual{2'000};
  static constexpr Duration snapshot_check_timeout{30'000};
  static constexpr Duration snapshot_report_interval{10'000};
  static constexpr Duration snapshot_look_timeout{2'000};

  // `on_checked` is called once, when PostgreSQL has been checked and the names are known: it
  // starts the publisher. `stop_fd` readable: stop.
  Source(const RunSettings& settings, LiveConfiguration& live, Handoff& handoff, int stop_fd,
         std::function<void(const SourceNames&)> on_checked);

  // Runs until stopped or refused. The exit code.
  int run();

 private:
  SourceState connect();
  SourceState check();
  SourceState wait_for_publisher();
  SourceState decide();
  SourceState wait_for_slot();
  SourceState start();
  SourceState stream();
  SourceState back_off();
  SourceState drain();

  SourceState after_error(Error error);
  SourceState after_fatal(const Error& error);
  SourceState after_blocked(const std::string& why);
  SourceState after_session_end(const Handoff::SessionEnd& end);
  SourceState after_turn(const Handoff::SessionEnd& end);
  SourceState after_refused_start(Error error);
  std::optional<Error> look_at_server();
  std::optional<Error> check_identity(const SystemIdentity& identity);
  std::optional<Error> learn_names();
  void take_filter();
  void begin_session(bool anew);
  SourceState on_stream_started();
  int64_t event_bytes_max() const;
  OptionList options_of_session() const;
  void decide_groups(const Survey& survey);
  void drop_own_slot();
  void disconnect();
  void end_probe();

  std::optional<SourceState> answer_snapshot_choice(SnapshotStart start);
  SourceState request_snapshot(bool start_over);
  SourceState wait_for_request();
  SourceState begin_snapshot();
  SourceState wait_for_snapshot();
  std::optional<SourceState> wait_for_snapshot_news(uint64_t session, Instant until);
  void say_snapshot_age();
  SourceState end_after_snapshot();

  // One look at everything the stream's state depends on; waits no longer than feedback wants.
  std::optional<Error> turn(bool stopping);
  std::optional<Error> read_messages(Instant now);
  std::optional<Error> take_message(Connection::StreamMessage message, Instant now);
  std::optional<Error> send_status(Instant now);
  Lsn confirmed() const;
  std::optional<Error> advance_probe(Instant now);
  void look_at_configuration();
  void bring_about_turn(Instant now);
  // Waits for a stop, news from the publisher, or the time to pass.
  void pause(Duration duration);

  RunSettings settings_;
  LiveConfiguration& live_;
  Handoff& handoff_;
  int stop_fd_;
  std::function<void(const SourceNames&)> on_checked_;

  SourceState state_ = SourceState::connecting;
  std::optional<Connection> connection_;
  std::optional<Feedback> feedback_;  // while the connection streams
  Pace pace_{size_t{8} << 10};        // half of what libpq takes at a time
  size_t received_bytes_ = 0;
  std::optional<Connector> probe_;
  short probe_events_ = 0;
  Instant probe_deadline_{};

  std::optional<SourceNames> names_;
  std::optional<SystemIdentity> identity_;
  SourceFacts facts_;
  GroupSizes groups_;
  bool slot_active_ = false;
  bool created_slot_ = false;
  uint64_t survey_request_ = 0;
  uint64_t session_number_ = 0;
  Instant session_since_{};
  uint64_t turning_session_ = 0;  // that the publisher is to end for another filter
  Instant turn_due_at_{};
  bool turn_wait_said_ = false;
  Instant snapshot_said_at_{};
  bool snapshot_choice_said_ = false;

  Backoff backoff_{backoff_first, backoff_longest};
  std::mt19937 random_{std::random_device{}()};
  TroubleLog trouble_log_;
  int exit_code_ = exit_done;
};

}  // namespace waljet
