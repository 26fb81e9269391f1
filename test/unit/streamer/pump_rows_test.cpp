// Rows of snapshots between the changes.
#include <catch2/catch.hpp>
#include <deque>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "streamer/pump_rig.h"
#include "streamer/row_place.h"

namespace waljet {
namespace {

std::string row_bytes(uint64_t number, uint64_t key_hash = 0, char op = 'r') {
  Frame frame;
  frame.kind = FrameKind::row;
  frame.op = op;
  frame.position = {90, number, 1};
  frame.key_hash = key_hash;
  frame.subject = "app.public.t.read";
  frame.table = "public.t";
  frame.body = "{}";
  return frame_bytes(frame);
}

RowsInPlace rows_of(const std::string& frames, Lsn lsn, uint64_t number = 1) {
  Item item = chunk_of(frames);
  RowsInPlace rows;
  rows.batch = {std::move(item.buffer), item.buffer_bytes, item.frames, 0};
  rows.lsn = lsn;
  rows.number = number;
  return rows;
}

// Does what it is told and notes what it hears.
class ScriptedRows : public RowSource {
 public:
  void on_session_begin(Lsn) override { heard.push_back("begin"); }
  void on_session_end() override { heard.push_back("end"); }
  bool wants_events() const override { return true; }
  void on_event(const Frame& frame) override {
    heard.push_back("event " + std::to_string(frame.position.commit_lsn));
  }
  void on_control(const Frame& frame) override {
    heard.push_back("control " + std::string(frame.body));
    for (RowsInPlace& rows : at_control) waiting.push_back(std::move(rows));
    at_control.clear();
  }
  std::optional<RowsInPlace> take_rows() override {
    if (waiting.empty()) return std::nullopt;
    RowsInPlace rows = std::move(waiting.front());
    waiting.pop_front();
    return rows;
  }
  void on_rows_stored(uint64_t number, const StoredRow* newest) override {
    heard.push_back("stored " + std::to_string(number));
    if (newest != nullptr) newest_stored = *newest;
  }
  void on_rows_lost() override { heard.push_back("lost"); }

  std::deque<RowsInPlace> waiting;
  std::vector<RowsInPlace> at_control;
  std::vector<std::string> heard;
  std::optional<StoredRow> newest_stored;
};

Pump make_pump(RowSource& rows, const AckWindow::Limits& limits = roomy) {
  const auto chance = [] { return 1.0; };
  Pump pump(settings_with(limits), chance, &rows);
  pump.on_live_session(1);
  pump.on_contact(Instant::max());
  return pump;
}

// Answers records as they come, until something is to be published; then that.
PumpAction next_publish(Pump& pump, TestBroker& broker, Instant now = start) {
  PumpAction action = pump.next(now);
  while (action.kind == Kind::write_record) {
    pump.on_ack({pump.epoch(), record_token, broker.write(action)}, now);
    action = pump.next(now);
  }
  return action;
}

void publish_everything(Pump& pump, TestBroker& broker, Instant now = start) {
  for (PumpAction action = next_publish(pump, broker, now); action.kind == Kind::publish;
       action = next_publish(pump, broker, now)) {
    acknowledge(pump, broker, action, now);
  }
}

Position last_place(const PumpAction& action) {
  REQUIRE(action.message.row != nullptr);
  return action.message.row->place;
}

}  // namespace

TEST_CASE("rows stand between the changes before and behind their watermark", "[pump][rows]") {
  ScriptedRows rows;
  Pump pump = make_pump(rows);
  TestBroker broker;
  make_ready(pump, broker);
  rows.at_control.push_back(rows_of(row_bytes(1) + row_bytes(2), 200, 7));
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150) + control_bytes(200, 210, "high") +
                        transaction(300, 1, 350)),
               start);
  publish_everything(pump, broker);
  const std::vector<Position> expected{
      {100, 1, 0}, place_of_row(200, 0), place_of_row(200, 1), {300, 1, 0}};
  CHECK(broker.events() == expected);
  CHECK(rows.heard ==
        std::vector<std::string>{"begin", "event 100", "control high", "event 300", "stored 7"});
  CHECK(pump.window().confirmable() == 350);
}

TEST_CASE("rows come without any change, and are marked at both ends", "[pump][rows]") {
  ScriptedRows rows;
  Pump pump = make_pump(rows);
  TestBroker broker;
  make_ready(pump, broker, start, 100);
  rows.waiting.push_back(rows_of(row_bytes(0, 0, 't') + row_bytes(1) + row_bytes(2), 99));
  rows.waiting.back().first = true;
  rows.waiting.push_back(rows_of(row_bytes(3) + row_bytes(4), 99, 2));
  rows.waiting.back().last = true;
  pump.on_rows(start);
  std::vector<std::string> marks;
  for (PumpAction action = next_publish(pump, broker); action.kind == Kind::publish;
       action = next_publish(pump, broker)) {
    REQUIRE(action.message.row != nullptr);
    marks.push_back(std::string(action.message.row->first ? "first" : "") +
                    (action.message.row->last ? "last" : ""));
    acknowledge(pump, broker, action);
  }
  CHECK(marks == std::vector<std::string>{"", "first", "", "", "last"});
  CHECK(broker.events().back() == place_of_row(99, 4));
  CHECK(rows.heard.back() == "stored 2");
  REQUIRE(rows.newest_stored);
  CHECK(rows.newest_stored->sequence == 5);
  CHECK(rows.newest_stored->place == place_of_row(99, 4));
  CHECK(rows.newest_stored->stream_created == broker.survey().stream->created);
}

TEST_CASE("rows of keys that were touched are left out, and the last one is another then",
          "[pump][rows]") {
  ScriptedRows rows;
  Pump pump = make_pump(rows);
  TestBroker broker;
  make_ready(pump, broker);
  rows.waiting.push_back(rows_of(row_bytes(1, 11) + row_bytes(2, 12) + row_bytes(3, 13), 99, 4));
  rows.waiting.back().last = true;
  rows.waiting.back().without = std::make_shared<const KeyHashes>(KeyHashes{11, 13});
  pump.on_rows(start);
  const PumpAction only = next_publish(pump, broker);
  CHECK(only.message.frame->position == Position{90, 2, 1});
  CHECK(last_place(only) == place_of_row(99, 0));
  CHECK(only.message.row->last);
  CHECK(pump.next(start).kind == Kind::wait);
  acknowledge(pump, broker, only);
  CHECK(rows.heard.back() == "stored 4");
}

TEST_CASE("a batch of which nothing is published is stored behind what came before",
          "[pump][rows]") {
  ScriptedRows rows;
  Pump pump = make_pump(rows);
  TestBroker broker;
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), start);
  rows.waiting.push_back(rows_of(row_bytes(1, 11), 99, 5));
  rows.waiting.back().without = std::make_shared<const KeyHashes>(KeyHashes{11});
  pump.on_rows(start);
  CHECK(rows.heard.back() == "event 100");
  publish_everything(pump, broker);
  CHECK(rows.heard.back() == "stored 5");
  CHECK_FALSE(rows.newest_stored);
}

TEST_CASE("rows wait for room like events, and no change overtakes them", "[pump][rows]") {
  ScriptedRows rows;
  Pump pump = make_pump(rows, {2, 1'000'000});
  TestBroker broker;
  make_ready(pump, broker);
  rows.at_control.push_back(rows_of(row_bytes(1) + row_bytes(2) + row_bytes(3), 200));
  pump.on_item(chunk_of(hello_bytes() + control_bytes(200, 210, "high") + transaction(300, 2, 350)),
               start);
  CHECK(pump.window().messages() == 2);
  CHECK_FALSE(pump.wants_item());
  publish_everything(pump, broker);
  const std::vector<Position> expected{place_of_row(200, 0), place_of_row(200, 1),
                                       place_of_row(200, 2), Position{300, 1, 0},
                                       Position{300, 2, 0}};
  CHECK(broker.events() == expected);
  CHECK(pump.wants_item());
}

TEST_CASE("over a new link what is stored of the rows is found, the rest published again",
          "[pump][rows]") {
  ScriptedRows rows;
  Pump pump = make_pump(rows);
  TestBroker broker;
  make_ready(pump, broker);
  rows.waiting.push_back(rows_of(row_bytes(1) + row_bytes(2) + row_bytes(3), 99, 3));
  pump.on_rows(start);
  broker.store(next_publish(pump, broker));  // its answer is lost
  next_publish(pump, broker);                // lost itself
  Instant now = start;
  pump.on_trouble(trouble(), pump.epoch(), now);
  make_link_again(pump, broker, now);
  publish_everything(pump, broker, now);
  const std::vector<Position> expected{place_of_row(99, 0), place_of_row(99, 1),
                                       place_of_row(99, 2)};
  CHECK(broker.events() == expected);
  CHECK(rows.heard.back() == "stored 3");
  REQUIRE(rows.newest_stored);
  CHECK(rows.newest_stored->sequence == 3);
  CHECK(rows.newest_stored->place == place_of_row(99, 2));
  CHECK(pump.notices().late_events == 0);
}

TEST_CASE("rows are lost with their session, and read again under other places", "[pump][rows]") {
  ScriptedRows rows;
  Pump pump = make_pump(rows);
  TestBroker broker;
  make_ready(pump, broker);
  rows.waiting.push_back(rows_of(row_bytes(1) + row_bytes(2), 99, 3));
  pump.on_rows(start);
  acknowledge(pump, broker, next_publish(pump, broker));
  Instant now = start;
  broker.roll_back(0);  // its broker loses what it had acknowledged
  pump.on_trouble(trouble(), pump.epoch(), now);
  make_link_again(pump, broker, now);
  CHECK(pump.session_number() == 0);
  CHECK(rows.heard == std::vector<std::string>{"begin", "end", "lost"});
}

TEST_CASE("a start behind rows skips the changes before them and none after", "[pump][rows]") {
  ScriptedRows rows;
  Pump pump = make_pump(rows);
  TestBroker broker;
  broker.add({{100, 1, 0}, place_of_row(200, 0), place_of_row(200, 1)});
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150) + control_bytes(200, 210, "high") +
                        transaction(300, 1, 350)),
               start);
  publish_everything(pump, broker);
  CHECK(broker.events().size() == 4);
  CHECK(broker.events().back() == Position{300, 1, 0});
  CHECK(pump.notices().late_events == 0);
}

TEST_CASE("a session that begins with a snapshot of everything accepts a moved slot",
          "[pump][rows]") {
  ScriptedRows rows;
  Pump pump = make_pump(rows);
  TestBroker broker;
  make_ready(pump, broker, start, 100);
  pump.on_item(make_session_start({2, facts_of(500), {}, true}), start);
  answer_prepare(pump, broker, start);
  CHECK(pump.session_number() == 2);
  CHECK(pump.notices().accepted.empty());
}

TEST_CASE("long without anything to confirm, the record is written all the same", "[pump][rows]") {
  ScriptedRows rows;
  Pump pump = make_pump(rows, {Pump::unrecorded_messages_max * 2, 100'000'000});
  TestBroker broker;
  make_ready(pump, broker, start, 100);
  std::string frames;
  for (uint64_t i = 1; i <= Pump::unrecorded_messages_max; ++i) frames += row_bytes(i);
  rows.waiting.push_back(rows_of(frames, 99));
  pump.on_rows(start);
  publish_everything(pump, broker);
  const Instant later = start + Confirmer::record_interval;
  write_record(pump, broker, later);
  REQUIRE(broker.record);
  CHECK(broker.record->position == 100);
  CHECK(broker.record->stream_sequence == Pump::unrecorded_messages_max);
  CHECK(broker.record->last_event == place_of_row(99, Pump::unrecorded_messages_max - 1));
  CHECK(pump.next(later).kind == Kind::wait);
  CHECK(pump.confirmed(later) == 0);
}

TEST_CASE("rows and changes are not under way together, and only so many rows", "[pump][rows]") {
  ScriptedRows rows;
  Pump pump = make_pump(rows);
  TestBroker broker;
  make_ready(pump, broker);
  std::string frames;
  for (uint64_t i = 1; i <= Pump::rows_under_way_max + 1; ++i) frames += row_bytes(i);
  rows.at_control.push_back(rows_of(frames, 200));
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150) + control_bytes(200, 210, "high") +
                        transaction(300, 1, 350)),
               start);
  const PumpAction change = next_publish(pump, broker);
  CHECK(change.message.row == nullptr);
  CHECK(pump.next(start).kind == Kind::wait);
  acknowledge(pump, broker, change);
  REQUIRE(broker.record);
  CHECK_FALSE(broker.record->rows);

  std::vector<PumpAction> under_way;
  for (PumpAction action = next_publish(pump, broker); action.kind == Kind::publish;
       action = pump.next(start)) {
    under_way.push_back(std::move(action));
  }
  CHECK(broker.record->rows);
  CHECK(under_way.size() == Pump::rows_under_way_max);
  for (const PumpAction& action : under_way) acknowledge(pump, broker, action);
  acknowledge(pump, broker, next_publish(pump, broker));
  CHECK(broker.record->rows);
  CHECK(next_publish(pump, broker).message.row == nullptr);
  CHECK_FALSE(broker.record->rows);
}

TEST_CASE("rows are sent only when the server was heard of just now", "[pump][rows]") {
  ScriptedRows rows;
  Pump pump = make_pump(rows);
  TestBroker broker;
  make_ready(pump, broker);
  pump.on_contact(start);
  rows.waiting.push_back(rows_of(row_bytes(1) + row_bytes(2), 99));
  pump.on_rows(start);
  const Duration too_long = settings_with().contact_max + Duration(1);
  CHECK(pump.next(start + too_long).kind == Kind::wait);
  pump.on_contact(start + too_long);
  acknowledge(pump, broker, next_publish(pump, broker, start + too_long), start + too_long);
  CHECK(pump.next(start + 2 * too_long).kind == Kind::wait);
}

TEST_CASE("where rows may be under way of a process before, fences come first", "[pump][rows]") {
  ScriptedRows rows;
  TestBroker broker;
  {
    Pump pump = make_pump(rows);
    make_ready(pump, broker);
    rows.waiting.push_back(rows_of(row_bytes(1), 99));
    pump.on_rows(start);
    CHECK(next_publish(pump, broker).message.row != nullptr);  // and it dies
  }
  Pump pump = make_pump(rows);
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), start);
  for (uint64_t n = 0; n < Pump::rows_under_way_max; ++n) {
    const PumpAction fence = pump.next(start);
    REQUIRE(fence.kind == Kind::publish_fence);
    CHECK(fence.fence_behind == broker.last_sequence());
    broker.add_foreign();
    if (n + 1 == Pump::rows_under_way_max) CHECK(pump.next(start).kind == Kind::wait);
    pump.on_ack({pump.epoch(), fence_token, TestBroker::stored(broker.last_sequence())}, start);
  }
  CHECK(broker.record->rows);
  const PumpAction change = next_publish(pump, broker);
  CHECK_FALSE(broker.record->rows);
  CHECK(change.message.expected_sequence == Pump::rows_under_way_max);
}

TEST_CASE("what is no row is refused", "[pump][rows]") {
  ScriptedRows rows;
  Pump pump = make_pump(rows);
  TestBroker broker;
  make_ready(pump, broker);
  rows.waiting.push_back(rows_of(event_bytes({100, 1, 0}), 99));
  pump.on_rows(start);
  REQUIRE(pump.fatal());
  CHECK(has(pump.fatal()->text, "waljet.read()"));
}

TEST_CASE("rows whose connection is gone hold nothing up: their session ends", "[pump][rows]") {
  ScriptedRows rows;
  Pump pump = make_pump(rows);
  TestBroker broker;
  make_ready(pump, broker);
  rows.at_control.push_back(rows_of(row_bytes(1), 200));
  pump.on_item(chunk_of(hello_bytes() + control_bytes(200, 210, "high") + transaction(300, 1, 350)),
               start);
  pump.on_live_session(2);  // another process may have had the slot between them
  pump.on_item(session_start(2), start);
  answer_prepare(pump, broker, start);
  CHECK(pump.session_number() == 2);
  CHECK(rows.heard.back() == "begin");
  CHECK(broker.events().empty());
  pump.on_item(chunk_of(hello_bytes() + control_bytes(200, 210, "high") + transaction(300, 1, 350)),
               start);
  publish_everything(pump, broker);
  CHECK(broker.events() == std::vector<Position>{{300, 1, 0}});
}

TEST_CASE("who finds later events stored behind its rows has lost the source", "[pump][rows]") {
  ScriptedRows rows;
  Pump pump = make_pump(rows);
  TestBroker broker;
  make_ready(pump, broker);
  rows.at_control.push_back(rows_of(row_bytes(1), 200));
  pump.on_item(chunk_of(hello_bytes() + control_bytes(200, 210, "high") + transaction(300, 1, 350)),
               start);
  broker.add({{300, 1, 0}});
  Instant now = start;
  pump.on_trouble(trouble(), pump.epoch(), now);
  make_link_again(pump, broker, now);
  CHECK(pump.session_number() == 0);
  CHECK(pump.notices().late_events == 0);
}

TEST_CASE("the same record written by another process is another one", "[pump][rows]") {
  ScriptedRows rows;
  Pump pump = make_pump(rows);
  TestBroker broker;
  make_ready(pump, broker);
  broker.record->writer = 2;
  ++broker.revision;
  Instant now = start;
  pump.on_trouble(trouble(), pump.epoch(), now);
  make_link_again(pump, broker, now);
  CHECK(pump.session_number() == 0);
}

TEST_CASE("an older record that came back does not vouch for what was written anew",
          "[pump][rows]") {
  ScriptedRows rows;
  TestBroker broker;
  std::optional<Record> older;
  {
    Pump pump = make_pump(rows);
    make_ready(pump, broker);
    pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150) + transaction(200, 1, 250)),
                 start);
    publish_everything(pump, broker);
    write_record(pump, broker, start + Confirmer::record_interval);
    older = broker.record;
    CHECK(older->newest_sequence == 2);
    CHECK(older->newest_event == Position{200, 1, 0});
  }
  // Both are lost, others are stored in their places, and only the record of those is lost.
  broker.roll_back(0);
  broker.add({{90, 1, 0}, {100, 1, 0}});
  broker.record = older;
  Pump pump = make_pump(rows);
  make_ready(pump, broker);
  pump.on_item(chunk_of(hello_bytes() + transaction(90, 1, 95) + transaction(100, 1, 150) +
                        transaction(200, 1, 250)),
               start);
  publish_everything(pump, broker);
  const std::vector<Position> expected{{90, 1, 0}, {100, 1, 0}, {200, 1, 0}};
  CHECK(broker.events() == expected);
}

TEST_CASE("no fences where the record of rows is lost, and another process's events under way",
          "[pump][rows]") {
  ScriptedRows rows;
  Pump pump = make_pump(rows);
  TestBroker broker;
  make_ready(pump, broker);
  const Record another = *broker.record;
  pump.on_item(chunk_of(hello_bytes() + transaction(100, 1, 150)), start);
  publish_everything(pump, broker);
  rows.waiting.push_back(rows_of(row_bytes(1), 160));
  pump.on_rows(start);
  acknowledge(pump, broker, next_publish(pump, broker));
  REQUIRE(broker.record->rows);
  REQUIRE(broker.record->position == 150);
  broker.roll_back(0);
  broker.record = another;
  broker.record->writer = 2;
  ++broker.revision;
  Instant now = start;
  pump.on_trouble(trouble(), pump.epoch(), now);
  make_link_again(pump, broker, now);
  CHECK(pump.session_number() == 0);
  pump.on_live_session(2);
  pump.on_item(session_start(2), now);
  PumpAction action = pump.next(now);
  for (; action.kind != Kind::prepare; action = pump.next(now)) {
    if (action.kind == Kind::connect) pump.on_connected();
    if (action.kind == Kind::wait) now = action.until;
  }
  pump.on_prepared(broker.survey(), now);
  write_record(pump, broker, now);
  CHECK(pump.session_number() == 2);
  CHECK(pump.next(now).kind == Kind::wait);
}

}  // namespace waljet
