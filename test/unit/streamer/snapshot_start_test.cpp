#include "streamer/snapshot_start.h"

#include <catch2/catch.hpp>

using namespace waljet;

namespace {

constexpr bool slot = true;

Survey with_record() {
  Survey survey;
  survey.record.emplace();
  return survey;
}

Survey with_job(JobState state, bool only = false) {
  Survey survey = with_record();
  survey.snapshot.job.emplace();
  survey.snapshot.job->kind = JobKind::initial;
  survey.snapshot.job->state = state;
  survey.snapshot.job->only = only;
  return survey;
}

}  // namespace

TEST_CASE("a source that nothing is known of begins with a snapshot", "[snapshot_start]") {
  CHECK(snapshot_start(SnapshotChoice::initial, !slot, 0, {}) == SnapshotStart::begin);
  CHECK(snapshot_start(SnapshotChoice::only, !slot, 0, {}) == SnapshotStart::begin);
  CHECK(snapshot_start(SnapshotChoice::never, !slot, 0, {}) == SnapshotStart::none);
}

TEST_CASE("a slot that somebody made before has no snapshot", "[snapshot_start]") {
  CHECK(snapshot_start(SnapshotChoice::initial, slot, 0, {}) == SnapshotStart::slot_exists);
  CHECK(snapshot_start(SnapshotChoice::never, slot, 0, {}) == SnapshotStart::none);
}

TEST_CASE("a source that has been streamed gets none", "[snapshot_start]") {
  CHECK(snapshot_start(SnapshotChoice::initial, slot, 0, with_record()) == SnapshotStart::not_new);
  CHECK(snapshot_start(SnapshotChoice::initial, !slot, 0, with_record()) == SnapshotStart::not_new);
  CHECK(snapshot_start(SnapshotChoice::only, slot, 0, with_record()) == SnapshotStart::known);
  Survey events;
  events.events.emplace_back(1, Position{1, 1, 0});
  CHECK(snapshot_start(SnapshotChoice::initial, slot, 0, events) == SnapshotStart::not_new);
}

TEST_CASE("a snapshot nobody knows the tables of starts over", "[snapshot_start]") {
  for (const bool slot_exists : {false, true}) {
    CHECK(snapshot_start(SnapshotChoice::initial, slot_exists, 0, with_job(JobState::requested)) ==
          SnapshotStart::start_over);
    CHECK(snapshot_start(SnapshotChoice::never, slot_exists, 0, with_job(JobState::requested)) ==
          SnapshotStart::abandoned);
  }
}

TEST_CASE("one that could be finished by chunks needs its slot", "[snapshot_start]") {
  Survey survey = with_job(JobState::running);
  survey.snapshot.job->tables.push_back({"public.t", true, 0, 5, true, false, "c"});
  CHECK(snapshot_start(SnapshotChoice::initial, slot, 0, survey) == SnapshotStart::none);
  CHECK(snapshot_start(SnapshotChoice::initial, !slot, 0, survey) == SnapshotStart::start_over);
  CHECK(snapshot_start(SnapshotChoice::never, slot, 0, survey) == SnapshotStart::none);
  survey.snapshot.job->kind = JobKind::on_demand;
  CHECK(snapshot_start(SnapshotChoice::initial, !slot, 0, survey) == SnapshotStart::none);
}

TEST_CASE("after a snapshot changes follow", "[snapshot_start]") {
  CHECK(snapshot_start(SnapshotChoice::initial, slot, 0, with_job(JobState::complete)) ==
        SnapshotStart::none);
  CHECK(snapshot_start(SnapshotChoice::only, slot, 0, with_job(JobState::complete)) ==
        SnapshotStart::known);
}

TEST_CASE("one after which nothing is streamed can be made again", "[snapshot_start]") {
  constexpr bool only = true;
  const Survey survey = with_job(JobState::complete, only);
  CHECK(snapshot_start(SnapshotChoice::only, !slot, 0, survey) == SnapshotStart::start_over);
  CHECK(snapshot_start(SnapshotChoice::initial, !slot, 0, survey) == SnapshotStart::start_over);
  CHECK(snapshot_start(SnapshotChoice::only, slot, 0, survey) == SnapshotStart::finished);
  CHECK(snapshot_start(SnapshotChoice::initial, slot, 0, survey) == SnapshotStart::none);
}
