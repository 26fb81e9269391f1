#include "streamer/source.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "streamer/stop_signal.h"

namespace waljet {
namespace {

constexpr std::string_view object_in_use = "55006";

Instant present() {
  return std::chrono::steady_clock::now();
}

}  // namespace

Source::Source(const RunSettings& settings, LiveConfiguration& live, Handoff& handoff, int stop_fd,
               std::function<void(const SourceNames&)> on_checked)
    : settings_(settings),
      live_(live),
      handoff_(handoff),
      stop_fd_(stop_fd),
      on_checked_(std::move(on_checked)) {}

int Source::run() {
  while (true) {
    switch (state_) {
      case SourceState::connecting: state_ = connect(); break;
      case SourceState::checking: state_ = check(); break;
      case SourceState::waiting_for_publisher: state_ = wait_for_publisher(); break;
      case SourceState::deciding: state_ = decide(); break;
      case SourceState::waiting_for_slot: state_ = wait_for_slot(); break;
      case SourceState::starting: state_ = start(); break;
      case SourceState::requesting_snapshot: state_ = wait_for_request(); break;
      case SourceState::snapshotting: state_ = wait_for_snapshot(); break;
      case SourceState::streaming: state_ = stream(); break;
      case SourceState::backing_off: state_ = back_off(); break;
      case SourceState::draining: state_ = drain(); break;
      case SourceState::done: return exit_code_;
    }
  }
}

// ---- trouble ----

SourceState Source::after_error(Error error) {
  if (error.error_class == ErrorClass::interrupted) return SourceState::draining;
  disconnect();
  if (!handoff_.report().ready && error.error_class != ErrorClass::retry) {
    return after_fatal(error);
  }
  trouble_log_.trouble(fmt::format("PostgreSQL: {}", error.text));
  return SourceState::backing_off;
}

SourceState Source::after_blocked(const std::string& why) {
  disconnect();
  trouble_log_.blocked(why);
  pause(blocked_interval);
  if (stop_signalled(stop_fd_)) return SourceState::draining;
  if (const auto fatal = handoff_.report().fatal) return after_fatal(*fatal);
  return SourceState::connecting;
}

// The publisher has found something out that needs a new session.
SourceState Source::after_session_end(const Handoff::SessionEnd& end) {
  if (end.turned) return after_turn(end);
  if (end.blocked) return after_blocked(end.why);
  disconnect();
  trouble_log_.trouble(fmt::format("{}: replication starts again", end.why));
  return SourceState::backing_off;
}

void Source::disconnect() {
  handoff_.set_live_session(0);
  connection_.reset();
  feedback_.reset();
  probe_.reset();
}

SourceState Source::after_fatal(const Error& error) {
  log_error("{}", error.text);
  exit_code_ = exit_code(error.error_class);
  const bool nothing_to_keep = created_slot_ && !handoff_.report().ready;
  if (nothing_to_keep) drop_own_slot();
  return SourceState::draining;
}

void Source::drop_own_slot() {
  disconnect();  // a slot in use cannot be dropped
  auto connection = waljet::connect(settings_.postgres, ConnectionKind::replication,
                                    present() + connect_timeout, stop_fd_);
  if (!connection) return;
  Server server(*connection, stop_fd_);
  auto error = server.drop_slot(names_->slot);
  if (!error) log_info("dropped slot {} again", names_->slot);
  if (error) log_warning("slot {} is left behind: {}", names_->slot, error->text);
}

SourceState Source::back_off() {
  pause(backoff_.take(std::uniform_real_distribution<>(0, 1)(random_)));
  if (stop_signalled(stop_fd_)) return SourceState::draining;
  if (const auto fatal = handoff_.report().fatal) return after_fatal(*fatal);
  return SourceState::connecting;
}

void Source::pause(Duration duration) {
  const Instant until = present() + duration;
  for (Instant now = present(); now < until; now = present()) {
    std::array<pollfd, 3> fds{
        {{stop_fd_, POLLIN, 0}, {handoff_.wake_fd(), POLLIN, 0}, {live_.fd(), POLLIN, 0}}};
    poll(fds.data(), fds.size(), milliseconds_between(now, until));
    if (fds[0].revents != 0) return;
    if (fds[2].revents != 0) look_at_configuration();
    if (fds[1].revents == 0) continue;
    handoff_.clear_wake();
    if (handoff_.report().fatal) return;
  }
}

// ---- until it streams ----

SourceState Source::connect() {
  auto connection = waljet::connect(settings_.postgres, ConnectionKind::replication,
                                    present() + connect_timeout, stop_fd_);
  if (!connection) return after_error(std::move(connection.error()));
  connection_.emplace(std::move(*connection));
  return SourceState::checking;
}

SourceState Source::check() {
  if (auto error = Server(*connection_, stop_fd_).check_settings()) {
    return after_error(std::move(*error));
  }
  if (auto error = look_at_server()) return after_error(std::move(*error));
  if (on_checked_) std::exchange(on_checked_, nullptr)(*names_);
  survey_request_ = handoff_.request_survey();
  return SourceState::waiting_for_publisher;
}

// Learns what the server says of itself and of the slot, as of now.
std::optional<Error> Source::look_at_server() {
  Server server(*connection_, stop_fd_);
  auto identity = server.identify();
  if (!identity) return std::move(identity.error());
  if (auto error = check_identity(*identity)) return error;
  if (!names_) {
    if (auto error = learn_names()) return error;
  }
  auto history = server.timeline_history(identity->timeline);
  if (!history) return std::move(history.error());
  auto slot = server.find_slot(names_->slot);
  if (!slot) return std::move(slot.error());
  facts_ = {identity->system_identifier, identity->timeline, identity->flushed,
            std::move(*history),         slot->has_value(),  0};
  slot_active_ = false;
  if (!*slot) return std::nullopt;
  facts_.slot_confirmed = (*slot)->confirmed;
  slot_active_ = (*slot)->active;
  return check_slot(names_->slot, **slot, identity_->database);
}

// Names and ids hold for one database of one cluster.
std::optional<Error> Source::check_identity(const SystemIdentity& identity) {
  if (!identity_) identity_ = identity;
  if (identity_->system_identifier == identity.system_identifier &&
      identity_->database == identity.database) {
    return std::nullopt;
  }
  return Error{ErrorClass::retry,
               fmt::format("another database cluster answers at {}: start waljet again if that is "
                           "meant",
                           connection_->address().text()),
               {},
               {}};
}

std::optional<Error> Source::learn_names() {
  auto names = resolve_names(settings_, identity_->database, identity_->system_identifier);
  if (!names) return names.error();
  names_ = std::move(*names);
  return std::nullopt;
}

SourceState Source::wait_for_publisher() {
  while (true) {
    std::array<pollfd, 4> fds{{{stop_fd_, POLLIN, 0},
                               {handoff_.wake_fd(), POLLIN, 0},
                               {connection_->fd(), POLLIN, 0},
                               {live_.fd(), POLLIN, 0}}};
    poll(fds.data(), fds.size(), -1);
    if (fds[0].revents != 0) return SourceState::draining;
    if (fds[1].revents != 0) handoff_.clear_wake();
    if (fds[3].revents != 0) look_at_configuration();
    const Handoff::Report report = handoff_.report();
    if (report.fatal) return after_fatal(*report.fatal);
    if (report.surveyed == survey_request_) return SourceState::deciding;
    if (fds[2].revents != 0) {
      if (auto error = connection_->receive()) return after_error(std::move(*error));
    }
  }
}

// Much may have changed while NATS was waited for, so the server is looked at again. Its log has
// to be seen to end after what the survey found.
SourceState Source::decide() {
  const Lsn confirmed_before = facts_.slot_confirmed;
  if (auto error = look_at_server()) return after_error(std::move(*error));
  if (facts_.slot_exists && slot_active_) return SourceState::waiting_for_slot;
  auto locked = Server(*connection_, stop_fd_).try_lock(names_->source_id);
  if (!locked) return after_error(std::move(locked.error()));
  if (!*locked) return SourceState::waiting_for_slot;
  const Handoff::Report report = handoff_.report();
  // As it was before the survey: another process may have moved the slot since, and recorded that.
  SourceFacts facts = facts_;
  facts.slot_confirmed = std::min(facts_.slot_confirmed, confirmed_before);
  // In a session that goes on, the publisher decides when it has published what it holds.
  if (!report.survey && facts_.slot_exists) return SourceState::starting;
  if (!report.survey) {
    return after_blocked(
        fmt::format("slot {} is gone: nothing is published until waljet is started with "
                    "--accept-gap to go on with a new one",
                    names_->slot));
  }
  const SnapshotStart start =
      snapshot_start(settings_.snapshot, facts_.slot_exists, facts.slot_confirmed, *report.survey);
  if (auto next = answer_snapshot_choice(start)) return *next;
  const bool start_over = start == SnapshotStart::start_over;
  const bool from_snapshot = start_over || start == SnapshotStart::begin;
  ResumePolicy policy = resume_policy(settings_);
  policy.accept_gap = policy.accept_gap || from_snapshot;
  const Decision decision = decide_resume(resume_names(*names_), facts, *report.survey, policy);
  if (decision.diverged) handoff_.report_divergence(*decision.diverged);
  if (decision.blocked) return after_blocked(*decision.blocked);
  decide_groups(*report.survey);
  return from_snapshot ? request_snapshot(start_over) : SourceState::starting;
}

void Source::decide_groups(const Survey& survey) {
  groups_ = group_sizes(settings_, *names_, event_bytes_max());
  groups_.used = group_bytes_to_use(survey, resume_policy(settings_), groups_);
  if (groups_.used == groups_.wanted) return;
  log_info(
      "what was sent before may still arrive, since waljet did not end cleanly: until the stream "
      "has grown by --max-pending messages, events are grouped as before (by {} bytes, then {})",
      groups_.used, groups_.wanted);
}

SourceState Source::wait_for_slot() {
  trouble_log_.trouble(
      fmt::format("slot {} is in use by another process: standing by", names_->slot));
  pause(slot_poll_interval);
  if (stop_signalled(stop_fd_)) return SourceState::draining;
  if (const auto fatal = handoff_.report().fatal) return after_fatal(*fatal);
  if (auto error = look_at_server()) return after_error(std::move(*error));
  if (!facts_.slot_exists) return SourceState::checking;
  if (slot_active_) return SourceState::waiting_for_slot;
  // What the other process has stored is read first, and where the log ends after that.
  survey_request_ = handoff_.request_survey();
  return SourceState::waiting_for_publisher;
}

SourceState Source::start() {
  take_filter();
  Server server(*connection_, stop_fd_);
  if (!facts_.slot_exists) {
    if (auto error = server.create_slot(names_->slot)) return after_error(std::move(*error));
    created_slot_ = true;
    log_info("created slot {}", names_->slot);
    if (auto error = look_at_server()) return after_error(std::move(*error));
  }
  if (auto error = server.start(names_->slot, options_of_session())) {
    if (error->sqlstate == object_in_use) return SourceState::waiting_for_slot;
    return after_refused_start(std::move(*error));
  }
  constexpr bool anew = false;
  begin_session(anew);
  return on_stream_started();
}

// The filter that holds from the next session on.
void Source::take_filter() {
  if (session_number_ == 0) live_.use_coming_filter();  // no other one has judged anything
  settings_.options = live_.filter().options;
}

// `anew`: it begins with a snapshot, and streams nothing before that is done.
void Source::begin_session(bool anew) {
  session_since_ = present();
  handoff_.set_live_session(++session_number_);
  handoff_.set_contact(anew ? Instant::max() : session_since_);
  handoff_.push(make_session_start({session_number_, facts_, groups_, anew, options_of_session()}));
}

SourceState Source::on_stream_started() {
  live_.on_filter_taken();
  const Instant now = present();
  handoff_.set_contact(now);
  feedback_.emplace(now);
  trouble_log_.over("PostgreSQL: replication goes on");
  log_info("replicating from slot {} of database {} at {}, filter version {}", names_->slot,
           identity_->database, connection_->address().text(), live_.filter().name());
  return SourceState::streaming;
}

// What is left of a message when its headers have been taken off; 0: not known.
int64_t Source::event_bytes_max() const {
  const int64_t chosen = settings_.headers.any() ? chosen_headers_bytes_max : 0;
  return std::max<int64_t>(handoff_.report().message_bytes_max - event_headers_bytes_max - chosen,
                           0);
}

OptionList Source::options_of_session() const {
  return start_options(settings_, *names_, event_bytes_max(), groups_.used);
}

// ---- the end ----

SourceState Source::drain() {
  constexpr bool stopping = true;  // reads on: the publisher finishes the transaction in hand
  handoff_.request_stop();
  if (exit_code_ == exit_done) log_info("stopping: finishing what is under way");
  const bool publisher_runs = !on_checked_ && names_.has_value();
  const Instant deadline = present() + drain_max;
  while (publisher_runs && !handoff_.report().stopped && present() < deadline) {
    if (connection_ && feedback_) {
      if (turn(stopping)) disconnect();
    } else {
      handoff_.end_input();
      pollfd wake{handoff_.wake_fd(), POLLIN, 0};
      poll(&wake, 1, milliseconds_between(present(), deadline));
      handoff_.clear_wake();
    }
  }
  if (connection_ && feedback_) {
    feedback_->on_confirmed(confirmed());
    if (!send_status(present())) connection_->end_stream(present() + end_stream_max);
  }
  if (exit_code_ == exit_done) log_info("stopped");
  return SourceState::done;
}

}  // namespace waljet
