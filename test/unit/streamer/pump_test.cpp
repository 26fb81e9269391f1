#include "streamer/pump.h"

#include <algorithm>
#include <catch2/catch.hpp>
#include <deque>
#include <set>
#include <vector>

#include "event/test_random.h"
#include "streamer/test_frames.h"

namespace waljet {
namespace {

using Kind = PumpAction::Kind;

constexpr AckWindow::Limits roomy{1000, 1'000'000};
const Instant start{};

Instant at_ms(int64_t ms) {
  return start + Duration(ms);
}

Pump make_pump(const AckWindow::Limits& limits = roomy) {
  return Pump("app.00000001", limits, [] { return 1.0; });
}

Error trouble(ErrorClass error_class = ErrorClass::retry) {
  return {error_class, "trouble", {}, {}};
}

PubAck stored() {
  return {PubAckOutcome::stored, false, 1, 0, {}};
}

// A pump that publishes, on a link of the epoch returned by its first action.
void make_ready(Pump& pump, Instant now = start) {
  pump.permit_publishing();
  REQUIRE(pump.next(now).kind == Kind::connect);
  pump.on_connected();
  REQUIRE(pump.next(now).kind == Kind::prepare);
  pump.on_prepared(now);
  REQUIRE(pump.state() == PumpState::publishing);
}

Token publish_next(Pump& pump, Instant now = start) {
  const PumpAction action = pump.next(now);
  REQUIRE(action.kind == Kind::publish);
  return action.message.token;
}

void acknowledge(Pump& pump, Token token, Instant now = start) {
  pump.on_ack({pump.epoch(), token, stored()}, now);
}

std::string transaction(Lsn commit_lsn, uint64_t events, Lsn end_lsn) {
  std::string bytes;
  for (uint64_t ordinal = 1; ordinal <= events; ++ordinal) {
    bytes += event_bytes({commit_lsn, ordinal, 0});
  }
  return bytes + commit_bytes(commit_lsn, end_lsn);
}

TEST_CASE("nothing is created or published before it is permitted", "[pump]") {
  Pump pump = make_pump();
  const PumpAction connect = pump.next(start);
  CHECK(connect.kind == Kind::connect);
  CHECK(connect.epoch == 1);
  pump.on_connected();
  PumpAction prepare = pump.next(start);
  CHECK(prepare.kind == Kind::prepare);
  CHECK_FALSE(prepare.may_create);
  pump.on_prepared(start);
  CHECK(pump.state() == PumpState::standing_by);
  CHECK(pump.next(start).kind == Kind::wait);
  CHECK_FALSE(pump.was_ready());
  pump.permit_publishing();
  prepare = pump.next(start);
  CHECK(prepare.kind == Kind::prepare);
  CHECK(prepare.may_create);
  pump.on_prepared(start);
  CHECK(pump.was_ready());
}

TEST_CASE("a transaction is confirmed when all its events are stored", "[pump]") {
  Pump pump = make_pump();
  make_ready(pump);
  pump.on_item(make_session_start());
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 2, 150)));
  const PumpAction action = pump.next(start);
  REQUIRE(action.kind == Kind::publish);
  CHECK(action.message.source_id == "app.00000001");
  CHECK(action.message.frame->position == Position{100, 1, 0});
  CHECK(action.message.frame->body == "{}");
  const Token second = publish_next(pump);
  CHECK(pump.next(start).kind == Kind::wait);
  acknowledge(pump, second);
  CHECK(pump.confirmed() == 0);
  acknowledge(pump, action.message.token);
  CHECK(pump.confirmed() == 150);
  CHECK(pump.kept_bytes() == 0);
}

TEST_CASE("a keepalive waits for what came before it, also while NATS is away", "[pump]") {
  Pump pump = make_pump();
  pump.on_item(make_session_start());
  pump.on_item(make_received(90));
  CHECK(pump.confirmed() == 90);  // nothing is waiting: an idle database holds no WAL
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)));
  pump.on_item(make_received(200));
  CHECK(pump.confirmed() == 90);
  make_ready(pump);
  acknowledge(pump, publish_next(pump));
  CHECK(pump.confirmed() == 200);
}

TEST_CASE("after a lost link all that is unacknowledged goes first, in order", "[pump]") {
  Pump pump = make_pump();
  make_ready(pump);
  pump.on_item(make_session_start());
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 3, 150)));
  publish_next(pump);
  const Token second = publish_next(pump);
  acknowledge(pump, second);  // overtook the first
  pump.on_trouble(trouble(), pump.epoch(), start);
  CHECK(pump.state() == PumpState::backing_off);
  CHECK(pump.next(start).kind == Kind::drop_link);
  const PumpAction wait = pump.next(start);
  CHECK(wait.kind == Kind::wait);
  CHECK(wait.until == at_ms(100));
  pump.on_item(chunk_of(transaction(200, 1, 250)));  // taken meanwhile

  CHECK(pump.next(at_ms(100)).kind == Kind::connect);
  CHECK(pump.epoch() == 2);
  pump.on_connected();
  CHECK(pump.next(at_ms(100)).kind == Kind::prepare);
  pump.on_prepared(at_ms(100));
  std::vector<Position> sent;
  for (int i = 0; i < 3; ++i) {
    const PumpAction action = pump.next(at_ms(100));
    REQUIRE(action.kind == Kind::publish);
    sent.push_back(action.message.frame->position);
  }
  CHECK(sent == std::vector<Position>{{100, 1, 0}, {100, 3, 0}, {200, 1, 0}});
}

TEST_CASE("an answer of an earlier link does not count", "[pump]") {
  Pump pump = make_pump();
  make_ready(pump);
  pump.on_item(make_session_start());
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)));
  const Token token = publish_next(pump);
  pump.on_ack({pump.epoch() - 1, token, stored()}, start);
  CHECK(pump.confirmed() == 0);
  pump.on_trouble(trouble(), pump.epoch() - 1, start);
  CHECK(pump.state() == PumpState::publishing);
}

TEST_CASE("any answer but stored gives the link up", "[pump]") {
  for (const PubAckOutcome outcome : {PubAckOutcome::refused, PubAckOutcome::no_responders}) {
    Pump pump = make_pump();
    make_ready(pump);
    pump.on_item(make_session_start());
    pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)));
    const Token token = publish_next(pump);
    pump.on_ack({pump.epoch(), token, {outcome, false, 0, 10077, "full"}}, start);
    CHECK(pump.state() == PumpState::backing_off);
    CHECK(pump.confirmed() == 0);
    CHECK(pump.trouble().text.find("full") != std::string::npos);
  }
}

TEST_CASE("ten seconds of silence give the link up, progress does not", "[pump]") {
  Pump pump = make_pump();
  make_ready(pump);
  pump.on_item(make_session_start());
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 2, 150)));
  CHECK(pump.next(at_ms(50'000)).kind == Kind::publish);  // waiting to be sent is not silence
  const Token first = 0;
  publish_next(pump, at_ms(55'000));
  CHECK(pump.next(at_ms(55'000)).until == at_ms(60'000));
  acknowledge(pump, first, at_ms(59'000));
  CHECK(pump.next(at_ms(68'999)).kind == Kind::wait);
  CHECK(pump.next(at_ms(69'000)).kind == Kind::drop_link);
  CHECK(pump.state() == PumpState::backing_off);
}

TEST_CASE("waits grow until events are stored again, not only connections made", "[pump]") {
  Pump pump = make_pump();
  make_ready(pump);
  pump.on_item(make_session_start());
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)));
  Instant now = start;
  Duration last{0};
  for (int round = 0; round < 10; ++round) {
    const Token token = publish_next(pump, now);
    pump.on_ack({pump.epoch(), token, {PubAckOutcome::refused, false, 0, 10077, "full"}}, now);
    CHECK(pump.next(now).kind == Kind::drop_link);
    const Duration wait = std::chrono::duration_cast<Duration>(pump.next(now).until - now);
    CHECK(wait >= last);
    CHECK(wait <= Pump::backoff_longest);
    last = wait;
    now += wait;
    make_ready(pump, now);
  }
  CHECK(last == Pump::backoff_longest);
}

TEST_CASE("the window bounds what is taken", "[pump]") {
  Pump pump = make_pump({2, 1'000'000});
  make_ready(pump);
  pump.on_item(make_session_start());
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 3, 150)));
  CHECK_FALSE(pump.wants_item());
  const Token first = publish_next(pump);
  publish_next(pump);
  CHECK(pump.next(start).kind == Kind::wait);
  acknowledge(pump, first);
  CHECK(pump.wants_item());
  CHECK(pump.next(start).kind == Kind::publish);
}

TEST_CASE("what PostgreSQL sends again is skipped, what is new is not", "[pump]") {
  Pump pump = make_pump();
  make_ready(pump);
  pump.on_item(make_session_start());
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 2, 150) + event_bytes({200, 1, 0})));
  const Token a = publish_next(pump);
  const Token b = publish_next(pump);
  const Token c = publish_next(pump);
  // The connection is lost in the middle of the second transaction.
  pump.on_item(make_session_start());
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 2, 150) + transaction(200, 2, 250)));
  const PumpAction action = pump.next(start);
  REQUIRE(action.kind == Kind::publish);
  CHECK(action.message.frame->position == Position{200, 2, 0});
  CHECK(pump.next(start).kind == Kind::wait);
  acknowledge(pump, a);
  acknowledge(pump, b);
  CHECK(pump.confirmed() == 150);
  acknowledge(pump, c);
  CHECK(pump.confirmed() == 150);
  acknowledge(pump, action.message.token);
  CHECK(pump.confirmed() == 250);
}

TEST_CASE("what is skipped is not kept, however much it is", "[pump]") {
  Pump pump = make_pump();
  make_ready(pump);
  pump.on_item(make_session_start());
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)));
  publish_next(pump);
  const size_t kept = pump.kept_bytes();
  pump.on_item(make_session_start());
  pump.on_item(chunk_of(hello_bytes()));
  for (int i = 0; i < 1000; ++i) pump.on_item(chunk_of(transaction(100, 1, 150)));
  CHECK(pump.kept_bytes() == kept);
}

TEST_CASE("a stop finishes the transaction in hand and waits for its answers", "[pump]") {
  Pump pump = make_pump();
  make_ready(pump);
  pump.on_item(make_session_start());
  pump.on_item(chunk_of(hello_bytes() + event_bytes({100, 1, 0})));
  const Token first = publish_next(pump);
  pump.request_stop(start);
  CHECK(pump.state() == PumpState::draining);
  acknowledge(pump, first);
  CHECK(pump.next(start).kind == Kind::wait);  // the commit has not come
  CHECK(pump.wants_item());
  // The rest of the transaction, and another one that is left for the next start.
  pump.on_item(
      chunk_of(event_bytes({100, 2, 0}) + commit_bytes(100, 150) + transaction(200, 1, 250)));
  CHECK_FALSE(pump.wants_item());
  const Token second = publish_next(pump);
  CHECK(pump.next(start).kind == Kind::wait);
  acknowledge(pump, second);
  CHECK(pump.next(start).kind == Kind::drop_link);
  CHECK(pump.next(start).kind == Kind::stop);
  CHECK(pump.confirmed() == 150);
  CHECK_FALSE(pump.fatal());
}

TEST_CASE("a stop between transactions leaves what was not taken yet", "[pump]") {
  Pump pump = make_pump({1, 1'000'000});
  make_ready(pump);
  pump.on_item(make_session_start());
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150) + transaction(200, 1, 250)));
  const Token only = publish_next(pump);
  pump.request_stop(start);
  acknowledge(pump, only);
  CHECK(pump.next(start).kind == Kind::drop_link);
  CHECK(pump.confirmed() == 150);
}

TEST_CASE("a stop does not wait for a transaction that cannot go on", "[pump]") {
  Pump pump = make_pump();
  make_ready(pump);
  pump.on_item(make_session_start());
  pump.on_item(chunk_of(hello_bytes() + event_bytes({100, 1, 0})));
  const Token first = publish_next(pump);
  pump.request_stop(start);
  pump.on_input_end();
  CHECK(pump.next(start).kind == Kind::wait);
  acknowledge(pump, first);
  CHECK(pump.next(start).kind == Kind::drop_link);
  CHECK(pump.confirmed() == 0);
}

TEST_CASE("a stop does not wait for ever, nor for a link", "[pump]") {
  Pump silent = make_pump();
  make_ready(silent);
  silent.on_item(make_session_start());
  silent.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)));
  publish_next(silent, at_ms(5'000));
  silent.request_stop(at_ms(6'000));
  CHECK(silent.next(at_ms(6'000)).until == at_ms(15'000));
  CHECK(silent.next(at_ms(16'000)).kind == Kind::drop_link);
  CHECK(silent.next(at_ms(16'000)).kind == Kind::stop);

  Pump away = make_pump();
  away.request_stop(start);
  CHECK(away.next(start).kind == Kind::stop);

  Pump losing = make_pump();
  make_ready(losing);
  losing.request_stop(start);
  losing.on_trouble(trouble(), losing.epoch(), start);
  CHECK(losing.next(start).kind == Kind::drop_link);
  CHECK(losing.next(start).kind == Kind::stop);
}

TEST_CASE("before the first readiness a refusal is fatal, afterwards it is retried", "[pump]") {
  Pump pump = make_pump();
  REQUIRE(pump.next(start).kind == Kind::connect);
  SECTION("connecting") {
    pump.on_trouble(trouble(ErrorClass::refused), pump.epoch(), start);
    CHECK(pump.fatal());
    CHECK(pump.next(start).kind == Kind::stop);
  }
  SECTION("preparing") {
    pump.on_connected();
    pump.on_prepare_failed(trouble(ErrorClass::refused), false, start);
    REQUIRE(pump.fatal());
    CHECK(pump.next(start).kind == Kind::drop_link);
  }
  SECTION("afterwards") {
    pump.permit_publishing();
    pump.on_connected();
    pump.on_prepared(start);
    pump.on_trouble(trouble(ErrorClass::refused), pump.epoch(), start);
    CHECK_FALSE(pump.fatal());
    CHECK(pump.state() == PumpState::backing_off);
  }
}

TEST_CASE("thirty seconds of nothing but an absent JetStream are a refusal", "[pump]") {
  Pump pump = make_pump();
  Instant now = start;
  const auto fail_once = [&](bool absent) {
    while (pump.next(now).kind != Kind::connect) now += Duration(100);
    pump.on_connected();
    pump.on_prepare_failed(trouble(), absent, now);
  };
  fail_once(true);
  while (now < at_ms(20'000)) fail_once(true);
  fail_once(false);  // something else: counting begins anew
  const Instant again = now;
  fail_once(true);
  while (now < again + Duration(29'000)) {
    REQUIRE_FALSE(pump.fatal());
    fail_once(true);
  }
  while (!pump.fatal() && now < again + Duration(60'000)) fail_once(true);
  REQUIRE(pump.fatal());
  CHECK(pump.fatal()->error_class == ErrorClass::refused);
  CHECK(now >= again + Duration(30'000));
  CHECK(now <= again + Duration(42'000));
}

TEST_CASE("frames that cannot be understood are fatal, and say which side to upgrade", "[pump]") {
  const auto fatal_text = [](const std::string& frames) {
    Pump pump = make_pump();
    make_ready(pump);
    pump.on_item(make_session_start());
    pump.on_item(chunk_of(frames));
    REQUIRE(pump.fatal());
    CHECK(pump.next(start).kind == Kind::drop_link);
    CHECK(pump.next(start).kind == Kind::stop);
    return pump.fatal()->text;
  };
  const auto has = [](const std::string& text, const char* part) {
    return text.find(part) != std::string::npos;
  };
  CHECK(has(fatal_text(hello_bytes(frame_version + 1)), "upgrade the streamer"));
  CHECK(has(fatal_text(hello_bytes(frame_version - 1)), "upgrade the plugin"));
  CHECK(has(fatal_text(event_bytes({100, 1, 0})), "before its hello"));
  CHECK(has(fatal_text("nonsense"), "not a frame"));
  CHECK(has(fatal_text(hello_bytes() + event_bytes({100, 1, 0}).substr(0, 60)), "not a frame"));
  Frame unknown;
  unknown.kind = static_cast<FrameKind>(99);
  CHECK(has(fatal_text(hello_bytes() + frame_bytes(unknown)), "upgrade the streamer"));
  CHECK(has(fatal_text(hello_bytes(frame_version, "app.00000002")), "another"));
}

TEST_CASE("a message outside a transaction is confirmed on its own", "[pump]") {
  Pump pump = make_pump();
  make_ready(pump);
  pump.on_item(make_session_start());
  Frame message;
  message.kind = FrameKind::message;
  message.position = {100, 0, 0};
  message.end_lsn = 120;
  message.subject = "app.=message.p";
  pump.on_item(chunk_of(hello_bytes() + frame_bytes(message)));
  acknowledge(pump, publish_next(pump));
  CHECK(pump.confirmed() == 120);
}

// ---- the whole, under faults ----

struct Transaction {
  Lsn commit_lsn = 0;
  Lsn end_lsn = 0;
  std::vector<Position> events;
};

// PostgreSQL, its connection, the queue, NATS and its link, each failing at random.
class World {
 public:
  // A faithful link loses only its end, as one TCP connection to one server does. Another one also
  // refuses and loses single events, and answers out of order.
  World(Random& random, bool faithful)
      : random_(random),
        faithful_(faithful),
        pump_("app.00000001", {1 + random.below(8), 200 + random.below(2000)},
              [&random] { return static_cast<double>(random.below(1001)) / 1000; }) {
    Lsn lsn = 1000;
    for (size_t i = 0; i < 12; ++i) {
      Transaction transaction;
      transaction.commit_lsn = lsn + random_.below(5);
      transaction.end_lsn = transaction.commit_lsn + 10;
      lsn = transaction.end_lsn;
      const size_t events = random_.chance(4) ? 0 : random_.below(12);
      for (size_t n = 1; n <= events; ++n) {
        transaction.events.push_back({transaction.commit_lsn, n, 0});
      }
      history_.push_back(transaction);
    }
    pump_.permit_publishing();
    begin_session();
  }

  void step() {
    switch (random_.below(10)) {
      case 0:
      case 1: server_sends(); break;
      case 2:
        if (random_.chance(6)) begin_session();
        break;
      case 3:
      case 4:
      case 5: turn(); break;
      case 6: now_ += Duration(random_.below(400)); break;
      case 7: broker_stores(); break;
      case 8: deliver_answer(); break;
      default:
        if (random_.chance(10)) lose_link();
    }
    check_confirmed();
  }

  // No more faults, until all is said.
  void settle() {
    faithful_ = true;
    for (int i = 0; i < 20'000 && pump_.confirmed() < history_.back().end_lsn; ++i) {
      server_sends();
      turn();
      broker_stores();
      deliver_answer();
      now_ += Duration(50);
      check_confirmed();
    }
    REQUIRE(pump_.confirmed() == history_.back().end_lsn);
  }

  std::vector<Position> expected() const {
    std::vector<Position> all;
    for (const Transaction& transaction : history_) {
      all.insert(all.end(), transaction.events.begin(), transaction.events.end());
    }
    return all;
  }
  const std::vector<Position>& stream() const { return stream_; }
  const Pump& pump() const { return pump_; }

 private:
  struct UnderWay {
    Token token;
    Position position;
  };

  static std::string body_of(const Position& position) {
    return std::to_string(position.commit_lsn) + std::string(position.ordinal * 7, 'b');
  }

  // The server begins again at what it was told, which may be less than is confirmed.
  void begin_session() {
    if (!random_.chance(3)) told_ = pump_.confirmed();
    next_ = 0;
    // As SnapBuildXactNeedsSkip has it.
    while (next_ < history_.size() && history_[next_].commit_lsn < told_) ++next_;
    next_event_ = 0;
    said_hello_ = false;
    queue_.push_back(make_session_start());
  }

  void server_sends() {
    if (queue_.size() > 5) return;
    std::string frames;
    for (size_t room = 1 + random_.below(6); room > 0 && next_ < history_.size(); --room) {
      const Transaction& transaction = history_[next_];
      if (next_event_ < transaction.events.size()) {
        if (!said_hello_) frames += hello_bytes();
        said_hello_ = true;
        const Position& position = transaction.events[next_event_++];
        frames += event_bytes(position, body_of(position));
        continue;
      }
      const bool wrote = !transaction.events.empty();
      if (wrote) frames += commit_bytes(transaction.commit_lsn, transaction.end_lsn);
      ++next_;
      next_event_ = 0;
      if (wrote) continue;
      // A transaction without events is told by a keepalive, behind what was written before.
      if (!frames.empty()) queue_.push_back(chunk_of(std::exchange(frames, {})));
      queue_.push_back(make_received(transaction.end_lsn));
    }
    if (!frames.empty()) queue_.push_back(chunk_of(frames));
    if (!random_.chance(3)) return;
    const bool at_end = next_ == history_.size();
    queue_.push_back(make_received(at_end ? history_.back().end_lsn : history_[next_].commit_lsn));
  }

  void turn() {
    while (pump_.wants_item() && !queue_.empty()) {
      pump_.on_item(std::move(queue_.front()));
      queue_.pop_front();
    }
    for (size_t actions = random_.below(6); actions > 0; --actions) {
      const PumpAction action = pump_.next(now_);
      REQUIRE(action.kind != Kind::stop);
      if (action.kind == Kind::wait) return;
      act(action);
    }
  }

  void act(const PumpAction& action) {
    const bool fails = !faithful_ && random_.chance(10);
    if (action.kind == Kind::connect) {
      REQUIRE(wire_.empty());
      if (fails) return pump_.on_trouble(trouble(), action.epoch, now_);
      return pump_.on_connected();
    }
    if (action.kind == Kind::prepare) {
      if (fails) return pump_.on_prepare_failed(trouble(), false, now_);
      return pump_.on_prepared(now_);
    }
    if (action.kind == Kind::drop_link) return forget_link();
    const Position position = action.message.frame->position;
    REQUIRE(action.message.frame->body == body_of(position));
    if (fails) return pump_.on_trouble(trouble(), pump_.epoch(), now_);
    wire_.push_back({action.message.token, position});
  }

  void broker_stores() {
    if (wire_.empty()) return;
    const UnderWay next = wire_.front();
    wire_.pop_front();
    if (!faithful_ && random_.chance(30)) return;  // lost without a trace
    if (!faithful_ && random_.chance(30)) {
      answers_.push_back({pump_.epoch(), next.token, {PubAckOutcome::refused, false, 0, 1, "no"}});
      return;
    }
    if (ids_.insert(next.position).second) stream_.push_back(next.position);
    answers_.push_back({pump_.epoch(), next.token, stored()});
  }

  void deliver_answer() {
    if (answers_.empty()) return;
    const size_t at = faithful_ ? 0 : random_.below(answers_.size());
    const Ack ack = answers_[at];
    answers_.erase(answers_.begin() + static_cast<std::ptrdiff_t>(at));
    pump_.on_ack(ack, now_);
  }

  void lose_link() {
    pump_.on_trouble(trouble(), pump_.epoch(), now_);
    forget_link();
  }

  void forget_link() {
    wire_.clear();
    answers_.clear();
  }

  // The rule that everything stands on: what the server may skip is stored.
  void check_confirmed() {
    for (const Transaction& transaction : history_) {
      if (transaction.commit_lsn >= pump_.confirmed()) return;
      for (const Position& position : transaction.events) REQUIRE(ids_.contains(position));
    }
  }

  Random& random_;
  bool faithful_;
  Pump pump_;
  Instant now_{};
  std::vector<Transaction> history_;
  Lsn told_ = 0;
  size_t next_ = 0;
  size_t next_event_ = 0;
  bool said_hello_ = false;
  std::deque<Item> queue_;
  std::deque<UnderWay> wire_;
  std::deque<Ack> answers_;
  std::vector<Position> stream_;
  std::set<Position> ids_;
};

TEST_CASE("whatever fails, everything is stored, in order over a faithful link", "[pump]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int run = 0; run < 400; ++run) {
    World world(random, true);
    for (int step = 0; step < 600; ++step) world.step();
    world.settle();
    REQUIRE(world.stream() == world.expected());
    REQUIRE(world.pump().kept_bytes() == 0);
  }
}

TEST_CASE("single events refused or lost: still nothing is missing or confirmed early", "[pump]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int run = 0; run < 400; ++run) {
    World world(random, false);
    for (int step = 0; step < 600; ++step) world.step();
    world.settle();
    std::vector<Position> sorted = world.stream();
    std::sort(sorted.begin(), sorted.end());
    REQUIRE(sorted == world.expected());
  }
}

}  // namespace
}  // namespace waljet
