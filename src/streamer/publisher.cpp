#include "streamer/publisher.h"

#include <fmt/ranges.h>

#include <algorithm>
#include <array>
#include <memory>
#include <thread>
#include <utility>

#include "event/position.h"
#include "streamer/failpoint.h"
#include "streamer/frame_text.h"
#include "streamer/publish_protocol.h"
#include "streamer/row_place.h"

namespace waljet {
namespace {

Instant present() {
  return std::chrono::steady_clock::now();
}

Surveyor::Settings surveyor_settings(const PublisherSettings& settings) {
  return {settings.pump.names.source_id, settings.pump.names.stream, settings.stream_subjects,
          settings.subject_patterns,     settings.pump.limits,       settings.stream_plan,
          settings.pump.policy.strict};
}

constexpr std::string_view fence_body = R"({"waljet":"fence"})";

// A subject that the pattern covers and that no table has.
std::string fence_subject(std::string_view pattern) {
  std::string subject;
  for (const char c : pattern) {
    if (c == '*' || c == '>') {
      subject += "=fence";
    } else {
      subject += c;
    }
  }
  return subject;
}

}  // namespace

Publisher::Publisher(PublisherSettings settings, Handoff& handoff)
    : settings_(std::move(settings)),
      handoff_(handoff),
      snapshots_(settings_.pump.names.source_id, settings_.reader, handoff),
      pump_(
          settings_.pump, [this] { return std::uniform_real_distribution<>(0, 1)(random_); },
          &snapshots_),
      surveyor_(surveyor_settings(settings_)),
      headers_(settings_.headers) {}

void Publisher::run() {
  while (true) {
    const Instant now = present();
    take_inputs(now);
    const PumpAction::Kind last = work(now);
    work_on_snapshots(now);
    const bool news = exchange(now);
    report(now);
    if (last == PumpAction::Kind::stop) break;
    if (last == PumpAction::Kind::wait && !news) wait();
  }
  handoff_.report_stopped(pump_.fatal());
}

// Does what the pump wants, for a while; the kind of its last action.
PumpAction::Kind Publisher::work(Instant now) {
  for (int turn = 1; true; ++turn) {
    const bool link_takes_more = !link_ || link_->takes_more();
    const PumpAction action = pump_.next(now, link_takes_more);
    wait_until_ = action.until;
    if (!act(action, now) || turn == publishes_per_turn) return action.kind;
  }
}

// Orders and the job; the rows themselves go through the pump.
void Publisher::work_on_snapshots(Instant now) {
  if (!link_) return snapshots_.on_link_lost(now);
  if (auto error = snapshots_.work(*link_, surveyor_, now)) {
    pump_.on_trouble(std::move(*error), pump_.epoch(), now);
  }
}

bool Publisher::exchange(Instant now) {
  if (!link_) return false;
  const bool was_full = !link_->takes_more();
  acks_.clear();
  auto lost = link_->exchange(now, acks_);
  moved_bytes_ += acks_.size();
  for (const Ack& ack : acks_) {
    if (ack.token == job_token) {
      snapshots_.on_ack(ack, now);
      continue;
    }
    pump_.on_ack(ack, now);
    failpoint(ack.token == record_token ? "recorded" : "acknowledged");
  }
  if (lost) pump_.on_trouble(std::move(*lost), pump_.epoch(), now);
  const bool room_made = was_full && link_->takes_more();
  return lost || room_made || !acks_.empty();
}

void Publisher::wait() {
  pace_.on_turn(woke_at_, std::exchange(moved_bytes_, 0));
  Instant until = wait_until_;
  if (notices_wait_) until = std::min(until, noticed_at_ + notice_interval);
  if (link_) until = std::min(until, snapshots_.wake_at());
  const Link::Interest link = link_ ? link_->interest() : Link::Interest{-1, 0};
  handoff_.wait(until, pump_.wants_item(), link.fd, link.events);
  std::this_thread::sleep_until(pace_.turn_at(present()));
  woke_at_ = present();
}

void Publisher::take_inputs(Instant now) {
  if (auto lost = handoff_.take_lost_link()) {
    pump_.on_trouble({ErrorClass::retry, std::move(lost->why), {}, {}}, lost->epoch, now);
  }
  answer_survey_request();
  pump_.on_contact(handoff_.contact());
  pump_.on_live_session(handoff_.live_session());
  pump_.request_turn(handoff_.turn_requested(), now);
  if (const auto diverged = handoff_.take_divergence()) pump_.on_divergence(*diverged);
  const bool stopping = handoff_.stop_requested();
  if (stopping) {
    failpoint("draining");
    pump_.request_stop(now);
  }
  if (snapshots_.take_inputs(pump_.session_number() != 0, now)) pump_.on_rows(now);
  take_items(now);
  if (stopping && handoff_.input_ended() && pump_.wants_item()) pump_.on_input_end();
}

void Publisher::take_items(Instant now) {
  while (pump_.wants_item()) {
    auto item = handoff_.take_item();
    if (!item) return;
    if (item->kind == ItemKind::session_start) snapshots_.set_options(item->session->options);
    pump_.on_item(std::move(*item), now);
  }
}

// ---- what the source and the log are told ----

void Publisher::answer_survey_request() {
  const uint64_t wanted = handoff_.survey_requested();
  if (wanted == survey_answered_) return;
  // The source asks over a new connection, and what the old one exported is gone with it.
  if (pump_.session_number() != 0 && snapshots_.initial_unfinished()) {
    pump_.abandon_session("the connection that held the snapshot is gone", present());
  }
  std::shared_ptr<const Survey> survey;
  if (!pump_.in_session()) {
    const bool asked = std::exchange(survey_under_way_, wanted) == wanted;
    if (!asked) return pump_.request_survey();
    if (pump_.state() != PumpState::standing_by || pump_.survey_wanted()) return;
    survey = std::make_shared<const Survey>(*pump_.survey());
  }
  survey_answered_ = wanted;
  handoff_.report_survey(wanted, std::move(survey));
}

void Publisher::report(Instant now) {
  answer_survey_request();
  const Lsn confirmed = pump_.confirmed(now);
  if (confirmed != 0 && confirmed != reported_confirmed_) {
    failpoint("confirmed");
    reported_confirmed_ = confirmed;
    handoff_.report_confirmed(pump_.session_number(), confirmed);
  }
  if (pump_.session_end().number > reported_session_end_) {
    const Pump::SessionEnd& end = pump_.session_end();
    reported_session_end_ = end.number;
    handoff_.report_session_end({end.number, end.why, end.blocked, end.turned, end.confirmed});
  }
  snapshots_.report(now);
  log_notices(now);
  report_state();
}

void Publisher::report_state() {
  if (pump_.was_ready() && !reported_ready_) {
    reported_ready_ = true;
    handoff_.report_ready();
    log_info("ready: publishing {} to stream {} at {}", fmt::join(settings_.subject_patterns, ", "),
             settings_.pump.names.stream, url_without_secrets(settings_.nats.url));
  }
  if (pump_.is_well()) trouble_log_.over("NATS is back: publishing goes on");
  const PumpState state = pump_.state();
  if (state == reported_state_) return;
  reported_state_ = state;
  switch (state) {
    case PumpState::backing_off: trouble_log_.trouble(pump_.trouble().text); break;
    case PumpState::standing_by: trouble_log_.over("NATS is there"); break;
    case PumpState::connecting:
    case PumpState::preparing:
    case PumpState::creating:
    case PumpState::publishing:
    case PumpState::draining:
    case PumpState::stopped: break;
  }
}

// A storm of them makes a line a second.
void Publisher::log_notices(Instant now) {
  const Pump::Notices& notices = pump_.notices();
  for (size_t i = logged_.accepted.size(); i < notices.accepted.size(); ++i) {
    log_warning("{}", notices.accepted[i]);
  }
  logged_.accepted = notices.accepted;
  notices_wait_ = notices.foreign_messages > logged_.foreign_messages ||
                  notices.late_events > logged_.late_events || notices.stubs > logged_.stubs;
  if (!notices_wait_ || now < noticed_at_ + notice_interval) return;
  noticed_at_ = now;
  notices_wait_ = false;
  if (notices.foreign_messages > logged_.foreign_messages) {
    log_error(
        "{} messages in stream {} are of another writer, the newest one on {}: with strict "
        "fencing nobody else may write into the stream",
        notices.foreign_messages - logged_.foreign_messages, settings_.pump.names.stream,
        notices.foreign_subject);
  }
  if (notices.late_events > logged_.late_events) {
    log_error("{} events were missing in stream {} and are stored late, behind later ones: {}",
              notices.late_events - logged_.late_events, settings_.pump.names.stream,
              notices.late_event);
  }
  if (notices.stubs > logged_.stubs) {
    log_error(
        "{} events were too large, or could not be written: a stub is stored in place of each, the "
        "newest of them {}",
        notices.stubs - logged_.stubs, notices.stub);
  }
  logged_.stubs = notices.stubs;
  logged_.foreign_messages = notices.foreign_messages;
  logged_.late_events = notices.late_events;
}

// ---- what the pump wants ----

bool Publisher::act(const PumpAction& action, Instant now) {
  switch (action.kind) {
    case PumpAction::Kind::connect: connect(action.epoch); return false;
    case PumpAction::Kind::prepare: prepare(action); return false;
    case PumpAction::Kind::create: create_stream(); return false;
    case PumpAction::Kind::publish: publish(action.message, now); return true;
    case PumpAction::Kind::publish_fence: publish_fence(action.fence_behind, now); return true;
    case PumpAction::Kind::write_record: write_record(action, now); return true;
    case PumpAction::Kind::drop_link:
      link_.reset();
      snapshots_.on_link_lost(now);
      return true;
    case PumpAction::Kind::wait:
    case PumpAction::Kind::stop: return false;
  }
  return false;
}

void Publisher::connect(uint64_t epoch) {
  failpoint("reconnecting");
  auto link = Link::connect(settings_.nats, epoch, handoff_);
  if (!link) return pump_.on_trouble(std::move(link.error()), epoch, present());
  link_.emplace(std::move(*link));
  pump_.on_connected();
}

void Publisher::prepare(const PumpAction& action) {
  Survey survey;
  if (auto failed = surveyor_.take(*link_, action.read_from, action.may_create,
                                   snapshots_.known_job(), survey)) {
    return pump_.on_prepare_failed(std::move(failed->error), failed->jetstream_absent, present());
  }
  message_bytes_max_ = link_->max_payload();
  if (survey.stream && survey.stream->message_bytes_max >= 0) {
    message_bytes_max_ = std::min(message_bytes_max_, survey.stream->message_bytes_max);
  }
  handoff_.report_message_bytes_max(message_bytes_max_);
  if (!pump_.reconciles()) snapshots_.on_survey(survey, present());
  pump_.on_prepared(std::move(survey), present());
}

void Publisher::create_stream() {
  if (auto failed = surveyor_.create_stream(*link_)) {
    return pump_.on_prepare_failed(std::move(failed->error), failed->jetstream_absent, present());
  }
  log_info("created stream {} for {}", settings_.pump.names.stream, settings_.stream_subjects);
  pump_.on_created();
}

void Publisher::publish(const Outgoing& outgoing, Instant now) {
  headers_.build(outgoing, settings_.message_ids);
  const Frame& frame = *outgoing.frame;
  const size_t bytes = encoded_bytes(headers_.headers()) + frame.body.size();
  if (static_cast<int64_t>(bytes) > message_bytes_max_) {
    std::string text = oversize_text(frame, headers_.id(), bytes, message_bytes_max_);
    return pump_.on_oversize(outgoing.token, {ErrorClass::retry, std::move(text), {}, {}});
  }
  moved_bytes_ += bytes;
  subject_.clear();
  (*subject_).put(frame.subject);
  (*subject_).put('\0');
  auto error =
      link_->publish({subject_.view().data(), headers_.headers(), frame.body}, outgoing.token);
  failpoint("published");
  if (error) pump_.on_trouble(std::move(*error), pump_.epoch(), now);
}

void Publisher::publish_fence(uint64_t behind, Instant now) {
  const std::string id = settings_.pump.names.source_id + std::string(fence_id_word);
  const std::string sequence = std::to_string(behind);
  const std::array<Header, 2> headers{
      {{"Waljet-Id", id.c_str()}, {"Nats-Expected-Last-Sequence", sequence.c_str()}}};
  const std::string subject = fence_subject(settings_.subject_patterns.front());
  auto error = link_->publish({subject.c_str(), headers, fence_body}, fence_token);
  if (error) pump_.on_trouble(std::move(*error), pump_.epoch(), now);
}

void Publisher::write_record(const PumpAction& action, Instant now) {
  const std::string& source_id = settings_.pump.names.source_id;
  const std::string revision = std::to_string(action.record_revision);
  const std::array<Header, 1> headers{{{"Nats-Expected-Last-Subject-Sequence", revision.c_str()}}};
  const std::string subject = record_subject(source_id);
  const std::string body = record_json(*action.record, source_id);
  auto error = link_->publish({subject.c_str(), headers, body}, record_token);
  if (error) pump_.on_trouble(std::move(*error), pump_.epoch(), now);
}

}  // namespace waljet
