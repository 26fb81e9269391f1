#include "streamer/handoff.h"

#include <poll.h>

#include <catch2/catch.hpp>
#include <thread>

#include "streamer/test_frames.h"

namespace waljet {
namespace {

bool is_woken(const Handoff& handoff) {
  pollfd wake{handoff.wake_fd(), POLLIN, 0};
  return poll(&wake, 1, 0) > 0;
}

TEST_CASE("items come out in order", "[handoff]") {
  Handoff handoff;
  handoff.push(make_session_start());
  handoff.push(chunk_of("abc"));
  handoff.push(make_received(5));
  CHECK(handoff.take_item()->kind == ItemKind::session_start);
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

TEST_CASE("the confirmed position rises and wakes the source", "[handoff]") {
  Handoff handoff;
  handoff.report_confirmed(100);
  CHECK(is_woken(handoff));
  handoff.clear_wake();
  handoff.report_confirmed(100);
  handoff.report_confirmed(50);
  CHECK_FALSE(is_woken(handoff));
  CHECK(handoff.report().confirmed == 100);
}

TEST_CASE("what the publisher reports reaches the source", "[handoff]") {
  Handoff handoff;
  handoff.report_checked();
  handoff.report_ready();
  handoff.report_stopped(Error{ErrorClass::refused, "no", {}, {}});
  const Handoff::Report report = handoff.report();
  CHECK(report.checked);
  CHECK(report.ready);
  CHECK(report.stopped);
  REQUIRE(report.fatal);
  CHECK(report.fatal->text == "no");
}

TEST_CASE("the publisher wakes for items only if it can use one", "[handoff]") {
  Handoff handoff;
  const auto soon = [] { return std::chrono::steady_clock::now() + Duration(20); };
  const auto waited_ms = [&](bool for_item) {
    const auto before = std::chrono::steady_clock::now();
    handoff.wait(soon(), for_item);
    return std::chrono::duration_cast<Duration>(std::chrono::steady_clock::now() - before).count();
  };
  handoff.push(make_session_start());
  CHECK(waited_ms(true) < 20);
  CHECK(waited_ms(false) >= 20);
  handoff.on_ack({1, 2, {}});
  CHECK(waited_ms(false) < 20);
  std::vector<Ack> acks;
  handoff.take_acks(acks);
  REQUIRE(acks.size() == 1);
  CHECK(acks[0].token == 2);
  CHECK(waited_ms(false) >= 20);
}

TEST_CASE("permission and stop wake once, loss of the link until it is taken", "[handoff]") {
  Handoff handoff;
  handoff.permit_publishing();
  handoff.request_stop();
  handoff.wait(Instant::max(), false);
  CHECK(handoff.publishing_permitted());
  CHECK(handoff.stop_requested());
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
