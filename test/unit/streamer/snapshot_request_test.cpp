#include "streamer/snapshot_request.h"

#include <catch2/catch.hpp>

using namespace waljet;
using Catch::Matchers::Contains;

namespace {

SnapshotJob job_in(JobState state, int64_t started_us = 1) {
  SnapshotJob job;
  job.id = "4f2a";
  job.state = state;
  job.wanted = {"public.orders"};
  job.started_us = started_us;
  job.updated_us = 1;
  return job;
}

constexpr int64_t now_us = 2;

}  // namespace

TEST_CASE("a new snapshot needs tables, the other verbs take none", "[snapshot_request]") {
  SnapshotRequest request;
  REQUIRE(request_problem(request));
  CHECK(request_problem(request)->error_class == ErrorClass::configuration);
  CHECK_THAT(request_problem(request)->text, Contains("--tables"));
  request.tables = "public.orders";
  CHECK_FALSE(request_problem(request));
  request.tables = "public..orders";
  REQUIRE(request_problem(request));
  CHECK_THAT(request_problem(request)->text, Contains("public..orders"));

  request = {};
  request.verb = SnapshotVerb::pause;
  CHECK_FALSE(request_problem(request));
  request.rate = 5;
  CHECK(request_problem(request));
}

TEST_CASE("what is asked for stands in the job", "[snapshot_request]") {
  SnapshotRequest request;
  request.tables = "a, b";
  request.where = "id > 5";
  request.rate = 100;
  const SnapshotJob job = new_job(request, "7", now_us);
  CHECK(job.id == "7");
  CHECK(job.kind == JobKind::on_demand);
  CHECK(job.state == JobState::requested);
  CHECK(job.wanted == std::vector<std::string>{"a", "b"});
  CHECK(job.where == "id > 5");
  CHECK(job.rate == 100);
  CHECK(job.tables.empty());
  CHECK(job.updated_us == now_us);
}

TEST_CASE("pause, resume and cancel change a job that is not over", "[snapshot_request]") {
  struct Case {
    JobState before;
    int64_t started_us;
    SnapshotVerb verb;
    JobState after;
  };
  const Case cases[] = {
      {JobState::requested, 0, SnapshotVerb::pause, JobState::paused},
      {JobState::running, 1, SnapshotVerb::pause, JobState::paused},
      {JobState::paused, 1, SnapshotVerb::pause, JobState::paused},
      {JobState::paused, 1, SnapshotVerb::resume, JobState::running},
      {JobState::paused, 0, SnapshotVerb::resume, JobState::requested},
      {JobState::running, 1, SnapshotVerb::resume, JobState::running},
      {JobState::requested, 0, SnapshotVerb::resume, JobState::requested},
      {JobState::requested, 0, SnapshotVerb::cancel, JobState::cancelled},
      {JobState::running, 1, SnapshotVerb::cancel, JobState::cancelled},
      {JobState::paused, 1, SnapshotVerb::cancel, JobState::cancelled},
  };
  for (const Case& one : cases) {
    const SnapshotJob before = job_in(one.before, one.started_us);
    INFO(state_name(one.before) << " -> " << state_name(one.after));
    const auto changed = changed_job(before, one.verb, now_us);
    REQUIRE(changed);
    SnapshotJob expected = before;
    expected.state = one.after;
    if (one.before != one.after) expected.updated_us = now_us;
    CHECK(*changed == expected);
  }
}

TEST_CASE("a job that is over stays as it is", "[snapshot_request]") {
  for (const JobState state : {JobState::complete, JobState::cancelled, JobState::failed}) {
    for (const SnapshotVerb verb :
         {SnapshotVerb::pause, SnapshotVerb::resume, SnapshotVerb::cancel}) {
      const auto changed = changed_job(job_in(state), verb, now_us);
      REQUIRE_FALSE(changed);
      CHECK(changed.error().error_class == ErrorClass::refused);
      CHECK_THAT(changed.error().text, Contains(std::string(state_name(state))));
    }
  }
  const auto none = changed_job(std::nullopt, SnapshotVerb::pause, now_us);
  REQUIRE_FALSE(none);
  CHECK_THAT(none.error().text, Contains("there is no snapshot"));
}

TEST_CASE("a job that is not over is in the way of another one", "[snapshot_request]") {
  CHECK_FALSE(job_in_the_way(std::nullopt));
  CHECK_FALSE(job_in_the_way(job_in(JobState::complete)));
  CHECK_FALSE(job_in_the_way(job_in(JobState::failed)));
  const auto running = job_in_the_way(job_in(JobState::running));
  REQUIRE(running);
  CHECK_THAT(running->text, Contains("4f2a") && Contains("public.orders") && Contains("running"));
  const auto paused = job_in_the_way(job_in(JobState::paused));
  REQUIRE(paused);
  CHECK_THAT(paused->text, Contains("resume"));
}
