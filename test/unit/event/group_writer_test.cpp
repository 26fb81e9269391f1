#include "event/group_writer.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "event/test_random.h"
#include "event/test_sink.h"

namespace waljet {
namespace {

struct Event {
  Position position;
  std::string body;
  std::string subject = "app.public.t.insert";
  std::string table = "public.t";
  std::string key;
  char op = 'c';
  FrameKind kind = FrameKind::event;
  uint32_t xid = 7;
  uint16_t flags = 0;

  uint64_t key_hash() const { return position.ordinal << 32 | key.size(); }
  Frame head() const {
    Frame frame;
    frame.kind = kind;
    frame.op = op;
    frame.position = position;
    frame.xid = xid;
    frame.flags = flags;
    frame.key_hash = key_hash();
    frame.subject = subject;
    frame.table = table;
    frame.key = key;
    return frame;
  }
};

// Writes as the plugin does.
class Batch {
 public:
  explicit Batch(size_t bytes_max) : writer_(bytes_max, index_.sink()) {}

  void begin(const Event& event) {
    head_ = event;  // as the plugin does, which reuses the memory for the next one
    const Frame head = head_.head();
    if (!writer_.takes(batch_.sink(), head)) writer_.close(batch_.sink());
    writer_.begin(batch_.sink(), head);
    batch_.sink().put(event.body);
  }
  size_t write(const Event& event) {
    begin(event);
    return writer_.end(batch_.sink());
  }
  void cancel() { writer_.cancel(batch_.sink()); }
  // What may be sent leaves the batch.
  void send_complete() {
    Sink& sink = batch_.sink();
    const size_t complete = writer_.is_open() ? writer_.start() : sink.size();
    sent_ += std::string(sink.data(), complete);
    std::memmove(sink.data(), sink.data() + complete, sink.size() - complete);
    sink.truncate(sink.size() - complete);
    writer_.move_to_front();
  }
  std::string close() {
    writer_.close(batch_.sink());
    return sent_ + batch_.text();
  }
  GroupWriter& writer() { return writer_; }
  size_t size() { return batch_.sink().size(); }

 private:
  TestSink batch_;
  TestSink index_;
  GroupWriter writer_;
  Event head_;
  std::string sent_;
};

std::vector<Frame> frames_of(const std::string& bytes) {
  std::vector<Frame> frames;
  std::string_view rest = bytes;
  while (!rest.empty()) {
    const auto frame = take_frame(rest);
    REQUIRE(frame);
    frames.push_back(*frame);
  }
  return frames;
}

Event event(uint64_t ordinal, const std::string& body) {
  Event one;
  one.position = {100, ordinal, 0};
  one.body = body;
  return one;
}

std::vector<size_t> counts(const std::string& bytes) {
  std::vector<size_t> counts;
  for (const Frame& frame : frames_of(bytes)) counts.push_back(event_count(frame));
  return counts;
}

using Counts = std::vector<size_t>;

TEST_CASE("events that share a subject become one frame", "[group_writer]") {
  Batch batch(1000);
  CHECK(batch.write(event(1, "one")) == 0);
  CHECK(batch.write(event(2, "two")) == 0);
  batch.write(event(4, "four"));
  const std::string bytes = batch.close();
  const auto frames = frames_of(bytes);
  REQUIRE(frames.size() == 1);
  CHECK(frames[0].body == "one\ntwo\nfour");
  CHECK(event_count(frames[0]) == 3);
  CHECK(position_at(frames[0], 0) == Position{100, 1, 0});
  CHECK(frames[0].position == Position{100, 4, 0});
  CHECK(frames[0].table == "public.t");
  CHECK(frames[0].op == 'c');
  CHECK(frames[0].xid == 7);
}

TEST_CASE("an event alone is an ordinary frame", "[group_writer]") {
  Event alone = event(1, "one");
  alone.key = "7";
  Batch batch(1000);
  batch.write(alone);
  const std::string expected = written([&](Sink& sink) {
    const size_t mark = begin_frame(sink, alone.head());
    sink.put("one");
    end_frame(sink, mark);
  });
  CHECK(batch.close() == expected);
}

TEST_CASE("rows of a snapshot become one frame without a transaction", "[group_writer]") {
  Batch batch(1000);
  for (uint64_t number = 1; number <= 2; ++number) {
    Event row = event(number, "row");
    row.kind = FrameKind::row;
    row.op = 'r';
    row.xid = 0;
    batch.write(row);
  }
  const std::string bytes = batch.close();
  const auto frames = frames_of(bytes);
  REQUIRE(frames.size() == 1);
  CHECK(event_count(frames[0]) == 2);
  CHECK(frames[0].op == 'r');
  CHECK(key_hash_at(frames[0], 0) == event(1, "").key_hash());
  CHECK(key_hash_at(frames[0], 1) == event(2, "").key_hash());
}

TEST_CASE("another subject or kind begins another frame", "[group_writer]") {
  Event other = event(2, "b");
  SECTION("subject") {
    other.subject = "app.public.t.update";
  }
  SECTION("the beginning of a subject") {
    other.subject = "app.public.t";
  }
  SECTION("a longer subject") {
    other.subject += "2";
  }
  SECTION("kind") {
    other.kind = FrameKind::message;
  }
  SECTION("transaction") {
    other.position.commit_lsn = 101;
  }
  SECTION("flags") {
    other.flags = incomplete_flag;
  }
  Batch batch(1000);
  batch.write(event(1, "a"));
  batch.write(other);
  CHECK(counts(batch.close()) == Counts{1, 1});
}

TEST_CASE("what not all events share is in none of them", "[group_writer]") {
  Event first = event(1, "a");
  Event second = event(2, "b");
  Event third = event(3, "c");
  first.key = second.key = "k";
  third.key = "other";
  third.table = "public.u";
  second.op = 'u';
  Batch batch(1000);
  batch.write(first);
  batch.write(second);
  SECTION("yet") {
    const std::string bytes = batch.close();
    const Frame frame = frames_of(bytes)[0];
    CHECK(frame.key == "k");
    CHECK(frame.table == "public.t");
    CHECK(frame.op == 0);
  }
  SECTION("any more") {
    batch.write(third);
    const std::string bytes = batch.close();
    const Frame frame = frames_of(bytes)[0];
    CHECK(frame.key.empty());
    CHECK(frame.table.empty());
    CHECK(frame.body == "a\nb\nc");
  }
}

TEST_CASE("a group has at most so many bytes, newlines among them", "[group_writer]") {
  const auto split = [](size_t bytes_max) {
    Batch batch(bytes_max);
    batch.write(event(1, "aaa"));
    batch.write(event(2, "bbb"));
    batch.write(event(3, "ccc"));
    return counts(batch.close());
  };
  CHECK(split(11) == Counts{3});
  CHECK(split(10) == Counts{2, 1});
  CHECK(split(7) == Counts{2, 1});
  CHECK(split(6) == Counts{1, 1, 1});
  CHECK(split(1) == Counts{1, 1, 1});
}

TEST_CASE("an event larger than a group stands alone", "[group_writer]") {
  Batch batch(10);
  batch.write(event(1, "a"));
  const size_t start = batch.write(event(2, std::string(50, 'b')));
  CHECK(start > 0);
  CHECK_FALSE(batch.writer().is_open());
  batch.write(event(3, "c"));
  batch.write(event(4, "d"));
  const std::string bytes = batch.close();
  CHECK(counts(bytes) == Counts{1, 1, 2});
  CHECK(frames_of(bytes)[1].body == std::string(50, 'b'));
}

TEST_CASE("an event that is taken back leaves no trace", "[group_writer]") {
  Batch batch(100);
  batch.begin(event(1, "never"));
  CHECK(batch.writer().holds_event());
  batch.cancel();
  CHECK(batch.size() == 0);
  CHECK_FALSE(batch.writer().holds_event());
  batch.write(event(2, "a"));
  batch.begin(event(3, "neither"));
  batch.cancel();
  batch.write(event(4, "b"));
  const std::string bytes = batch.close();
  CHECK(counts(bytes) == Counts{2});
  CHECK(frames_of(bytes)[0].body == "a\nb");
}

// ---- the same by a naive grouping ----

std::vector<Event> random_events(Random& random) {
  std::vector<Event> events;
  const size_t count = 1 + random.below(40);
  for (uint64_t ordinal = 1; ordinal <= count; ++ordinal) {
    Event one = event(ordinal, std::string(1 + random.below(random.chance(10) ? 90 : 12), 'b'));
    one.subject = random.chance(6) ? "s" : "app.t";
    one.table = random.chance(5) ? "public.u" : "public.t";
    one.key = std::string(random.below(4), 'k');
    one.op = random.chance(4) ? 'u' : 'c';
    one.kind = random.chance(12) ? FrameKind::message : FrameKind::event;
    events.push_back(one);
  }
  return events;
}

std::vector<std::vector<Event>> naive_groups(const std::vector<Event>& events, size_t bytes_max) {
  std::vector<std::vector<Event>> groups;
  size_t bytes = 0;
  for (const Event& one : events) {
    const bool joins = !groups.empty() && groups.back()[0].subject == one.subject &&
                       groups.back()[0].kind == one.kind &&
                       bytes + 1 + one.body.size() <= bytes_max;
    if (!joins) groups.emplace_back();
    bytes = joins ? bytes + 1 + one.body.size() : one.body.size();
    groups.back().push_back(one);
  }
  return groups;
}

void check_group(const Frame& frame, const std::vector<Event>& events) {
  std::string body;
  Event shared = events[0];
  if (event_count(frame) != events.size()) FAIL("another number of events");
  for (size_t i = 0; i < events.size(); ++i) {
    body += (i > 0 ? "\n" : "") + events[i].body;
    if (events[i].key != shared.key) shared.key.clear();
    if (events[i].table != shared.table) shared.table.clear();
    if (events[i].op != shared.op) shared.op = 0;
    if (position_at(frame, i) != events[i].position) FAIL("another position");
    if (key_hash_at(frame, i) != events[i].key_hash()) FAIL("another key hash");
  }
  const bool same = frame.body == body && frame.key == shared.key && frame.table == shared.table &&
                    frame.op == shared.op && frame.subject == shared.subject &&
                    frame.kind == shared.kind && frame.position == events.back().position;
  if (!same) FAIL("another group");
}

TEST_CASE("random events are grouped as they should, whenever the batch is sent",
          "[group_writer]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int round = 0; round < 2000; ++round) {
    const size_t bytes_max = 1 + random.below(80);
    const std::vector<Event> events = random_events(random);
    Batch batch(bytes_max);
    for (const Event& one : events) {
      if (random.chance(8)) {
        Event taken_back = one;
        taken_back.body = "taken back";
        batch.begin(taken_back);
        batch.cancel();
      }
      batch.write(one);
      if (random.chance(3)) batch.send_complete();
    }
    const std::string bytes = batch.close();
    const auto frames = frames_of(bytes);
    const auto groups = naive_groups(events, bytes_max);
    INFO("round " << round);
    REQUIRE(frames.size() == groups.size());
    for (size_t i = 0; i < groups.size(); ++i) check_group(frames[i], groups[i]);
  }
}

}  // namespace
}  // namespace waljet
