// The publisher's thread: does what the pump says, over a link to NATS.
#pragma once

#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "streamer/handoff.h"
#include "streamer/jetstream.h"
#include "streamer/log.h"
#include "streamer/pump.h"
#include "streamer/string_sink.h"

namespace waljet {

struct PublisherSettings {
  std::string source_id;
  std::string nats;
  std::string stream;
  std::string stream_subjects;  // of a stream that is created
  std::string subject_pattern;  // that a stream must cover
  AckWindow::Limits limits;
};

class Publisher {
 public:
  Publisher(PublisherSettings settings, Handoff& handoff);

  // Until a stop is requested and done, or something fatal is reported. Never throws.
  void run();

 private:
  // How often it looks up from publishing to see what has arrived.
  static constexpr int publishes_per_turn = 64;

  void take_inputs(Instant now);
  void take_items();
  void report();
  // True if there may be more to do at once.
  bool act(const PumpAction& action, Instant now);
  void connect(uint64_t epoch);
  void prepare(bool may_create);
  void on_absent_stream(bool may_create);
  void refuse_preparation(const Result<ApiReply>& reply);
  void publish(const Outgoing& outgoing, Instant now);

  PublisherSettings settings_;
  Handoff& handoff_;
  std::mt19937 random_{std::random_device{}()};
  Pump pump_;
  std::optional<Link> link_;
  TroubleLog trouble_log_;
  PumpState reported_state_ = PumpState::connecting;
  Lsn reported_confirmed_ = 0;
  std::vector<Ack> acks_;
  StringSink id_;
  StringSink subject_;
};

}  // namespace waljet
