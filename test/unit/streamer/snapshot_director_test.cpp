#include "streamer/snapshot_director.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "streamer/snapshot_model.h"

using namespace waljet;
using snapshot_model::batch_of;
using ActionKind = DirectorAction::Kind;
using EventKind = ReaderEvent::Kind;

namespace {

constexpr uint64_t hash_of_table = 77;

JobTable table(const std::string& name, bool keyed = true) {
  JobTable made;
  made.name = name;
  made.keyed = keyed;
  return made;
}

SnapshotJob on_demand(std::vector<JobTable> tables = {}) {
  SnapshotJob job;
  job.id = "wanted";
  job.wanted = {"public.a"};
  job.tables = std::move(tables);
  if (!job.tables.empty()) job.state = JobState::running;
  return job;
}

ReaderEvent event(EventKind kind) {
  ReaderEvent made;
  made.kind = kind;
  return made;
}

// A director, with the bucket and whatever else it asks for at hand.
struct Fixture {
  Instant now{};
  int nonces = 0;
  std::optional<SnapshotJob> stored;
  uint64_t revision = 0;
  SnapshotDirector director{[this] { return "n" + std::to_string(++nonces); },
                            [] { return int64_t{1234}; }, [] { return 1.0; }};

  // What it wants next of the reader; the bucket is served.
  DirectorAction next() {
    for (;;) {
      DirectorAction action = director.next(now);
      if (action.kind == ActionKind::read_job) {
        director.on_job(stored, revision, now);
      } else if (action.kind == ActionKind::write_job) {
        REQUIRE(action.job_revision == revision);
        stored = action.job;
        director.on_job_written(++revision, now);
      } else {
        return action;
      }
    }
  }

  void say(ReaderEvent said) { director.on_reader_event(std::move(said), now); }
  void control(const std::string& text, Lsn lsn = 100) {
    Frame frame;
    frame.kind = FrameKind::control;
    frame.position = {lsn, 0, 0};
    frame.body = text;
    director.on_control(frame);
  }
  void change(uint32_t xid, uint64_t key_hash) {
    Frame frame;
    frame.xid = xid;
    frame.key_hash = key_hash;
    if (director.wants_events()) director.on_event(frame);
  }

  // A session, up to where chunks are read.
  void begin_chunks(const SnapshotJob& job, const std::string& snapshot = "10:10:") {
    stored = job;
    ++revision;
    director.on_session_begin();
    open(snapshot);
  }
  void open(const std::string& snapshot) {
    REQUIRE(next().kind == ActionKind::open);
    ReaderEvent opened = event(EventKind::open);
    opened.snapshot = snapshot;
    say(std::move(opened));
  }

  void read(const ChunkOrder& order, const std::string& rows, bool more,
            const std::string& cursor = "c") {
    ReaderEvent chunk = event(EventKind::chunk);
    chunk.chunk_number = order.number;
    chunk.table_hash = hash_of_table;
    chunk.cursor = cursor;
    chunk.more = more;
    if (!rows.empty()) chunk.batches.push_back(batch_of(rows, rows.size()));
    say(std::move(chunk));
  }
  ChunkOrder order_chunk() {
    const DirectorAction action = next();
    REQUIRE(action.kind == ActionKind::chunk);
    return action.chunk;
  }
  // The next chunk, between its watermarks.
  void chunk(const std::string& rows, bool more, const std::string& snapshot = "20:20:") {
    const ChunkOrder order = order_chunk();
    control(order.low_watermark);
    read(order, rows, more);
    control(order.high_watermark + " " + snapshot);
  }

  // An initial snapshot of two tables.
  void begin_initial(bool b_keyed = true, bool only = false) {
    director.request_initial(only, false, now);
    next();
    REQUIRE(director.initial_pending());
    director.on_session_begin();
    director.on_job(stored, revision, now);
    director.begin_initial("exported", 500, now);
    REQUIRE(next().kind == ActionKind::initial);
    ReaderEvent tables = event(EventKind::tables);
    tables.tables = {table("a"), table("b", b_keyed)};
    say(std::move(tables));
  }
  void batch(size_t of, const std::string& rows) {
    ReaderEvent made = event(EventKind::batch);
    made.table = of;
    made.batch = batch_of(rows, rows.size());
    say(std::move(made));
  }
  void end_table(size_t of, EventKind kind = EventKind::table_done) {
    ReaderEvent made = event(kind);
    made.table = of;
    say(std::move(made));
  }
};

}  // namespace

TEST_CASE("a job on demand: listed, opened, read by chunks, complete", "[snapshot][director]") {
  Fixture f;
  f.stored = on_demand();
  f.director.on_session_begin();
  CHECK_FALSE(f.director.wants_events());
  const DirectorAction list = f.next();
  REQUIRE(list.kind == ActionKind::list);
  CHECK(list.list.wanted == std::vector<std::string>{"public.a"});
  CHECK(list.list.needs_key);
  CHECK(f.stored->state == JobState::running);
  CHECK(f.stored->started_us == 1234);

  ReaderEvent tables = event(EventKind::tables);
  tables.tables = {table("a"), table("b")};
  f.say(std::move(tables));
  CHECK(f.director.wants_events());
  f.open("10:10:");

  f.chunk("123", true);
  const auto first = f.director.take_rows();
  REQUIRE(first);
  CHECK(first->first);
  CHECK_FALSE(first->last);
  CHECK(first->lsn == 100);
  CHECK_FALSE(first->without);
  CHECK_FALSE(f.director.take_rows());

  const ChunkOrder second = f.order_chunk();  // before the first one is stored
  CHECK(second.cursor == "c");
  CHECK(f.director.job()->rows == 0);
  f.read(second, "4", false);
  f.control(second.high_watermark + " 20:20:");
  REQUIRE(f.director.take_rows());
  f.chunk("5", false);
  const auto last = f.director.take_rows();
  REQUIRE(last);
  CHECK(last->last);
  CHECK_FALSE(last->first);
  CHECK(f.next().kind == ActionKind::wait);
  CHECK(f.stored->state == JobState::running);

  f.director.on_rows_stored(last->number, nullptr);
  f.next();
  CHECK(f.stored->state == JobState::complete);
  CHECK(f.stored->rows == 5);
  CHECK(f.stored->tables[0].rows == 4);
  CHECK(f.stored->tables[1].done);
  CHECK_FALSE(f.director.wants_events());
}

TEST_CASE("rows whose key was touched by what their snapshot does not show are left out",
          "[snapshot][director]") {
  Fixture f;
  f.begin_chunks(on_demand({table("a")}));
  f.change(15, 1);  // shown by the chunk's snapshot
  const ChunkOrder order = f.order_chunk();
  f.change(16, 2);
  f.control(order.low_watermark);
  f.read(order, "123", false);
  f.change(17, 3);
  f.control(order.high_watermark + " 16:17:16");
  const auto rows = f.director.take_rows();
  REQUIRE(rows);
  REQUIRE(rows->without);
  CHECK(*rows->without == KeyHashes{2, 3});
}

TEST_CASE("a TRUNCATE that the snapshot does not show drops the chunk", "[snapshot][director]") {
  Fixture f;
  f.begin_chunks(on_demand({table("a")}));
  const ChunkOrder order = f.order_chunk();
  f.read(order, "123", false);
  f.change(17, hash_of_table);
  f.control(order.high_watermark + " 16:17:");
  CHECK_FALSE(f.director.take_rows());
  const DirectorAction wait = f.next();
  REQUIRE(wait.kind == ActionKind::wait);
  CHECK(wait.until == f.now + SnapshotDirector::retry_first);
  CHECK_FALSE(f.director.trouble().empty());
  f.now = wait.until;
  CHECK(f.order_chunk().number == order.number + 1);
}

TEST_CASE("a chunk is read again in smaller pieces where a newer event is not whole",
          "[snapshot][director]") {
  Fixture f;
  f.begin_chunks(on_demand({table("a")}));
  const uint64_t hash = snapshot_model::key_hash(0, 3);
  Frame incomplete;
  incomplete.xid = 16;
  incomplete.key_hash = hash;
  incomplete.flags = incomplete_flag;
  f.director.on_event(incomplete);
  const auto read = [&](const ChunkOrder& order, uint64_t rows) {
    ReaderEvent chunk = event(EventKind::chunk);
    chunk.chunk_number = order.number;
    chunk.table_hash = hash_of_table;
    chunk.batches.push_back(batch_of(snapshot_model::row_frame(0, 3, {1, 2}), rows));
    f.say(std::move(chunk));
  };
  const ChunkOrder first = f.order_chunk();
  read(first, 10);
  f.control(first.high_watermark + " 16:20:16");
  CHECK_FALSE(f.director.take_rows());
  const ChunkOrder second = f.order_chunk();
  CHECK(second.rows_max == 5);
  read(second, 1);
  f.control(second.high_watermark + " 16:20:16");
  CHECK_FALSE(f.director.take_rows());
  const DirectorAction wait = f.next();
  REQUIRE(wait.kind == ActionKind::wait);
  f.now = wait.until;
  const ChunkOrder third = f.order_chunk();
  CHECK(third.rows_max == 1);
  read(third, 1);
  f.control(third.high_watermark + " 20:20:");
  CHECK(f.director.take_rows());
}

TEST_CASE("the first chunk waits for transactions that were open", "[snapshot][director]") {
  Fixture f;
  f.begin_chunks(on_demand({table("a")}), "5:10:5,7");
  DirectorAction action = f.next();
  REQUIRE(action.kind == ActionKind::wait);
  f.now = action.until;
  f.open("7:10:7");
  action = f.next();
  REQUIRE(action.kind == ActionKind::wait);
  CHECK(f.director.trouble().find("1 transaction") != std::string::npos);
  f.now = action.until;
  f.open("10:10:");
  CHECK(f.next().kind == ActionKind::chunk);
}

TEST_CASE("only the chunk's own high watermark counts", "[snapshot][director]") {
  Fixture f;
  f.begin_chunks(on_demand({table("a")}));
  const ChunkOrder order = f.order_chunk();
  f.read(order, "1", false);
  for (const char* text : {"", "job", "n1 low 1", "n1 high 2 20:20:", "n0 high 1 20:20:",
                           "n1 high 1", "n1 high x 20:20:", "high 1 20:20:"}) {
    INFO(text);
    f.control(text);
    CHECK_FALSE(f.director.take_rows());
  }
  CHECK(order.high_watermark == "n1 high 1");
  f.control(order.high_watermark + " 20:20:");
  CHECK(f.director.take_rows());
}

TEST_CASE("a chunk whose rows are not there at its high watermark is read again",
          "[snapshot][director]") {
  Fixture f;
  f.begin_chunks(on_demand({table("a")}));
  const ChunkOrder order = f.order_chunk();
  f.control(order.high_watermark + " 20:20:");
  f.read(order, "1", false);
  CHECK_FALSE(f.director.take_rows());
  f.now = f.next().until;
  f.chunk("1", false);
  CHECK(f.director.take_rows());
}

TEST_CASE("after a session chunks go on from what is stored", "[snapshot][director]") {
  Fixture f;
  f.begin_chunks(on_demand({table("a")}));
  f.chunk("1", true);
  f.director.on_rows_stored(f.director.take_rows()->number, nullptr);
  f.now += SnapshotDirector::job_interval;
  const ChunkOrder before = f.order_chunk();
  f.read(before, "2", true, "d");
  f.control(before.high_watermark + " 20:20:");
  f.director.take_rows();
  f.order_chunk();
  f.director.on_rows_lost();
  f.director.on_session_end();
  CHECK(f.next().kind == ActionKind::cancel);
  CHECK(f.next().kind == ActionKind::wait);
  f.director.on_session_begin();
  f.open("30:30:");
  const ChunkOrder order = f.order_chunk();
  CHECK(order.cursor == "c");
  CHECK(order.high_watermark.starts_with("n2 "));
}

TEST_CASE("too many keys: noting begins anew, and chunks are smaller", "[snapshot][director]") {
  Fixture f;
  f.begin_chunks(on_demand({table("a")}));
  const ChunkOrder order = f.order_chunk();
  CHECK(order.rows_max == SnapshotDirector::chunk_rows_max);
  for (uint64_t key = 0; key <= SnapshotDirector::touched_keys_max; ++key) f.change(15, key);
  CHECK(f.next().kind == ActionKind::cancel);
  f.open("20:20:");
  CHECK(f.order_chunk().rows_max == SnapshotDirector::chunk_rows_max / 2);
}

TEST_CASE("a rate spreads chunks over time", "[snapshot][director]") {
  Fixture f;
  SnapshotJob job = on_demand({table("a")});
  job.rate = 100;
  f.begin_chunks(job);
  const ChunkOrder order = f.order_chunk();
  CHECK(order.rows_max == 100);
  f.read(order, std::string(50, '.'), true);
  f.control(order.high_watermark + " 20:20:");
  f.director.take_rows();
  const DirectorAction wait = f.next();
  REQUIRE(wait.kind == ActionKind::wait);
  CHECK(wait.until == f.now + Duration(500));
  f.now = wait.until;
  CHECK(f.next().kind == ActionKind::chunk);
}

TEST_CASE("an operator pauses, resumes and cancels", "[snapshot][director]") {
  Fixture f;
  f.begin_chunks(on_demand({table("a")}));
  const ChunkOrder order = f.order_chunk();
  f.read(order, "1", false);
  const auto tell = [&](JobState state) {
    f.stored->state = state;
    ++f.revision;
    f.control("job");
  };
  tell(JobState::paused);
  CHECK(f.next().kind == ActionKind::cancel);
  CHECK_FALSE(f.director.wants_events());
  f.control(order.high_watermark + " 20:20:");
  CHECK_FALSE(f.director.take_rows());
  CHECK(f.next().kind == ActionKind::wait);

  tell(JobState::running);
  f.open("30:30:");
  f.order_chunk();
  tell(JobState::cancelled);
  CHECK(f.next().kind == ActionKind::cancel);
  CHECK(f.next().kind == ActionKind::wait);
  CHECK(f.stored->state == JobState::cancelled);
}

TEST_CASE("an operator's word wins over a write, progress does not get lost",
          "[snapshot][director]") {
  Fixture f;
  f.begin_chunks(on_demand({table("a")}));
  f.chunk("1", true);
  const auto rows = f.director.take_rows();
  f.order_chunk();
  f.now += SnapshotDirector::job_interval;
  f.director.on_rows_stored(rows->number, nullptr);
  f.stored->state = JobState::paused;  // between our read and our write
  ++f.revision;
  const DirectorAction write = f.director.next(f.now);
  REQUIRE(write.kind == ActionKind::write_job);
  CHECK(write.job_revision != f.revision);
  f.director.on_job_conflict(f.now);
  CHECK(f.next().kind == ActionKind::cancel);
  CHECK(f.next().kind == ActionKind::wait);
  CHECK(f.stored->state == JobState::paused);
  CHECK(f.stored->rows == 1);
  CHECK(f.stored->tables[0].cursor == "c");
}

TEST_CASE("what may heal is tried again, what is refused ends the job", "[snapshot][director]") {
  Fixture f;
  f.begin_chunks(on_demand({table("a")}));
  f.order_chunk();
  ReaderEvent failed = event(EventKind::failed);
  SECTION("retry") {
    failed.error = {ErrorClass::retry, "the connection is gone", {}, {}};
    f.say(std::move(failed));
    CHECK(f.next().kind == ActionKind::cancel);
    CHECK(f.director.trouble() == "the connection is gone");
    f.now = f.next().until;
    CHECK(f.next().kind == ActionKind::chunk);
  }
  SECTION("refused") {
    failed.error = {ErrorClass::refused, "no permission", {}, {}};
    f.say(std::move(failed));
    CHECK(f.next().kind == ActionKind::cancel);
    CHECK(f.next().kind == ActionKind::wait);
    CHECK(f.stored->state == JobState::failed);
    CHECK(f.stored->error == "no permission");
  }
}

TEST_CASE("an initial snapshot reads a table whose cursor fits no more from its beginning",
          "[snapshot][director]") {
  Fixture f;
  SnapshotJob job = on_demand({table("a"), table("b")});
  job.kind = JobKind::initial;
  job.tables[0].begun = job.tables[1].begun = true;
  job.tables[0].done = true;
  job.tables[1].cursor = "c";
  f.stored = job;
  ++f.revision;
  f.director.on_session_begin();
  const auto list_and_open = [&f] {
    REQUIRE(f.next().kind == ActionKind::list);
    ReaderEvent tables = event(EventKind::tables);
    tables.tables = {table("a"), table("b")};
    f.say(std::move(tables));
    f.open("10:10:");
  };
  list_and_open();
  CHECK(f.order_chunk().cursor == "c");
  ReaderEvent failed = event(EventKind::failed);
  failed.error = {ErrorClass::configuration, "the key has changed", {}, {}};
  f.say(std::move(failed));
  CHECK(f.next().kind == ActionKind::cancel);
  f.now = f.next().until;
  list_and_open();
  const ChunkOrder order = f.order_chunk();
  CHECK(order.table == "b");
  CHECK(order.cursor.empty());
  CHECK(f.director.job()->state == JobState::running);
}

TEST_CASE("an initial snapshot: all rows before the changes, then the job is complete",
          "[snapshot][director]") {
  Fixture f;
  f.begin_initial();
  f.batch(0, "12");
  CHECK_FALSE(f.director.take_rows());  // it might be the last one
  f.batch(1, "3");
  const auto first = f.director.take_rows();
  REQUIRE(first);
  CHECK(first->first);
  CHECK(first->lsn == 499);
  f.end_table(0);
  f.end_table(1);
  f.say(event(EventKind::finished));
  const auto last = f.director.take_rows();
  REQUIRE(last);
  CHECK(last->last);
  CHECK_FALSE(last->first);
  f.director.on_rows_stored(first->number, nullptr);
  CHECK_FALSE(f.director.initial_done());
  f.director.on_rows_stored(last->number, nullptr);
  CHECK_FALSE(f.director.initial_done());  // it is not on record
  f.next();
  CHECK(f.director.initial_done());
  CHECK(f.stored->state == JobState::complete);
  CHECK(f.stored->rows == 3);
}

TEST_CASE("an initial snapshot of nothing is done at once", "[snapshot][director]") {
  Fixture f;
  f.begin_initial();
  f.end_table(0);
  f.end_table(1);
  f.say(event(EventKind::finished));
  f.next();
  CHECK(f.director.initial_done());
  CHECK(f.stored->state == JobState::complete);
}

TEST_CASE("the reader is not asked for more than is published", "[snapshot][director]") {
  Fixture f;
  f.begin_initial();
  f.batch(0, "1");
  f.batch(0, "2");
  CHECK(f.director.wants_reader_event());
  f.batch(0, "3");
  CHECK_FALSE(f.director.wants_reader_event());
  f.director.take_rows();
  CHECK(f.director.wants_reader_event());
}

TEST_CASE("a table that was rewritten is left to chunks", "[snapshot][director]") {
  Fixture f;
  f.begin_initial();
  f.batch(0, "1");
  f.end_table(0);
  f.end_table(1, EventKind::rewritten);
  f.say(event(EventKind::finished));
  const auto rows = f.director.take_rows();
  CHECK_FALSE(rows->last);
  f.director.on_rows_stored(rows->number, nullptr);
  const DirectorAction list = f.next();
  CHECK(f.director.initial_done());
  REQUIRE(list.kind == ActionKind::list);
  CHECK_FALSE(list.list.needs_key);
  ReaderEvent tables = event(EventKind::tables);
  tables.tables = {table("a"), table("b"), table("new"), table("new keyless", false)};
  f.say(std::move(tables));
  f.open("10:10:");
  CHECK(f.order_chunk().table == "b");
  CHECK(f.director.job()->tables.size() == 3);
}

TEST_CASE("a table without a key that was rewritten ends the initial snapshot",
          "[snapshot][director]") {
  Fixture f;
  f.begin_initial(false);
  f.end_table(1, EventKind::rewritten);
  REQUIRE(f.director.initial_failed());
  CHECK(f.director.initial_failed()->error_class == ErrorClass::retry);
  CHECK(f.next().kind == ActionKind::cancel);
  CHECK(f.next().kind == ActionKind::wait);
  CHECK(must_start_over(*f.stored));
  CHECK_FALSE(f.director.initial_done());
}

TEST_CASE("rows of an initial snapshot that are lost end it; chunks read the rest",
          "[snapshot][director]") {
  Fixture f;
  f.begin_initial();
  f.batch(0, "1");
  f.end_table(0);
  f.batch(1, "2");
  f.director.on_rows_stored(f.director.take_rows()->number, nullptr);
  f.batch(1, "3");
  f.director.take_rows();
  f.director.on_rows_lost();
  REQUIRE(f.director.initial_failed());
  CHECK(f.next().kind == ActionKind::cancel);
  f.next();
  f.director.on_session_end();
  f.director.on_session_begin();
  CHECK(f.next().kind == ActionKind::list);
  CHECK(f.director.job()->tables[0].done);
  CHECK_FALSE(f.director.job()->tables[1].done);
}

TEST_CASE("while an initial snapshot is paused its rows wait, and the job is looked at",
          "[snapshot][director]") {
  Fixture f;
  f.begin_initial();
  f.next();
  f.stored->state = JobState::paused;
  ++f.revision;
  f.batch(0, "1");
  f.batch(0, "2");
  f.director.on_job(f.stored, f.revision, f.now);
  CHECK_FALSE(f.director.take_rows());
  DirectorAction action = f.next();
  REQUIRE(action.kind == ActionKind::wait);
  f.stored->state = JobState::running;
  ++f.revision;
  f.now = action.until;
  f.next();
  CHECK(f.director.take_rows());
}

TEST_CASE("a request is written in place of whatever is there", "[snapshot][director]") {
  Fixture f;
  f.stored = on_demand();
  f.revision = 9;
  f.director.request_initial(true, true, f.now);
  CHECK_FALSE(f.director.initial_pending());
  f.next();
  CHECK(f.director.initial_pending());
  CHECK(f.stored->kind == JobKind::initial);
  CHECK(f.stored->only);
  CHECK(f.stored->discard);
  CHECK(f.revision == 10);
}

TEST_CASE("an interrupted initial snapshot that must start over is left to the source",
          "[snapshot][director]") {
  Fixture f;
  f.stored = on_demand({table("a", false)});
  f.stored->kind = JobKind::initial;
  f.director.on_session_begin();
  CHECK(f.next().kind == ActionKind::wait);
  CHECK_FALSE(f.director.wants_events());
  CHECK_FALSE(f.director.trouble().empty());
}

TEST_CASE("without a session nothing is ordered or written", "[snapshot][director]") {
  Fixture f;
  f.stored = on_demand();
  CHECK(f.director.next(f.now).kind == ActionKind::wait);
  f.begin_chunks(on_demand({table("a")}));
  f.director.on_session_end();
  CHECK(f.director.next(f.now).kind == ActionKind::wait);
  CHECK_FALSE(f.director.take_rows());
}
