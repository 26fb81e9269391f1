#include "streamer/source.h"

#include <poll.h>

#include <algorithm>
#include <array>
#include <utility>

#include "streamer/stop_signal.h"

namespace waljet {
namespace {

constexpr std::string_view cannot_connect_now = "57P03";
constexpr std::string_view object_in_use = "55006";

Instant present() {
  return std::chrono::steady_clock::now();
}

int64_t microseconds_since_2000() {
  constexpr int64_t seconds_1970_to_2000 = 946'684'800;
  const auto since_1970 = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration_cast<std::chrono::microseconds>(since_1970).count() -
         seconds_1970_to_2000 * 1'000'000;
}

int milliseconds_between(Instant now, Instant then) {
  const auto left = std::chrono::ceil<Duration>(then - now).count();
  return static_cast<int>(std::clamp<Duration::rep>(left, 0, 60'000));
}

Error refused(std::string text) {
  return {ErrorClass::refused, std::move(text), {}, {}};
}

}  // namespace

Source::Source(const RunSettings& settings, Handoff& handoff, int stop_fd,
               std::function<void(const SourceNames&)> on_checked)
    : settings_(settings),
      handoff_(handoff),
      stop_fd_(stop_fd),
      on_checked_(std::move(on_checked)) {}

int Source::run() {
  while (true) {
    switch (state_) {
      case SourceState::connecting: state_ = connect(); break;
      case SourceState::checking: state_ = check(); break;
      case SourceState::waiting_for_publisher: state_ = wait_for_publisher(); break;
      case SourceState::waiting_for_slot: state_ = wait_for_slot(); break;
      case SourceState::starting: state_ = start(); break;
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

void Source::disconnect() {
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
    std::array<pollfd, 2> fds{{{stop_fd_, POLLIN, 0}, {handoff_.wake_fd(), POLLIN, 0}}};
    poll(fds.data(), fds.size(), milliseconds_between(now, until));
    if (fds[0].revents != 0) return;
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
  Server server(*connection_, stop_fd_);
  if (auto error = server.check_settings()) return after_error(std::move(*error));
  auto identity = server.identify();
  if (!identity) return after_error(std::move(identity.error()));
  if (auto error = check_identity(*identity)) return after_fatal(*error);
  if (!names_) {
    if (auto error = learn_names()) return after_fatal(*error);
  }
  auto slot = server.find_slot(names_->slot);
  if (!slot) return after_error(std::move(slot.error()));
  if (*slot) {
    auto error = check_slot(names_->slot, **slot, identity_->database);
    if (error) return after_error(std::move(*error));
  }
  return after_check(*slot);
}

// Positions of another history must not be compared with ours, which is what skipping does.
std::optional<Error> Source::check_identity(const SystemIdentity& identity) {
  if (!identity_) identity_ = identity;
  if (identity_->system_identifier != identity.system_identifier ||
      identity_->database != identity.database) {
    return refused(
        fmt::format("another database cluster answers at {}: start waljet again if that "
                    "is meant",
                    connection_->address().text()));
  }
  if (identity_->timeline != identity.timeline) {
    return refused(
        fmt::format("the server has changed from timeline {} to {} (promotion or "
                    "recovery): start waljet again to go on from the slot there",
                    identity_->timeline, identity.timeline));
  }
  return std::nullopt;
}

std::optional<Error> Source::learn_names() {
  auto names = resolve_names(settings_, identity_->database, identity_->system_identifier);
  if (!names) return names.error();
  names_ = std::move(*names);
  return std::nullopt;
}

SourceState Source::after_check(const std::optional<SlotInfo>& slot) {
  slot_exists_ = slot.has_value();
  if (!slot_exists_ && streamed_) {
    return after_error({ErrorClass::retry,
                        fmt::format("slot {} is gone: what was committed since cannot be read any "
                                    "more; start waljet again to go on without it",
                                    names_->slot),
                        {},
                        {}});
  }
  if (on_checked_) std::exchange(on_checked_, nullptr)(*names_);
  if (!handoff_.report().checked) return SourceState::waiting_for_publisher;
  if (slot_exists_ && slot->active) return SourceState::waiting_for_slot;
  return SourceState::starting;
}

SourceState Source::wait_for_publisher() {
  while (true) {
    std::array<pollfd, 3> fds{
        {{stop_fd_, POLLIN, 0}, {handoff_.wake_fd(), POLLIN, 0}, {connection_->fd(), POLLIN, 0}}};
    poll(fds.data(), fds.size(), -1);
    if (fds[0].revents != 0) return SourceState::draining;
    if (fds[1].revents != 0) handoff_.clear_wake();
    const Handoff::Report report = handoff_.report();
    if (report.fatal) return after_fatal(*report.fatal);
    if (report.checked) return SourceState::checking;  // much may have changed meanwhile
    if (fds[2].revents != 0) {
      if (auto error = connection_->receive()) return after_error(std::move(*error));
    }
  }
}

SourceState Source::wait_for_slot() {
  trouble_log_.trouble(
      fmt::format("slot {} is in use by another process: standing by", names_->slot));
  pause(slot_poll_interval);
  if (stop_signalled(stop_fd_)) return SourceState::draining;
  if (const auto fatal = handoff_.report().fatal) return after_fatal(*fatal);
  auto slot = Server(*connection_, stop_fd_).find_slot(names_->slot);
  if (!slot) return after_error(std::move(slot.error()));
  if (!*slot) return SourceState::checking;
  return (*slot)->active ? SourceState::waiting_for_slot : SourceState::starting;
}

SourceState Source::start() {
  Server server(*connection_, stop_fd_);
  if (!slot_exists_) {
    if (auto error = server.create_slot(names_->slot)) return after_error(std::move(*error));
    slot_exists_ = true;
    created_slot_ = true;
    log_info("created slot {}", names_->slot);
  }
  if (auto error = server.start(names_->slot, plugin_options())) {
    if (error->sqlstate == object_in_use) return SourceState::waiting_for_slot;
    return after_error(std::move(*error));
  }
  const Instant now = present();
  streamed_ = true;
  session_since_ = now;
  feedback_.emplace(now, handoff_.report().confirmed);
  handoff_.push(make_session_start());
  handoff_.permit_publishing();
  trouble_log_.over("PostgreSQL: replication goes on");
  log_info("replicating from slot {} of database {} at {}", names_->slot, identity_->database,
           connection_->address().text());
  return SourceState::streaming;
}

OptionList Source::plugin_options() const {
  OptionList options{{"output", "frames"}, {"name", names_->name}, {"subject", settings_.subject}};
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) options.emplace_back(name, value);
  };
  add("format", settings_.format);
  add("tables", settings_.tables);
  add("exclude_tables", settings_.exclude_tables);
  add("operations", settings_.operations);
  return options;
}

// ---- streaming ----

SourceState Source::stream() {
  constexpr bool stopping = false;
  while (!stop_signalled(stop_fd_)) {
    if (const auto fatal = handoff_.report().fatal) return after_fatal(*fatal);
    if (auto error = turn(stopping)) {
      if (present() - session_since_ >= session_proved) backoff_.reset();
      return after_error(std::move(*error));
    }
  }
  return SourceState::draining;
}

std::optional<Error> Source::turn(bool stopping) {
  const bool wanted = handoff_.has_room();
  Instant now = present();
  feedback_->set_reading(wanted, now);
  auto unsent = connection_->flush();
  if (!unsent) return unsent.error();

  Instant until = feedback_->wake_at();
  if (probe_) until = std::min(until, probe_deadline_);
  // While nothing is read, only the end of the connection is of interest.
  const int events = (wanted ? POLLIN : POLLRDHUP) | (*unsent ? POLLOUT : 0);
  std::array<pollfd, 4> fds{{{stop_fd_, static_cast<short>(stopping ? 0 : POLLIN), 0},
                             {handoff_.wake_fd(), POLLIN, 0},
                             {connection_->fd(), static_cast<short>(events), 0},
                             {probe_ ? probe_->fd() : -1, probe_events_, 0}}};
  poll(fds.data(), fds.size(), milliseconds_between(now, until));
  now = present();
  if (fds[1].revents != 0) handoff_.clear_wake();
  feedback_->on_confirmed(handoff_.report().confirmed, now);

  if ((fds[2].revents & POLLIN) != 0) {
    if (auto error = connection_->receive()) return error;
  } else if ((fds[2].revents & (POLLRDHUP | POLLHUP | POLLERR)) != 0) {
    return Error{ErrorClass::retry, "the server closed the replication connection", {}, {}};
  }
  if (auto error = read_messages(now)) return error;
  if (feedback_->status_due(now)) {
    if (auto error = send_status(now)) return error;
  }
  return advance_probe(now);
}

std::optional<Error> Source::read_messages(Instant now) {
  while (handoff_.has_room()) {
    auto message = connection_->next_message();
    if (!message) return message.error();
    if (!*message) return std::nullopt;
    if (auto error = take_message(std::move(**message), now)) return error;
  }
  return std::nullopt;
}

std::optional<Error> Source::take_message(Connection::StreamMessage message, Instant now) {
  const auto parsed = parse_replication_message({message.buffer.get(), message.bytes});
  if (!parsed) {
    return Error{ErrorClass::retry, "a message of unknown form came from the server", {}, {}};
  }
  if (const auto* data = std::get_if<XLogData>(&*parsed)) {
    feedback_->on_received(data->start, now);
    handoff_.push(make_chunk(std::move(message.buffer), message.bytes, data->payload));
    return std::nullopt;
  }
  const auto& keepalive = std::get<Keepalive>(*parsed);
  feedback_->on_received(keepalive.end, now);
  if (keepalive.reply_requested) feedback_->on_reply_requested();
  handoff_.push(make_received(keepalive.end));
  return std::nullopt;
}

std::optional<Error> Source::send_status(Instant now) {
  Status status;
  status.written = feedback_->written();
  status.flushed = feedback_->confirmed();
  status.applied = feedback_->confirmed();
  status.time_us = microseconds_since_2000();
  feedback_->on_status_sent(now);
  return connection_->send_status(status);
}

std::optional<Error> Source::advance_probe(Instant now) {
  if (!probe_) {
    if (!feedback_->probe_due(now)) return std::nullopt;
    feedback_->on_probe_started(now);
    probe_.emplace(settings_.postgres, ConnectionKind::plain, connection_->address());
    probe_deadline_ = now + probe_timeout;
    probe_events_ = POLLOUT;
    if (probe_->fd() >= 0) return std::nullopt;
  }
  if (now >= probe_deadline_) {
    end_probe();
    return std::nullopt;
  }
  pollfd ready{probe_->fd(), probe_events_, 0};
  if (ready.fd >= 0 && poll(&ready, 1, 0) == 0) return std::nullopt;
  switch (probe_->advance()) {
    case Connector::Progress::wants_read: probe_events_ = POLLIN; return std::nullopt;
    case Connector::Progress::wants_write: probe_events_ = POLLOUT; return std::nullopt;
    case Connector::Progress::connected:
      end_probe();  // it runs
      return std::nullopt;
    case Connector::Progress::failed: {
      const Error error = probe_->error();
      end_probe();
      if (error.sqlstate != cannot_connect_now) return std::nullopt;
      return Error{ErrorClass::retry,
                   "the server is shutting down, and must not wait for events that NATS has not "
                   "stored: replication connection closed",
                   error.sqlstate,
                   {}};
    }
  }
  return std::nullopt;
}

void Source::end_probe() {
  probe_.reset();
  feedback_->on_probe_ended();
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
    feedback_->on_confirmed(handoff_.report().confirmed, present());
    if (!send_status(present())) connection_->end_stream(present() + end_stream_max);
  }
  if (exit_code_ == exit_done) log_info("stopped");
  return SourceState::done;
}

}  // namespace waljet
