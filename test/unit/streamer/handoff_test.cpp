#include "streamer/handoff.h"

#include <poll.h>
#include <unistd.h>

#include <array>
#include <catch2/catch.hpp>
#include <memory>
#include <thread>

#include "streamer/test_frames.h"

namespace waljet {
namespace {

bool is_woken(const Handoff& handoff) {
  pollfd wake{handoff.wake_fd(), POLLIN, 0};
  return poll(&wake, 1, 0) > 0;
}

int64_t waited_ms(Handoff& handoff, bool for_item = false) {
  const auto before = std::chrono::steady_clock::now();
  handoff.wait(before + Duration(20), for_item);
  return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - before).count();
}

TEST_CASE("items come out in order", "[handoff]") {
  Handoff handoff;
  handoff.push(make_session_start({1, {}}));
  handoff.push(chunk_of("abc"));
  handoff.push(make_received(5));
  const auto first = handoff.take_item();
  REQUIRE(first);
  CHECK(first->kind == ItemKind::session_start);
  CHECK(first->session->number == 1);
  CHECK(handoff.take_item()->frames == "abc");
  CHECK(handoff.take_item()->lsn == 5);
  CHECK_FALSE(handoff.take_item());
}

TEST_CASE("positions that follow each other become one", "[handoff]") {
  Handoff handoff;
  for (const Lsn lsn : {Lsn{5}, Lsn{9}, Lsn{7}}) handoff.push(make_received(lsn));
  CHECK(handoff.take_item()->lsn == 9);
  CHECK_FALSE(handoff.take_item());
}

TEST_CASE("the source is woken when half of the room is free again", "[handoff]") {
  Handoff handoff;
  constexpr size_t quarter = Handoff::queued_bytes_max / 4;
  while (handoff.has_room()) handoff.push(chunk_of(std::string(quarter, 'x')));
  handoff.take_item();
  CHECK(handoff.has_room());
  CHECK_FALSE(is_woken(handoff));
  handoff.take_item();
  handoff.take_item();
  CHECK(is_woken(handoff));
}

TEST_CASE("a turn is asked for of one session", "[handoff]") {
  Handoff handoff;
  CHECK(handoff.turn_requested() == 0);
  handoff.request_turn(3);
  CHECK(handoff.turn_requested() == 3);
  CHECK(waited_ms(handoff) < 20);
  handoff.request_turn(3);  // no news
  CHECK(waited_ms(handoff) >= 20);
}

TEST_CASE("one item of any size fits, and room wakes the source", "[handoff]") {
  Handoff handoff;
  CHECK(handoff.has_room());
  handoff.push(chunk_of(std::string(2 * Handoff::queued_bytes_max, 'x')));
  CHECK_FALSE(handoff.has_room());
  CHECK_FALSE(is_woken(handoff));
  CHECK(handoff.take_item());
  CHECK(handoff.has_room());
  CHECK(is_woken(handoff));
  handoff.clear_wake();
  CHECK_FALSE(is_woken(handoff));
}

TEST_CASE("a confirmed position belongs to one session, and wakes the source", "[handoff]") {
  Handoff handoff;
  handoff.report_confirmed(1, 100);
  CHECK(is_woken(handoff));
  handoff.clear_wake();
  CHECK(handoff.report().confirmed_session == 1);
  CHECK(handoff.report().confirmed == 100);
  handoff.report_confirmed(2, 50);  // the server begins again at an earlier one
  CHECK(is_woken(handoff));
  CHECK(handoff.report().confirmed_session == 2);
  CHECK(handoff.report().confirmed == 50);
}

TEST_CASE("what the publisher reports reaches the source", "[handoff]") {
  Handoff handoff;
  const uint64_t request = handoff.request_survey();
  CHECK(handoff.report().surveyed < request);
  Survey survey;
  survey.record_revision = 7;
  handoff.report_survey(request, std::make_shared<const Survey>(survey));
  handoff.report_message_bytes_max(1'000'000);
  handoff.report_session_end({3, "taken over", true});
  handoff.report_ready();
  handoff.report_stopped(Error{ErrorClass::refused, "no", {}, {}});
  const Handoff::Report report = handoff.report();
  CHECK(report.surveyed == request);
  REQUIRE(report.survey);
  CHECK(report.survey->record_revision == 7);
  CHECK(report.message_bytes_max == 1'000'000);
  CHECK(report.session_end.number == 3);
  CHECK(report.session_end.why == "taken over");
  CHECK(report.session_end.blocked);
  CHECK(report.ready);
  CHECK(report.stopped);
  REQUIRE(report.fatal);
  CHECK(report.fatal->text == "no");
}

TEST_CASE("the publisher wakes for items only if it can use one", "[handoff]") {
  Handoff handoff;
  handoff.push(make_session_start({1, {}}));
  CHECK(waited_ms(handoff, true) < 20);
  CHECK(waited_ms(handoff) >= 20);
}

TEST_CASE("the publisher wakes for its link, and while it waits", "[handoff]") {
  Handoff handoff;
  handoff.on_link_due();
  handoff.wait(Instant::max(), false);
  CHECK(waited_ms(handoff) >= 20);
  // Before the wait begins or while it lasts: over many rounds both.
  for (int round = 0; round < 200; ++round) {
    const std::jthread due([&] { handoff.on_link_due(); });
    handoff.wait(Instant::max(), false);
  }
  CHECK(waited_ms(handoff) >= 20);

  std::array<int, 2> pipe_ends{};
  REQUIRE(pipe(pipe_ends.data()) == 0);
  const auto [reading, writing] = pipe_ends;
  handoff.wait(Instant::max(), false, writing, POLLOUT);
  const auto before = std::chrono::steady_clock::now();
  handoff.wait(before + Duration(20), false, reading, POLLIN);
  CHECK(std::chrono::steady_clock::now() - before >= Duration(20));
  close(reading);
  close(writing);
}

TEST_CASE("requests for surveys are numbered, each wakes the publisher once", "[handoff]") {
  Handoff handoff;
  CHECK(handoff.request_survey() == 1);
  CHECK(handoff.request_survey() == 2);
  CHECK(handoff.survey_requested() == 2);
  handoff.wait(Instant::max(), false);
  CHECK(waited_ms(handoff) >= 20);
  handoff.report_survey(2, nullptr);  // a session goes on
  CHECK(is_woken(handoff));
  CHECK(handoff.report().surveyed == 2);
  CHECK_FALSE(handoff.report().survey);
}

TEST_CASE("the session that streams, and a divergence, reach the publisher", "[handoff]") {
  Handoff handoff;
  CHECK(handoff.live_session() == 0);
  handoff.set_live_session(3);
  handoff.wait(Instant::max(), false);
  CHECK(handoff.live_session() == 3);
  CHECK_FALSE(handoff.take_divergence());
  handoff.report_divergence({100, 1, 0});
  handoff.wait(Instant::max(), false);
  CHECK(handoff.take_divergence() == Position{100, 1, 0});
  CHECK_FALSE(handoff.take_divergence());
}

TEST_CASE("the end of a session wakes the source", "[handoff]") {
  Handoff handoff;
  handoff.report_session_end({1, "the stream is gone", false});
  CHECK(is_woken(handoff));
}

TEST_CASE("a stop and the end of input wake once, loss of the link until it is taken",
          "[handoff]") {
  Handoff handoff;
  handoff.request_stop();
  handoff.wait(Instant::max(), false);
  CHECK(handoff.stop_requested());
  CHECK_FALSE(handoff.input_ended());
  CHECK(waited_ms(handoff) >= 20);
  handoff.end_input();
  handoff.wait(Instant::max(), false);
  CHECK(handoff.input_ended());
  handoff.on_link_lost(3, "gone");
  handoff.wait(Instant::max(), false);
  const auto lost = handoff.take_lost_link();
  REQUIRE(lost);
  CHECK(lost->epoch == 3);
  CHECK(lost->why == "gone");
  CHECK_FALSE(handoff.take_lost_link());
}

TEST_CASE("threads at both ends lose nothing", "[handoff]") {
  constexpr int items = 20'000;
  Handoff handoff;
  std::jthread source([&] {
    for (int sent = 0; sent < items;) {
      if (handoff.has_room()) {
        handoff.push(chunk_of(std::string(1000, static_cast<char>(sent % 128))));
        ++sent;
        continue;
      }
      pollfd wake{handoff.wake_fd(), POLLIN, 0};
      poll(&wake, 1, 1000);
      handoff.clear_wake();
    }
  });
  for (int taken = 0; taken < items;) {
    auto item = handoff.take_item();
    if (!item) {
      handoff.wait(Instant::max(), true);
      continue;
    }
    if (item->frames[0] != static_cast<char>(taken % 128)) FAIL("out of order");
    ++taken;
  }
}

}  // namespace
}  // namespace waljet
