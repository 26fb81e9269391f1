// The publisher's side as a state machine: what is published when, what is published again, and
// what may be confirmed.
//
//     connecting ─▶ preparing ─▶ standing_by      until a session comes, or a survey is wanted
//         ▲             │  ▲          │
//         │             │  └──────────┘
//         │             ├─▶ creating ─▶ preparing
//         │             └─▶ publishing ─▶ draining ─▶ stopped
//         └── backing_off ◀── any trouble with the link
//
// A *session* is one connection to PostgreSQL that streams. preparing takes a survey of what NATS
// holds of the source. At the start of a session the survey decides what is skipped as stored
// (resume.h), or that an operator has to decide; before that nothing is created, and no event is
// taken. Then the record is written, which also tells another process that it has lost the source,
// and events are published.
//
// With `strict` each publish expects the sequence of the one before it (the chain). So whatever is
// lost on the way, the stream holds a prefix of what was sent, and of two publishers one is
// refused. Nothing is retried by itself out of the window: any error, error answer, silence or
// disconnect gives the link up, and on the next one the survey is compared with the window:
//   * what is found there is stored, the rest is published again in order;
//   * an event that is missing while later ones are there was refused because somebody else wrote
//     into the stream: it is stored late, and said so;
//   * events beyond what we published, or in other groups, are another process's, which has the
//     slot now: the session is over;
//   * a stream that ends before what was acknowledged has lost events: the session is over, and
//     the next one begins where the slot stands.
//
// A group of events is one message, as it comes from the plugin. Its boundaries may differ from
// those of what is stored, since settings change; so the events of a group are judged one by one,
// and those that are to be published leave in as few messages as follow each other.
//
// The chain counts messages, so what another process of this source still has under way must be
// grouped alike. A session whose groups are to change ends when the stream has grown past that.
//
// Between the changes stand rows of snapshots (row_source.h). They go through the window and the
// chain like events, under a position of their own: their place in the stream, which sorts between
// the events around them. But nothing sends them again: what of them a session leaves behind is
// read from the tables again.
//
// So a process that dies may leave rows under way which its successor does not publish, and the
// chain, which counts messages, would let such a row in behind a newer event, or an event in twice.
// Therefore rows and events are never under way together, only a few rows at a time are, and the
// record says so beforehand. Whoever finds that on record, and no clean end, first stores as many
// *fences*: messages without meaning, behind which nothing of what was under way is accepted. Rows
// that arrive before them stand where they belong. And since two processes that both believe to
// have the slot must not differ, rows are sent only by one that has just heard from the server.
//
// Items are taken whatever the state of the link, as long as the window has room. Their chunks are
// kept until all their events are acknowledged: an outage of NATS never needs anything from
// PostgreSQL twice.
//
// Pure: time and chance are handed in, nothing is done but kept and answered. One thread.
#pragma once

#include <deque>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "event/frame.h"
#include "streamer/ack_window.h"
#include "streamer/backoff.h"
#include "streamer/clock.h"
#include "streamer/confirmer.h"
#include "streamer/errors.h"
#include "streamer/item.h"
#include "streamer/pub_ack.h"
#include "streamer/resume.h"
#include "streamer/row_source.h"
#include "streamer/survey.h"

namespace waljet {

enum class PumpState : uint8_t {
  connecting,
  preparing,
  standing_by,
  creating,
  publishing,
  backing_off,
  draining,
  stopped,
};

// The token of the record's publish; events count from 0 and never get there.
constexpr Token record_token = std::numeric_limits<Token>::max();
constexpr Token fence_token = record_token - 1;

// What a message of rows says beside the frame.
struct RowMark {
  Position place;  // of the last row, in the stream
  bool first = false;
  bool last = false;
};

// One message to be published: an event or a group. Views into a kept chunk; valid until the event
// is acknowledged.
struct Outgoing {
  Token token = 0;
  std::string_view source_id;
  const Frame* frame = nullptr;
  const RowMark* row = nullptr;               // of rows that a snapshot has read
  std::optional<uint64_t> expected_sequence;  // last one in the stream, with `strict`
};

struct PumpAction {
  enum class Kind : uint8_t {
    connect,        // answer with on_connected() or on_trouble()
    prepare,        // answer with on_prepared() or on_prepare_failed()
    create,         // the stream; answer with on_created() or on_prepare_failed()
    publish,        // `message`; answer with on_trouble() or on_oversize() if it cannot be sent
    write_record,   // `record` in place of `record_revision`; its answer has record_token
    publish_fence,  // behind sequence `fence_behind`; its answer has fence_token
    drop_link,      // let go of the link, so that no answer comes from it any more
    wait,           // nothing to do before `until`, unless something arrives
    stop,           // nothing to do any more
  };
  Kind kind = Kind::wait;
  uint64_t epoch = 0;       // connect: number of the link to be made
  bool may_create = false;  // prepare: create the record's bucket if it is absent
  // prepare: the survey is to reach back to this sequence; 0: as far as a hole may lie
  uint64_t read_from = 0;
  Outgoing message;
  std::unique_ptr<const Record> record;
  uint64_t record_revision = 0;
  uint64_t fence_behind = 0;
  Instant until = Instant::max();
};

struct PumpSettings {
  ResumeNames names;  // source_id: what the plugin must say it is
  AckWindow::Limits limits;
  ResumePolicy policy;
  uint64_t writer = 0;                    // tells this process's records from others'
  std::optional<Duration> confirm_delay;  // nothing: as the stream's storage wants it
  // Rows are sent no longer than this after PostgreSQL was heard of: a slot is taken over later.
  Duration contact_max{5'000};
};

class Pump {
 public:
  static constexpr Duration ack_silence_max{10'000};
  static constexpr Duration drain_max{10'000};
  static constexpr Duration jetstream_absent_max{30'000};
  static constexpr Duration backoff_first{100};
  static constexpr Duration backoff_longest{5'000};
  // A server syncs its files every 60 s (2.9) or 120 s.
  static constexpr Duration confirm_delay_of_one_copy{150'000};
  static constexpr int replicas_that_need_no_delay = 3;

  // Stored messages after which the record is written again even if nothing can be confirmed: how
  // far a start has to read back at most.
  static constexpr uint64_t unrecorded_messages_max = 16'384;
  // Messages of rows under way, and so of fences: not worth more, since a server is busy with that
  // many for longer than they take to get there.
  static constexpr uint64_t rows_under_way_max = 128;

  // `chance` returns from 0 to 1. `rows` may be null, and outlives the pump.
  Pump(PumpSettings settings, std::function<double()> chance, RowSource* rows = nullptr)
      : settings_(std::move(settings)),
        window_(settings_.limits),
        rows_(rows),
        chance_(std::move(chance)) {}

  // What to do next. To be asked again after each answer, until it says wait or stop. No event is
  // published unless `link_takes_more`.
  PumpAction next(Instant now, bool link_takes_more = true);

  // True while the next item can be used: what came before it has entered the window.
  bool wants_item() const {
    return unread_.empty() && !in_hand_ && !coming_ && state_ != PumpState::stopped &&
           !is_closing();
  }
  void on_item(Item item, Instant now);
  // The row source may have rows that it had not before.
  void on_rows(Instant now) { absorb(now); }

  void on_connected();
  void on_prepared(Survey survey, Instant now);
  void on_created();
  // `jetstream_absent`: nobody answers for JetStream, which is refused after 30 s of nothing else.
  void on_prepare_failed(Error error, bool jetstream_absent, Instant now);
  // The session cannot go on, whatever the reason is.
  void abandon_session(std::string why, Instant now) { lose_session(std::move(why), now); }
  // The link could not be made, or is lost. Of another epoch than the present one: ignored.
  void on_trouble(Error error, uint64_t epoch, Instant now);
  // The event just handed out is larger than the server takes, which `error` says. What was sent
  // before it is awaited first. A group is formed anew in another session.
  void on_oversize(Token token, Error error);
  void on_ack(const Ack& ack, Instant now);

  // The session that the source streams, 0: none. One that is over is not begun any more, and sends
  // no rows.
  void on_live_session(uint64_t number);
  // PostgreSQL was heard of over the live session's connection. Instant::max(): the session has not
  // begun to stream, so nobody else can.
  void on_contact(Instant at) { contact_at_ = at; }
  // This session is to end, 0: none: when the transaction in hand is finished, and all is stored
  // that it took, and on record. So no event of what was finished is ever taken again, even if the
  // next session's filter lets pass what this one's did not.
  void request_turn(uint64_t session, Instant now);
  // The server's log ends before this stored event: goes on record, while no session runs.
  void on_divergence(const Position& event) { divergence_ = event; }

  // Wants a survey, where there is no session whose window it would disturb.
  void request_survey() { survey_wanted_ = true; }
  bool survey_wanted() const { return survey_wanted_; }

  // Finishes the transaction in hand, so that the next start has none of it to send again; leaves
  // everything behind it; waits for the acknowledgements, and stops. on_input_end() says
  // that no item will follow.
  void request_stop(Instant now);
  void on_input_end() { input_ended_ = true; }

  PumpState state() const { return state_; }
  uint64_t epoch() const { return epoch_; }
  // True once a session has published or could: from then on trouble is always retried.
  bool was_ready() const { return was_ready_; }
  // Publishes, and the link has proved that it works, or has nothing to prove.
  bool is_well() const {
    return state_ == PumpState::publishing && recorded_ && (proved_ || window_.empty());
  }
  // The next survey is about the window of a session that goes on.
  bool reconciles() const { return session_ && !ready_to_turn(); }
  bool in_session() const { return session_.has_value() || coming_.has_value(); }
  // The newest survey taken outside a session.
  const std::optional<Survey>& survey() const { return survey_; }
  // May be confirmed to PostgreSQL in the present session, 0: nothing. Does not rise without a
  // link, since what a broker has lost with its power would be found out by the next one.
  Lsn confirmed(Instant now);
  // Number of the session that events are taken from, 0: none.
  uint64_t session_number() const { return session_ ? session_->number : 0; }
  // Why it backs off.
  const Error& trouble() const { return trouble_; }
  // Why it stopped, if nobody asked for it.
  const std::optional<Error>& fatal() const { return fatal_; }

  // A session that the publisher has given up: the source has to begin another one.
  struct SessionEnd {
    uint64_t number = 0;
    std::string why;
    bool blocked = false;  // an operator has to do something first
    bool turned = false;   // as request_turn() asked for
    Lsn confirmed = 0;     // what may be confirmed of it, 0: nothing
  };
  const SessionEnd& session_end() const { return session_end_; }

  // What is worth a line in the log. Counts only rise.
  struct Notices {
    uint64_t late_events = 0;  // stored behind later ones
    std::string late_event;    // the newest of them: table and id
    uint64_t foreign_messages = 0;
    std::string foreign_subject;
    uint64_t stubs = 0;                 // events that were too large
    std::string stub;                   // the newest of them
    std::vector<std::string> accepted;  // what an operator's word let pass; grows
  };
  const Notices& notices() const { return notices_; }

  const AckWindow& window() const { return window_; }
  size_t kept_bytes() const { return kept_bytes_; }

 private:
  struct KeptChunk {
    Item chunk;
    Token end = 0;      // token after its last event
    bool used = false;  // an event of it has entered the window
  };
  struct KeptEvent {
    Frame frame;
    PositionRange place;    // in the stream; of events: their own positions
    uint64_t sequence = 0;  // expected while it is under way, then its own
    bool is_row = false;
    RowMark row = {};
  };
  struct KeptRows {
    RowBatch batch;
    Token end = 0;  // token after its last row
  };
  // Rows on their way into the window, and how far they are. Their bytes are the newest kept rows'.
  struct RowsInHand {
    std::string_view unread;
    size_t taken = 0;  // rows of the first unread frame that are dealt with
    std::shared_ptr<const KeyHashes> without;
    bool first = false;
    uint64_t left_to_last = 0;  // rows that will enter up to the last one; 0: it does not matter
    uint64_t number = 0;
  };

  PumpAction prepare() const;
  PumpAction publish_or_wait(Instant now, bool link_takes_more);
  PumpAction publish_next(Instant now, bool link_takes_more);
  void give_way_to_oversize(Instant now);
  PumpAction write_record(Instant now);
  PumpAction publish_fence(Instant now);
  bool may_follow(const KeptEvent& event) const;
  bool needs_record(const KeptEvent& event) const;
  bool is_in_contact(Instant now) const;
  bool has_lost_contact() const;
  bool may_leave_rows() const;
  PumpAction write_divergence();
  bool ready_to_turn() const;
  bool awaiting() const {
    return window_.first() < send_ || record_under_way_ || fences_under_way_ > 0;
  }
  bool input_closed() const;
  bool regroup_due() const;
  bool turn_due() const;
  bool is_closing() const { return input_closed() || regroup_due() || turn_due(); }
  bool is_settled() const;
  Instant wake_at() const;

  void begin_session(Instant now);
  void note_lost_record();
  bool speaks_of_what_was_lost_before(const Record& stored) const;
  void start_publishing(Instant now);
  void note_newest(const Survey& survey);
  void take_record_over(const Survey& survey, Duration delay, Instant now);
  void end_session(uint64_t number, std::string why, bool blocked);
  void end_settled_session();
  void end_session_without_contact();
  void lose_session(std::string why, Instant now);
  void reconcile(const Survey& survey, Instant now);
  std::optional<std::string> why_session_is_lost(const Survey& survey) const;
  void take_found(const Survey& survey, Instant now);
  std::deque<KeptEvent>::const_iterator first_reaching(const Position& position) const;
  std::optional<Token> token_at(const Position& position) const;
  bool is_in_other_groups(const StoredEvent& stored) const;
  bool is_behind_rows(const StoredEvent& stored) const;
  void note_foreign(const Survey& survey);
  void publish_singly(uint64_t last_sequence);
  void note_late(const Frame& frame);
  void note_stub(const Frame& frame);
  std::string name_of(const Frame& frame) const;
  Result<Duration> confirm_delay(const StreamState& stream) const;
  Record make_record(const Mark& mark) const;
  bool has_passed_what_was_found() const;
  uint64_t read_from() const;

  void note_stored(KeptEvent& event, uint64_t sequence);
  void on_event_ack(const Ack& ack, Instant now);
  void on_fence_ack(const Ack& ack, Instant now);
  void on_recorded(Instant now);
  void on_record_ack(const Ack& ack, Instant now);
  void on_progress(Instant now);
  void back_off(Error error, Instant now);
  void fail(Error error);

  void absorb(Instant now);
  bool absorb_rows();
  void begin_rows(RowsInPlace rows);
  bool take_rows(const Frame& frame);
  void enter_rows(const Frame& part);
  void end_rows();
  void release_rows();
  void note_stored_row(const KeptEvent& row);
  void forget_rows();
  bool apply(const Frame& frame, Instant now);
  bool take_events(const Frame& frame, Instant now);
  bool is_wanted(const Position& position) const;
  size_t end_of_wanted(const Frame& frame, size_t begin) const;
  void enter_window(const Frame& frame);
  void keep(const KeptEvent& event, Token& end);
  void greet(const Frame& frame);
  void forget_unused();
  void leave_session();
  void forget_all();
  void release();
  // What a frame, or a part of one, counts in the window.
  static size_t window_bytes(const Frame& frame);

  const PumpSettings settings_;
  PumpState state_ = PumpState::connecting;
  bool link_held_ = false;
  bool was_ready_ = false;
  bool proved_ = false;  // something was stored over this link
  bool input_ended_ = false;
  bool in_transaction_ = false;  // events of a transaction entered whose commit has not been seen
  uint64_t epoch_ = 0;

  std::optional<Session> coming_;   // waits until the window is empty, and for the survey
  std::optional<Session> session_;  // the present one; without one items are dropped
  bool skipping_ = false;           // items are of a session that was over before it began
  std::optional<Position> divergence_;
  std::optional<Position> newest_own_;  // that ever entered the window in this history
  bool survey_wanted_ = true;
  std::optional<Survey> survey_;
  Decision decision_;
  SessionEnd session_end_;
  Notices notices_;

  // Of the present session:
  StoredEvents stored_;
  StreamState stream_;
  Record record_;  // as it was written last
  uint64_t record_revision_ = 0;
  std::optional<Record> seen_record_;   // what stood there with this revision
  std::optional<Record> known_record_;  // as it was acknowledged last, of any session
  uint64_t known_revision_ = 0;
  // What the record before knew to be stored beyond the slot's position, and still is.
  std::vector<Mark> carried_;
  bool recorded_ = false;  // the session's first record is there, events may follow
  bool record_under_way_ = false;
  Confirmer confirmer_;
  uint64_t acknowledged_sequence_ = 0;  // the highest one
  std::optional<StoredEvent> newest_;   // this source's message with the highest one
  uint64_t stored_sequence_ = 0;        // the stream's last one at the start, or acknowledged since
  uint64_t fence_until_ = 0;            // the stream has to reach this before anything else
  uint64_t fences_under_way_ = 0;
  uint64_t live_session_ = 0;
  Instant contact_at_{};
  bool rows_under_way_ = false;  // rows, not events, may be under way from the next record on
  uint64_t regroup_at_ = 0;      // what others have under way expects less than this
  uint64_t turning_ = 0;         // the session that is to end, 0: none
  std::optional<Position> stored_last_;  // of this session's events that are stored, one and all
                                         // before it
  std::optional<Position> last_entered_;
  bool transaction_open_ = false;     // frames of one came, wanted or not, and not its commit
  std::optional<Position> last_end_;  // of the newest transaction that came whole

  AckWindow window_;
  std::deque<KeptEvent> events_;  // one for each place in the window
  Token events_first_ = 0;        // token of the first of them
  RowSource* const rows_;
  std::optional<RowsInHand> in_hand_;
  std::deque<KeptRows> kept_rows_;
  Lsn rows_lsn_ = 0;         // where the newest rows stand
  uint64_t rows_there_ = 0;  // how many of them entered there
  struct RowsEnd {
    Token end = 0;  // token after the last of them
    uint64_t number = 0;
  };
  std::deque<RowsEnd> rows_ends_;  // entered, and not yet told to be stored
  std::optional<StoredRow> newest_row_;

  Token send_ = 0;             // next to be sent on this link
  uint64_t chain_ = 0;         // what the next publish expects as the stream's last sequence
  uint64_t single_until_ = 0;  // before it expects that much, one event is under way at a time
  std::optional<Error> oversize_;
  Instant silent_since_{};  // when the oldest unacknowledged publish became that, or was sent

  std::deque<KeptChunk> chunks_;
  size_t kept_bytes_ = 0;
  std::string_view unread_;  // rest of the newest chunk
  bool greeted_ = false;     // the session has said hello

  std::function<double()> chance_;
  Backoff backoff_{backoff_first, backoff_longest};
  Instant retry_at_{};
  Instant drain_deadline_{};
  std::optional<Instant> jetstream_absent_since_;
  Error trouble_;
  std::optional<Error> fatal_;
};

}  // namespace waljet
