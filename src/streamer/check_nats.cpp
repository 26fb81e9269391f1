#include "streamer/check_nats.h"

#include <fmt/core.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "streamer/resume.h"
#include "streamer/surveyor.h"

namespace waljet {
namespace {

constexpr Duration answer_timeout{3'000};
constexpr Duration look_interval{20};
constexpr std::string_view denial = "ermissions Violation";

bool is_denial(std::string_view text) {
  return text.find(denial) != std::string_view::npos;
}

}  // namespace

void SinkCheck::on_link_lost(uint64_t, std::string why) {
  const std::lock_guard lock(mutex_);
  if (said_.empty()) said_ = std::move(why);
}

std::string SinkCheck::said() const {
  const std::lock_guard lock(mutex_);
  return said_;
}

// A link that was denied something is of no use any more, so there may be several in turn.
std::optional<Error> SinkCheck::connect() {
  link_.reset();
  {
    const std::lock_guard lock(mutex_);
    said_.clear();
  }
  auto link = Link::connect(plan_.settings.nats, ++epoch_, *this);
  if (!link) return link.error();
  link_.emplace(std::move(*link));
  return std::nullopt;
}

std::optional<Error> SinkCheck::learn(const std::string& event_subject, SinkFacts& facts) {
  if (auto error = connect()) return error;
  facts.max_payload = link_->max_payload();
  learn_account(facts);
  if (facts.jetstream_off) return std::nullopt;
  learn_streams(facts);
  if (facts.jetstream_off) return std::nullopt;
  learn_overlap(facts);
  learn_rights(event_subject, facts);
  learn_survey(facts);
  return std::nullopt;
}

std::optional<std::string> SinkCheck::ask(const std::string& subject, const std::string& body,
                                          SinkFacts& facts, std::string* denied) {
  if (!link_ && connect()) return std::nullopt;
  auto reply = link_->request(subject, body);
  if (!reply) {
    if (denied != nullptr && is_denial(reply.error().text)) *denied = reply.error().text;
    link_.reset();
    return std::nullopt;
  }
  if (reply->no_responders) {
    facts.jetstream_off = " (503, no responders)";
    return std::nullopt;
  }
  return std::move(reply->json);
}

// `run` does not ask this, so it does without where that is not allowed.
void SinkCheck::learn_account(SinkFacts& facts) {
  const auto json = ask("$JS.API.INFO", "", facts);
  if (!json) return;
  const StreamAnswer answer = parse_stream_answer(*json);
  if (answer.error && means_jetstream_absent(*answer.error)) {
    facts.jetstream_off = fmt::format(": {}", answer.error->text);
  } else if (!answer.error) {
    facts.account = parse_account_facts(*json, plan_.settings.stream_plan.replicas);
  }
}

void SinkCheck::learn_streams(SinkFacts& facts) {
  const std::string& stream = plan_.names.stream;
  if (const auto json = ask("$JS.API.STREAM.INFO." + stream, "", facts, &facts.api_denied)) {
    StreamFacts found = parse_stream_facts(*json);
    const auto& error = found.answer.error;
    if (error && means_jetstream_absent(*error)) facts.jetstream_off = ": " + error->text;
    if (!error) facts.stream = std::move(found);
    if (error && error->code != api_error_stream_not_found) facts.stream_problem = error->text;
  } else if (facts.api_denied.empty() && !facts.jetstream_off) {
    facts.stream_problem = "NATS did not tell of it in time";
  }
  // Nobody but us wants to know the bucket's settings.
  if (const auto json = ask("$JS.API.STREAM.INFO." + record_stream(), "", facts)) {
    StreamFacts found = parse_stream_facts(*json);
    if (!found.answer.error) facts.bucket = std::move(found);
  }
}

void SinkCheck::learn_overlap(SinkFacts& facts) {
  if (facts.stream || !facts.api_denied.empty()) return;
  const auto json =
      ask("$JS.API.STREAM.NAMES", stream_names_request(plan_.names.stream_subjects), facts);
  if (json) facts.overlapping = parse_names_answer(*json).names;
}

// What cannot be done without leave is tried by requests that the server refuses once it has let
// them in: a stream's creation under two names, a message for a stream that is not there.
void SinkCheck::learn_rights(const std::string& event_subject, SinkFacts& facts) {
  const bool creates = !facts.stream && plan_.settings.stream_plan.create;
  std::string* denied = facts.api_denied.empty() ? &facts.api_denied : nullptr;
  if (creates) ask("$JS.API.STREAM.CREATE." + plan_.names.stream, "{}", facts, denied);
  denied = facts.api_denied.empty() ? &facts.api_denied : nullptr;
  ask("$JS.API.STREAM.MSG.GET." + record_stream(), R"({"seq":1})", facts, denied);
  denied = facts.api_denied.empty() ? &facts.api_denied : nullptr;
  ask("$JS.API.STREAM.MSG.GET." + plan_.names.stream, R"({"seq":1})", facts, denied);
  facts.publish_denied = denial_of(event_subject);
  const std::string source =
      plan_.names.source_id.empty() ? plan_.names.name : plan_.names.source_id;
  facts.record_denied = denial_of(record_subject(source) + ".check");
}

std::string SinkCheck::denial_of(const std::string& subject) {
  if (connect()) return {};
  constexpr Token token = 1;
  const std::array<Header, 1> headers{{{"Nats-Expected-Stream", "=waljet-check"}}};
  if (link_->publish({subject.c_str(), headers, ""}, token)) return {};
  const Instant deadline = std::chrono::steady_clock::now() + answer_timeout;
  std::vector<Ack> acks;
  for (Instant now = std::chrono::steady_clock::now(); now < deadline && acks.empty();
       now = std::chrono::steady_clock::now()) {
    if (is_denial(said())) return said();
    if (link_->exchange(now, acks)) return {};
    const Link::Interest interest = link_->interest();
    pollfd socket{interest.fd, interest.events, 0};
    poll(&socket, 1, static_cast<int>(look_interval.count()));
  }
  return {};
}

void SinkCheck::learn_survey(SinkFacts& facts) {
  const bool fits = !facts.stream || !check_stream(plan_.names.stream, facts.stream->answer,
                                                   plan_.names.subject_patterns,
                                                   plan_.settings.fencing == Fencing::strict);
  if (!fits || plan_.names.source_id.empty() || !facts.api_denied.empty()) return;
  if (!facts.stream_problem.empty() || connect()) return;
  Surveyor::Settings settings;
  settings.source_id = plan_.names.source_id;
  settings.stream = plan_.names.stream;
  settings.stream_subjects = plan_.names.stream_subjects;
  settings.subject_patterns = plan_.names.subject_patterns;
  settings.limits = {plan_.settings.max_pending, plan_.settings.max_pending_bytes};
  settings.stream_plan = plan_.settings.stream_plan;
  settings.strict = plan_.settings.fencing == Fencing::strict;
  Survey survey;
  constexpr uint64_t as_far_as_needed = 0;
  constexpr bool may_create = false;
  if (auto failed = Surveyor(settings).take(*link_, as_far_as_needed, may_create, {}, survey)) {
    facts.survey_problem = failed->error.text;
  } else {
    facts.survey = std::move(survey);
  }
}

}  // namespace waljet
