#include "streamer/pump.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "streamer/pump_rig.h"

namespace waljet {
namespace {

// ---- sessions ----

TEST_CASE("nothing is created before a session, nothing published before its record", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  broker.exists = false;
  const PumpAction connect = pump.next(start);
  CHECK(connect.kind == Kind::connect);
  CHECK(connect.epoch == 1);
  pump.on_connected();
  PumpAction prepare = pump.next(start);
  CHECK(prepare.kind == Kind::prepare);
  CHECK_FALSE(prepare.may_create);
  pump.on_prepared(broker.survey(), start);
  CHECK(pump.state() == PumpState::standing_by);
  REQUIRE(pump.survey());
  CHECK_FALSE(pump.survey()->stream);
  CHECK(pump.next(start).kind == Kind::wait);

  pump.on_item(session_start(), start);
  CHECK_FALSE(pump.wants_item());  // no event is taken before it is known what is stored
  prepare = pump.next(start);
  CHECK(prepare.kind == Kind::prepare);
  CHECK(prepare.may_create);
  CHECK(prepare.read_from == 0);
  pump.on_prepared(broker.survey(), start);
  CHECK(pump.next(start).kind == Kind::create);
  // Somebody else may have been faster: what the stream holds is looked at again.
  broker.exists = true;
  broker.add({{100, 1, 0}});
  pump.on_created();
  answer_prepare(pump, broker, start);

  const PumpAction record = pump.next(start);
  REQUIRE(record.kind == Kind::write_record);
  CHECK(record.record_revision == 0);
  CHECK_FALSE(pump.was_ready());
  CHECK(pump.wants_item());
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 2, 150)), start);
  CHECK(pump.next(start).kind == Kind::wait);
  pump.on_ack({pump.epoch(), record_token, broker.write(record)}, start);
  CHECK(pump.was_ready());
  CHECK(publish_next(pump).message.frame->position == Position{100, 2, 0});
}

TEST_CASE("a survey is taken again when it is asked for outside of a session", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  make_link(pump, start);
  answer_prepare(pump, broker, start);
  CHECK_FALSE(pump.survey_wanted());
  broker.add({{50, 1, 0}});
  pump.request_survey();
  CHECK(pump.survey_wanted());
  answer_prepare(pump, broker, start);
  REQUIRE(pump.survey());
  CHECK(pump.survey()->events.size() == 1);
  CHECK(pump.next(start).kind == Kind::wait);
}

TEST_CASE("the first record says where the slot and the stream stand", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  broker.add({{50, 1, 0}, {50, 2, 0}});
  make_ready(pump, broker, start, 40);
  REQUIRE(broker.record);
  CHECK(broker.record->system_identifier == 7);
  CHECK(broker.record->timeline == 1);
  CHECK(broker.record->position == 40);
  CHECK(broker.record->stream == "app");
  CHECK(broker.record->stream_created == broker.created);
  CHECK(broker.record->stream_sequence == 2);
  // Before the server has passed what was found, one may turn out to be missing among them.
  CHECK_FALSE(broker.record->last_event);
  CHECK(broker.record->max_pending == roomy.messages_max);
  CHECK(broker.record->max_pending_bytes == roomy.bytes_max);
  // All that the slot has confirmed lies before the first event behind it.
  CHECK(broker.record->marks == std::vector<Mark>{{40, 0}});
}

TEST_CASE("a session that an operator has to decide on ends, and nothing is taken of it",
          "[pump]") {
  TestBroker broker;
  Pump before = make_pump();
  make_ready(before, broker, start, 100);
  Pump pump = make_pump();
  make_link(pump, start);
  answer_prepare(pump, broker, start);
  pump.on_item(session_start(5, 900), start);  // somebody has moved the slot
  answer_prepare(pump, broker, start);
  CHECK(pump.state() == PumpState::standing_by);
  CHECK(pump.session_end().number == 5);
  CHECK(pump.session_end().blocked);
  CHECK(has(pump.session_end().why, "--accept-gap"));
  CHECK_FALSE(pump.in_session());
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), start);
  CHECK(pump.kept_bytes() == 0);
  CHECK(pump.next(start).kind == Kind::wait);
  CHECK_FALSE(pump.was_ready());
  // Mended: the next session goes on.
  pump.on_item(session_start(6, 100), start);
  answer_prepare(pump, broker, start);
  write_record(pump, broker, start);
  CHECK(pump.was_ready());
}

TEST_CASE("no session begins while the newest event lies beyond the server's log", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  make_ready(pump, broker);
  broker.add({{2'000'000, 1, 0}});
  pump.on_item(session_start(2), start);
  answer_prepare(pump, broker, start);
  CHECK(pump.session_end().number == 2);
  CHECK_FALSE(pump.in_session());
}

TEST_CASE("an event beyond the end of the server's log goes on record", "[pump]") {
  TestBroker broker;
  Pump before = make_pump();
  make_ready(before, broker);
  Pump pump = make_pump();
  make_link(pump, start);
  answer_prepare(pump, broker, start);
  pump.on_divergence({2'000'000, 1, 0});
  write_record(pump, broker, start);
  CHECK(broker.record->diverged == Position{2'000'000, 1, 0});
  CHECK(pump.next(start).kind == Kind::wait);
}

TEST_CASE("a session whose connection is gone is not begun, and its items are skipped", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  make_link(pump, start);
  answer_prepare(pump, broker, start);
  pump.on_item(session_start(1), start);
  pump.on_live_session(1);
  CHECK(pump.in_session());
  pump.on_live_session(0);
  CHECK_FALSE(pump.in_session());
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), start);
  CHECK(pump.kept_bytes() == 0);
  CHECK(pump.next(start).kind == Kind::wait);
  CHECK_FALSE(broker.record);
  pump.on_live_session(2);
  pump.on_item(session_start(2), start);
  answer_prepare(pump, broker, start);
  write_record(pump, broker, start);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), start);
  CHECK(pump.next(start).kind == Kind::publish);
}

TEST_CASE("the position on record never falls", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  Instant now = start;
  make_ready(pump, broker, now);
  pump.on_item(make_received(500), now);
  CHECK(confirmed_after_record(pump, broker, now) == 500);
  // PostgreSQL has forgotten that, as it may when it crashes.
  pump.on_item(session_start(2, 100), now);
  answer_prepare(pump, broker, now);
  write_record(pump, broker, now);
  CHECK(broker.record->position == 500);
  pump.on_item(make_received(200), now);
  CHECK(confirmed_after_record(pump, broker, now) == 200);
  CHECK(broker.record->position == 500);
}

TEST_CASE("a record that is back from before the stream lost events decides nothing", "[pump]") {
  PumpSettings settings = settings_with();
  settings.confirm_delay = Duration(5'000);
  TestBroker broker;
  Instant now = start;
  Pump before = make_pump(settings);
  make_ready(before, broker, now);
  before.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150) + transaction(200, 1, 250)),
                 now);
  publish_all(before, broker, now);
  confirmed_after_record(before, broker, now);
  const auto older = broker.record;  // all up to 250 is stored at or before sequence 2
  const uint64_t older_revision = broker.revision;
  broker.roll_back(1);

  Pump pump = make_pump(settings);
  make_ready(pump, broker, now);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), now);
  now += Duration(10'000);
  CHECK(confirmed_after_record(pump, broker, now) == 150);
  pump.on_trouble(trouble(), pump.epoch(), now);
  broker.record = older;
  broker.revision = older_revision;
  make_link_again(pump, broker, now);
  pump.on_item(session_start(2, 150), now);
  while (pump.next(now).kind != Kind::connect) now += Duration(100);
  pump.on_connected();
  answer_prepare(pump, broker, now);
  CHECK_FALSE(pump.session_end().blocked);
  write_record(pump, broker, now);
  pump.on_item(chunk_of(hello_bytes() + transaction(200, 1, 250)), now);
  CHECK(publish_next(pump, now).message.frame->position == Position{200, 1, 0});
}

TEST_CASE("a session knows the marks of the one before until it has passed them", "[pump]") {
  PumpSettings settings = settings_with();
  settings.confirm_delay = Duration(60'000);
  TestBroker broker;
  Instant now = start;
  Pump first = make_pump(settings);
  make_ready(first, broker, now);
  std::string both = hello_bytes();
  for (const Lsn lsn : {Lsn{100}, Lsn{200}}) {
    first.on_item(chunk_of(hello_bytes() + transaction(lsn, 1, lsn + 50)), now);
    both += transaction(lsn, 1, lsn + 50);
    publish_all(first, broker, now);
    confirmed_after_record(first, broker, now);
  }
  Pump second = make_pump(settings);
  make_ready(second, broker, now);
  CHECK(broker.record->marks == std::vector<Mark>{{0, 0}, {150, 1}, {250, 2}});

  SECTION("so it is known what the slot sends again when the stream has lost the last event") {
    broker.roll_back(1);
    Pump third = make_pump(settings);
    make_ready(third, broker, now, 150);
    CHECK(broker.record->marks == std::vector<Mark>{{150, 1}});
    third.on_item(chunk_of(hello_bytes() + transaction(200, 1, 250)), now);
    CHECK(publish_next(third, now).message.frame->position == Position{200, 1, 0});
  }
  SECTION("then its own count") {
    second.on_item(chunk_of(both), now);
    confirmed_after_record(second, broker, now);
    CHECK(broker.record->marks == std::vector<Mark>{{0, 0}, {250, 2}});
  }
}

TEST_CASE("of many marks some between are left out", "[pump]") {
  TestBroker broker;
  Pump before = make_pump();
  make_ready(before, broker);
  for (Lsn lsn = 1; lsn <= 40; ++lsn) broker.record->marks.push_back({lsn, 0});
  broker.record->position = 40;
  Pump pump = make_pump();
  make_ready(pump, broker);
  CHECK(broker.record->marks.size() <= record_marks_max + 1);
  CHECK(broker.record->marks.size() > record_marks_max / 2);
  CHECK(broker.record->marks.front() == Mark{0, 0});
  CHECK(broker.record->marks.back() == Mark{40, 0});
  CHECK(broker.record->position == 40);
}

TEST_CASE("a record that has gone back with the broker's power does not look like a moved slot",
          "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  Instant now = start;
  make_ready(pump, broker, now);
  const auto record = broker.record;
  pump.on_item(make_received(500), now);
  CHECK(confirmed_after_record(pump, broker, now) == 500);
  broker.record = record;
  broker.revision = 1;
  pump.on_trouble(trouble(), pump.epoch(), now);
  make_link_again(pump, broker, now);
  pump.on_item(session_start(2, 500), now);
  if (pump.state() != PumpState::publishing) {
    while (pump.next(now).kind != Kind::connect) now += Duration(100);
    pump.on_connected();
  }
  answer_prepare(pump, broker, now);
  CHECK_FALSE(pump.session_end().blocked);
  write_record(pump, broker, now);
  CHECK(broker.record->position == 500);
}

TEST_CASE("what an operator's word lets pass is noted", "[pump]") {
  PumpSettings settings = settings_with();
  settings.policy.accept_divergence = true;
  Pump pump = make_pump(settings);
  TestBroker broker;
  broker.add({{2'000'000, 1, 0}});
  make_ready(pump, broker);
  REQUIRE(pump.notices().accepted.size() == 1);
  CHECK(has(pump.notices().accepted[0], "--accept-divergence"));
  CHECK(broker.record->history_sequence == 1);
  // Nothing of the history given up is skipped by.
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), start);
  CHECK(publish_next(pump).message.frame->position == Position{100, 1, 0});
}

TEST_CASE("what is stored is skipped, and confirmed by what follows it", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  broker.add({{100, 1, 0}, {100, 2, 0}, {200, 1, 0}});
  Instant now = start;
  make_ready(pump, broker, now);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 2, 150) + transaction(200, 2, 250)), now);
  const PumpAction action = publish_next(pump, now);
  CHECK(action.message.frame->position == Position{200, 2, 0});
  CHECK(action.message.expected_sequence == 3);
  CHECK(pump.next(now).kind == Kind::wait);
  CHECK(confirmed_after_record(pump, broker, now) == 150);
  acknowledge(pump, broker, action, now);
  CHECK(confirmed_after_record(pump, broker, now) == 250);
}

TEST_CASE("what is skipped is not kept, however much it is", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  broker.add({{100, 1, 0}});
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes()), start);
  for (int i = 0; i < 1000; ++i) pump.on_item(chunk_of(transaction(100, 1, 150)), start);
  CHECK(pump.kept_bytes() == 0);
}

TEST_CASE("the next session waits until the window of the one before is empty", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 2, 150) + event_bytes({200, 1, 0})),
               start);
  // The connection is lost in the middle of the second transaction.
  pump.on_item(session_start(2), start);
  CHECK_FALSE(pump.wants_item());
  publish_all(pump, broker);
  PumpAction prepare = pump.next(start);
  CHECK(prepare.kind == Kind::prepare);
  CHECK(prepare.read_from == 0);
  pump.on_prepared(broker.survey(), start);
  write_record(pump, broker, start);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 2, 150) + transaction(200, 2, 250)),
               start);
  const PumpAction action = publish_next(pump);
  CHECK(action.message.frame->position == Position{200, 2, 0});
  CHECK(pump.next(start).kind == Kind::wait);
  acknowledge(pump, broker, action);
  Instant now = start;
  CHECK(confirmed_after_record(pump, broker, now) == 250);
  CHECK(broker.events() ==
        std::vector<Position>{{100, 1, 0}, {100, 2, 0}, {200, 1, 0}, {200, 2, 0}});
}

TEST_CASE("an event missing between stored ones is stored late, and said so", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  broker.add({{100, 1, 0}, {100, 3, 0}});
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 3, 150)), start);
  CHECK(publish_next(pump).message.frame->position == Position{100, 2, 0});
  CHECK(pump.next(start).kind == Kind::wait);
  CHECK(pump.notices().late_events == 1);
  CHECK(has(pump.notices().late_event, "app.00000001:0000000000000064:00000002.0000 of public.t"));
}

// ---- publishing and confirming ----

TEST_CASE("each event expects the one before it, and tells what is needed to send it", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  broker.add({{50, 1, 0}});
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 2, 150)), start);
  const PumpAction first = publish_next(pump);
  CHECK(first.message.source_id == "app.00000001");
  CHECK(first.message.frame->position == Position{100, 1, 0});
  CHECK(first.message.frame->body == "{}");
  CHECK(first.message.expected_sequence == 1);
  CHECK(publish_next(pump).message.expected_sequence == 2);
  CHECK(pump.next(start).kind == Kind::wait);
}

TEST_CASE("with fencing off nothing is expected and nothing skipped by the stream's end",
          "[pump]") {
  PumpSettings settings = settings_with();
  settings.policy.strict = false;
  Pump pump = make_pump(settings);
  TestBroker broker;
  broker.add({{100, 1, 0}});
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), start);
  const PumpAction action = publish_next(pump);
  CHECK(action.message.frame->position == Position{100, 1, 0});
  CHECK_FALSE(action.message.expected_sequence);
  // Anybody may write into the stream.
  PubAck ack;
  ack.outcome = PubAckOutcome::stored;
  ack.sequence = 900;
  pump.on_ack({pump.epoch(), action.message.token, ack}, start);
  CHECK(pump.state() == PumpState::publishing);
  CHECK(pump.window().empty());
}

TEST_CASE("a transaction is confirmed when all its events are stored and recorded", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  Instant now = start;
  make_ready(pump, broker, now);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 2, 150)), now);
  const PumpAction first = publish_next(pump, now);
  const PumpAction second = publish_next(pump, now);
  const PubAck first_ack = broker.store(first);
  acknowledge(pump, broker, second, now);  // its answer overtakes
  now += Confirmer::record_interval;
  CHECK(pump.next(now).kind == Kind::wait);
  pump.on_ack({pump.epoch(), first.message.token, first_ack}, now);
  CHECK(pump.kept_bytes() == 0);
  CHECK(pump.confirmed(now) == 0);
  const PumpAction record = pump.next(now);
  REQUIRE(record.kind == Kind::write_record);
  CHECK(record.record->position == 150);
  CHECK(record.record->stream_sequence == 2);
  CHECK(record.record->last_event == Position{100, 2, 0});
  CHECK(pump.confirmed(now) == 0);
  pump.on_ack({pump.epoch(), record_token, broker.write(record)}, now);
  CHECK(pump.confirmed(now) == 150);
}

TEST_CASE("a keepalive waits for what came before it", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  Instant now = start;
  make_ready(pump, broker, now);
  pump.on_item(make_received(90), now);
  // Nothing is waiting: an idle database holds no WAL.
  CHECK(confirmed_after_record(pump, broker, now) == 90);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), now);
  pump.on_item(make_received(200), now);
  const PumpAction action = publish_next(pump, now);
  now += Duration(2000);
  CHECK(pump.next(now).kind == Kind::wait);
  CHECK(pump.confirmed(now) == 90);
  acknowledge(pump, broker, action, now);
  CHECK(confirmed_after_record(pump, broker, now) == 200);
}

TEST_CASE("a keepalive waits for bytes that have not entered the window", "[pump]") {
  Pump pump = make_pump({1, 1'000'000});
  TestBroker broker;
  Instant now = start;
  make_ready(pump, broker, now);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 2, 150)), now);
  CHECK_FALSE(pump.wants_item());
  acknowledge(pump, broker, publish_next(pump, now), now);
  now += Confirmer::record_interval;
  CHECK(pump.next(now).kind == Kind::publish);  // nothing to record yet
}

TEST_CASE("a message outside a transaction is confirmed on its own", "[pump]") {
  // So is what stands in its place.
  const FrameKind kind = GENERATE(FrameKind::message, FrameKind::stub);
  Pump pump = make_pump();
  TestBroker broker;
  Instant now = start;
  make_ready(pump, broker, now);
  pump.on_item(chunk_of(hello_bytes() + event_bytes(kind, {100, 0, 0}, 120)), now);
  publish_all(pump, broker, now);
  CHECK(confirmed_after_record(pump, broker, now) == 120);
}

// A message's record may end where the next commit's begins.
TEST_CASE("a message's end, confirmed, takes nothing from the transaction that begins there",
          "[pump]") {
  const std::string message = event_bytes(FrameKind::message, {100, 0, 0}, 120);
  Pump before = make_pump();
  TestBroker broker;
  Instant now = start;
  make_ready(before, broker, now);
  before.on_item(chunk_of(hello_bytes() + message + event_bytes({120, 1, 0})), now);
  acknowledge(before, broker, publish_next(before, now), now);
  acknowledge(before, broker, publish_next(before, now), now);
  CHECK(confirmed_after_record(before, broker, now) == 120);

  // The next process, which the server sends the transaction as a whole.
  Pump pump = make_pump();
  SECTION("by the record") {}
  SECTION("without one") {
    broker.record.reset();
    broker.revision = 0;
  }
  make_ready(pump, broker, now, 120);
  pump.on_item(chunk_of(hello_bytes() + transaction(120, 2, 170)), now);
  const PumpAction action = publish_next(pump, now);
  CHECK(action.message.frame->position == Position{120, 2, 0});
  acknowledge(pump, broker, action, now);
  CHECK(confirmed_after_record(pump, broker, now) == 170);
  CHECK(broker.events() == std::vector<Position>{{100, 0, 0}, {120, 1, 0}, {120, 2, 0}});
}

TEST_CASE("without a record what begins where the slot stands is not among what it has confirmed",
          "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  broker.add({{100, 0, 0}, {120, 1, 0}});
  make_ready(pump, broker, start, 120);
  CHECK(broker.record->marks == std::vector<Mark>{{120, 1}});
}

TEST_CASE("a message's end does not say that the transaction which begins there has passed",
          "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  broker.add({{100, 0, 0}, {120, 1, 0}});
  Instant now = start;
  make_ready(pump, broker, now, 90);
  pump.on_item(chunk_of(hello_bytes() + event_bytes(FrameKind::message, {100, 0, 0}, 120)), now);
  CHECK(confirmed_after_record(pump, broker, now) == 120);
  CHECK_FALSE(broker.record->last_event);
  pump.on_item(chunk_of(transaction(120, 1, 170)), now);
  CHECK(confirmed_after_record(pump, broker, now) == 170);
  CHECK(broker.record->last_event == Position{120, 1, 0});
}

std::string transaction_with_markers(Lsn commit_lsn, Lsn end_lsn) {
  return event_bytes(FrameKind::marker, {commit_lsn, 0, 0}, 0) + event_bytes({commit_lsn, 1, 0}) +
         event_bytes(FrameKind::message, {commit_lsn, 2, 0}, 0) +
         event_bytes(FrameKind::marker, {commit_lsn, 3, 0}, 0) +
         commit_bytes(commit_lsn, end_lsn, 3);
}

TEST_CASE("markers and messages of a transaction are stored in their places", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  Instant now = start;
  make_ready(pump, broker, now);
  pump.on_item(chunk_of(hello_bytes() + transaction_with_markers(100, 150)), now);
  CHECK(pump.next(now).message.frame->kind == FrameKind::marker);
  pump.on_trouble(trouble(), pump.epoch(), now);
  make_link_again(pump, broker, now);
  publish_all(pump, broker, now);
  const std::vector<Position> all{{100, 0, 0}, {100, 1, 0}, {100, 2, 0}, {100, 3, 0}};
  CHECK(broker.events() == all);
  CHECK(confirmed_after_record(pump, broker, now) == 150);

  // The commit frame, which has the last marker's position, confirms what is found stored.
  Pump next = make_pump();
  make_ready(next, broker, now);
  next.on_item(chunk_of(hello_bytes() + transaction_with_markers(100, 150)), now);
  CHECK(next.next(now).kind == Kind::wait);
  CHECK(confirmed_after_record(next, broker, now) == 150);
  CHECK(broker.events() == all);
}

TEST_CASE("a stub is published in its event's place, and noted", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  make_ready(pump, broker);
  Frame stub;
  stub.kind = FrameKind::stub;
  stub.position = {100, 1, 0};
  stub.subject = "app.public.t.insert";
  stub.table = "public.t";
  pump.on_item(chunk_of(hello_bytes() + frame_bytes(stub) + commit_bytes(100, 150)), start);
  CHECK(publish_next(pump).message.frame->kind == FrameKind::stub);
  CHECK(pump.notices().stubs == 1);
  CHECK(has(pump.notices().stub, "of public.t"));
}

TEST_CASE("an event without a table is named by its subject", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  broker.add({{100, 0, 0}, {200, 1, 0}});
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + event_bytes(FrameKind::message, {150, 0, 0}, 160) +
                        event_bytes(FrameKind::stub, {300, 0, 0}, 310)),
               start);
  CHECK(has(pump.notices().late_event, "0000000000000096:00000000.0000 on app.=message.p"));
  CHECK(has(pump.notices().stub, "000000000000012C:00000000.0000 on app.=message.p"));
  const PumpAction action = publish_next(pump);
  pump.on_ack({pump.epoch(), action.message.token, {PubAckOutcome::refused, false, 0, 1, "full"}},
              start);
  CHECK(has(pump.trouble().text, "on app.=message.p: full"));
}

TEST_CASE("what is confirmed does not rise without a link", "[pump]") {
  PumpSettings settings = settings_with();
  settings.confirm_delay = Duration(5000);
  Pump pump = make_pump(settings);
  TestBroker broker;
  Instant now = start;
  make_ready(pump, broker, now);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), now);
  publish_all(pump, broker, now);
  CHECK(confirmed_after_record(pump, broker, now) == 0);
  pump.on_trouble(trouble(), pump.epoch(), now);
  now += Duration(10'000);
  CHECK(pump.confirmed(now) == 0);
  make_link_again(pump, broker, now);
  CHECK(pump.confirmed(now) == 150);
}

TEST_CASE("auto delays what one copy may lose with its power, memory and three copies not",
          "[pump]") {
  const auto confirmed_at = [](bool in_memory, int replicas, Duration after) {
    PumpSettings settings = settings_with();
    settings.confirm_delay.reset();
    Pump pump = make_pump(settings);
    TestBroker broker;
    broker.in_memory = in_memory;
    broker.replicas = replicas;
    Instant now = start;
    make_ready(pump, broker, now);
    pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), now);
    publish_all(pump, broker, now);
    confirmed_after_record(pump, broker, now);
    return pump.confirmed(now + after);
  };
  CHECK(confirmed_at(false, 1, Duration(149'999)) == 0);
  CHECK(confirmed_at(false, 1, Duration(150'000)) == 150);
  CHECK(confirmed_at(false, 2, Duration(149'999)) == 0);
  CHECK(confirmed_at(false, 3, Duration(0)) == 150);
  CHECK(confirmed_at(true, 1, Duration(0)) == 150);
}

TEST_CASE("with fencing off the delay is at most half the duplicate window", "[pump]") {
  PumpSettings settings = settings_with();
  settings.policy.strict = false;
  TestBroker broker;
  broker.duplicate_window = Duration(20'000);
  SECTION("auto is cut to it") {
    settings.confirm_delay.reset();
    Pump pump = make_pump(settings);
    Instant now = start;
    make_ready(pump, broker, now);
    pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), now);
    publish_all(pump, broker, now);
    CHECK(confirmed_after_record(pump, broker, now) == 0);
    CHECK(pump.confirmed(now + Duration(9'999)) == 0);
    CHECK(pump.confirmed(now + Duration(10'000)) == 150);
  }
  SECTION("more is a mistake in configuration") {
    settings.confirm_delay = Duration(10'001);
    Pump pump = make_pump(settings);
    make_link(pump, start);
    answer_prepare(pump, broker, start);
    pump.on_item(session_start(), start);
    answer_prepare(pump, broker, start);
    REQUIRE(pump.fatal());
    CHECK(pump.fatal()->error_class == ErrorClass::configuration);
  }
}

TEST_CASE("the window bounds what is taken", "[pump]") {
  Pump pump = make_pump({2, 1'000'000});
  TestBroker broker;
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 3, 150)), start);
  CHECK_FALSE(pump.wants_item());
  const PumpAction first = publish_next(pump);
  publish_next(pump);
  CHECK(pump.next(start).kind == Kind::wait);
  acknowledge(pump, broker, first);
  CHECK(pump.wants_item());
  CHECK(pump.next(start).kind == Kind::publish);
}

// ---- a lost link ----

TEST_CASE("after a lost link what is not stored goes first, in order", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  Instant now = start;
  make_ready(pump, broker, now);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 4, 150)), now);
  acknowledge(pump, broker, publish_next(pump, now), now);
  broker.store(publish_next(pump, now));  // its answer is lost
  publish_next(pump, now);                // lost on its way
  pump.on_trouble(trouble(), pump.epoch(), now);
  CHECK(pump.state() == PumpState::backing_off);
  CHECK(pump.next(now).kind == Kind::drop_link);
  const PumpAction wait = pump.next(now);
  CHECK(wait.kind == Kind::wait);
  CHECK(wait.until == at_ms(100));
  pump.on_item(chunk_of(transaction(200, 1, 250)), now);  // taken meanwhile

  now = wait.until;
  CHECK(pump.next(now).kind == Kind::connect);
  CHECK(pump.epoch() == 2);
  pump.on_connected();
  const PumpAction prepare = pump.next(now);
  REQUIRE(prepare.kind == Kind::prepare);
  CHECK(prepare.read_from == 2);  // what is acknowledged need not be read again
  pump.on_prepared(broker.survey(prepare.read_from), now);
  std::vector<Position> sent;
  for (int i = 0; i < 3; ++i) {
    const PumpAction action = publish_next(pump, now);
    sent.push_back(action.message.frame->position);
    acknowledge(pump, broker, action, now);
  }
  CHECK(sent == std::vector<Position>{{100, 3, 0}, {100, 4, 0}, {200, 1, 0}});
  CHECK(pump.kept_bytes() == 0);
  CHECK(pump.notices().late_events == 0);
  CHECK(confirmed_after_record(pump, broker, now) == 250);
}

TEST_CASE("with fencing off all that is unacknowledged goes again, in order", "[pump]") {
  PumpSettings settings = settings_with();
  settings.policy.strict = false;
  Pump pump = make_pump(settings);
  TestBroker broker;
  Instant now = start;
  make_ready(pump, broker, now);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 3, 150)), now);
  broker.store(publish_next(pump, now));
  acknowledge(pump, broker, publish_next(pump, now), now);  // overtook the first
  pump.on_trouble(trouble(), pump.epoch(), now);
  make_link_again(pump, broker, now);
  CHECK(publish_next(pump, now).message.frame->position == Position{100, 1, 0});
  CHECK(publish_next(pump, now).message.frame->position == Position{100, 3, 0});
}

TEST_CASE("an event that somebody else's message kept out is stored late", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  Instant now = start;
  make_ready(pump, broker, now);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 3, 150)), now);
  broker.store(publish_next(pump, now));
  const PumpAction second = publish_next(pump, now);
  const PumpAction third = publish_next(pump, now);
  broker.add_foreign();
  const PubAck refused = broker.store(second);
  CHECK(refused.outcome == PubAckOutcome::refused);
  CHECK(broker.store(third).outcome == PubAckOutcome::stored);
  pump.on_ack({pump.epoch(), second.message.token, refused}, now);
  make_link_again(pump, broker, now);
  CHECK(pump.notices().late_events == 1);
  CHECK(pump.notices().foreign_messages == 1);
  const PumpAction late = publish_next(pump, now);
  CHECK(late.message.frame->position == Position{100, 2, 0});
  CHECK(late.message.expected_sequence == 3);
  acknowledge(pump, broker, late, now);
  CHECK(confirmed_after_record(pump, broker, now) == 150);
}

// What an old link sent may still arrive, and the sequence that it expects may be right by then.
TEST_CASE("where the chain was shifted one event is under way at a time", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  Instant now = start;
  SECTION("by an event that is missing and stored late") {
    broker.add({{50, 1, 0}, {50, 3, 0}});
    make_ready(pump, broker, now);
    pump.on_item(chunk_of(hello_bytes() + transaction(50, 3, 90)), now);
    acknowledge(pump, broker, publish_next(pump, now), now);
  }
  SECTION("by an event that was stored and removed before the link was mended") {
    make_ready(pump, broker, now);
    pump.on_item(chunk_of(hello_bytes() + transaction(50, 2, 90)), now);
    broker.store(publish_next(pump, now));
    broker.remove_all();
    broker.store(publish_next(pump, now));
    pump.on_trouble(trouble(), pump.epoch(), now);
    make_link_again(pump, broker, now);
    acknowledge(pump, broker, publish_next(pump, now), now);
  }
  SECTION("by somebody else, also in the next session") {
    make_ready(pump, broker, now);
    broker.add_foreign();
    pump.on_trouble(trouble(), pump.epoch(), now);
    make_link_again(pump, broker, now);
    pump.on_item(session_start(2), now);
    REQUIRE(pump.next(now).kind == Kind::prepare);
    pump.on_prepared(broker.survey(broker.last_sequence() + 1), now);
    write_record(pump, broker, now);
    pump.on_item(chunk_of(hello_bytes()), now);
  }
  pump.on_item(chunk_of(transaction(100, 2, 150)), now);
  const PumpAction first = publish_next(pump, now);
  CHECK(pump.next(now).kind == Kind::wait);
  acknowledge(pump, broker, first, now);
  CHECK(pump.next(now).kind == Kind::publish);
}

TEST_CASE("a stream that is gone, was created again or has lost events ends the session",
          "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  Instant now = start;
  make_ready(pump, broker, now);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 2, 150)), now);
  publish_all(pump, broker, now);
  pump.on_trouble(trouble(), pump.epoch(), now);
  const char* said = "";
  SECTION("gone") {
    broker.exists = false;
    said = "is gone";
  }
  SECTION("created again") {
    broker.created = "2026-02-02T00:00:00Z";
    said = "created again";
  }
  SECTION("rolled back") {
    broker.roll_back(1);
    said = "has lost events";
  }
  make_link_again(pump, broker, now);
  CHECK_FALSE(pump.in_session());
  CHECK(pump.session_end().number == 1);
  CHECK_FALSE(pump.session_end().blocked);
  CHECK(has(pump.session_end().why, said));
  CHECK(pump.kept_bytes() == 0);
  CHECK(pump.next(now).kind == Kind::drop_link);
}

TEST_CASE("a stream that lost an event whose answer overtook another one's has lost events",
          "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  Instant now = start;
  make_ready(pump, broker, now);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 3, 150)), now);
  broker.store(publish_next(pump, now));
  broker.store(publish_next(pump, now));
  acknowledge(pump, broker, publish_next(pump, now), now);
  pump.on_trouble(trouble(), pump.epoch(), now);
  broker.roll_back(1);
  make_link_again(pump, broker, now);
  CHECK_FALSE(pump.in_session());
  CHECK(has(pump.session_end().why, "has lost events"));
}

TEST_CASE("later events of this source, or another record, mean that another process took over",
          "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  Instant now = start;
  make_ready(pump, broker, now);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), now);
  publish_all(pump, broker, now);
  SECTION("events") {
    pump.on_trouble(trouble(), pump.epoch(), now);
    broker.add({{200, 1, 0}});
    make_link_again(pump, broker, now);
  }
  SECTION("record, found by a new link") {
    pump.on_trouble(trouble(), pump.epoch(), now);
    broker.record->position = 777;
    ++broker.revision;
    make_link_again(pump, broker, now);
  }
  SECTION("record with a revision that repeats, since the broker has lost our own") {
    pump.on_trouble(trouble(), pump.epoch(), now);
    broker.record->position = 777;
    make_link_again(pump, broker, now);
  }
  SECTION("record, found by writing one's own") {
    broker.record->position = 777;
    ++broker.revision;
    now += Confirmer::record_interval;
    write_record(pump, broker, now);
  }
  CHECK_FALSE(pump.in_session());
  CHECK(has(pump.session_end().why, "another waljet"));
  CHECK(pump.state() == PumpState::backing_off);
}

TEST_CASE("a record whose answer was lost counts if it is found written", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  Instant now = start;
  make_ready(pump, broker, now);
  pump.on_item(make_received(90), now);
  now += Confirmer::record_interval;
  const PumpAction record = pump.next(now);
  REQUIRE(record.kind == Kind::write_record);
  SECTION("written") {
    broker.write(record);
    pump.on_trouble(trouble(), pump.epoch(), now);
    make_link_again(pump, broker, now);
    CHECK(pump.confirmed(now) == 90);
  }
  SECTION("lost") {
    pump.on_trouble(trouble(), pump.epoch(), now);
    make_link_again(pump, broker, now);
    CHECK(pump.confirmed(now) == 0);
    CHECK(confirmed_after_record(pump, broker, now) == 90);
  }
}

TEST_CASE("an answer of an earlier link does not count", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  Instant now = start;
  make_ready(pump, broker, now);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), now);
  const PumpAction action = publish_next(pump, now);
  pump.on_ack({pump.epoch() - 1, action.message.token, broker.store(action)}, now);
  CHECK_FALSE(pump.window().empty());
  pump.on_trouble(trouble(), pump.epoch() - 1, now);
  CHECK(pump.state() == PumpState::publishing);
}

TEST_CASE("any answer but stored in its place gives the link up", "[pump]") {
  const auto give_up = [](const PubAck& ack) {
    Pump pump = make_pump();
    TestBroker broker;
    make_ready(pump, broker);
    pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), start);
    const PumpAction action = publish_next(pump);
    pump.on_ack({pump.epoch(), action.message.token, ack}, start);
    CHECK(pump.state() == PumpState::backing_off);
    CHECK_FALSE(pump.window().empty());
    return pump.trouble().text;
  };
  CHECK(has(give_up({PubAckOutcome::refused, false, 0, 10077, "full"}), "full"));
  CHECK(has(give_up({PubAckOutcome::no_responders, false, 0, 0, "nobody"}), "nobody"));
  CHECK(has(give_up({PubAckOutcome::refused, false, 0, 10071, "wrong last sequence: 3"}), "10071"));
  CHECK(has(give_up({PubAckOutcome::stored, false, 5, 0, {}}), "5 instead of 1"));
}

TEST_CASE("a record that is refused for another reason than a writer is tried again", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  Instant now = start;
  make_ready(pump, broker, now);
  pump.on_item(make_received(90), now);
  now += Confirmer::record_interval;
  REQUIRE(pump.next(now).kind == Kind::write_record);
  pump.on_ack({pump.epoch(), record_token, {PubAckOutcome::refused, false, 0, 10077, "full"}}, now);
  CHECK(has(pump.trouble().text, "full"));
  CHECK(pump.in_session());
  make_link_again(pump, broker, now);
  CHECK(confirmed_after_record(pump, broker, now) == 90);
}

TEST_CASE("ten seconds of silence give the link up, progress does not", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 2, 150)), start);
  const PumpAction first = publish_next(pump, at_ms(50'000));  // waiting to be sent is no silence
  publish_next(pump, at_ms(55'000));
  CHECK(pump.next(at_ms(55'000)).until == at_ms(60'000));
  acknowledge(pump, broker, first, at_ms(59'000));
  CHECK(pump.next(at_ms(68'999)).kind == Kind::wait);
  CHECK(pump.next(at_ms(69'000)).kind == Kind::drop_link);
  CHECK(pump.state() == PumpState::backing_off);
}

TEST_CASE("while the link takes nothing more no event is published, and silence counts", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 2, 150)), start);
  constexpr bool takes_more = false;
  CHECK(pump.next(start, takes_more).kind == Kind::wait);
  const PumpAction first = publish_next(pump);
  const PumpAction wait = pump.next(start, takes_more);
  CHECK(wait.kind == Kind::wait);
  CHECK(wait.until == start + Pump::ack_silence_max);
  acknowledge(pump, broker, first, at_ms(5'000));
  CHECK(pump.next(at_ms(20'000), takes_more).kind == Kind::wait);  // nothing is awaited
  publish_next(pump, at_ms(20'000));
  pump.next(at_ms(30'000), takes_more);
  CHECK(pump.state() == PumpState::backing_off);
}

TEST_CASE("silence about the record gives the link up as well", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  make_ready(pump, broker);
  pump.on_item(make_received(90), start);
  REQUIRE(pump.next(at_ms(40'000)).kind == Kind::write_record);
  CHECK(pump.next(at_ms(49'999)).kind == Kind::wait);
  CHECK(pump.next(at_ms(50'000)).kind == Kind::drop_link);
}

TEST_CASE("waits grow until events are stored again, not only connections made", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  Instant now = start;
  make_ready(pump, broker, now);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), now);
  Duration last{0};
  for (int round = 0; round < 10; ++round) {
    const PumpAction action = publish_next(pump, now);
    pump.on_ack({pump.epoch(), action.message.token, {PubAckOutcome::refused, false, 0, 1, "no"}},
                now);
    const Instant lost = now;
    make_link_again(pump, broker, now);
    const Duration wait = std::chrono::duration_cast<Duration>(now - lost);
    CHECK(wait >= last);
    CHECK(wait <= Pump::backoff_longest);
    last = wait;
  }
  CHECK(last == Pump::backoff_longest);
  publish_all(pump, broker, now);
  pump.on_trouble(trouble(), pump.epoch(), now);
  const Instant lost = now;
  make_link_again(pump, broker, now);
  CHECK(now - lost == Pump::backoff_first);
}

TEST_CASE("an event too large waits for what was sent before it, and is tried again", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  Instant now = start;
  make_ready(pump, broker, now);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150) + transaction(200, 1, 250)), now);
  const PumpAction first = publish_next(pump, now);
  const PumpAction large = publish_next(pump, now);
  pump.on_oversize(large.message.token, {ErrorClass::retry, "too large", {}, {}});
  CHECK(pump.next(now).kind == Kind::wait);
  CHECK(pump.state() == PumpState::publishing);
  acknowledge(pump, broker, first, now);
  CHECK(pump.next(now).kind == Kind::drop_link);
  CHECK(has(pump.trouble().text, "too large"));
  make_link_again(pump, broker, now);
  const PumpAction again = publish_next(pump, now);
  CHECK(again.message.frame->position == Position{200, 1, 0});
  CHECK(again.message.expected_sequence == 1);
  acknowledge(pump, broker, again, now);
  CHECK(confirmed_after_record(pump, broker, now) == 250);
}

// ---- groups ----

using Bodies = std::vector<std::string>;

// What is published, as `first-last`.
std::string range_of(const PumpAction& action) {
  const Frame& frame = *action.message.frame;
  return std::to_string(position_at(frame, 0).ordinal) + "-" +
         std::to_string(frame.position.ordinal);
}

Bodies publish_ranges(Pump& pump, TestBroker& broker) {
  Bodies ranges;
  for (PumpAction action = pump.next(start); action.kind == Kind::publish;
       action = pump.next(start)) {
    ranges.push_back(range_of(action));
    acknowledge(pump, broker, action);
  }
  return ranges;
}

TEST_CASE("a group is one message, confirmed as a whole", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  make_ready(pump, broker);
  Instant now = start;
  pump.on_item(chunk_of(hello_bytes() + group_bytes(100, 1, 5) + commit_bytes(100, 150)), now);
  CHECK(pump.window().messages() == 1);
  const PumpAction group = publish_next(pump);
  CHECK(range_of(group) == "1-5");
  CHECK(group.message.expected_sequence == 0);
  CHECK(pump.next(now).kind == Kind::wait);
  acknowledge(pump, broker, group);
  CHECK(confirmed_after_record(pump, broker, now) == 150);
  CHECK(broker.record->last_event == Position{100, 5, 0});
  CHECK(broker.record->stream_sequence == 1);
}

TEST_CASE("where the stream ends inside of a group, the rest of it is published", "[pump]") {
  TestBroker broker;
  SECTION("behind single events") {
    broker.add({{100, 1, 0}, {100, 2, 0}, {100, 3, 0}});
  }
  SECTION("behind a smaller group") {
    broker.add_group({100, 1, 0}, {100, 3, 0});
  }
  Pump pump = make_pump();
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + group_bytes(100, 1, 5) + group_bytes(100, 6, 7) +
                        commit_bytes(100, 150)),
               start);
  const PumpAction rest = publish_next(pump);
  CHECK(range_of(rest) == "4-5");
  CHECK(rest.message.frame->body == "{}\n{}");
  acknowledge(pump, broker, rest);
  CHECK(publish_ranges(pump, broker) == Bodies{"6-7"});
  CHECK(pump.notices().late_events == 0);
}

TEST_CASE("the rest of a group may be one event, or nothing", "[pump]") {
  TestBroker broker;
  broker.add_group({100, 1, 0}, {100, 4, 0});
  Pump pump = make_pump();
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + group_bytes(100, 1, 2) + group_bytes(100, 3, 5) +
                        commit_bytes(100, 150)),
               start);
  const PumpAction rest = publish_next(pump);
  CHECK(range_of(rest) == "5-5");
  CHECK(event_count(*rest.message.frame) == 1);
  acknowledge(pump, broker, rest);
  CHECK(pump.next(start).kind == Kind::wait);
}

TEST_CASE("single events inside of a stored group are stored", "[pump]") {
  TestBroker broker;
  broker.add_group({100, 1, 0}, {100, 3, 0});
  Pump pump = make_pump();
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 5, 150)), start);
  CHECK(publish_ranges(pump, broker) == Bodies{"4-4", "5-5"});
  CHECK(pump.notices().late_events == 0);
}

TEST_CASE("what is missing of a group is stored late, the rest behind it", "[pump]") {
  TestBroker broker;
  broker.add({{100, 1, 0}, {100, 4, 0}, {100, 6, 0}});
  Pump pump = make_pump();
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + group_bytes(100, 1, 9) + commit_bytes(100, 150)), start);
  CHECK(publish_ranges(pump, broker) == Bodies{"2-3", "5-5", "7-9"});
  CHECK(pump.notices().late_events == 3);
}

TEST_CASE("parts of a group enter the window one by one as there is room", "[pump]") {
  TestBroker broker;
  broker.add({{100, 2, 0}, {100, 4, 0}});
  broker.add_group({100, 6, 0}, {100, 7, 0});
  Record record;
  record.system_identifier = 7;
  record.timeline = 1;
  record.stream = "app";
  record.stream_created = broker.created;
  record.read_from = 1;
  record.max_pending = 1;
  broker.record = record;
  broker.revision = 1;
  Pump pump = make_pump({1, 1'000'000});
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + group_bytes(100, 1, 8) + commit_bytes(100, 150)), start);
  CHECK(pump.window().messages() == 1);
  CHECK(publish_ranges(pump, broker) == Bodies{"1-1", "3-3", "5-5", "8-8"});
  CHECK(pump.kept_bytes() == 0);
}

TEST_CASE("a message found stored is ours only if it is grouped as ours", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  make_ready(pump, broker);
  Instant now = start;
  pump.on_item(chunk_of(hello_bytes() + group_bytes(100, 1, 4) + group_bytes(100, 5, 8)), now);
  publish_next(pump);
  publish_next(pump);
  SECTION("as ours") {
    broker.add_group({100, 1, 0}, {100, 4, 0});
    pump.on_trouble(trouble(), pump.epoch(), now);
    make_link_again(pump, broker, now);
    CHECK(pump.session_end().number == 0);
    CHECK(range_of(publish_next(pump, now)) == "5-8");
  }
  SECTION("otherwise") {
    const auto [first, last] = GENERATE(std::pair{2, 4}, std::pair{1, 2}, std::pair{1, 6},
                                        std::pair{4, 4}, std::pair{4, 5});
    broker.add_group({100, static_cast<uint64_t>(first), 0}, {100, static_cast<uint64_t>(last), 0});
    pump.on_trouble(trouble(), pump.epoch(), now);
    make_link_again(pump, broker, now);
    CHECK(pump.session_end().number == 1);
    CHECK(has(pump.session_end().why, "in other groups"));
  }
}

TEST_CASE("a group that the server does not take any more ends the session", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + event_bytes({100, 1, 0}) + group_bytes(100, 2, 4)), start);
  const PumpAction first = publish_next(pump);
  const PumpAction group = publish_next(pump);
  pump.on_oversize(group.message.token, trouble());
  CHECK(pump.next(start).kind == Kind::wait);  // for the event before
  acknowledge(pump, broker, first);
  CHECK(pump.next(start).kind == Kind::drop_link);
  CHECK(pump.session_end().number == 1);
  CHECK_FALSE(pump.session_end().blocked);
}

Item session_with_groups(uint64_t number, const GroupSizes& groups) {
  return make_session_start({number, facts_of(), groups});
}

TEST_CASE("groups change when the stream has grown past what may be under way", "[pump]") {
  TestBroker broker;
  {
    Pump before = make_pump({3, 1'000'000});
    make_ready(before, broker);  // and is killed
  }
  Pump pump = make_pump({2, 1'000'000});
  make_link(pump, start);
  answer_prepare(pump, broker, start);
  SECTION("not before") {
    pump.on_item(session_with_groups(1, {1000, 5000, 1000}), start);
    answer_prepare(pump, broker, start);
    CHECK(pump.session_end().number == 1);
    CHECK(pump.state() == PumpState::standing_by);
  }
  pump.on_item(session_with_groups(2, {1000, 5000, 0}), start);
  answer_prepare(pump, broker, start);
  write_record(pump, broker, start);
  CHECK_FALSE(broker.record->settled);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 5, 150)), start);
  CHECK(publish_ranges(pump, broker) == Bodies{"1-1", "2-2", "3-3", "4-4"});
  CHECK_FALSE(pump.wants_item());
  // The fourth one was in the window when the third one was stored.
  CHECK(broker.record->group_bytes == 0);
}

TEST_CASE("a session that has settled ends, and the next one groups as wanted", "[pump]") {
  TestBroker broker;
  {
    Pump before = make_pump({1, 1'000'000});
    make_ready(before, broker);
  }
  Pump pump = make_pump({1, 1'000'000});
  make_link(pump, start);
  answer_prepare(pump, broker, start);
  pump.on_item(session_with_groups(1, {1000, 5000, 0}), start);
  answer_prepare(pump, broker, start);
  write_record(pump, broker, start);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 2, 150)), start);
  acknowledge(pump, broker, publish_next(pump));
  write_record(pump, broker, start);
  CHECK(broker.record->settled);
  CHECK(pump.next(start).kind == Kind::wait);
  CHECK(pump.session_end().number == 1);
  CHECK_FALSE(pump.in_session());
  CHECK(pump.wants_item());
  pump.on_item(session_with_groups(2, {1000, 5000, 1000}), start);
  answer_prepare(pump, broker, start);
  write_record(pump, broker, start);
  CHECK(broker.record->group_bytes == 1000);
  CHECK_FALSE(broker.record->settled);
  pump.on_item(chunk_of(hello_bytes() + group_bytes(100, 1, 2) + commit_bytes(100, 150)), start);
  CHECK(publish_ranges(pump, broker) == Bodies{"2-2"});
}

// ---- another filter ----

// From the request for a turn to a session that has ended so.
void finish_turn(Pump& pump, TestBroker& broker) {
  for (PumpAction action = pump.next(start); action.kind != Kind::wait; action = pump.next(start)) {
    if (action.kind == Kind::publish) {
      acknowledge(pump, broker, action);
    } else {
      REQUIRE(action.kind == Kind::write_record);
      pump.on_ack({pump.epoch(), record_token, broker.write(action)}, start);
    }
  }
  REQUIRE_FALSE(pump.in_session());
  REQUIRE(pump.session_end().turned);
}

TEST_CASE("a turn finishes the transaction in hand, and drops what comes behind it", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + event_bytes({100, 1, 0})), start);
  pump.request_turn(1, start);
  publish_all(pump, broker);
  CHECK(pump.in_session());
  CHECK(pump.wants_item());
  pump.on_item(
      chunk_of(event_bytes({100, 2, 0}) + commit_bytes(100, 150) + transaction(200, 1, 250)),
      start);
  CHECK_FALSE(pump.wants_item());
  finish_turn(pump, broker);
  CHECK(broker.events() == std::vector<Position>{{100, 1, 0}, {100, 2, 0}});
  CHECK(broker.record->settled);
  CHECK(pump.session_end().number == 1);
  CHECK(pump.session_end().confirmed == 150);
  CHECK_FALSE(pump.session_end().blocked);
  CHECK(pump.wants_item());
}

TEST_CASE("a turn between two transactions comes at once", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  make_ready(pump, broker);
  SECTION("before anything") {}
  SECTION("behind a transaction") {
    pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), start);
  }
  SECTION("behind a message outside a transaction") {
    pump.on_item(chunk_of(hello_bytes() + event_bytes(FrameKind::message, {100, 0, 0}, 150)),
                 start);
  }
  pump.request_turn(1, start);
  CHECK_FALSE(pump.wants_item());
  finish_turn(pump, broker);
}

TEST_CASE("a turn of another session does not concern this one", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  make_ready(pump, broker);
  pump.request_turn(2, start);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), start);
  publish_all(pump, broker);
  CHECK(pump.in_session());
  CHECK(pump.wants_item());
}

TEST_CASE("a turn finishes a transaction that waits for room, and leaves those behind it",
          "[pump]") {
  Pump pump = make_pump({1, 1'000'000});
  TestBroker broker;
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150) + transaction(200, 2, 250) +
                        transaction(300, 1, 350)),
               start);
  CHECK_FALSE(pump.wants_item());
  pump.request_turn(1, start);
  finish_turn(pump, broker);
  CHECK(broker.events() == std::vector<Position>{{100, 1, 0}, {200, 1, 0}, {200, 2, 0}});
}

TEST_CASE("a wider filter adds nothing to what the one before has judged", "[pump]") {
  PumpSettings settings = settings_with();
  settings.confirm_delay = Duration(50'000);
  settings.policy.strict = GENERATE(true, false);
  TestBroker broker;
  const std::string wider = hello_bytes() + transaction(100, 9, 150) + transaction(200, 9, 250) +
                            transaction(300, 2, 350);
  const std::vector<Position> whole{
      {100, 2, 0}, {200, 1, 0}, {200, 4, 0}, {300, 1, 0}, {300, 2, 0}};
  Pump pump = make_pump(settings);
  make_ready(pump, broker);
  pump.on_item(
      chunk_of(hello_bytes() + event_bytes({100, 2, 0}) + commit_bytes(100, 150, 10) +
               event_bytes({200, 1, 0}) + event_bytes({200, 4, 0}) + commit_bytes(200, 250, 10)),
      start);
  pump.request_turn(1, start);
  finish_turn(pump, broker);
  CHECK(broker.record->last_event == Position{200, 10, 0});
  CHECK(pump.session_end().confirmed == 0);
  pump.on_item(session_start(2), start);
  SECTION("in the next session") {}
  SECTION("in a later one") {
    answer_prepare(pump, broker, start);
    write_record(pump, broker, start);
    pump.on_item(session_start(3), start);
  }
  answer_prepare(pump, broker, start);
  write_record(pump, broker, start);
  pump.on_item(chunk_of(wider), start);
  publish_all(pump, broker);
  CHECK(broker.events() == whole);
  CHECK(pump.notices().late_events == 0);
}

TEST_CASE("a turn waits until all that was found stored has come again", "[pump]") {
  TestBroker broker;
  broker.add({{100, 1, 0}, {100, 2, 0}});
  Pump pump = make_pump();
  make_ready(pump, broker);
  pump.request_turn(1, start);
  CHECK(pump.wants_item());
  pump.on_item(chunk_of(hello_bytes() + event_bytes({100, 1, 0}) + event_bytes({100, 2, 0})),
               start);
  CHECK(pump.wants_item());
  // The rest of it, that the process before had not stored.
  pump.on_item(chunk_of(event_bytes({100, 3, 0})), start);
  CHECK(pump.wants_item());
  publish_all(pump, broker);
  CHECK(pump.in_session());
  pump.on_item(chunk_of(commit_bytes(100, 150)), start);
  CHECK_FALSE(pump.wants_item());
  finish_turn(pump, broker);
  CHECK(broker.events().back() == Position{100, 3, 0});
}

TEST_CASE("a turn waits while NATS is away", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), start);
  publish_next(pump);
  pump.on_trouble(trouble(), pump.epoch(), start);
  pump.request_turn(1, start);
  Instant now = start;
  CHECK(pump.in_session());
  make_link_again(pump, broker, now);
  CHECK(pump.in_session());
  finish_turn(pump, broker);
  CHECK(broker.events() == std::vector<Position>{{100, 1, 0}});
}

// ---- the end ----

TEST_CASE("a stop finishes the transaction in hand, waits for its answers and records", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + event_bytes({100, 1, 0})), start);
  const PumpAction first = publish_next(pump);
  pump.request_stop(start);
  CHECK(pump.state() == PumpState::draining);
  acknowledge(pump, broker, first);
  CHECK(pump.next(start).kind == Kind::wait);  // the commit has not come
  CHECK(pump.wants_item());
  // The rest of the transaction, and another one that is left for the next start.
  pump.on_item(
      chunk_of(event_bytes({100, 2, 0}) + commit_bytes(100, 150) + transaction(200, 1, 250)),
      start);
  CHECK_FALSE(pump.wants_item());
  const PumpAction second = publish_next(pump);
  CHECK(pump.next(start).kind == Kind::wait);
  acknowledge(pump, broker, second);
  write_record(pump, broker, start);  // at once
  CHECK(pump.next(start).kind == Kind::drop_link);
  CHECK(pump.next(start).kind == Kind::stop);
  CHECK(pump.confirmed(start) == 150);
  CHECK_FALSE(pump.fatal());
}

TEST_CASE("a stop finishes a transaction of which the first marker alone has come", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  make_ready(pump, broker);
  const std::string whole = transaction_with_markers(100, 150);
  const size_t marker_bytes = event_bytes(FrameKind::marker, {100, 0, 0}, 0).size();
  pump.on_item(chunk_of(hello_bytes() + whole.substr(0, marker_bytes)), start);
  pump.request_stop(start);
  CHECK(pump.wants_item());
  pump.on_item(chunk_of(whole.substr(marker_bytes)), start);
  CHECK_FALSE(pump.wants_item());
  publish_all(pump, broker);
  CHECK(broker.events().size() == 4);
}

TEST_CASE("behind a message outside a transaction nothing is in hand", "[pump]") {
  const FrameKind kind = GENERATE(FrameKind::message, FrameKind::stub);
  Pump pump = make_pump();
  TestBroker broker;
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + event_bytes(kind, {100, 0, 0}, 120)), start);
  pump.request_stop(start);
  CHECK_FALSE(pump.wants_item());
  acknowledge(pump, broker, publish_next(pump));
  write_record(pump, broker, start);
  CHECK(pump.next(start).kind == Kind::drop_link);
  CHECK(pump.confirmed(start) == 120);
}

TEST_CASE("a stop between transactions leaves what was not taken yet", "[pump]") {
  Pump pump = make_pump({1, 1'000'000});
  TestBroker broker;
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150) + transaction(200, 1, 250)),
               start);
  const PumpAction only = publish_next(pump);
  pump.request_stop(start);
  acknowledge(pump, broker, only);
  write_record(pump, broker, start);
  CHECK(pump.next(start).kind == Kind::drop_link);
  CHECK(pump.confirmed(start) == 150);
}

TEST_CASE("a stop does not wait for a transaction that cannot go on", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + event_bytes({100, 1, 0})), start);
  const PumpAction first = publish_next(pump);
  pump.request_stop(start);
  pump.on_input_end();
  CHECK(pump.next(start).kind == Kind::wait);
  acknowledge(pump, broker, first);
  CHECK_FALSE(broker.record->settled);
  write_record(pump, broker, start);
  CHECK(broker.record->settled);
  CHECK(pump.next(start).kind == Kind::drop_link);
  CHECK(pump.confirmed(start) == 0);
}

TEST_CASE("a stop confirms only what the delay allows", "[pump]") {
  PumpSettings settings = settings_with();
  settings.confirm_delay = Duration(5000);
  Pump pump = make_pump(settings);
  TestBroker broker;
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), start);
  publish_all(pump, broker);
  pump.request_stop(start);
  write_record(pump, broker, start);
  CHECK(broker.record->position == 150);
  CHECK(pump.next(start).kind == Kind::drop_link);
  CHECK(pump.next(start).kind == Kind::stop);
  CHECK(pump.confirmed(start) == 0);
}

TEST_CASE("a stop does not wait for ever, nor for a link", "[pump]") {
  TestBroker broker;
  Pump silent = make_pump();
  make_ready(silent, broker);
  silent.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), start);
  publish_next(silent, at_ms(5'000));
  silent.request_stop(at_ms(6'000));
  CHECK(silent.next(at_ms(6'000)).until == at_ms(15'000));
  CHECK(silent.next(at_ms(16'000)).kind == Kind::drop_link);
  CHECK(silent.next(at_ms(16'000)).kind == Kind::stop);

  Pump away = make_pump();
  away.request_stop(start);
  CHECK(away.next(start).kind == Kind::stop);

  TestBroker other;
  Pump losing = make_pump();
  make_ready(losing, other);
  losing.request_stop(start);
  losing.on_trouble(trouble(), losing.epoch(), start);
  CHECK(losing.next(start).kind == Kind::drop_link);
  CHECK(losing.next(start).kind == Kind::stop);
}

TEST_CASE("before the first readiness a refusal is fatal, afterwards it is retried", "[pump]") {
  Pump pump = make_pump();
  TestBroker broker;
  SECTION("connecting") {
    REQUIRE(pump.next(start).kind == Kind::connect);
    pump.on_trouble(trouble(ErrorClass::refused), pump.epoch(), start);
    CHECK(pump.fatal());
    CHECK(pump.next(start).kind == Kind::stop);
  }
  SECTION("preparing") {
    make_link(pump, start);
    pump.on_prepare_failed(trouble(ErrorClass::refused), false, start);
    REQUIRE(pump.fatal());
    CHECK(pump.next(start).kind == Kind::drop_link);
  }
  SECTION("creating") {
    broker.exists = false;
    make_link(pump, start);
    answer_prepare(pump, broker, start);
    pump.on_item(session_start(), start);
    answer_prepare(pump, broker, start);
    REQUIRE(pump.next(start).kind == Kind::create);
    pump.on_prepare_failed(trouble(ErrorClass::refused), false, start);
    CHECK(pump.fatal());
  }
  SECTION("afterwards") {
    make_ready(pump, broker);
    pump.on_trouble(trouble(ErrorClass::refused), pump.epoch(), start);
    CHECK_FALSE(pump.fatal());
    CHECK(pump.state() == PumpState::backing_off);
  }
}

TEST_CASE("thirty seconds of nothing but an absent JetStream are a refusal", "[pump]") {
  Pump pump = make_pump();
  Instant now = start;
  const auto fail_once = [&](bool absent) {
    while (pump.next(now).kind != Kind::connect) now += Duration(100);
    pump.on_connected();
    pump.on_prepare_failed(trouble(), absent, now);
  };
  fail_once(true);
  while (now < at_ms(20'000)) fail_once(true);
  fail_once(false);  // something else: counting begins anew
  const Instant again = now;
  fail_once(true);
  while (now < again + Duration(29'000)) {
    REQUIRE_FALSE(pump.fatal());
    fail_once(true);
  }
  while (!pump.fatal() && now < again + Duration(60'000)) fail_once(true);
  REQUIRE(pump.fatal());
  CHECK(pump.fatal()->error_class == ErrorClass::refused);
  CHECK(now >= again + Duration(30'000));
  CHECK(now <= again + Duration(42'000));
}

TEST_CASE("frames that cannot be understood are fatal, and say which side to upgrade", "[pump]") {
  const auto fatal_text = [](const std::string& frames) {
    Pump pump = make_pump();
    TestBroker broker;
    make_ready(pump, broker);
    pump.on_item(chunk_of(frames), start);
    REQUIRE(pump.fatal());
    CHECK(pump.next(start).kind == Kind::drop_link);
    CHECK(pump.next(start).kind == Kind::stop);
    return pump.fatal()->text;
  };
  CHECK(has(fatal_text(hello_bytes(frame_version + 1)), "upgrade the streamer"));
  CHECK(has(fatal_text(hello_bytes(frame_version - 1)), "upgrade the plugin"));
  CHECK(has(fatal_text(event_bytes({100, 1, 0})), "before its hello"));
  CHECK(has(fatal_text("nonsense"), "not a frame"));
  CHECK(has(fatal_text(hello_bytes() + event_bytes({100, 1, 0}).substr(0, 60)), "not a frame"));
  Frame unknown;
  for (const int kind : {0, 7, 99, 255}) {
    unknown.kind = static_cast<FrameKind>(kind);
    CHECK(has(fatal_text(hello_bytes() + frame_bytes(unknown)), "upgrade the streamer"));
  }
  CHECK(has(fatal_text(hello_bytes(frame_version, "app.00000002")), "another"));
}

TEST_CASE("a kind that is not known is said at once, not when there is room", "[pump]") {
  Pump pump = make_pump({1, 1'000'000});
  TestBroker broker;
  make_ready(pump, broker);
  Frame unknown;
  unknown.kind = static_cast<FrameKind>(7);
  pump.on_item(chunk_of(hello_bytes() + event_bytes({100, 1, 0}) + frame_bytes(unknown)), start);
  CHECK(pump.fatal());
}

}  // namespace
}  // namespace waljet
