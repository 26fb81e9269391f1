// The pump against the model: thousands of short runs, in which everything fails that can.
//
// Every second run has its events in groups, and of each kind every second one has rows of a
// snapshot behind watermarks. The process that has the slot writes these, so no other one has
// received anything behind them before. It alone publishes the rows, once: never behind an event
// that follows the watermark, nor before one that does not.
// With WALJET_TEST_TRACE=n beside the seed the n-th run tells what happens in it.
#include <spdlog/fmt/fmt.h>

#include <catch2/catch.hpp>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "streamer/delivery_model.h"
#include "streamer/row_place.h"

namespace waljet::model {
namespace {

using Kind = PumpAction::Kind;

// What may happen in a run, besides links and processes that come and go.
struct Plan {
  bool strict = true;
  bool lossy = false;         // the server refuses and loses single messages
  bool foreign = false;       // somebody else writes into the stream
  bool power_losses = false;  // of the server, which forgets what is younger than the delay
  bool deep_losses = false;   // the same, but of more than the delay allows for
  bool purges = false;        // the stream's first messages go, or all
  bool grouped = false;       // events come in groups, of other sizes in each session
  bool expiry = false;        // only such go as are on record as stored
  bool rows = false;          // of snapshots, between the events
  size_t processes = 1;       // more of them: a slot goes from one to the other
  Duration delay{0};          // --confirm-delay
};

// A link as the server sees it. It outlives its end at the other side.
struct Wire {
  std::deque<Publish> publishes;
};

uint64_t session_id(uint64_t process, uint64_t session) {
  return process * 1000 + session;
}

// Rows of a snapshot, some at each watermark of the session in hand.
class ModelRows : public RowSource {
 public:
  ModelRows(Random& random, const Server& server, const Walsender::Owners& owners, uint64_t process,
            bool wanted)
      : random_(random), server_(server), owners_(owners), process_(process), wanted_(wanted) {}

  const Pump* pump = nullptr;  // whose rows they are

  void on_session_begin(Lsn) override {}
  void on_session_end() override {}
  bool wants_events() const override { return random_.chance(2); }
  void on_event(const Frame&) override {}
  void on_control(const Frame& frame) override {
    const Lsn lsn = frame.position.commit_lsn;
    const bool is_first_time = seen_.insert(lsn).second;
    const bool is_own = owners_.at(lsn) == session_id(process_, pump->session_number());
    if (!wanted_ || !is_own || !is_first_time || random_.chance(4)) return;
    uint64_t n = 0;
    for (size_t batches = 1 + random_.below(3); batches > 0; --batches) {
      waiting_.push_back(make_rows(lsn, n));
    }
  }
  std::optional<RowsInPlace> take_rows() override {
    if (waiting_.empty()) return std::nullopt;
    RowsInPlace rows = std::move(waiting_.front());
    waiting_.pop_front();
    return rows;
  }
  void on_rows_stored(uint64_t number, const StoredRow*) override {
    for (; !taken_.empty() && taken_.front().number <= number; taken_.pop_front()) {
      for (const Position& place : taken_.front().places) {
        REQUIRE(server_.holds(place));
      }
    }
  }
  void on_rows_lost() override {
    waiting_.clear();
    taken_.clear();
  }

 private:
  struct Taken {
    uint64_t number = 0;
    std::vector<Position> places;
  };

  RowsInPlace make_rows(Lsn lsn, uint64_t& n) {
    std::vector<Position> ids;
    std::vector<std::string> bodies;
    Taken taken{++number_, {}};
    for (size_t count = 1 + random_.below(4); count > 0; --count, ++n) {
      ids.push_back({lsn, n + 1, 7});
      bodies.push_back(body_of(ids.back()));
      taken.places.push_back(place_of_row(lsn, n));
    }
    Item item =
        chunk_of(ids.size() > 1 && random_.chance(2) ? group_bytes(FrameKind::row, ids, bodies)
                                                     : single_rows(ids));
    taken_.push_back(std::move(taken));
    RowsInPlace rows;
    rows.batch = {std::move(item.buffer), item.buffer_bytes, item.frames, 0};
    rows.lsn = lsn;
    rows.number = number_;
    return rows;
  }
  static std::string single_rows(const std::vector<Position>& ids) {
    std::string frames;
    for (const Position& id : ids) {
      frames += event_bytes(FrameKind::row, id, 0, body_of(id));
    }
    return frames;
  }

  Random& random_;
  const Server& server_;
  const Walsender::Owners& owners_;
  uint64_t process_;
  bool wanted_;
  std::set<Lsn> seen_;
  std::deque<RowsInPlace> waiting_;
  std::deque<Taken> taken_;
  uint64_t number_ = 0;
};

// `waljet run`, with its connections.
struct Process {
  Process(const PumpSettings& settings, Random& random, ModelRows model_rows)
      : limits(settings.limits),
        rows(std::move(model_rows)),
        pump(
            settings, [&random] { return static_cast<double>(random.below(1001)) / 1000; }, &rows) {
  }

  AckWindow::Limits limits;
  uint64_t number = 0;
  GroupSizes groups;  // counted in events
  ModelRows rows;
  Pump pump;
  std::deque<Item> queue;
  std::optional<Walsender> walsender;
  uint64_t session = 0;    // number of its newest
  bool connected = false;  // as far as it knows
  Lsn reported = 0;        // what its source would tell PostgreSQL in this session
  bool stopping = false;
  std::optional<Wire> wire;
  std::deque<Ack> answers;
  std::deque<Ack> old_answers;  // of links before
  std::optional<SurveyTaker> survey;
  int frozen = 0;  // steps for which it does nothing
};

class World {
 public:
  World(Random& random, const Plan& plan, bool tracing)
      : random_(random),
        plan_(plan),
        tracing_(tracing),
        history_(make_history(random, 4 + random.below(8))),
        server_(plan.strict) {
    server_.exists = random_.chance(2);
    for (size_t i = 0; i < plan_.processes; ++i) processes_.push_back(make_process());
  }

  void step() {
    const size_t who = random_.below(processes_.size());
    now_ += Duration(random_.chance(20) ? random_.below(4000) : random_.below(60));
    if (processes_[who]->frozen > 0) {
      --processes_[who]->frozen;
    } else {
      act_of(who);
    }
    happen(who);
    check();
  }

  // No more faults: until all is stored and confirmed.
  void settle() {
    faithful_ = true;
    for (auto& process : processes_) process->frozen = 0;
    // What is lost after the last confirmation is found out on the next link.
    const int turns_min = plan_.deep_losses ? 100 : 0;
    constexpr int turns_max = 5'000;
    for (int i = 0; i < turns_min || (i < turns_max && !is_settled()); ++i) {
      now_ += Duration(random_.below(500));
      for (size_t who = 0; who < processes_.size(); ++who) {
        if (owner_ != who) lose_connection(*processes_[who]);
        run(who);
        Process& process = *processes_[who];  // perhaps another one now
        for (int turn = 0; turn < 4; ++turn) {
          if (process.walsender && process.queue.size() < 5) {
            process.walsender->send(random_, process.queue);
          }
          turn_of(process);
          while (process.wire && !process.wire->publishes.empty()) serve(process);
          while (!process.answers.empty()) deliver_answer(process);
        }
        tell_slot(who);
      }
      check();
    }
    INFO("confirmed " << slot_ << " of " << history_.back().end_lsn);
    REQUIRE(is_settled());
  }

  void check_end() {
    for (auto& process : processes_) note_notices(*process);
    std::vector<Position> stored = server_.events();
    std::sort(stored.begin(), stored.end());
    if (plan_.purges || plan_.expiry) return;
    std::vector<Position> all;
    for (const Transaction& transaction : history_) {
      for (const Event& event : transaction.events) all.push_back(event.position);
    }
    std::erase_if(stored,
                  [this](const Position& place) { return owners_.contains(place.commit_lsn); });
    // Without any record left it is a fresh start.
    const bool is_told = is_operator_asked_ || server_.has_lost_all_records();
    if (plan_.deep_losses && is_told) return;
    REQUIRE(stored == all);
    if (!plan_.strict) return;
    if (!server_.is_ascending()) REQUIRE(late_events_ > 0);
    if (!plan_.foreign) REQUIRE(late_events_ == 0);
    if (!plan_.foreign) REQUIRE(foreign_messages_ == 0);
  }

 private:
  template <typename... Args>
  void say(fmt::format_string<Args...> text, Args&&... args) const {
    if (!tracing_) return;
    const auto ms = std::chrono::duration_cast<Duration>(now_.time_since_epoch()).count();
    fmt::print("{:7} slot {} | {}\n", ms, slot_, fmt::format(text, std::forward<Args>(args)...));
  }
  size_t number_of(const Process& process) const {
    for (size_t who = 0; who < processes_.size(); ++who) {
      if (processes_[who].get() == &process) return who;
    }
    return processes_.size();
  }
  static std::string name_of(const Position& position) {
    return fmt::format("{}/{}.{}", position.commit_lsn, position.ordinal, position.part);
  }
  static std::string name_of(const Publish& publish) {
    if (publish.is_fence) return fmt::format("a fence expecting {}", publish.expected.value_or(0));
    if (!publish.positions.empty()) {
      return fmt::format("events {} to {} expecting {}", name_of(publish.positions.front()),
                         name_of(publish.positions.back()), publish.expected.value_or(0));
    }
    const Record& record = publish.record;
    return fmt::format("record {} at sequence {}, last event {}, revision {}", record.position,
                       record.stream_sequence,
                       record.last_event ? name_of(*record.last_event) : "none", publish.revision);
  }

  std::unique_ptr<Process> make_process(bool accept_gap = false) {
    PumpSettings settings;
    settings.names = {"app.00000001", "waljet_app", "app"};
    settings.limits = {1 + random_.below(6), 150 + random_.below(1500)};
    settings.policy.strict = plan_.strict;
    settings.policy.accept_gap = accept_gap;
    settings.confirm_delay = plan_.delay;
    settings.contact_max = Duration(0);
    settings.writer = ++made_;
    auto process = std::make_unique<Process>(
        settings, random_, ModelRows(random_, server_, owners_, made_, plan_.rows));
    process->number = made_;
    process->rows.pump = &process->pump;
    process->groups = {group_max(), group_max_of_server, 0};
    return process;
  }

  // ---- what a process does by itself ----

  void act_of(size_t who) {
    Process& process = *processes_[who];
    switch (random_.below(8)) {
      case 0:
      case 1:
        if (process.walsender && process.queue.size() < 5) {
          process.walsender->send(random_, process.queue);
        }
        return;
      case 2: return run(who);
      case 3: return tell_slot(who);
      case 4: return deliver_answer(process);
      default: return turn_of(process);
    }
  }

  // The source: ends and begins sessions.
  void run(size_t who) {
    Process& process = *processes_[who];
    const Pump::SessionEnd& end = process.pump.session_end();
    if (process.connected && end.number == process.session) {
      if (end.blocked) return ask_operator(who, end.why);
      say("{}: session {} has ended: {}", who, end.number, end.why);
      disconnect(who);
    }
    if (process.stopping) return stop(who);
    if (!process.connected && !owner_) connect(who);
  }

  // A server that has lost its power in a quiet time may have lost the record's last words alone.
  void ask_operator(size_t who, const std::string& why) {
    INFO("blocked: " << why);
    is_operator_asked_ = true;
    if (!plan_.deep_losses) {
      REQUIRE(plan_.power_losses);
      // A process that has just begun has only the record to go by, and that may be an older one.
      const bool is_new = !processes_[who]->pump.was_ready();
      REQUIRE((why.find("stands at") != std::string::npos || server_.has_lost_all_records() ||
               (is_new && server_.has_lost_records())));
    }
    kill(who);
    processes_[who] = make_process(true);
  }

  void connect(size_t who) {
    Process& process = *processes_[who];
    if (!process.pump.in_session() && !process.pump.survey()) return process.pump.request_survey();
    owner_ = who;
    process.connected = true;
    process.reported = 0;
    decide_groups(process);
    process.walsender.emplace(history_, slot_, std::max<size_t>(process.groups.used, 1), owners_,
                              session_id(process.number, process.session + 1));
    SourceFacts facts;
    facts.system_identifier = 7;
    facts.timeline = 1;
    facts.flushed = history_.back().end_lsn + 1000;
    facts.slot_exists = true;
    facts.slot_confirmed = slot_;
    say("{}: session {} begins", who, process.session + 1);
    process.queue.push_back(make_session_start({++process.session, facts, process.groups}));
  }

  // As the source decides it, by a survey that may be out of date when the session begins; while
  // one goes on there is none.
  void decide_groups(Process& process) {
    if (process.pump.in_session()) return;
    ResumePolicy policy;
    policy.strict = plan_.strict;
    process.groups.used = group_bytes_to_use(*process.pump.survey(), policy, process.groups);
  }

  // With fencing off what was stored once is known by its message alone.
  size_t group_max() {
    if (!plan_.grouped) return 0;
    return plan_.strict ? random_.below(group_max_of_server + 1) : group_max_without_fencing_;
  }

  void disconnect(size_t who) {
    say("{}: connection to PostgreSQL lost", who);
    if (owner_ == who) owner_.reset();
    lose_connection(*processes_[who]);
  }

  static void lose_connection(Process& process) {
    process.connected = false;
    process.walsender.reset();
  }

  // What is confirmed reaches PostgreSQL only while it has this connection.
  void tell_slot(size_t who) {
    Process& process = *processes_[who];
    if (!process.connected || owner_ != who) return;
    if (process.reported > slot_) say("{}: confirms {}", who, process.reported);
    slot_ = std::max(slot_, process.reported);
    if (random_.chance(3)) slot_saved_ = slot_;
  }

  void turn_of(Process& process) {
    if (process.survey) return advance_survey(process);
    process.pump.on_live_session(process.connected ? process.session : 0);
    if (owner_ == number_of(process) && process.walsender) process.pump.on_contact(now_);
    while (process.pump.wants_item() && !process.queue.empty()) {
      process.pump.on_item(std::move(process.queue.front()), now_);
      process.queue.pop_front();
    }
    for (size_t actions = 1 + random_.below(6); actions > 0 && !process.survey; --actions) {
      const PumpAction action = process.pump.next(now_);
      if (action.kind == Kind::stop) REQUIRE(process.stopping);
      if (action.kind == Kind::wait || action.kind == Kind::stop) break;
      act(process, action);
    }
    if (process.pump.session_number() != process.session) return;
    process.reported = std::max(process.reported, process.pump.confirmed(now_));
  }

  bool fails(size_t one_in) { return !faithful_ && random_.chance(one_in); }
  static Error trouble() { return {ErrorClass::retry, "trouble", {}, {}}; }

  void act(Process& process, const PumpAction& action) {
    Pump& pump = process.pump;
    switch (action.kind) {
      case Kind::connect:
        REQUIRE_FALSE(process.wire);
        if (fails(10)) return pump.on_trouble(trouble(), action.epoch, now_);
        process.wire.emplace();
        return pump.on_connected();
      case Kind::prepare:
        REQUIRE(process.wire);
        process.survey.emplace(action.read_from, process.limits, plan_.strict);
        return;
      case Kind::create:
        if (fails(10)) return pump.on_prepare_failed(trouble(), false, now_);
        server_.exists = true;
        return pump.on_created();
      case Kind::publish:
      case Kind::publish_fence:
      case Kind::write_record: return publish(process, action);
      case Kind::drop_link: return drop_link(process);
      case Kind::wait:
      case Kind::stop: return;
    }
  }

  void publish(Process& process, const PumpAction& action) {
    REQUIRE(process.wire);
    Publish publish;
    publish.token = record_token;
    if (action.record) publish.record = *action.record;
    publish.revision = action.record_revision;
    if (action.kind == Kind::publish_fence) {
      publish.is_fence = true;
      publish.token = fence_token;
      publish.expected = action.fence_behind;
    }
    if (action.kind == Kind::publish) {
      const Frame& frame = *action.message.frame;
      publish.positions = positions_of(frame);
      if (const RowMark* row = action.message.row) {
        uint64_t n = row_number(row->place) + 1 - publish.positions.size();
        for (Position& place : publish.positions) place = place_of_row(row->place.commit_lsn, n++);
      }
      REQUIRE(action.message.expected_sequence.has_value() == plan_.strict);
      publish.token = action.message.token;
      publish.expected = action.message.expected_sequence;
      publish.bytes = frame.body.size();
      if (fails(60)) return process.pump.on_oversize(publish.token, trouble());
    }
    say("{}: sends {}", number_of(process), name_of(publish));
    process.wire->publishes.push_back(std::move(publish));
    if (fails(40)) lose_link(process);
  }

  // Whose bodies are those that the frame holds.
  static std::vector<Position> positions_of(const Frame& frame) {
    std::vector<Position> positions;
    std::string body;
    for (size_t place = 0; place < event_count(frame); ++place) {
      positions.push_back(position_at(frame, place));
      body += (place > 0 ? "\n" : "") + body_of(positions.back());
    }
    REQUIRE(frame.body == body);
    REQUIRE(frame.position == positions.back());
    return positions;
  }

  void advance_survey(Process& process) {
    while (true) {
      if (fails(30)) {
        process.survey.reset();
        return process.pump.on_prepare_failed(trouble(), false, now_);
      }
      if (process.survey->advance(server_)) break;
      if (fails(2)) return;  // others go on meanwhile
    }
    Survey survey = process.survey->take();
    say("{}: survey: last sequence {}, read from {}, {} events, newest {}, revision {}",
        number_of(process), survey.stream ? survey.stream->last_sequence : 0, survey.read_from,
        survey.events.size(),
        survey.events.empty() ? "none" : name_of(survey.events.back().position),
        survey.record_revision);
    process.survey.reset();
    process.pump.on_prepared(std::move(survey), now_);
  }

  // ---- links ----

  // The server takes the next message of a link.
  void serve(Process& process) {
    if (!process.wire || process.wire->publishes.empty()) return;
    const Publish publish = std::move(process.wire->publishes.front());
    process.wire->publishes.pop_front();
    const auto answer = take(publish);
    if (answer) process.answers.push_back({process.pump.epoch(), publish.token, *answer});
  }

  std::optional<PubAck> take(const Publish& publish) {
    if (plan_.lossy && fails(25)) return std::nullopt;
    if (plan_.lossy && fails(25)) return Server::refused(10077);
    const PubAck ack = server_.apply(publish, now_);
    say("server: {}: {} {}", name_of(publish), ack.error_code == 0 ? "stored at" : "refused",
        ack.error_code == 0 ? ack.sequence : static_cast<uint64_t>(ack.error_code));
    if (plan_.lossy && fails(25)) return std::nullopt;
    return ack;
  }

  void deliver_answer(Process& process) {
    if (process.survey) return;
    if (!process.old_answers.empty() && random_.chance(4)) {
      process.pump.on_ack(process.old_answers.front(), now_);
      process.old_answers.pop_front();
    }
    if (process.answers.empty()) return;
    // Errors overtake in a cluster.
    const size_t at = fails(4) ? random_.below(process.answers.size()) : 0;
    const Ack ack = process.answers[at];
    process.answers.erase(process.answers.begin() + static_cast<std::ptrdiff_t>(at));
    process.pump.on_ack(ack, now_);
  }

  void lose_link(Process& process) {
    say("{}: link lost", number_of(process));
    process.pump.on_trouble(trouble(), process.pump.epoch(), now_);
    process.survey.reset();
    drop_link(process);
  }

  // What is on its way may arrive long after.
  void drop_link(Process& process) {
    if (process.wire && !faithful_) ghosts_.push_back(std::move(*process.wire));
    process.wire.reset();
    for (const Ack& answer : process.answers) process.old_answers.push_back(answer);
    process.answers.clear();
  }

  void serve_ghost() {
    if (ghosts_.empty()) return;
    const size_t which = random_.below(ghosts_.size());
    std::deque<Publish>& publishes = ghosts_[which].publishes;
    if (publishes.empty() || random_.chance(6)) {
      ghosts_.erase(ghosts_.begin() + static_cast<std::ptrdiff_t>(which));
      return;
    }
    take(publishes.front());
    publishes.pop_front();
  }

  // ---- what happens to them ----

  void happen(size_t who) {
    Process& process = *processes_[who];
    if (!random_.chance(3)) serve(process);
    if (random_.chance(3)) serve_ghost();
    switch (random_.below(400)) {
      case 0:
      case 1:
      case 2:
      case 3: return lose_link(process);
      case 4:
      case 5: return disconnect(who);
      case 6: return cut_from_server(who);
      case 7: return kill(who);
      case 8: process.stopping = true; return;
      case 9: process.frozen = static_cast<int>(random_.below(60)); return;
      case 10: return crash_postgres();
      case 11: now_ += Duration(11'000); return;
      default: break;
    }
    if (plan_.power_losses && random_.chance(100)) lose_power(now_ - plan_.delay * 3 / 4);
    if (plan_.deep_losses && random_.chance(200)) lose_power({});
    if (plan_.foreign && random_.chance(30)) write_foreign();
    if (plan_.purges && random_.chance(60)) remove(server_.messages().size());
    if (plan_.expiry && random_.chance(30)) remove(server_.recorded_messages());
  }

  // The slot is free, and the process does not know yet.
  void cut_from_server(size_t who) {
    say("{}: cut from PostgreSQL", who);
    if (owner_ == who) owner_.reset();
    processes_[who]->walsender.reset();
    if (!plan_.processes) return;
    if (plan_.processes == 1) lose_connection(*processes_[who]);
  }

  void crash_postgres() {
    say("PostgreSQL crashes");
    slot_ = slot_saved_;
    for (auto& process : processes_) lose_connection(*process);
    owner_.reset();
  }

  void kill(size_t who) {
    say("{}: gone, another one begins", who);
    note_notices(*processes_[who]);
    disconnect(who);
    drop_link(*processes_[who]);
    processes_[who] = make_process();
  }

  // A clean end: PostgreSQL is told what may be confirmed, and another process begins.
  void stop(size_t who) {
    Process& process = *processes_[who];
    process.pump.request_stop(now_);
    if (!process.connected && process.queue.empty()) process.pump.on_input_end();
    if (process.pump.state() != PumpState::stopped) return;
    REQUIRE_FALSE(process.pump.fatal());
    tell_slot(who);
    kill(who);
  }

  // Synced a little sooner than the delay allows for.
  void lose_power(Instant durable_until) {
    const uint64_t before = server_.last_sequence();
    const uint64_t revision = server_.revision();
    server_.lose_power(random_, durable_until);
    say("server: power lost: sequence {} to {}, revision {} to {}", before, server_.last_sequence(),
        revision, server_.revision());
    ghosts_.clear();
    for (auto& process : processes_) {
      if (process->wire) process->wire->publishes.clear();
      if (process->wire) lose_link(*process);
    }
  }

  void write_foreign() {
    if (!server_.exists) return;
    const size_t count = random_.chance(4) ? 1 + random_.below(20) : 1;
    say("somebody else writes {}", count);
    for (size_t i = 0; i < count; ++i) server_.add_foreign(now_, random_.below(500));
  }

  void remove(size_t at_most) {
    for (const auto& process : processes_) at_most = process->survey ? 0 : at_most;
    if (at_most == 0) return;
    const size_t count = random_.chance(2) ? at_most : random_.below(at_most);
    say("server: the first {} of {} are removed", count, server_.messages().size());
    server_.remove_first(count);
  }

  // ---- what must hold ----

  void check() {
    // Once a gap was accepted, a server that loses its power again may bring back a record that
    // speaks of what stood at the same sequences before. One that has lost all records makes the
    // next start a fresh one, which takes whatever the slot sends.
    const bool is_told = is_operator_asked_ || server_.has_lost_all_records();
    const bool is_beyond_promise = plan_.deep_losses && is_told;
    if (is_beyond_promise) return;
    REQUIRE_FALSE(server_.has_repeated_recorded());
    // What was stored after the last record and is gone by now is known to nobody.
    if (!plan_.purges) REQUIRE(server_.is_unique());
    if (plan_.strict && !plan_.foreign && !plan_.purges) REQUIRE(server_.is_ascending());
    for (const Transaction& transaction : history_) {
      if (transaction.commit_lsn >= slot_ || plan_.deep_losses) break;
      for (const Event& event : transaction.events) REQUIRE(server_.holds(event.position));
    }
    if (!plan_.power_losses && !plan_.deep_losses) REQUIRE(slot_ <= server_.recorded());
  }

  bool is_settled() const { return slot_ == history_.back().end_lsn; }

  void note_notices(const Process& process) {
    late_events_ += process.pump.notices().late_events;
    foreign_messages_ += process.pump.notices().foreign_messages;
  }

  Random& random_;
  const Plan plan_;
  const bool tracing_;
  const std::vector<Transaction> history_;
  Server server_;
  Instant now_{Duration(1'000'000)};
  bool faithful_ = false;
  Lsn slot_ = 0;
  static constexpr size_t group_max_of_server = 6;
  const size_t group_max_without_fencing_ = random_.below(group_max_of_server + 1);
  Lsn slot_saved_ = 0;           // what it is after a crash
  std::optional<size_t> owner_;  // of the slot
  std::vector<std::unique_ptr<Process>> processes_;
  std::vector<Wire> ghosts_;
  Walsender::Owners owners_;
  uint64_t made_ = 0;  // processes
  uint64_t late_events_ = 0;
  uint64_t foreign_messages_ = 0;
  bool is_operator_asked_ = false;
};

void run_worlds(Plan plan, int runs) {
  Random random;
  INFO(random.how_to_repeat());
  const char* traced = std::getenv("WALJET_TEST_TRACE");
  for (int run = 0; run < runs; ++run) {
    INFO("run " << run);
    plan.grouped = run % 2 == 1;
    plan.rows = run % 4 >= 2;
    World world(random, plan, traced != nullptr && std::to_string(run) == traced);
    const size_t steps = 50 + random.below(500);
    for (size_t step = 0; step < steps; ++step) world.step();
    world.settle();
    world.check_end();
  }
}

TEST_CASE("whatever fails, every event is stored once, in order", "[pump][model]") {
  Plan plan;
  run_worlds(plan, 1000);
}

TEST_CASE("single messages refused or lost: still once and in order", "[pump][model]") {
  Plan plan;
  plan.lossy = true;
  run_worlds(plan, 1000);
}

TEST_CASE("processes take the slot over from each other: still once and in order",
          "[pump][model]") {
  Plan plan;
  plan.processes = 3;
  SECTION("over faithful links") {}
  SECTION("over lossy links") {
    plan.lossy = true;
  }
  run_worlds(plan, 1000);
}

TEST_CASE("a server that loses its power gets again what it has lost", "[pump][model]") {
  Plan plan;
  plan.power_losses = true;
  plan.delay = Duration(3'000);
  SECTION("one process") {}
  SECTION("two of them") {
    plan.processes = 2;
  }
  SECTION("over lossy links") {
    plan.lossy = true;
  }
  run_worlds(plan, 1000);
}

TEST_CASE("what a server loses for good is not missing without an operator's word",
          "[pump][model]") {
  Plan plan;
  plan.deep_losses = true;
  SECTION("confirmed at once") {}
  SECTION("after a delay") {
    plan.delay = Duration(3'000);
  }
  run_worlds(plan, 1000);
}

TEST_CASE("with another writer every event is stored once, and what is late is said to be so",
          "[pump][model]") {
  Plan plan;
  plan.foreign = true;
  SECTION("one process") {}
  SECTION("two of them") {
    plan.processes = 2;
  }
  SECTION("over lossy links") {
    plan.lossy = true;
  }
  run_worlds(plan, 1000);
}

TEST_CASE("events that have expired are not stored again", "[pump][model]") {
  Plan plan;
  plan.expiry = true;
  SECTION("one process") {}
  SECTION("two of them") {
    plan.processes = 2;
  }
  run_worlds(plan, 1000);
}

TEST_CASE("whatever is purged, nothing is lost, and nothing on record is stored again",
          "[pump][model]") {
  Plan plan;
  plan.purges = true;
  run_worlds(plan, 1000);
}

TEST_CASE("with fencing off every event is stored, and once as long as duplicates are known",
          "[pump][model]") {
  Plan plan;
  plan.strict = false;
  plan.lossy = true;
  SECTION("one process") {}
  SECTION("two of them, in a shared stream") {
    plan.processes = 2;
    plan.foreign = true;
  }
  run_worlds(plan, 1000);
}

}  // namespace
}  // namespace waljet::model
