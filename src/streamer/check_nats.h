// Learns what `waljet check` judges of NATS. Stores nothing: where it has to publish, to see
// whether it may, the message asks for a stream of another name, so that no stream takes it.
#pragma once

#include <functional>
#include <mutex>
#include <optional>
#include <string>

#include "streamer/check_facts.h"
#include "streamer/jetstream.h"

namespace waljet {

class SinkCheck : LinkListener {
 public:
  // `plan` must outlive this, and have its names.
  explicit SinkCheck(const CheckPlan& plan) : plan_(plan) {}
  ~SinkCheck() override { link_.reset(); }
  SinkCheck(const SinkCheck&) = delete;
  SinkCheck& operator=(const SinkCheck&) = delete;

  // `event_subject`: one that an event has. An error: NATS does not answer, or does not let us in.
  std::optional<Error> learn(const std::string& event_subject, SinkFacts& facts);

 private:
  void on_link_lost(uint64_t epoch, std::string why) override;
  void on_link_due() override {}

  std::optional<Error> connect();
  // Nothing: the server did not let us ask, and `denied` has what it said; or it did not answer.
  std::optional<std::string> ask(const std::string& subject, const std::string& body,
                                 SinkFacts& facts, std::string* denied = nullptr);
  void learn_account(SinkFacts& facts);
  void learn_streams(SinkFacts& facts);
  void learn_overlap(SinkFacts& facts);
  void learn_rights(const std::string& event_subject, SinkFacts& facts);
  void learn_survey(SinkFacts& facts);
  // What the server says against a publish to the subject; empty: nothing.
  std::string denial_of(const std::string& subject);
  std::string said() const;

  const CheckPlan& plan_;
  std::optional<Link> link_;
  uint64_t epoch_ = 0;
  mutable std::mutex mutex_;
  std::string said_;  // why the link is of no use any more, from nats.c's threads
};

}  // namespace waljet
