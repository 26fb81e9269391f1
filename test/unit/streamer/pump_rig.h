// A pump for tests, and what it talks to: a session that has begun, a link, publishes answered.
#pragma once

#include <catch2/catch.hpp>
#include <string>
#include <utility>

#include "streamer/pump.h"
#include "streamer/test_broker.h"
#include "streamer/test_frames.h"

namespace waljet {
using Kind = PumpAction::Kind;

constexpr AckWindow::Limits roomy{1000, 1'000'000};
inline const Instant start{};

inline Instant at_ms(int64_t ms) {
  return start + Duration(ms);
}

inline PumpSettings settings_with(const AckWindow::Limits& limits = roomy) {
  PumpSettings settings;
  settings.names = {"app.00000001", "waljet_app", "app"};
  settings.limits = limits;
  settings.confirm_delay = Duration(0);
  return settings;
}

inline Pump make_pump(const PumpSettings& settings) {
  return Pump(settings, [] { return 1.0; });
}

inline Pump make_pump(const AckWindow::Limits& limits = roomy) {
  return make_pump(settings_with(limits));
}

inline Error trouble(ErrorClass error_class = ErrorClass::retry) {
  return {error_class, "trouble", {}, {}};
}

inline bool has(const std::string& text, const char* part) {
  return text.find(part) != std::string::npos;
}

inline SourceFacts facts_of(Lsn slot_confirmed = 0) {
  SourceFacts facts;
  facts.system_identifier = 7;
  facts.timeline = 1;
  facts.flushed = 1'000'000;
  facts.slot_exists = true;
  facts.slot_confirmed = slot_confirmed;
  return facts;
}

inline Item session_start(uint64_t number = 1, Lsn slot_confirmed = 0) {
  return make_session_start({number, facts_of(slot_confirmed)});
}

inline std::string transaction(Lsn commit_lsn, uint64_t events, Lsn end_lsn) {
  std::string bytes;
  for (uint64_t ordinal = 1; ordinal <= events; ++ordinal) {
    bytes += event_bytes({commit_lsn, ordinal, 0});
  }
  return bytes + commit_bytes(commit_lsn, end_lsn);
}

// ---- a pump and what it talks to ----

inline void make_link(Pump& pump, Instant now) {
  REQUIRE(pump.next(now).kind == Kind::connect);
  pump.on_connected();
}

inline void answer_prepare(Pump& pump, const TestBroker& broker, Instant now) {
  REQUIRE(pump.next(now).kind == Kind::prepare);
  pump.on_prepared(broker.survey(), now);
}

// The broker takes the record that is due.
inline void write_record(Pump& pump, TestBroker& broker, Instant now) {
  const PumpAction action = pump.next(now);
  REQUIRE(action.kind == Kind::write_record);
  pump.on_ack({pump.epoch(), record_token, broker.write(action)}, now);
}

// A pump that publishes: its first session has begun.
inline void make_ready(Pump& pump, TestBroker& broker, Instant now = start,
                       Lsn slot_confirmed = 0) {
  make_link(pump, now);
  answer_prepare(pump, broker, now);
  REQUIRE(pump.state() == PumpState::standing_by);
  pump.on_item(session_start(1, slot_confirmed), now);
  answer_prepare(pump, broker, now);
  write_record(pump, broker, now);
  REQUIRE(pump.was_ready());
}

// From a lost link to the next one, in the same session.
inline void make_link_again(Pump& pump, TestBroker& broker, Instant& now) {
  REQUIRE(pump.state() == PumpState::backing_off);
  PumpAction action = pump.next(now);
  if (action.kind == Kind::drop_link) action = pump.next(now);
  if (action.kind == Kind::wait) {
    now = action.until;
    action = pump.next(now);
  }
  REQUIRE(action.kind == Kind::connect);
  pump.on_connected();
  answer_prepare(pump, broker, now);
}

inline PumpAction publish_next(Pump& pump, Instant now = start) {
  PumpAction action = pump.next(now);
  REQUIRE(action.kind == Kind::publish);
  return action;
}

inline void acknowledge(Pump& pump, TestBroker& broker, const PumpAction& action,
                        Instant now = start) {
  pump.on_ack({pump.epoch(), action.message.token, broker.store(action)}, now);
}

inline void publish_all(Pump& pump, TestBroker& broker, Instant now = start) {
  for (PumpAction action = pump.next(now); action.kind == Kind::publish; action = pump.next(now)) {
    acknowledge(pump, broker, action, now);
  }
}

// What is confirmed a second later, when the record has been written.
inline Lsn confirmed_after_record(Pump& pump, TestBroker& broker, Instant& now) {
  now += Confirmer::record_interval;
  write_record(pump, broker, now);
  return pump.confirmed(now);
}

}  // namespace waljet
