// The only thing that the threads share.
//
// Threads of `waljet run`:
//   * main: the source. Reads PostgreSQL, answers it on time, handles signals. Never waits for
//   NATS.
//   * publisher: owns the link to NATS and the pump. Waits here, for items and for the link.
//   * nats.c's own: they tell that the link is lost, or that a ping is to be sent.
//
//     source ── items, request for a survey, stop ──▶ publisher
//     source ◀── confirmed position, survey, reports ── publisher      (wake_fd() becomes readable)
//     nats.c ── loss of the link ──▶ publisher
//
// The queue of items is bounded in bytes: when it is full the source stops reading, and PostgreSQL
// waits. The source is woken when half of it is free again, and not for each item taken.
#pragma once

#include <atomic>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "streamer/clock.h"
#include "streamer/errors.h"
#include "streamer/item.h"
#include "streamer/jetstream.h"
#include "streamer/survey.h"

namespace waljet {

class Handoff : public LinkListener {
 public:
  static constexpr size_t queued_bytes_max = size_t{256} << 10;
  static constexpr size_t queued_bytes_low = queued_bytes_max / 2;

  Handoff();
  ~Handoff() override;
  Handoff(const Handoff&) = delete;
  Handoff& operator=(const Handoff&) = delete;

  // ---- source ----

  // While it has room one more item may be pushed, of any size. Never blocks.
  bool has_room() const;
  void push(Item item);
  // Asks what NATS holds of the source; the report answers with the number that this returns.
  uint64_t request_survey();
  // The session that streams, 0: none. Said before its start is pushed.
  void set_live_session(uint64_t number);
  // This session is to end between two transactions, for another filter: its end says that.
  void request_turn(uint64_t session);
  // The server's log ends before this stored event: to be put on record.
  void report_divergence(const Position& event);
  // An initial snapshot, in this order: its job is put on record; the slot is created; a session
  // begins that streams nothing before the snapshot is done.
  struct SnapshotRequest {
    bool only = false;     // nothing is streamed after it
    bool discard = false;  // consumers have rows of an attempt before this one
  };
  struct ExportedSnapshot {
    std::string name;
    Lsn consistent_point = 0;
  };
  void request_snapshot(const SnapshotRequest& request);
  void begin_snapshot(ExportedSnapshot snapshot);
  // The server was heard of in the live session; Instant::max(): it is not to be heard of yet.
  void set_contact(Instant at) { contact_.store(at, std::memory_order_release); }
  void request_stop();
  // Why the configuration that was read last is not in use; empty: it is.
  void report_configuration_error(std::string why);
  // No item will follow: the connection is gone, and there will be no other.
  void end_input();

  // A session that the publisher has given up.
  struct SessionEnd {
    uint64_t number = 0;
    std::string why;
    bool blocked = false;  // an operator has to do something first
    bool turned = false;   // as requested: all that it took is stored, and that is on record
    Lsn confirmed = 0;     // what may be confirmed of it, 0: nothing
  };
  struct SnapshotReport {
    bool pending = false;        // what was requested last is on record
    bool done = false;           // every row of it is stored, and that is on record
    std::optional<Error> error;  // it ended otherwise
  };
  // What the publisher has to say.
  struct Report {
    Lsn confirmed = 0;  // in this session:
    uint64_t confirmed_session = 0;
    uint64_t surveyed = 0;                 // the newest request for a survey that is answered
    std::shared_ptr<const Survey> survey;  // nothing: a session goes on, which is not disturbed
    int64_t message_bytes_max = 0;         // what NATS takes as one message; 0: not known
    bool ready = false;                    // the stream takes events
    bool stopped = false;
    SessionEnd session_end;
    SnapshotReport snapshot;
    std::string configuration_error;
    std::optional<Error> fatal;
  };
  Report report() const;
  // Becomes readable when the report has changed or room has been made. Owned by this object.
  int wake_fd() const { return source_wakes_.fd(); }
  void clear_wake();

  // ---- publisher ----

  // Waits until `until`, or something arrives, for an item only if `for_item`; or `events` of
  // `socket` are ready.
  void wait(Instant until, bool for_item, int socket = -1, short events = 0);
  std::optional<Item> take_item();
  struct LostLink {
    uint64_t epoch = 0;
    std::string why;
  };
  std::optional<LostLink> take_lost_link();
  uint64_t survey_requested() const;
  uint64_t live_session() const;
  uint64_t turn_requested() const;  // of this session, 0: of none
  std::optional<Position> take_divergence();
  std::optional<SnapshotRequest> take_snapshot_request();
  std::optional<ExportedSnapshot> take_exported_snapshot();
  // Of the live session or one before: to be asked before live_session().
  Instant contact() const { return contact_.load(std::memory_order_acquire); }
  bool stop_requested() const;
  bool input_ended() const;

  void report_confirmed(uint64_t session, Lsn lsn);
  void report_survey(uint64_t request, std::shared_ptr<const Survey> survey);
  void report_message_bytes_max(int64_t bytes);
  void report_session_end(SessionEnd end);
  void report_snapshot(SnapshotReport report);
  void report_ready();
  void report_stopped(std::optional<Error> fatal);

  // ---- nats.c's threads ----

  void on_link_lost(uint64_t epoch, std::string why) override;
  void on_link_due() override;

  // ---- any thread ----

  // The publisher looks up: what it uses beside this object has news.
  void wake();

 private:
  // Readable until it is cleared; written once for many reasons to wake.
  class WakeUp {
   public:
    WakeUp();
    ~WakeUp();
    WakeUp(const WakeUp&) = delete;
    WakeUp& operator=(const WakeUp&) = delete;
    int fd() const { return fd_; }
    void set();
    void clear();

   private:
    int fd_;
    bool set_ = false;
  };
  void wake_publisher();

  std::atomic<Instant> contact_{Instant::max()};
  mutable std::mutex mutex_;
  std::deque<Item> items_;
  size_t queued_bytes_ = 0;
  std::optional<LostLink> lost_link_;
  uint64_t survey_requested_ = 0;
  uint64_t live_session_ = 0;
  uint64_t turn_requested_ = 0;
  std::optional<Position> divergence_;
  std::optional<SnapshotRequest> snapshot_request_;
  std::optional<ExportedSnapshot> exported_snapshot_;
  bool stop_requested_ = false;
  bool input_ended_ = false;
  Report report_;
  WakeUp source_wakes_;

  enum class PublisherWaits : uint8_t { no, not_for_item, for_item };
  PublisherWaits publisher_waits_ = PublisherWaits::no;
  bool news_ = false;  // anything but an item, which the publisher has not woken for yet
  WakeUp publisher_wakes_;
};

}  // namespace waljet
