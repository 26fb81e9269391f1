// The only thing that the threads share.
//
// Threads of `waljet run`:
//   * main: the source. Reads PostgreSQL, answers it on time, handles signals. Never waits for
//   NATS.
//   * publisher: owns the link to NATS and the pump. Waits here, for items and answers.
//   * nats.c's own: one of them delivers answers, and puts them here.
//
//     source ── items, request for a survey, stop ──▶ publisher
//     source ◀── confirmed position, survey, reports ── publisher      (wake_fd() becomes readable)
//     nats.c ── answers, loss of the link ──▶ publisher
//
// The queue of items is bounded in bytes: when it is full the source stops reading, and PostgreSQL
// waits. Answers are bounded by the window of what is in flight.
#pragma once

#include <condition_variable>
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
#include "streamer/pub_ack.h"
#include "streamer/survey.h"

namespace waljet {

class Handoff : public LinkListener {
 public:
  static constexpr size_t queued_bytes_max = size_t{4} << 20;

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
  // The server's log ends before this stored event: to be put on record.
  void report_divergence(const Position& event);
  void request_stop();
  // No item will follow: the connection is gone, and there will be no other.
  void end_input();

  // A session that the publisher has given up.
  struct SessionEnd {
    uint64_t number = 0;
    std::string why;
    bool blocked = false;  // an operator has to do something first
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
    std::optional<Error> fatal;
  };
  Report report() const;
  // Becomes readable when the report has changed or room has been made. Owned by this object.
  int wake_fd() const { return wake_fd_; }
  void clear_wake();

  // ---- publisher ----

  // Waits until `until`, or something arrives; for an item only if `for_item`.
  void wait(Instant until, bool for_item);
  std::optional<Item> take_item();
  // Moves all answers into `acks`, which is emptied first.
  void take_acks(std::vector<Ack>& acks);
  struct LostLink {
    uint64_t epoch = 0;
    std::string why;
  };
  std::optional<LostLink> take_lost_link();
  uint64_t survey_requested() const;
  uint64_t live_session() const;
  std::optional<Position> take_divergence();
  bool stop_requested() const;
  bool input_ended() const;

  void report_confirmed(uint64_t session, Lsn lsn);
  void report_survey(uint64_t request, std::shared_ptr<const Survey> survey);
  void report_message_bytes_max(int64_t bytes);
  void report_session_end(SessionEnd end);
  void report_ready();
  void report_stopped(std::optional<Error> fatal);

  // ---- nats.c's threads ----

  void on_ack(Ack ack) override;
  void on_link_lost(uint64_t epoch, std::string why) override;

 private:
  void wake_source();

  mutable std::mutex mutex_;
  std::condition_variable publisher_wakes_;
  std::deque<Item> items_;
  size_t queued_bytes_ = 0;
  std::vector<Ack> acks_;
  std::optional<LostLink> lost_link_;
  uint64_t survey_requested_ = 0;
  uint64_t live_session_ = 0;
  std::optional<Position> divergence_;
  bool stop_requested_ = false;
  bool input_ended_ = false;
  bool news_ = false;  // a request or stop, which the publisher has not woken for yet
  Report report_;
  int wake_fd_;
  bool source_woken_ = false;
};

}  // namespace waljet
