// The publisher's thread: does what the pump says, over a link to NATS.
#pragma once

#include <functional>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "streamer/event_headers.h"
#include "streamer/handoff.h"
#include "streamer/header_choice.h"
#include "streamer/jetstream.h"
#include "streamer/log.h"
#include "streamer/nats_access.h"
#include "streamer/pace.h"
#include "streamer/pump.h"
#include "streamer/snapshot_desk.h"
#include "streamer/stream_config.h"
#include "streamer/string_sink.h"
#include "streamer/surveyor.h"

namespace waljet {

struct PublisherSettings {
  NatsAccess nats;
  std::string stream_subjects;                // of a stream that is created
  StreamPlan stream_plan;                     // the same
  std::vector<std::string> subject_patterns;  // that a stream must cover
  bool message_ids = false;                   // Nats-Msg-Id as well
  HeaderChoice headers;
  PumpSettings pump;
  SnapshotReaderSettings reader;  // its options come with each session
};

class Publisher {
 public:
  Publisher(PublisherSettings settings, Handoff& handoff);

  // Until a stop is requested and done, or something fatal is reported. Never throws.
  void run();

 private:
  // How often it looks up from publishing to send, and to see what has arrived.
  static constexpr int publishes_per_turn = 64;
  static constexpr Duration notice_interval{1000};

  void take_inputs(Instant now);
  void take_items(Instant now);
  PumpAction::Kind work(Instant now);
  void work_on_snapshots(Instant now);
  // True if the pump may have more to do: answers have come, or what it published is sent.
  bool exchange(Instant now);
  void wait();
  void answer_survey_request();
  void report(Instant now);
  void report_state();
  void log_notices(Instant now);
  // True if there may be more to do at once.
  bool act(const PumpAction& action, Instant now);
  void connect(uint64_t epoch);
  void prepare(const PumpAction& action);
  void create_stream();
  void publish(const Outgoing& outgoing, Instant now);
  void publish_fence(uint64_t behind, Instant now);
  void write_record(const PumpAction& action, Instant now);

  PublisherSettings settings_;
  Handoff& handoff_;
  std::mt19937 random_{std::random_device{}()};
  SnapshotDesk snapshots_;
  Pump pump_;
  Surveyor surveyor_;
  std::optional<Link> link_;
  int64_t message_bytes_max_ = 0;  // of the server, or less if the stream says so
  uint64_t survey_under_way_ = 0;  // requests, by their numbers
  uint64_t survey_answered_ = 0;
  Pace pace_{size_t{32} << 10};
  Instant woke_at_{};
  size_t moved_bytes_ = 0;  // since then; an answer counts as one
  EventHeaders headers_;
  StringSink subject_;
  std::vector<Ack> acks_;

  TroubleLog trouble_log_;
  PumpState reported_state_ = PumpState::connecting;
  bool reported_ready_ = false;
  Lsn reported_confirmed_ = 0;
  uint64_t reported_session_end_ = 0;
  Pump::Notices logged_;
  Instant wait_until_{};  // what the pump wants
  Instant noticed_at_{};
  bool notices_wait_ = false;
};

}  // namespace waljet
