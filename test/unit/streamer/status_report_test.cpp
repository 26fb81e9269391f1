#include "streamer/status_report.h"

#include <catch2/catch.hpp>

using namespace waljet;
using Catch::Matchers::Contains;

namespace {

constexpr int64_t second_us = 1'000'000;
constexpr const char* event_id =
    "app.1A2B3C4D:0000000000000900:00000001.0000";  // committed at 0x900

// Stored up to 0x900, on record up to 0x800, confirmed to 0x600; the last commit is 5 s old.
StatusFacts facts() {
  StatusFacts made;
  made.names = {"app.1A2B3C4D", "waljet_app", "app"};
  SlotStatus slot;
  slot.plugin = "waljet";
  slot.database = "app";
  slot.wal_status = "reserved";
  slot.restart = 0x100;
  slot.confirmed = 0x600;
  slot.active = true;
  slot.received = 0x980;
  made.server = ServerStatus{0xA00, 100 * second_us, slot};
  SinkStatus sink;
  sink.stream_exists = true;
  sink.stream_created = "then";
  sink.last_sequence = 42;
  sink.last_message = LastMessage{42, "2026-01-31T12:00:00Z", event_id, 95 * second_us};
  Record record;
  record.position = 0x800;
  record.stream_created = "then";
  sink.record = record;
  made.sink = sink;
  return made;
}

}  // namespace

TEST_CASE("all numbers of a pipeline at work", "[status_report]") {
  const StatusReport report = status_report(facts());
  CHECK(report.role == Role::active);
  CHECK(report.lag_bytes == 0x100);
  CHECK(report.lag == Duration(5'000));
  CHECK(report.unacked_bytes == 0x80);
  CHECK(report.held_back_bytes == 0x300);
  CHECK(report.retained_bytes == 0x900);
  CHECK(report.wal_status == "reserved");
  CHECK(report.stream_sequence == 42);
  CHECK(report.last_event == event_id);
  CHECK(report.last_event_time == "2026-01-31T12:00:00Z");
  CHECK(report.reasons.empty());
  CHECK(report.complete);
}

// ---- what is stored ----

TEST_CASE("the record counts where the newest event says less", "[status_report]") {
  StatusFacts given = facts();
  given.sink->record->position = 0xA00;  // a keepalive: nothing of it passed the filter
  const StatusReport report = status_report(given);
  CHECK(report.lag_bytes == 0);
  CHECK(report.lag == Duration(0));
  CHECK(report.unacked_bytes == 0);
  CHECK(report.held_back_bytes == 0x400);
}

TEST_CASE("the newest message counts only if it is an event of this source and history",
          "[status_report]") {
  StatusFacts given = facts();
  SECTION("of another source") {
    given.sink->last_message->event_id = "app.00000000:0000000000000900:00000001.0000";
  }
  SECTION("of nobody") {
    given.sink->last_message->event_id = "";
  }
  SECTION("a row of a snapshot") {
    given.sink->last_message->event_id = "app.1A2B3C4D:snapshot:0000000000000900:00000001.0001";
  }
  SECTION("beyond the end of the WAL") {
    given.sink->last_message->event_id = "app.1A2B3C4D:0000000000000B00:00000001.0000";
  }
  CHECK(stored_position(given) == 0x800);
  CHECK(status_report(given).lag_bytes == 0x200);
}

TEST_CASE("a record of another stream says nothing of this one", "[status_report]") {
  StatusFacts given = facts();
  given.sink->record->stream_created = "before";
  CHECK(stored_position(given) == 0x900);
  given.sink->last_message.reset();
  CHECK_FALSE(stored_position(given));
  const StatusReport report = status_report(given);
  CHECK_FALSE(report.lag_bytes);
  CHECK_FALSE(report.lag);
  CHECK_FALSE(report.held_back_bytes);
  CHECK_FALSE(report.unacked_bytes);
  CHECK(report.retained_bytes == 0x900);
  REQUIRE(report.reasons.size() == 1);
  CHECK_THAT(report.reasons[0], Contains("what is stored is not known"));
}

TEST_CASE("a slot beyond what is stored is said", "[status_report]") {
  StatusFacts given = facts();
  given.server->slot->confirmed = 0x990;
  const StatusReport report = status_report(given);
  CHECK(report.held_back_bytes == 0);
  REQUIRE(report.reasons.size() == 1);
  CHECK_THAT(report.reasons[0], Contains("beyond what is stored"));
}

TEST_CASE("what cannot be read is said", "[status_report]") {
  StatusFacts given = facts();
  given.sink->unreadable = {"the job cannot be read"};
  CHECK(status_report(given).reasons == given.sink->unreadable);
}

TEST_CASE("a stream without an event has none, one of a stranger's is said", "[status_report]") {
  StatusFacts given = facts();
  given.sink->record->position = given.server->wal_end;  // no lag, whose time would be missed
  given.sink->last_message.reset();
  CHECK_FALSE(status_report(given).last_event);
  CHECK(status_report(given).reasons.empty());
  given.sink->last_message = LastMessage{42, "2026-01-31T12:00:00Z", "", std::nullopt};
  CHECK_FALSE(status_report(given).last_event);
  REQUIRE(status_report(given).reasons.size() == 1);
  CHECK_THAT(status_report(given).reasons[0], Contains("no event of waljet"));
}

// ---- how old it is ----

TEST_CASE("the lag is the smaller of what the last event and earlier looks tell",
          "[status_report]") {
  StatusFacts given = facts();
  given.stored_since = Duration(300);
  CHECK(status_report(given).lag == Duration(300));
  given.stored_since = Duration(7'000);
  CHECK(status_report(given).lag == Duration(5'000));
  given.sink->last_message->commit_time_us.reset();
  CHECK(status_report(given).lag == Duration(7'000));
  given.stored_since.reset();
  const StatusReport report = status_report(given);
  CHECK_FALSE(report.lag);
  REQUIRE(report.reasons.size() == 1);
  CHECK_THAT(report.reasons[0], Contains("no event tells its time"));
}

TEST_CASE("a clock that is behind yields no negative lag", "[status_report]") {
  StatusFacts given = facts();
  given.sink->last_message->commit_time_us = 200 * second_us;
  CHECK(status_report(given).lag == Duration(0));
}

TEST_CASE("looks at the end of the WAL tell how old what is stored is at most", "[status_report]") {
  SeenEnds ends;
  const Instant begin{};
  CHECK_FALSE(ends.age_of(100, begin));
  ends.note(100, begin);
  ends.note(200, begin + Duration(1'000));
  ends.note(300, begin + Duration(2'000));
  CHECK_FALSE(ends.age_of(99, begin + Duration(5'000)));
  CHECK(ends.age_of(100, begin + Duration(5'000)) == Duration(5'000));
  CHECK(ends.age_of(250, begin + Duration(5'000)) == Duration(4'000));
  CHECK(ends.age_of(300, begin + Duration(5'000)) == Duration(3'000));
}

// ---- the slot ----

TEST_CASE("a slot that nobody uses", "[status_report]") {
  StatusFacts given = facts();
  given.server->slot->active = false;
  given.server->slot->received.reset();
  CHECK(status_report(given).role == Role::none);
  CHECK(status_report(given).unacked_bytes == 0);
  CHECK(status_report(given).lag_bytes == 0x100);
  given.server->slot->awaited = true;
  CHECK(status_report(given).role == Role::standby);
}

TEST_CASE("what our role may not see is not known", "[status_report]") {
  StatusFacts given = facts();
  given.server->slot->received.reset();
  const StatusReport report = status_report(given);
  CHECK_FALSE(report.unacked_bytes);
  REQUIRE(report.reasons.size() == 1);
  CHECK_THAT(report.reasons[0], Contains("pg_read_all_stats"));
}

TEST_CASE("a lost slot keeps nothing", "[status_report]") {
  StatusFacts given = facts();
  given.server->slot->wal_status = "lost";
  given.server->slot->restart.reset();
  const StatusReport report = status_report(given);
  CHECK(report.wal_status == "lost");
  CHECK_FALSE(report.retained_bytes);
  CHECK(report.complete);
  REQUIRE(report.reasons.size() == 1);
  CHECK_THAT(report.reasons[0], Contains("lost"));
}

TEST_CASE("without a slot the stream is still told", "[status_report]") {
  StatusFacts given = facts();
  given.server->slot.reset();
  const StatusReport report = status_report(given);
  CHECK(report.role == Role::none);
  CHECK_FALSE(report.lag_bytes);
  CHECK(report.stream_sequence == 42);
  CHECK_FALSE(report.complete);
  REQUIRE(report.reasons.size() == 1);
  CHECK_THAT(report.reasons[0], Contains("no slot waljet_app"));
}

// ---- a side that does not answer ----

TEST_CASE("without NATS the slot is still told", "[status_report]") {
  StatusFacts given = facts();
  given.sink.reset();
  given.sink_trouble = "NATS: away";
  const StatusReport report = status_report(given);
  CHECK(report.retained_bytes == 0x900);
  CHECK_FALSE(report.lag_bytes);
  CHECK_FALSE(report.stream_sequence);
  CHECK_FALSE(report.complete);
  CHECK(report.reasons == std::vector<std::string>{"NATS: away"});
}

TEST_CASE("without PostgreSQL the stream is still told", "[status_report]") {
  StatusFacts given = facts();
  given.server.reset();
  given.names.source_id.clear();
  given.server_trouble = "PostgreSQL: away";
  const StatusReport report = status_report(given);
  CHECK_FALSE(report.role);
  CHECK(report.last_event == event_id);
  CHECK_FALSE(report.complete);
  CHECK(report.reasons == std::vector<std::string>{"PostgreSQL: away"});
}

TEST_CASE("without a stream the slot is still told", "[status_report]") {
  StatusFacts given = facts();
  given.sink = SinkStatus{};
  const StatusReport report = status_report(given);
  CHECK(report.retained_bytes == 0x900);
  CHECK_FALSE(report.lag_bytes);
  CHECK(report.complete);
  REQUIRE(report.reasons.size() == 1);
  CHECK_THAT(report.reasons[0], Contains("no stream app"));
}
