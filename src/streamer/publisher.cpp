#include "streamer/publisher.h"

#include <array>
#include <utility>

#include "event/position.h"
#include "streamer/stream_config.h"

namespace waljet {
namespace {

Instant present() {
  return std::chrono::steady_clock::now();
}

}  // namespace

Publisher::Publisher(PublisherSettings settings, Handoff& handoff)
    : settings_(std::move(settings)),
      handoff_(handoff),
      pump_(settings_.source_id, settings_.limits,
            [this] { return std::uniform_real_distribution<>(0, 1)(random_); }) {}

void Publisher::run() {
  while (true) {
    const Instant now = present();
    take_inputs(now);
    PumpAction action;
    for (int turn = 0; turn < publishes_per_turn; ++turn) {
      action = pump_.next(now);
      if (!act(action, now)) break;
    }
    report();
    if (action.kind == PumpAction::Kind::stop) break;
    if (action.kind == PumpAction::Kind::wait) handoff_.wait(action.until, pump_.wants_item());
  }
  handoff_.report_stopped(pump_.fatal());
}

void Publisher::take_inputs(Instant now) {
  if (auto lost = handoff_.take_lost_link()) {
    pump_.on_trouble({ErrorClass::retry, std::move(lost->why), {}, {}}, lost->epoch, now);
  }
  handoff_.take_acks(acks_);
  for (const Ack& ack : acks_) pump_.on_ack(ack, now);
  if (handoff_.publishing_permitted()) pump_.permit_publishing();
  const bool stopping = handoff_.stop_requested();
  if (stopping) pump_.request_stop(now);
  take_items();
  if (stopping && handoff_.input_ended() && pump_.wants_item()) pump_.on_input_end();
}

void Publisher::take_items() {
  while (pump_.wants_item()) {
    auto item = handoff_.take_item();
    if (!item) return;
    pump_.on_item(std::move(*item));
  }
}

// Tells the source and the log what has changed.
void Publisher::report() {
  if (pump_.confirmed() > reported_confirmed_) {
    reported_confirmed_ = pump_.confirmed();
    handoff_.report_confirmed(reported_confirmed_);
  }
  const PumpState state = pump_.state();
  if (state == reported_state_) return;
  reported_state_ = state;
  switch (state) {
    case PumpState::backing_off: trouble_log_.trouble(pump_.trouble().text); break;
    case PumpState::standing_by:
      trouble_log_.over("NATS is there");
      handoff_.report_checked();
      break;
    case PumpState::publishing:
      if (!handoff_.report().ready) {
        handoff_.report_ready();
        log_info("ready: publishing {} to stream {} at {}", settings_.subject_pattern,
                 settings_.stream, url_without_secrets(settings_.nats));
      }
      trouble_log_.over("NATS is back: publishing goes on");
      break;
    case PumpState::connecting:
    case PumpState::preparing:
    case PumpState::draining:
    case PumpState::stopped: break;
  }
}

bool Publisher::act(const PumpAction& action, Instant now) {
  switch (action.kind) {
    case PumpAction::Kind::connect: connect(action.epoch); return false;
    case PumpAction::Kind::prepare: prepare(action.may_create); return false;
    case PumpAction::Kind::publish: publish(action.message, now); return true;
    case PumpAction::Kind::drop_link: link_.reset(); return true;
    case PumpAction::Kind::wait:
    case PumpAction::Kind::stop: return false;
  }
  return false;
}

void Publisher::connect(uint64_t epoch) {
  auto link = Link::connect(settings_.nats, epoch, handoff_);
  if (!link) return pump_.on_trouble(std::move(link.error()), epoch, present());
  link_.emplace(std::move(*link));
  pump_.on_connected();
}

void Publisher::prepare(bool may_create) {
  auto reply = link_->request("$JS.API.STREAM.INFO." + settings_.stream, "");
  if (!reply || reply->no_responders) return refuse_preparation(reply);
  const StreamAnswer answer = parse_stream_answer(reply->json);
  if (answer.error && answer.error->code == api_error_stream_not_found) {
    return on_absent_stream(may_create);
  }
  if (answer.error) {
    return pump_.on_prepare_failed(api_error(settings_.stream, *answer.error),
                                   means_jetstream_absent(*answer.error), present());
  }
  if (auto error = check_stream(settings_.stream, answer, settings_.subject_pattern)) {
    return pump_.on_prepare_failed(std::move(*error), false, present());
  }
  pump_.on_prepared(present());
}

void Publisher::on_absent_stream(bool may_create) {
  if (!may_create) return pump_.on_prepared(present());
  auto reply = link_->request("$JS.API.STREAM.CREATE." + settings_.stream,
                              stream_create_request(settings_.stream, settings_.stream_subjects));
  if (!reply || reply->no_responders) return refuse_preparation(reply);
  const StreamAnswer answer = parse_stream_answer(reply->json);
  if (answer.error) {
    return pump_.on_prepare_failed(api_error(settings_.stream, *answer.error),
                                   means_jetstream_absent(*answer.error), present());
  }
  if (pump_.was_ready()) {
    log_error("stream {} was gone: it is created again, without the events stored before",
              settings_.stream);
  } else {
    log_info("created stream {} for {}", settings_.stream, settings_.stream_subjects);
  }
  pump_.on_prepared(present());
}

void Publisher::refuse_preparation(const Result<ApiReply>& reply) {
  if (!reply) return pump_.on_prepare_failed(reply.error(), false, present());
  pump_.on_prepare_failed({ErrorClass::retry,
                           "nobody answers for JetStream in NATS (503, no responders): switch it "
                           "on, by `nats-server -js` or `jetstream {}` in its configuration",
                           {},
                           {}},
                          true, present());
}

void Publisher::publish(const Outgoing& outgoing, Instant now) {
  const Frame& frame = *outgoing.frame;
  id_.clear();
  (*id_).put(outgoing.source_id);
  (*id_).put(':');
  put_position(*id_, frame.position);
  (*id_).put('\0');
  subject_.clear();
  (*subject_).put(frame.subject);
  (*subject_).put('\0');
  const char* id = id_.view().data();
  const std::array<Header, 2> headers{{{"Waljet-Id", id}, {"Nats-Msg-Id", id}}};
  auto error = link_->publish({subject_.view().data(), headers, frame.body}, outgoing.token);
  if (!error) return;
  error->text =
      fmt::format("event {} of {} ({} bytes): {}", id, frame.table, frame.body.size(), error->text);
  pump_.on_trouble(std::move(*error), pump_.epoch(), now);
}

}  // namespace waljet
