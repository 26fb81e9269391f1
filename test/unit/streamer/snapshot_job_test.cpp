#include "streamer/snapshot_job.h"

#include <catch2/catch.hpp>
#include <string>

#include "event/test_random.h"

using namespace waljet;

namespace {

// The worked example of docs/snapshot-format.md.
SnapshotJob example() {
  using namespace std::string_literals;
  SnapshotJob job;
  job.id = "5f0c2a9be4d17733";
  job.state = JobState::running;
  job.wanted = {"public.orders", "public.\"Line Items\""};
  job.where = "total > 100";
  job.rate = 5000;
  const auto cursor = "\x01\x00\x00\x00\x08\x00\x00\x00\x00\x00\x00\x40\x00"s;
  job.tables = {{"public.orders", true, 120000, 120431, true, true, "", 16500, 120995},
                {"public.\"Line Items\"", true, 340000, 16384, true, false, cursor, 137510, 0}};
  job.rows = 136815;
  job.stream_created = "2026-01-31T09:12:44.01Z";
  job.marks = {{120995, {0x1A000028, 1, 0xD66F}, "public.orders", 120431, ""},
               {137510, {0x1A07F3C0, 1, 0x3FFF}, "public.\"Line Items\"", 16384, cursor}};
  job.started_us = 1769860800123456;
  job.updated_us = 1769860815654321;
  return job;
}

constexpr const char* example_json =
    R"({"version":1,"id":"5f0c2a9be4d17733","kind":"on_demand","state":"running","error":"",)"
    R"("wanted":["public.orders","public.\"Line Items\""],"where":"total > 100","rate":5000,)"
    R"("only":false,"discard":false,)"
    R"("tables":[{"name":"public.orders","keyed":true,"rows_expected":120000,"rows":120431,)"
    R"("begun":true,"done":true,"cursor":"","begun_at":16500,"done_at":120995},)"
    R"({"name":"public.\"Line Items\"","keyed":true,"rows_expected":340000,"rows":16384,)"
    R"("begun":true,"done":false,"cursor":"01000000080000000000004000","begun_at":137510,)"
    R"("done_at":0}],"rows":136815,"stream_created":"2026-01-31T09:12:44.01Z",)"
    R"("marks":[{"sequence":120995,"place":"000000001A000028:00000001.D66F",)"
    R"("table":"public.orders","rows":120431,"cursor":""},)"
    R"({"sequence":137510,"place":"000000001A07F3C0:00000001.3FFF",)"
    R"("table":"public.\"Line Items\"","rows":16384,"cursor":"01000000080000000000004000"}],)"
    R"("started_us":1769860800123456,"updated_us":1769860815654321})";

SnapshotJob random_job(Random& random) {
  constexpr std::string_view pieces[] = {"a", "Z", ".", "\"", "\\", "é", "\n", " "};
  const auto text = [&] { return random.pieces(random.below(8), pieces); };
  SnapshotJob job;
  job.id = text();
  job.kind = random.chance(2) ? JobKind::initial : JobKind::on_demand;
  job.state = static_cast<JobState>(random.below(6));
  job.error = text();
  for (size_t i = random.below(3); i > 0; --i) job.wanted.push_back(text());
  job.where = text();
  job.rate = random.any_width();
  job.only = random.chance(2);
  job.discard = random.chance(2);
  for (size_t i = random.below(3); i > 0; --i) {
    job.tables.push_back({"t" + text(), random.chance(2), random.any_width(), random.any_width(),
                          random.chance(2), random.chance(2), random.bytes(random.below(20)),
                          random.any_width(), random.any_width()});
  }
  job.rows = random.any_width();
  job.stream_created = text();
  for (size_t i = random.below(3); i > 0; --i) {
    const Position place{random.any_width(), random.any_width(),
                         static_cast<uint32_t>(random.bits())};
    job.marks.push_back(
        {random.any_width(), place, text(), random.any_width(), random.bytes(random.below(20))});
  }
  job.started_us = static_cast<int64_t>(random.bits());
  job.updated_us = static_cast<int64_t>(random.bits());
  return job;
}

std::string replaced(std::string text, const std::string& what, const std::string& by) {
  const size_t at = text.find(what);
  REQUIRE(at != std::string::npos);
  return text.replace(at, what.size(), by);
}

// An initial snapshot that was interrupted: one table is read, one is not.
SnapshotJob interrupted() {
  SnapshotJob job;
  job.kind = JobKind::initial;
  job.state = JobState::running;
  job.tables = {{"a", false, 0, 5, true, true, ""}, {"b", true, 0, 0, false, false, ""}};
  return job;
}

}  // namespace

TEST_CASE("the worked example of a job is written byte for byte, and read back", "[snapshot]") {
  CHECK(job_json(example()) == example_json);
  CHECK(parse_job(example_json) == example());
}

TEST_CASE("the job's subject in JetStream", "[snapshot]") {
  CHECK(job_subject("app.FE89ECF0") == "$KV.waljet.app.FE89ECF0.snapshot");
}

TEST_CASE("any job is read back as it was written", "[snapshot]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int run = 0; run < 2000; ++run) {
    const SnapshotJob job = random_job(random);
    const std::string json = job_json(job);
    INFO(json);
    REQUIRE(parse_job(json) == job);
  }
}

TEST_CASE("fields of a job that a later release adds are passed over", "[snapshot]") {
  CHECK(parse_job(replaced(example_json, "{", R"({"speed":3,)")) == example());
  CHECK(parse_job(replaced(example_json, R"([{)", R"([{"new":[1],)")) == example());
}

TEST_CASE("what is not a job of this version is not read", "[snapshot]") {
  CHECK_FALSE(parse_job(replaced(example_json, R"("version":1)", R"("version":2)")));
  CHECK_FALSE(parse_job(replaced(example_json, "on_demand", "on_a_whim")));
  CHECK_FALSE(parse_job(replaced(example_json, "running", "walking")));
  CHECK_FALSE(parse_job(replaced(example_json, R"(4000",)", R"(400",)")));
  CHECK_FALSE(parse_job(replaced(example_json, R"(4000",)", R"(400x",)")));
  CHECK_FALSE(parse_job(replaced(example_json, R"([{)", R"([1,{)")));
  CHECK_FALSE(parse_job(replaced(example_json, R"("marks":[{)", R"("marks":[1,{)")));
  CHECK_FALSE(parse_job(replaced(example_json, ":00000001.D66F", "")));
  for (const char* text : {"", "{}", "[]", "1", "null", "{\"version\":1", "nonsense"}) {
    INFO(text);
    CHECK_FALSE(parse_job(text));
  }
}

TEST_CASE("an interrupted initial snapshot is finished by chunks, if that can be", "[snapshot]") {
  SnapshotJob job = interrupted();
  CHECK_FALSE(must_start_over(job));

  SECTION("not while nobody knows which tables there are") {
    job.tables.clear();
    CHECK(must_start_over(job));
  }
  SECTION("not if a table without a key is unfinished") {
    job.tables[0].done = false;
    CHECK(must_start_over(job));
  }
  SECTION("not if consumers were not told to discard a table") {
    job.discard = true;
    CHECK(must_start_over(job));
    job.tables[1].begun = true;
    CHECK_FALSE(must_start_over(job));
  }
  SECTION("not if nothing is streamed afterwards") {
    job.only = true;
    CHECK(must_start_over(job));
  }
  SECTION("but what is over is over") {
    job.tables.clear();
    for (const JobState state : {JobState::cancelled, JobState::complete, JobState::failed}) {
      job.state = state;
      CHECK_FALSE(must_start_over(job));
    }
  }
  SECTION("and what was asked for on demand never starts over") {
    job.tables.clear();
    job.kind = JobKind::on_demand;
    CHECK_FALSE(must_start_over(job));
  }
}
