// The publisher's side as a state machine: what is published when, what is published again, and
// what may be confirmed.
//
//     connecting ─▶ preparing ─▶ standing_by ─▶ preparing ─▶ publishing ─▶ draining ─▶ stopped
//         ▲            │            │                            │
//         └─ backing_off ◀──────────┴────────────────────────────┘   any trouble with the link
//
// preparing looks at the stream; it may create it only once the source streams, so that a refusal
// on either side starts nothing: until then the pump stands by.
//
// Items are taken whatever the state of the link, as long as the window has room. Their chunks are
// kept until all their events are acknowledged: an outage of NATS never needs anything from
// PostgreSQL twice. Nothing is retried by itself out of the window, which would put it behind what
// was sent after it: any error, error answer, silence or disconnect gives the whole link up, and on
// the next one everything unacknowledged is published again in order before anything new.
//
// After a reconnect PostgreSQL sends every transaction again that it does not know as confirmed,
// from its beginning and with the same positions. Positions rise in the order of sending, so an
// event is skipped exactly when its position is not above the last one that entered the window:
// that one and all before it are acknowledged or still in the window. What follows is new, also in
// the middle of a transaction that the old connection left unfinished. Commit and keepalive
// positions of what is skipped count: they stand behind the whole window, which is later than they
// need, never earlier.
//
// Seams for later: resume() is where a read-back of the stream's tail decides what is published
// again, PumpAction::message where the expected sequence joins, confirmed() where a delay comes.
//
// Pure: time and chance are handed in, nothing is done but kept and answered. One thread.
#pragma once

#include <deque>
#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "event/frame.h"
#include "streamer/ack_window.h"
#include "streamer/backoff.h"
#include "streamer/clock.h"
#include "streamer/errors.h"
#include "streamer/item.h"
#include "streamer/pub_ack.h"

namespace waljet {

enum class PumpState : uint8_t {
  connecting,
  preparing,
  standing_by,
  publishing,
  backing_off,
  draining,
  stopped,
};

// One event to be published. Views into a kept chunk; valid until the event is acknowledged.
struct Outgoing {
  Token token = 0;
  std::string_view source_id;
  const Frame* frame = nullptr;
};

struct PumpAction {
  enum class Kind : uint8_t {
    connect,    // answer with on_connected() or on_trouble()
    prepare,    // answer with on_prepared() or on_prepare_failed()
    publish,    // `message`; answer with on_link_lost() if it cannot be sent
    drop_link,  // let go of the link, so that no answer comes from it any more
    wait,       // nothing to do before `until`, unless something arrives
    stop,       // nothing to do any more
  };
  Kind kind = Kind::wait;
  uint64_t epoch = 0;       // connect: number of the link to be made
  bool may_create = false;  // prepare: create the stream if it is absent
  Outgoing message;
  Instant until = Instant::max();
};

class Pump {
 public:
  static constexpr Duration ack_silence_max{10'000};
  static constexpr Duration drain_max{10'000};
  static constexpr Duration jetstream_absent_max{30'000};
  static constexpr Duration backoff_first{100};
  static constexpr Duration backoff_longest{5'000};

  // `source_id`: what the plugin must say it is. `chance` returns from 0 to 1.
  Pump(std::string source_id, const AckWindow::Limits& limits, std::function<double()> chance)
      : window_(limits), source_id_(std::move(source_id)), chance_(std::move(chance)) {}

  // What to do next. To be asked again after each answer, until it says wait or stop.
  PumpAction next(Instant now);

  // True while the next item can be used: what came before it has entered the window.
  bool wants_item() const {
    return unread_.empty() && state_ != PumpState::stopped && !input_closed();
  }
  void on_item(Item item);

  void on_connected();
  void on_prepared(Instant now);
  // `jetstream_absent`: nobody answers for JetStream, which is refused after 30 s of nothing else.
  void on_prepare_failed(Error error, bool jetstream_absent, Instant now);
  // The link could not be made, or is lost. Of another epoch than the present one: ignored.
  void on_trouble(Error error, uint64_t epoch, Instant now);
  void on_ack(const Ack& ack, Instant now);

  // The source streams: the stream may be created, events may be published.
  void permit_publishing() { permitted_ = true; }

  // Finishes the transaction in hand, so that the next start has none of it to send again; leaves
  // everything behind it; waits for the acknowledgements, and stops. on_input_end() says
  // that no item will follow.
  void request_stop(Instant now);
  void on_input_end() { input_ended_ = true; }

  PumpState state() const { return state_; }
  uint64_t epoch() const { return epoch_; }
  // True once a link has been prepared for publishing: from then on trouble is always retried.
  bool was_ready() const { return was_ready_; }
  // May be confirmed to PostgreSQL. Never falls.
  Lsn confirmed() const { return window_.confirmable(); }
  // Why it backs off.
  const Error& trouble() const { return trouble_; }
  // Why it stopped, if nobody asked for it.
  const std::optional<Error>& fatal() const { return fatal_; }
  const AckWindow& window() const { return window_; }
  size_t kept_bytes() const { return kept_bytes_; }

 private:
  struct KeptChunk {
    Item chunk;
    Token end = 0;      // token after its last event
    bool used = false;  // an event of it has entered the window
  };

  PumpAction publish_or_wait(Instant now);
  bool input_closed() const;
  bool drained() const;
  void resume(Instant now);
  void back_off(Error error, Instant now);
  void fail(Error error);

  void absorb();
  void apply(const Frame& frame, size_t bytes);
  bool is_new_event(const Frame& frame) const;
  void enter_window(const Frame& frame, size_t bytes);
  void greet(const Frame& frame);
  void forget_unused();
  void release();

  PumpState state_ = PumpState::connecting;
  bool link_held_ = false;
  bool permitted_ = false;
  bool was_ready_ = false;
  bool input_ended_ = false;
  bool in_transaction_ = false;  // events of a transaction entered whose commit has not been seen
  uint64_t epoch_ = 0;

  AckWindow window_;
  std::deque<Frame> events_;  // one for each place in the window
  Token events_first_ = 0;    // token of the first of them
  Token send_ = 0;            // next to be sent on this link
  Instant silent_since_{};    // when the oldest unacknowledged event became that, or was sent

  std::deque<KeptChunk> chunks_;
  size_t kept_bytes_ = 0;
  std::string_view unread_;  // rest of the newest chunk
  bool greeted_ = false;     // the session has said hello
  const std::string source_id_;
  std::optional<Position> last_entered_;

  std::function<double()> chance_;
  Backoff backoff_{backoff_first, backoff_longest};
  Instant retry_at_{};
  Instant drain_deadline_{};
  std::optional<Instant> jetstream_absent_since_;
  Error trouble_;
  std::optional<Error> fatal_;
};

}  // namespace waljet
