#include "streamer/job_text.h"

#include <rapidjson/document.h>

#include <catch2/catch.hpp>

using namespace waljet;
using Catch::Matchers::Contains;
using std::chrono::seconds;

namespace {

constexpr size_t no_limit = 1000;
constexpr size_t any_width = 0;

JobTable table(const std::string& name, uint64_t expected, uint64_t rows, bool begun = true,
               bool done = false) {
  JobTable made;
  made.name = name;
  made.rows_expected = expected;
  made.rows = rows;
  made.begun = begun;
  made.done = done;
  return made;
}

SnapshotJob running(std::vector<JobTable> tables) {
  SnapshotJob job;
  job.id = "4f2a";
  job.state = JobState::running;
  job.tables = std::move(tables);
  for (const JobTable& one : job.tables) job.rows += one.rows;
  return job;
}

std::vector<std::string> lines_of(const SnapshotJob& job, const JobSpeed& speed = {}) {
  return job_lines(job, speed, no_limit, any_width);
}

}  // namespace

// ---- speed ----

TEST_CASE("speed takes two looks", "[job_text]") {
  JobSpeed speed;
  const Instant begin{};
  CHECK_FALSE(speed.of_all());
  speed.note(running({table("a", 1000, 100)}), begin);
  CHECK_FALSE(speed.of_all());
  speed.note(running({table("a", 1000, 300)}), begin + seconds(2));
  CHECK(speed.of_all() == 100.0);
  CHECK(speed.of_table(0) == 100.0);
  CHECK_FALSE(speed.of_table(1));
}

TEST_CASE("speed is that of the last seconds, not of the whole job", "[job_text]") {
  JobSpeed speed;
  const Instant begin{};
  uint64_t rows = 0;
  for (int second = 0; second <= 60; ++second) {
    rows += second <= 30 ? 1000 : 10;
    speed.note(running({table("a", 100'000, rows)}), begin + seconds(second));
  }
  CHECK(speed.of_all() == 10.0);
}

TEST_CASE("speed begins anew with another job, and with its list of tables", "[job_text]") {
  JobSpeed speed;
  const Instant begin{};
  speed.note(running({}), begin);
  speed.note(running({table("a", 10, 5)}), begin + seconds(1));
  CHECK_FALSE(speed.of_all());
  speed.note(running({table("a", 10, 6)}), begin + seconds(2));
  CHECK(speed.of_all() == 1.0);
  SnapshotJob other = running({table("a", 10, 1)});
  other.id = "other";
  speed.note(other, begin + seconds(3));
  CHECK_FALSE(speed.of_all());
}

// ---- for people ----

TEST_CASE("each table has its line, columns aligned", "[job_text]") {
  JobSpeed speed;
  SnapshotJob job = running({table("public.orders", 2000, 500), table("t", 0, 0, false)});
  speed.note(job, Instant{});
  job.tables[0].rows = 1000;
  job.rows = 1000;
  speed.note(job, Instant{} + seconds(5));
  const auto lines = lines_of(job, speed);
  REQUIRE(lines.size() == 3);
  CHECK(lines[0] == "snapshot running (on demand), 2 tables, 1,000 rows, 100 rows/s");
  CHECK(lines[1] ==
        "  public.orders  [##########----------]  1,000 / 2,000   50 %  100 rows/s, 10 s left");
  CHECK(lines[2] == "  t              [--------------------]              0         waiting");
}

TEST_CASE("a share is below 100 % until the table is done", "[job_text]") {
  const auto wrong_estimate = lines_of(running({table("a", 100, 5000)}));
  CHECK_THAT(wrong_estimate[1], Contains("99 %"));
  const auto done = lines_of(running({table("a", 100, 90, true, true)}));
  CHECK_THAT(done[1], Contains("[####################]") && Contains("90  100 %  done"));
  CHECK_THAT(done[1], !Contains("/"));
}

TEST_CASE("the head tells state, share and failure", "[job_text]") {
  SnapshotJob job = running({table("a", 100, 100, true, true), table("b", 300, 100)});
  CHECK(job_summary(job) == "running (on demand), 2 tables, 200 of about 400 rows, 50 %");
  job.state = JobState::failed;
  job.error = "table b was dropped";
  CHECK(job_summary(job) ==
        "failed (on demand), 2 tables, 200 of about 400 rows, 50 %: table b was dropped");
  job.kind = JobKind::initial;
  job.state = JobState::complete;
  job.error.clear();
  CHECK(job_summary(job) == "complete (initial), 2 tables, 200 rows");
  job.tables.clear();
  job.rows = 0;
  job.state = JobState::requested;
  CHECK(job_summary(job) == "requested (initial), 0 rows");
}

TEST_CASE("a table that is not done says why nothing moves", "[job_text]") {
  SnapshotJob job = running({table("a", 100, 50)});
  job.state = JobState::paused;
  CHECK_THAT(lines_of(job)[1], Contains("paused"));
  job.state = JobState::cancelled;
  CHECK_THAT(lines_of(job)[1], Contains("not finished"));
}

TEST_CASE("where not all tables fit, what goes on is shown", "[job_text]") {
  std::vector<JobTable> tables;
  for (int i = 0; i < 30; ++i)
    tables.push_back(table("done" + std::to_string(i), 1, 1, true, true));
  tables.push_back(table("reading", 10, 5));
  tables.push_back(table("next", 10, 0, false));
  const auto lines = job_lines(running(tables), {}, 6, any_width);
  REQUIRE(lines.size() == 6);
  CHECK_THAT(lines[3], Contains("reading"));
  CHECK_THAT(lines[4], Contains("next"));
  CHECK(lines[5] == "  and 28 more tables");
}

TEST_CASE("lines are cut between characters, and names cannot command a terminal", "[job_text]") {
  SnapshotJob job = running({table("\"\xC3\xA4\xC3\xA4\"", 1, 0)});
  for (size_t width = 1; width < 12; ++width) {
    for (const std::string& line : job_lines(job, {}, no_limit, width)) {
      CHECK(line.size() <= width);
      const bool whole = line.empty() || static_cast<unsigned char>(line.back()) != 0xC3;
      CHECK(whole);
    }
  }
  job.tables[0].name = "\"a\x1b[2J\nb\"";
  const std::string line = lines_of(job)[1];
  CHECK_THAT(line, Contains("b\""));
  for (const char c : line) CHECK(static_cast<unsigned char>(c) >= ' ');
}

// ---- for programs ----

TEST_CASE("progress for programs is one JSON object", "[job_text]") {
  JobSpeed speed;
  SnapshotJob job = running({table("a", 200, 100), table("b", 0, 0, false)});
  speed.note(job, Instant{});
  job.tables[0].rows = 150;
  job.rows = 150;
  speed.note(job, Instant{} + seconds(1));
  CHECK(job_progress_json(job, speed) ==
        R"({"id":"4f2a","kind":"on_demand","state":"running","error":"","rows":150,)"
        R"("rows_expected":200,"percent":null,"rows_per_second":50.0,"seconds_left":1.0,)"
        R"("tables":[{"table":"a","state":"reading","rows":150,"rows_expected":200,"percent":75,)"
        R"("rows_per_second":50.0,"seconds_left":1.0},{"table":"b","state":"waiting","rows":0,)"
        R"("rows_expected":0,"percent":null,"rows_per_second":0.0,"seconds_left":null}]})");
  job.state = JobState::complete;
  rapidjson::Document parsed;
  const std::string json = job_progress_json(job, speed);
  REQUIRE_FALSE(parsed.Parse(json.data(), json.size()).HasParseError());
  CHECK(parsed["percent"].GetUint() == 100);
  CHECK(parsed["rows_per_second"].IsNull());
}
