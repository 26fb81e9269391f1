#include "streamer/ack_window.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <vector>

#include "event/test_random.h"

using namespace waljet;

namespace {

constexpr AckWindow::Limits roomy{1000, 1'000'000};

// The same by the letter of the rule, remembering everything.
struct Reference {
  struct Checkpoint {
    size_t publishes_before;
    Lsn lsn;
  };
  std::vector<bool> acknowledged;
  std::vector<size_t> bytes;
  std::vector<Checkpoint> checkpoints;

  size_t first() const {
    size_t token = 0;
    while (token < acknowledged.size() && acknowledged[token]) ++token;
    return token;
  }
  Lsn confirmable() const {
    Lsn largest = 0;
    for (const Checkpoint& checkpoint : checkpoints) {
      if (checkpoint.publishes_before <= first()) largest = std::max(largest, checkpoint.lsn);
    }
    return largest;
  }
  size_t window_bytes() const {
    size_t sum = 0;
    for (size_t token = first(); token < bytes.size(); ++token) sum += bytes[token];
    return sum;
  }
};

}  // namespace

TEST_CASE("a checkpoint waits for all publishes before it", "[ack_window]") {
  AckWindow window(roomy);
  const Token a = window.add(10);
  const Token b = window.add(10);
  window.add_checkpoint(100);
  const Token c = window.add(10);
  window.add_checkpoint(200);
  CHECK(window.acknowledge(c));
  CHECK(window.acknowledge(b));
  CHECK(window.confirmable() == 0);
  CHECK(window.first() == a);
  CHECK(window.acknowledge(a));
  CHECK(window.confirmable() == 200);
  CHECK(window.empty());
}

TEST_CASE("with nothing in flight a checkpoint counts at once", "[ack_window]") {
  AckWindow window(roomy);
  window.add_checkpoint(100);
  CHECK(window.confirmable() == 100);
  window.add_checkpoint(50);  // after a reconnect positions may step back
  CHECK(window.confirmable() == 100);
}

TEST_CASE("an acknowledgement counts once, and only in the window", "[ack_window]") {
  AckWindow window(roomy);
  const Token a = window.add(10);
  const Token b = window.add(10);
  CHECK_FALSE(window.acknowledge(b + 1));
  CHECK(window.acknowledge(b));
  CHECK_FALSE(window.acknowledge(b));
  CHECK(window.is_acknowledged(b));
  CHECK_FALSE(window.is_acknowledged(a));
  CHECK(window.acknowledge(a));
  CHECK_FALSE(window.acknowledge(a));
  CHECK(window.is_acknowledged(a));
}

TEST_CASE("limits hold in messages and bytes, but one of any size fits", "[ack_window]") {
  AckWindow window({2, 100});
  CHECK(window.has_room(1'000'000));
  const Token a = window.add(1'000'000);
  CHECK_FALSE(window.has_room(0));
  window.acknowledge(a);
  window.add(60);
  CHECK(window.has_room(40));
  CHECK_FALSE(window.has_room(41));
  window.add(1);
  CHECK_FALSE(window.has_room(1));
}

TEST_CASE("the oldest publish holds the room of all behind it", "[ack_window]") {
  AckWindow window({2, 100});
  const Token a = window.add(1);
  const Token b = window.add(1);
  window.acknowledge(b);
  CHECK_FALSE(window.has_room(1));
  window.acknowledge(a);
  CHECK(window.has_room(1));
}

TEST_CASE("any interleaving agrees with the rule", "[ack_window]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int run = 0; run < 200; ++run) {
    AckWindow window(roomy);
    Reference reference;
    Lsn lsn = 1000;
    for (int step = 0; step < 150; ++step) {
      const size_t what = random.below(10);
      if (what < 4) {
        const size_t bytes = random.below(51);
        REQUIRE(window.add(bytes) == reference.acknowledged.size());
        reference.acknowledged.push_back(false);
        reference.bytes.push_back(bytes);
      } else if (what < 6) {
        lsn = random.chance(10) ? lsn - std::min<Lsn>(lsn, 300) : lsn + random.below(21);
        window.add_checkpoint(lsn);
        reference.checkpoints.push_back({reference.acknowledged.size(), lsn});
      } else if (!reference.acknowledged.empty()) {
        const size_t token = random.below(reference.acknowledged.size());
        REQUIRE(window.acknowledge(token) == !reference.acknowledged[token]);
        reference.acknowledged[token] = true;
      }
      REQUIRE(window.first() == reference.first());
      REQUIRE(window.end() == reference.acknowledged.size());
      REQUIRE(window.bytes() == reference.window_bytes());
      REQUIRE(window.confirmable() == reference.confirmable());
    }
  }
}
