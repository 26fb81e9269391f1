#include "streamer/status_text.h"

#include <catch2/catch.hpp>

using namespace waljet;

namespace {

StatusReport report() {
  StatusReport made;
  made.names = {"app.1A2B3C4D", "waljet_app", "app"};
  made.role = Role::active;
  made.lag_bytes = 1536;
  made.lag = Duration(2'345);
  made.wal_status = "reserved";
  made.retained_bytes = uint64_t{16} << 20;
  made.held_back_bytes = 0;
  made.unacked_bytes = 512;
  made.stream_sequence = 12345;
  made.last_event = "app.1A2B3C4D:0000000000000900:00000001.0000";
  made.last_event_time = "1970-01-01T00:00:10Z";
  return made;
}

constexpr int64_t now_us = 13'000'000;

}  // namespace

TEST_CASE("a status for people", "[status_text]") {
  StatusReport shown = report();
  CHECK(status_lines(shown, now_us) ==
        std::vector<std::string>{
            "source          app.1A2B3C4D",
            "slot            waljet_app",
            "role            active: a process streams",
            "not stored yet  1.5 KiB, 2.3 s",
            "in flight       512 B",
            "held back       0 B",
            "WAL kept        16.0 MiB (reserved)",
            "stream          app, sequence 12,345",
            "last event      app.1A2B3C4D:0000000000000900:00000001.0000, stored 3.0 s ago",
            "snapshot        none",
        });
  shown.last_event.reset();
  CHECK(status_lines(shown, now_us)[8] == "last event      none");
  shown.job = SnapshotJob{};
  shown.job->state = JobState::paused;
  CHECK(status_lines(shown, now_us).back() == "snapshot        paused (on demand), 0 rows");
}

TEST_CASE("a status for people of which nothing is known", "[status_text]") {
  CHECK(status_lines(StatusReport{}, now_us) == std::vector<std::string>{
                                                    "source          not known",
                                                    "slot            not known",
                                                    "role            not known",
                                                    "not stored yet  not known",
                                                    "in flight       not known",
                                                    "held back       not known",
                                                    "WAL kept        not known",
                                                    "stream          not known",
                                                    "last event      not known",
                                                    "snapshot        none",
                                                });
}

TEST_CASE("a status for programs", "[status_text]") {
  StatusReport shown = report();
  CHECK(status_json(shown) ==
        R"({"source":"app.1A2B3C4D","slot":"waljet_app","stream":"app","role":"active",)"
        R"("lag_bytes":1536,"lag_seconds":2.345,"unacked_bytes":512,"held_back_bytes":0,)"
        R"("wal_status":"reserved","retained_bytes":16777216,"stream_seq":12345,)"
        R"("last_event":"app.1A2B3C4D:0000000000000900:00000001.0000",)"
        R"("last_event_time":"1970-01-01T00:00:10Z","snapshot":null})");
  CHECK(status_json(StatusReport{}) ==
        R"({"source":null,"slot":null,"stream":null,"role":null,)"
        R"("lag_bytes":null,"lag_seconds":null,"unacked_bytes":null,"held_back_bytes":null,)"
        R"("wal_status":null,"retained_bytes":null,"stream_seq":null,"last_event":null,)"
        R"("last_event_time":null,"snapshot":null})");
  shown.job = SnapshotJob{};
  shown.job->id = "4f2a";
  const std::string json = status_json(shown);
  CHECK(json.find(R"("snapshot":{"id":"4f2a","kind":"on_demand","state":"requested",)") !=
        std::string::npos);
}
