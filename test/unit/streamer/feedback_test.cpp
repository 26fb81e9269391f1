#include "streamer/feedback.h"

#include <catch2/catch.hpp>

using namespace waljet;

namespace {

const Instant start{};
Instant at_ms(int ms) {
  return start + Duration(ms);
}

// Sends when due, every millisecond from `from_ms` to `to_ms`; how often it was.
int count_statuses(Feedback& feedback, int from_ms, int to_ms) {
  int count = 0;
  for (int ms = from_ms; ms < to_ms; ++ms) {
    if (!feedback.status_due(at_ms(ms))) continue;
    feedback.on_status_sent(at_ms(ms));
    ++count;
  }
  return count;
}

Feedback settled() {
  Feedback feedback(start);
  feedback.on_status_sent(start);
  return feedback;
}

}  // namespace

TEST_CASE("a status goes out every second, whatever happens", "[feedback]") {
  Feedback feedback = settled();
  CHECK_FALSE(feedback.status_due(at_ms(999)));
  CHECK(feedback.status_due(at_ms(1000)));
  CHECK(count_statuses(feedback, 0, 10'001) == 10);
}

TEST_CASE("a moved position is told within 100 ms", "[feedback]") {
  Feedback feedback = settled();
  feedback.on_received(500);
  feedback.on_confirmed(500);
  CHECK(feedback.status_due(at_ms(300)));
  feedback.on_status_sent(at_ms(300));
  feedback.on_confirmed(500);
  CHECK_FALSE(feedback.status_due(at_ms(410)));
  feedback.on_confirmed(501);
  CHECK_FALSE(feedback.status_due(at_ms(399)));
  CHECK(feedback.status_due(at_ms(400)));
  CHECK(feedback.wake_at(at_ms(310)) == at_ms(400));
}

TEST_CASE("requested replies are limited to ten a second", "[feedback]") {
  Feedback feedback = settled();
  int count = 0;
  for (int ms = 0; ms < 1000; ++ms) {
    feedback.on_reply_requested(at_ms(ms));
    if (!feedback.status_due(at_ms(ms))) continue;
    feedback.on_status_sent(at_ms(ms));
    ++count;
  }
  CHECK(count == 9);  // the first one at 100 ms
}

TEST_CASE("written is never below confirmed, and nothing falls", "[feedback]") {
  Feedback feedback(start);
  feedback.on_confirmed(700);
  CHECK(feedback.written() == 700);
  CHECK(feedback.confirmed() == 700);
  feedback.on_received(800);
  feedback.on_received(750);
  CHECK(feedback.written() == 800);
  feedback.on_confirmed(600);
  CHECK(feedback.confirmed() == 700);
}

namespace {

// The server asks every 100 ms.
void ask(Feedback& feedback, int from_ms, int to_ms) {
  for (int ms = from_ms; ms <= to_ms; ms += 100) feedback.on_reply_requested(at_ms(ms));
}

}  // namespace

TEST_CASE("a server that goes on asking is probed, once a second", "[feedback]") {
  Feedback feedback = settled();
  feedback.on_received(100);
  CHECK_FALSE(feedback.probe_due(at_ms(60'000)));  // slow, but nobody asks
  ask(feedback, 0, 2'000);
  CHECK_FALSE(feedback.probe_due(at_ms(1'999)));
  CHECK(feedback.probe_due(at_ms(2'000)));
  feedback.on_probe_started(at_ms(2'000));
  ask(feedback, 2'100, 3'000);
  CHECK_FALSE(feedback.probe_due(at_ms(3'000)));  // one at a time
  feedback.on_probe_ended();
  CHECK_FALSE(feedback.probe_due(at_ms(2'999)));
  CHECK(feedback.probe_due(at_ms(3'000)));
}

TEST_CASE("a single question is not a stall", "[feedback]") {
  Feedback feedback = settled();
  feedback.on_received(100);
  feedback.on_reply_requested(at_ms(0));
  CHECK_FALSE(feedback.probe_due(at_ms(2'000)));
  feedback.on_reply_requested(at_ms(30'000));
  CHECK_FALSE(feedback.probe_due(at_ms(30'900)));
  CHECK_FALSE(feedback.probe_due(at_ms(32'000)));
}

TEST_CASE("a server is probed while positions held back are confirmed one by one", "[feedback]") {
  Feedback feedback = settled();
  feedback.on_received(100);
  for (int ms = 0; ms <= 2'000; ms += 100) {
    feedback.on_confirmed(static_cast<Lsn>(1 + ms / 100));
    feedback.on_reply_requested(at_ms(ms));
  }
  CHECK(feedback.probe_due(at_ms(2'000)));
  feedback.on_confirmed(100);
  CHECK_FALSE(feedback.probe_due(at_ms(2'000)));  // nothing is outstanding
}

TEST_CASE("back-pressure is a stall that cannot ask", "[feedback]") {
  Feedback feedback = settled();
  // Inside a transaction positions lie below what keepalives have confirmed.
  feedback.on_received(1'000);
  feedback.on_confirmed(1'000);
  feedback.on_received(400);
  feedback.set_reading(false, at_ms(5'000));
  feedback.set_reading(false, at_ms(6'000));
  CHECK_FALSE(feedback.probe_due(at_ms(6'999)));
  CHECK(feedback.probe_due(at_ms(7'000)));
  feedback.set_reading(true, at_ms(7'000));
  CHECK_FALSE(feedback.probe_due(at_ms(60'000)));
}

TEST_CASE("it wants to be woken for whatever comes first", "[feedback]") {
  Feedback feedback = settled();
  CHECK(feedback.wake_at(start) == at_ms(1'000));
  feedback.set_reading(false, at_ms(0));
  feedback.on_status_sent(at_ms(1'500));
  CHECK(feedback.wake_at(at_ms(1'500)) == at_ms(2'000));
  feedback.on_probe_started(at_ms(2'000));
  CHECK(feedback.wake_at(at_ms(2'000)) == at_ms(2'500));
}
