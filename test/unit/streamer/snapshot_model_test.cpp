// The director of snapshots in a model of what it lives in: thousands of short runs. In each of
// them writers write, and their transactions are visible later than they are in the WAL; sessions
// end and begin, of two processes in turn; rows are lost on their way; processes die; readers fail;
// operators pause, resume and cancel; answers about the job are lost; the broker loses what it
// acknowledged and is not beyond what the slot has confirmed. At the end the tables that a
// consumer has made from changes and rows are those of the database.
//
// With WALJET_TEST_TRACE=n beside the seed the n-th run tells what happens in it.
//
// Each of these faults was planted once, alone, and found within the runs of each of three seeds:
//   * keys of transactions that the chunk's snapshot does not show are not left out
//   * LSN watermarks alone: only keys received since the low watermark are left out
//   * the first chunk does not wait for strangers
//   * a transaction of which only the end was noted counts as received whole
//   * a TRUNCATE is ignored
//   * any high watermark is believed, of chunks, sessions and processes before too
//   * rows count as stored when they are taken, so that lost ones are not read again
//   * the old key of a row that moved is forgotten; of a group only the first key is noted
//   * a row is left out although its newer event is not whole
//   * an initial snapshot with an unfinished table without a key does not start over
//   * what the broker loses of rows is not read again; or only if the stream is not longer by now
//   * a job that the bucket has lost is not known any more
#include <spdlog/fmt/fmt.h>

#include <catch2/catch.hpp>
#include <chrono>
#include <cstdlib>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "streamer/job_marks.h"
#include "streamer/snapshot_director.h"
#include "streamer/snapshot_model.h"

namespace waljet::snapshot_model {
namespace {

using ActionKind = DirectorAction::Kind;
using EventKind = ReaderEvent::Kind;

Lsn lsn_of(size_t record) {
  return (record + 1) * 16;
}

// What is different from run to run.
struct Plan {
  bool initial = false;
  std::optional<size_t> keyless;  // a table (initial)
  bool grouped = false;           // changes come in groups
  bool moves_are_two = false;     // a key that changes is a delete and a create
  bool faults = false;            // of readers, links and processes
  bool power_losses = false;      // of the broker
  bool operators = false;         // pause, resume, cancel
  size_t show_one_in = 2;         // how soon a transaction is seen
  uint64_t rate = 0;
};

// What stands in the bucket, each revision in place of the one before.
struct Bucket {
  std::optional<SnapshotJob> job;
  uint64_t revision = 0;
  std::vector<SnapshotJob> written;

  bool write(const SnapshotJob& wanted, uint64_t expected) {
    if (expected != revision) return false;
    REQUIRE(parse_job(job_json(wanted)) == wanted);
    put(wanted);
    return true;
  }
  void put(const SnapshotJob& wanted) {
    written.push_back(wanted);
    look();
  }
  void look() {
    revision = written.size();
    job.reset();
    if (revision > 0) job = written.back();
  }

  // Loses what was written last, but the first of a job only if somebody knows it.
  void roll_back(uint64_t count, bool is_known) {
    for (; count > 0 && !written.empty(); --count) {
      const bool is_first = revision == 1 || written[revision - 2].id != job->id;
      if (is_first && !is_known) return;
      written.pop_back();
      look();
    }
  }
};

// A message in the stream, and what a consumer has behind it.
struct Stored {
  Position place;
  bool is_row = false;
  Tables consumer;
  Position newest_change;
};

// A message on its way into the stream.
struct Outgoing {
  std::vector<Change> changes;
  std::optional<RowsInPlace> rows;
  Position end;  // of the changes
};

std::string told(const std::vector<Change>& changes) {
  std::string text;
  for (const Change& change : changes) {
    text += fmt::format(" {}{} {}", change.op, change.table, change.key);
    if (change.old_key) text += fmt::format(" from {}", *change.old_key);
  }
  return text;
}

std::string told(const RowBatch& batch) {
  std::string text;
  std::string_view rest = batch.frames;
  while (const auto frame = take_frame(rest)) text += fmt::format(" [{}]", frame->body);
  return text;
}

// SnapshotReader, one step at a time.
class ModelReader {
 public:
  ModelReader(Random& random, Database& database, const Plan& plan)
      : random_(random), database_(database), plan_(plan) {}

  void order(DirectorAction action) { orders_.push_back(std::move(action)); }
  void cancel() {
    orders_.clear();
    events_.clear();
    step_ = 0;
    initial_at_ = 0;
  }
  void export_snapshot() {
    exported_ = database_.in_wal();
    exported_at_ = database_.wal().size();
  }

  void step() {
    if (orders_.empty()) return;
    if (plan_.faults && !calm && random_.chance(40)) return fail();
    const DirectorAction& order = orders_.front();
    switch (order.kind) {
      case ActionKind::list: return list(order.list.needs_key);
      case ActionKind::open: return open();
      case ActionKind::chunk: return chunk(order.chunk);
      case ActionKind::initial: return initial(order.initial);
      default: FAIL("not an order for a reader");
    }
  }

  std::optional<ReaderEvent> take() {
    if (events_.empty()) return std::nullopt;
    ReaderEvent event = std::move(events_.front());
    events_.pop_front();
    return event;
  }

  // Where rows of a chunk belong, by the address of their frames.
  std::string high_watermark_of(const RowBatch& batch) const {
    const auto found = high_watermarks_.find(batch.frames.data());
    return found != high_watermarks_.end() ? found->second : std::string();
  }

  bool calm = false;

 private:
  ReaderEvent& push(EventKind kind) {
    events_.emplace_back();
    events_.back().kind = kind;
    return events_.back();
  }
  void done() {
    orders_.pop_front();
    step_ = 0;
  }
  void fail() {
    push(EventKind::failed).error = {ErrorClass::retry, "a fault of the model", {}, {}};
    done();
    initial_at_ = 0;
  }

  std::vector<JobTable> tables() const {
    std::vector<JobTable> tables;
    for (size_t i = 0; i < table_count; ++i) {
      JobTable table;
      table.name = table_name(i);
      table.keyed = plan_.keyless != i;
      tables.push_back(table);
    }
    return tables;
  }

  void list(bool needs_key) {
    REQUIRE(needs_key != plan_.initial);
    push(EventKind::tables).tables = tables();
    done();
  }

  void open() {
    if (step_++ == 0) return database_.assign_xid();
    push(EventKind::open).snapshot = database_.snapshot();
    done();
  }

  void chunk(const ChunkOrder& order) {
    if (step_ == 0) {
      database_.emit(order.low_watermark);
      ++step_;
    } else if (step_ == 1) {
      const size_t table = order.table == table_name(0) ? 0 : 1;
      REQUIRE(plan_.keyless != table);
      if (!database_.can_be_locked(table)) return;
      read_chunk(order, table);
      ++step_;
    } else {
      database_.emit(order.high_watermark + " " + snapshot_);
      done();
    }
  }

  void read_chunk(const ChunkOrder& order, size_t table) {
    snapshot_ = database_.snapshot();
    const int after = order.cursor.empty() ? -1 : std::stoi(order.cursor);
    const Tables visible = database_.visible();
    const Rows& rows = visible[table];
    ReaderEvent& event = push(EventKind::chunk);
    event.chunk_number = order.number;
    event.table_hash = table_hash(table);
    event.cursor = order.cursor;
    const size_t rows_max = std::min<size_t>(1 + random_.below(3), order.rows_max);
    size_t count = 0;
    for (auto row = rows.upper_bound(after); row != rows.end(); ++row) {
      if (count == rows_max) {
        event.more = true;
        break;
      }
      event.batches.push_back(batch_of(row_frame(table, row->first, row->second), 1));
      high_watermarks_[event.batches.back().frames.data()] = order.high_watermark;
      event.cursor = std::to_string(row->first);
      ++count;
    }
  }

  void initial(const InitialOrder& order) {
    const size_t at = initial_at_++;
    if (at == 0) {
      first_table_ = random_.below(table_count);
      push(EventKind::tables).tables = tables();
      return;
    }
    const size_t table = (at - 1) / 4;
    if (table == table_count) {
      push(EventKind::finished);
      initial_at_ = 0;
      return done();
    }
    read_initial(order, (first_table_ + table) % table_count, (at - 1) % 4);
  }

  // In four steps: the marker; the rows but the last; the last; the end.
  void read_initial(const InitialOrder& order, size_t table, size_t step) {
    const Rows& rows = exported_[table];
    const bool rewritten = rewritten_.contains(table);
    if (step == 0) {
      if (database_.was_truncated(table, exported_at_))
        rewritten_.insert(table);
      else
        rewritten_.erase(table);
      if (order.discard) push_batch(table, marker_frame(table), 0);
    } else if (step < 3 && !rewritten) {
      std::string text;
      uint64_t count = 0;
      for (auto row = rows.begin(); row != rows.end(); ++row) {
        if ((std::next(row) == rows.end()) != (step == 2)) continue;
        text += row_frame(table, row->first, row->second);
        ++count;
      }
      if (count > 0) push_batch(table, text, count);
    } else if (step == 3) {
      push(rewritten ? EventKind::rewritten : EventKind::table_done).table = table;
    }
  }
  void push_batch(size_t table, const std::string& text, uint64_t rows) {
    ReaderEvent& event = push(EventKind::batch);
    event.table = table;
    event.batch = batch_of(text, rows);
  }

  Random& random_;
  Database& database_;
  const Plan& plan_;
  std::deque<DirectorAction> orders_;
  std::deque<ReaderEvent> events_;
  int step_ = 0;
  std::string snapshot_;
  Tables exported_;
  size_t exported_at_ = 0;
  size_t initial_at_ = 0;
  size_t first_table_ = 0;
  std::set<size_t> rewritten_;
  std::map<const char*, std::string> high_watermarks_;
};

// `waljet run`: the director, and a pump without its troubles.
struct Process {
  Process(Random& random, Database& database, const Plan& plan, int& nonces, int64_t& wall_us)
      : director([&nonces] { return "n" + std::to_string(++nonces); },
                 [&wall_us] { return ++wall_us; },
                 [&random] { return static_cast<double>(random.below(1001)) / 1000; }),
        reader(random, database, plan) {}

  SnapshotDirector director;
  ModelReader reader;
  bool in_session = false;
  bool streams = false;  // nothing is streamed before an initial snapshot is done
  size_t record = 0;     // next to be received, and of its frames
  size_t frame = 0;
  std::deque<Outgoing> window;
  uint64_t newest_rows = 0;
  Lsn newest_place = 0;
  std::optional<StoredRow> newest_row;
};

class World {
 public:
  World(Random& random, const Plan& plan, bool tracing)
      : random_(random), plan_(plan), tracing_(tracing), database_(random), consumer_(table_count) {
    for (auto& process : processes_) start(process);
    if (plan_.initial) slot_.reset();
  }

  void run(int steps) {
    for (int i = 0; i < steps; ++i) step();
  }

  // No more faults, and no more changes: until all is read and stored.
  void settle() {
    calm_ = true;
    for (auto& process : processes_) process->reader.calm = true;
    database_.finish_all();
    for (int i = 0; i < 5'000 && !is_settled(); ++i) {
      now_ += Duration(random_.below(3'000));
      const bool is_wanted = !bucket_.job || bucket_.job->state == JobState::cancelled;
      if (is_wanted && !plan_.initial) request();
      if (bucket_.job && bucket_.job->state == JobState::paused) tell(JobState::running);
      act();
      database_.show_all();
    }
    Process& process = *processes_[owner_];
    INFO("trouble: " << process.director.trouble());
    INFO("job: " << (bucket_.job ? job_json(*bucket_.job) : "none"));
    INFO("record " << process.record << " of " << database_.wal().size() << ", window "
                   << process.window.size() << ", session " << process.in_session
                   << process.streams);
    REQUIRE(is_settled());
  }

  void check_end() const {
    INFO("job: " << job_json(*bucket_.job));
    REQUIRE(consumer_ == database_.live());
  }

 private:
  template <typename... Args>
  void say(fmt::format_string<Args...> text, Args&&... args) const {
    if (!tracing_) return;
    const auto ms = std::chrono::duration_cast<Duration>(now_.time_since_epoch()).count();
    fmt::print("{:7} process {} | {}\n", ms, owner_,
               fmt::format(text, std::forward<Args>(args)...));
  }

  void start(std::unique_ptr<Process>& process) {
    process = std::make_unique<Process>(random_, database_, plan_, nonces_, wall_us_);
    process->reader.calm = calm_;
  }

  bool is_settled() const {
    const Process& process = *processes_[owner_];
    return process.in_session && process.streams && process.window.empty() &&
           process.record == database_.wal().size() && bucket_.job &&
           bucket_.job->state == JobState::complete;
  }

  void step() {
    now_ += Duration(random_.chance(15) ? random_.below(2'000) : random_.below(50));
    write();
    act();
    if (plan_.operators && random_.chance(30)) operate();
    if (plan_.faults && random_.chance(20)) fault();
    if (!plan_.initial && random_.chance(15) && !bucket_.job) request();
  }

  void write() {
    if (random_.chance(4)) database_.begin();
    for (size_t i = random_.below(4); i > 0; --i) database_.change();
    if (random_.chance(3)) database_.commit();
    if (random_.chance(15)) database_.roll_back();
    if (random_.chance(plan_.show_one_in)) database_.show_one();
  }

  void act() {
    Process& process = *processes_[owner_];
    if (!process.in_session) begin_session(process);
    switch (random_.below(5)) {
      case 0: receive(process); break;
      case 1: process.reader.step(); break;
      case 2: hand_reader_event(process); break;
      case 3: store_one(process); break;
      default: turn(process);
    }
  }

  // ---- sessions ----

  void begin_session(Process& process) {
    SnapshotDirector& director = process.director;
    const bool is_stored = !has_lost_job(process);
    const auto found = is_stored ? bucket_.job : director.known_job().job;
    std::optional<SnapshotJob> left;
    if (found) left = as_far_as_stored(*found, stored_rows(*found), slot_ ? lsn_of(*slot_) : 0);
    const bool over_again = plan_.initial && left && must_start_over(*left);
    if (slot_ && !over_again) {
      process.in_session = true;
      process.streams = true;
      process.record = *slot_;
      process.frame = 0;
      say("session from record {}", *slot_);
      director.on_session_begin();
      if (left) director.on_job(left, bucket_.revision, now_, is_stored && left == found);
      return;
    }
    slot_.reset();
    if (!requested_) director.request_initial(false, over_again, now_);
    requested_ = true;
    if (!director.initial_pending()) return turn(process);
    requested_ = false;
    begin_initial(process);
  }

  void begin_initial(Process& process) {
    slot_ = database_.wal().size();
    stored_ = {lsn_of(*slot_), 0, 0};
    say("initial session from record {}", *slot_);
    process.in_session = true;
    process.streams = false;
    process.record = *slot_;
    process.frame = 0;
    process.reader.cancel();
    process.reader.export_snapshot();
    process.director.on_session_begin();
    if (random_.chance(2)) process.director.on_job(bucket_.job, bucket_.revision, now_);
    process.director.begin_initial("s", lsn_of(*slot_), now_);
  }

  void end_session(Process& process, bool drains) {
    say("session ends");
    while (!process.window.empty() && (drains || random_.chance(2))) {
      const bool is_reported = drains || random_.chance(2);
      store(process, is_reported);
      if (!is_reported) break;
    }
    const bool rows_lost = std::any_of(process.window.begin(), process.window.end(),
                                       [](const Outgoing& each) { return each.rows.has_value(); });
    process.window.clear();
    process.newest_row.reset();
    const bool lost_first = random_.chance(2);
    if (rows_lost && lost_first) process.director.on_rows_lost();
    process.director.on_session_end();
    if (rows_lost && !lost_first) process.director.on_rows_lost();
    process.in_session = false;
    requested_ = false;
    // What is stored may be confirmed.
    if (slot_) *slot_ += random_.below(confirmable() - *slot_ + 1);
  }
  // And this process knows better.
  bool has_lost_job(const Process& process) const {
    return has_lost(process.director.known_job(), bucket_.job, bucket_.revision);
  }

  // At which mark the stream is as it was.
  StoredRows stored_rows(const SnapshotJob& job) const {
    if (job.stream_created != created_) return {false, 0};
    for (auto mark = job.marks.rbegin(); mark != job.marks.rend(); ++mark) {
      if (mark->sequence > stream_.size()) continue;
      const Stored& message = stream_[mark->sequence - 1];
      if (message.is_row && message.place == mark->place) return {true, mark->sequence};
    }
    return {true, 0};
  }
  size_t confirmable() const {
    const size_t record = stored_.commit_lsn / 16;  // the next one
    return std::max(*slot_, record == 0 ? 0 : record - 1);
  }

  void fault() {
    Process& process = *processes_[owner_];
    if (process.in_session) end_session(process, random_.chance(2));
    // Who alone knows what the bucket has lost puts it back first.
    const bool stays = has_lost_job(process);
    const bool dies = !stays && random_.chance(2);
    const bool moves = !stays && random_.chance(2);
    if (plan_.power_losses) lose_power(!dies && !moves);
    if (dies) start(processes_[owner_]);
    requested_ = false;
    if (moves) owner_ = 1 - owner_;
  }

  // What the slot has confirmed is on the broker's disk, and what is before that.
  void lose_power(bool job_is_known) {
    size_t kept = 0;
    for (size_t i = 0; slot_ && i < stream_.size(); ++i) {
      if (stream_[i].place.commit_lsn + 1 < lsn_of(*slot_)) kept = i + 1;
    }
    const uint64_t revision = bucket_.revision;
    if (random_.chance(2)) bucket_.roll_back(random_.below(6), job_is_known);
    say("the bucket falls back from {} to {}", revision, bucket_.revision);
    if (random_.chance(3)) return;
    kept += random_.below(stream_.size() - kept + 1);
    say("the broker falls back from {} to {}", stream_.size(), kept);
    stream_.resize(kept);
    if (kept == 0) created_ = "stream " + std::to_string(++streams_);
    consumer_ = kept > 0 ? stream_.back().consumer : Tables(table_count);
    stored_ = kept > 0 ? stream_.back().newest_change : Position{};
  }

  // ---- the pump ----

  void receive(Process& process) {
    if (!process.streams || !take_rows(process)) return;
    if (process.record == database_.wal().size()) return;
    const WalRecord& record = database_.wal()[process.record];
    // What the reader has said before comes first; but for once in a while.
    while (!record.transaction && !random_.chance(10) && hand_reader_event(process)) {
    }
    if (!record.transaction) {
      receive_control(process, record.control);
      take_rows(process);
    } else {
      receive_frame(process, database_.transaction(*record.transaction));
    }
  }

  void receive_control(Process& process, const std::string& text) {
    Frame frame;
    frame.kind = FrameKind::control;
    frame.position = {lsn_of(process.record), 0, 0};
    frame.body = text;
    say("receives record {}: {}", process.record, text);
    process.director.on_control(frame);
    ++process.record;
  }

  void receive_frame(Process& process, const Transaction& transaction) {
    const auto frames =
        frames_of(transaction, lsn_of(process.record), plan_.grouped, plan_.moves_are_two);
    const EventFrame& event = frames[process.frame];
    std::string_view bytes = event.bytes;
    const auto frame = take_frame(bytes);
    REQUIRE(frame);
    say("receives record {} frame {} of xid {}: {}", process.record, process.frame, transaction.xid,
        told(event.changes));
    if (process.director.wants_events()) process.director.on_event(*frame);
    if (stored_ < frame->position) {
      process.window.push_back({event.changes, std::nullopt, frame->position});
    }
    if (++process.frame < frames.size()) return;
    process.frame = 0;
    ++process.record;
  }

  // False: there are rows that are not taken yet, and nothing may follow.
  bool take_rows(Process& process) {
    while (process.window.size() < 4) {
      auto rows = process.director.take_rows();
      if (!rows) return true;
      if (process.streams) check_place(process, *rows);
      CHECK(rows->number > process.newest_rows);
      CHECK(rows->lsn >= process.newest_place);
      process.newest_rows = rows->number;
      process.newest_place = rows->lsn;
      say("takes rows at {}: {}", rows->lsn / 16 - 1, told(rows->batch));
      process.window.push_back({{}, std::move(rows), {}});
    }
    return false;
  }

  void check_place(const Process& process, const RowsInPlace& rows) const {
    const std::string& control = database_.wal()[rows.lsn / 16 - 1].control;
    const std::string wanted = process.reader.high_watermark_of(rows.batch);
    REQUIRE(control.starts_with(wanted + " "));
  }

  void store_one(Process& process) {
    if (!process.window.empty()) store(process, true);
  }

  // Its oldest message is in the stream.
  void store(Process& process, bool is_reported) {
    const Outgoing message = std::move(process.window.front());
    process.window.pop_front();
    for (const Change& change : message.changes) apply_change(consumer_, change);
    if (!message.rows) {
      say("stored: {}", told(message.changes));
      stored_ = message.end;
      stream_.push_back({message.end, false, consumer_, stored_});
      return;
    }
    say("stored: rows {}{}", told(message.rows->batch), is_reported ? "" : ", not reported");
    if (apply_rows(consumer_, message.rows->batch.frames, message.rows->without.get())) {
      const Position place{message.rows->lsn, 1, static_cast<uint32_t>(++places_)};
      stream_.push_back({place, true, consumer_, stored_});
      process.newest_row = StoredRow{stream_.size(), place, created_};
    }
    if (!is_reported) return;
    process.director.on_rows_stored(message.rows->number,
                                    process.newest_row ? &*process.newest_row : nullptr);
  }

  // ---- the reader and the bucket ----

  bool hand_reader_event(Process& process) {
    if (!process.director.wants_reader_event()) return false;
    auto event = process.reader.take();
    if (!event) return false;
    process.director.on_reader_event(std::move(*event), now_);
    return true;
  }

  void turn(Process& process) {
    for (int i = 0; i < 6; ++i) {
      DirectorAction action = process.director.next(now_);
      if (action.kind != ActionKind::wait) say("wants {}", static_cast<int>(action.kind));
      switch (action.kind) {
        case ActionKind::wait: return after_turn(process);
        case ActionKind::cancel: process.reader.cancel(); break;
        case ActionKind::read_job: read_job(process); break;
        case ActionKind::write_job: write_job(process, action); break;
        default: process.reader.order(std::move(action));
      }
    }
  }

  void read_job(Process& process) {
    if (is_link_lost()) return process.director.on_job_unknown(now_);
    const bool is_lost = has_lost_job(process);
    const auto job = is_lost ? process.director.known_job().job : bucket_.job;
    process.director.on_job(job, bucket_.revision, now_, !is_lost);
  }

  void write_job(Process& process, const DirectorAction& action) {
    const bool lost = is_link_lost();
    if (lost && random_.chance(2)) return process.director.on_job_unknown(now_);
    const bool done = bucket_.write(action.job, action.job_revision);
    if (done) say("revision {}: {}", bucket_.revision, job_json(action.job));
    if (lost) return process.director.on_job_unknown(now_);
    if (done) return process.director.on_job_written(bucket_.revision, now_);
    process.director.on_job_conflict(now_);
  }
  bool is_link_lost() { return plan_.faults && !calm_ && random_.chance(15); }

  void after_turn(Process& process) {
    if (!process.in_session) return;
    take_rows(process);
    if (process.director.initial_failed()) return end_session(process, true);
    if (process.director.initial_done()) process.streams = true;
  }

  // ---- operators ----

  void operate() {
    if (!bucket_.job || is_over(bucket_.job->state)) return;
    constexpr JobState words[] = {JobState::paused, JobState::running, JobState::paused,
                                  JobState::running, JobState::cancelled};
    const JobState word = words[random_.below(5)];
    const bool may_cancel = !plan_.initial && random_.chance(3);
    if (word != JobState::cancelled || may_cancel) tell(word);
  }

  void tell(JobState state) {
    if (bucket_.job->state == JobState::requested) return;
    SnapshotJob job = *bucket_.job;
    job.state = state;
    job.updated_us = ++wall_us_;
    bucket_.put(job);
    database_.emit("job");
  }

  void request() {
    SnapshotJob job;
    job.id = "r" + std::to_string(++nonces_);
    job.rate = plan_.rate;
    job.updated_us = ++wall_us_;
    bucket_.put(job);
    database_.emit("job");
  }

  Random& random_;
  const Plan plan_;
  const bool tracing_;
  Database database_;
  Instant now_{};
  int nonces_ = 0;
  int64_t wall_us_ = 0;
  bool calm_ = false;
  Bucket bucket_;
  Tables consumer_;
  std::vector<Stored> stream_;
  uint64_t streams_ = 0;  // that are gone
  std::string created_ = "stream 0";
  uint64_t places_ = 0;
  Position stored_;                 // the newest change in the stream
  std::optional<size_t> slot_ = 0;  // the first WAL record that it sends
  bool requested_ = false;          // an initial snapshot, of the present owner
  std::unique_ptr<Process> processes_[2];
  size_t owner_ = 0;  // of the slot
};

Plan random_plan(Random& random) {
  Plan plan;
  plan.initial = random.chance(3);
  if (plan.initial && random.chance(2)) plan.keyless = random.below(table_count);
  plan.grouped = random.chance(2);
  plan.moves_are_two = random.chance(2);
  plan.faults = random.chance(2);
  plan.power_losses = plan.faults && !random.chance(3);
  plan.operators = random.chance(3);
  plan.show_one_in = random.chance(2) ? 30 : 3;
  plan.rate = random.chance(4) ? 20 : 0;
  return plan;
}

}  // namespace

TEST_CASE("changes and rows make the tables as they are, whatever happens", "[snapshot][model]") {
  Random random;
  INFO(random.how_to_repeat());
  const char* wanted = std::getenv("WALJET_TEST_TRACE");
  const std::string traced = wanted != nullptr ? wanted : "";
  for (int run = 0; run < 4'000; ++run) {
    INFO("run " << run);
    World world(random, random_plan(random), std::to_string(run) == traced);
    world.run(100 + static_cast<int>(random.below(150)));
    world.settle();
    world.check_end();
  }
}

}  // namespace waljet::snapshot_model
