// A naive model of what the pump stands between: a PostgreSQL slot with a fixed list of
// transactions, and a JetStream server with one stream and the record. Both misbehave at random in
// every way that the real ones can, and keep to the few rules that the real ones keep to.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "event/test_random.h"
#include "streamer/pump.h"
#include "streamer/test_frames.h"

namespace waljet::model {

// ---- PostgreSQL ----

struct Event {
  Position position;
  FrameKind kind = FrameKind::event;
};

struct Transaction {
  Lsn commit_lsn = 0;
  Lsn end_lsn = 0;
  uint64_t end_ordinal = 0;
  std::vector<Event> events;
  bool is_message = false;  // a logical message outside of any transaction
  bool is_control = false;  // one that is not stored: rows may stand behind it
};

inline std::string body_of(const Position& position) {
  return std::to_string(position.commit_lsn) + std::string(position.ordinal * 7, 'b');
}

// Changes and messages of one transaction, between its markers if it has them.
inline void add_events(Random& random, bool with_markers, Transaction& transaction) {
  const size_t calls = random.chance(5) ? 0 : random.below(8);
  const auto add = [&](uint64_t ordinal, uint32_t part, FrameKind kind) {
    transaction.events.push_back({{transaction.commit_lsn, ordinal, part}, kind});
  };
  transaction.end_ordinal = calls + 1;
  if (with_markers) add(0, 0, FrameKind::marker);
  for (uint64_t n = 1; n <= calls; ++n) {
    if (random.chance(6)) {
      add(n, 0, FrameKind::message);
      continue;
    }
    add(n, 0, random.chance(10) ? FrameKind::stub : FrameKind::event);
    if (random.chance(5)) add(n, 1, FrameKind::event);
  }
  if (with_markers) add(transaction.end_ordinal, 0, FrameKind::marker);
}

inline std::vector<Transaction> make_history(Random& random, size_t count) {
  std::vector<Transaction> history;
  const bool has_markers = random.chance(2);
  Lsn lsn = 1000;
  for (size_t i = 0; i < count; ++i) {
    Transaction transaction;
    // Often a record begins where the one before it ends: the commit of a transaction behind a
    // message, a message behind a commit.
    transaction.commit_lsn = lsn + (random.chance(2) ? 0 : random.below(3));
    transaction.end_lsn = transaction.commit_lsn + 10;
    lsn = transaction.end_lsn;
    transaction.is_message = random.chance(3);
    transaction.is_control = transaction.is_message && random.chance(2);
    if (transaction.is_control) {
      transaction.events.clear();
    } else if (transaction.is_message) {
      const FrameKind kind = random.chance(10) ? FrameKind::stub : FrameKind::message;
      transaction.events = {{{transaction.commit_lsn, 0, 0}, kind}};
    } else {
      // One of which nothing was wanted has no markers either.
      add_events(random, has_markers && !random.chance(6), transaction);
    }
    history.push_back(std::move(transaction));
  }
  return history;
}

// What one connection sends, from where the slot stood when it began: consecutive events of one
// kind in groups of at most `group_max`.
class Walsender {
 public:
  // Watermarks belong to the session that is the first to get them, as if it had written them.
  using Owners = std::map<Lsn, uint64_t>;

  Walsender(const std::vector<Transaction>& history, Lsn confirmed, size_t group_max,
            Owners& owners, uint64_t session)
      : history_(history), group_max_(group_max), owners_(owners), session_(session) {
    // As SnapBuildXactNeedsSkip has it.
    while (next_ < history.size() && history[next_].commit_lsn < confirmed) ++next_;
  }

  void send(Random& random, std::deque<Item>& queue) {
    std::string frames;
    for (size_t room = 1 + random.below(6); room > 0 && next_ < history_.size(); --room) {
      const Transaction& transaction = history_[next_];
      if (transaction.is_control) {
        if (!said_hello_) frames += hello_bytes();
        said_hello_ = true;
        frames += control_bytes(transaction.commit_lsn, transaction.end_lsn);
        owners_.emplace(transaction.commit_lsn, session_);
        ++next_;
        continue;
      }
      if (next_event_ < transaction.events.size()) {
        if (!said_hello_) frames += hello_bytes();
        said_hello_ = true;
        frames += take_next(transaction);
        if (!transaction.is_message) continue;
      }
      const bool told = !transaction.events.empty();
      if (told && !transaction.is_message) {
        frames +=
            commit_bytes(transaction.commit_lsn, transaction.end_lsn, transaction.end_ordinal);
      }
      ++next_;
      next_event_ = 0;
      if (told) continue;
      // A transaction without events is told by a keepalive, behind what was written before.
      if (!frames.empty()) queue.push_back(chunk_of(std::exchange(frames, {})));
      queue.push_back(make_received(transaction.end_lsn));
    }
    if (!frames.empty()) queue.push_back(chunk_of(frames));
    if (random.chance(3)) queue.push_back(make_received(position()));
  }

 private:
  std::string take_next(const Transaction& transaction) {
    const auto& events = transaction.events;
    const size_t begin = next_event_++;
    const FrameKind kind = events[begin].kind;
    const bool may_be_group = kind == FrameKind::event || kind == FrameKind::message;
    while (may_be_group && next_event_ < events.size() && events[next_event_].kind == kind &&
           next_event_ - begin < group_max_) {
      ++next_event_;
    }
    if (next_event_ == begin + 1) return bytes_of(transaction, events[begin]);
    std::vector<Position> positions;
    std::vector<std::string> bodies;
    for (size_t i = begin; i < next_event_; ++i) {
      positions.push_back(events[i].position);
      bodies.push_back(body_of(events[i].position));
    }
    return group_bytes(kind, positions, bodies);
  }

  static std::string bytes_of(const Transaction& transaction, const Event& event) {
    const std::string body = body_of(event.position);
    if (event.kind == FrameKind::event) return event_bytes(event.position, body);
    const Lsn end_lsn = transaction.is_message ? transaction.end_lsn : 0;
    return event_bytes(event.kind, event.position, end_lsn, body);
  }

  // How far it has read: never into a transaction that is not sent to its end.
  Lsn position() const {
    return next_ == history_.size() ? history_.back().end_lsn : history_[next_].commit_lsn;
  }

  const std::vector<Transaction>& history_;
  size_t group_max_;
  Owners& owners_;
  uint64_t session_;
  size_t next_ = 0;
  size_t next_event_ = 0;
  bool said_hello_ = false;
};

// ---- JetStream ----

// What is on its way to the server.
struct Publish {
  Token token = 0;
  std::vector<Position> positions;  // of its events; none: the record, or a fence
  bool is_fence = false;
  std::optional<uint64_t> expected;
  Record record;
  uint64_t revision = 0;
  size_t bytes = 0;
};

class Server {
 public:
  struct Stored {
    std::vector<Position> positions;  // of its events; none: somebody else's, or a fence
    bool is_fence = false;
    Instant at;
    size_t bytes = 0;
  };
  struct Written {
    Record record;
    uint64_t revision = 0;
    Instant at;
  };

  explicit Server(bool strict) : strict_(strict) {}

  bool exists = false;
  std::string created = "2026-01-01T00:00:00Z";
  std::vector<Written> records;  // the last one is the present one

  uint64_t last_sequence() const { return removed_ + messages_.size(); }
  uint64_t first_sequence() const { return removed_ + 1; }
  Lsn recorded() const { return records.empty() ? 0 : records.back().record.position; }
  uint64_t revision() const { return records.empty() ? 0 : records.back().revision; }
  const std::vector<Stored>& messages() const { return messages_; }
  // Removed ones count.
  bool holds(const Position& position) const { return ids_.contains(position); }
  // How many of the first messages the record knows as stored.
  size_t recorded_messages() const {
    size_t count = 0;
    if (records.empty()) return 0;
    const auto& last = records.back().record.last_event;
    while (count < messages_.size() && last && is_covered(messages_[count], *last)) ++count;
    return count;
  }

  std::vector<Position> events() const {
    std::vector<Position> positions;
    for (const Stored& message : messages_) {
      positions.insert(positions.end(), message.positions.begin(), message.positions.end());
    }
    return positions;
  }

  PubAck apply(const Publish& publish, Instant now) {
    if (publish.positions.empty() && !publish.is_fence) return write(publish, now);
    if (publish.expected && *publish.expected != last_sequence()) return refused(10071);
    if (publish.is_fence) {
      messages_.push_back({{}, true, now, publish.bytes});
      return {PubAckOutcome::stored, false, last_sequence(), 0, {}};
    }
    const Position& message_id = publish.positions.back();
    if (!strict_ && ids_.contains(message_id)) {
      return {PubAckOutcome::stored, true, sequence_of(message_id), 0, {}};
    }
    for (const Position& position : publish.positions) store(position);
    messages_.push_back({publish.positions, false, now, publish.bytes});
    return {PubAckOutcome::stored, false, last_sequence(), 0, {}};
  }

  void add_foreign(Instant now, size_t bytes) { messages_.push_back({{}, false, now, bytes}); }

  // Loses its power: what was stored after `durable_until` may be gone, of either stream.
  void lose_power(Random& random, Instant durable_until) {
    size_t left = messages_.size();
    while (left > 0 && messages_[left - 1].at > durable_until && !random.chance(4)) --left;
    for (size_t i = left; i < messages_.size(); ++i) {
      for (const Position& position : messages_[i].positions) ids_.erase(position);
    }
    messages_.resize(left);
    newest_.reset();
    for (const Stored& message : messages_) {
      if (!message.positions.empty()) newest_ = message.positions.back();
    }
    while (!records.empty() && records.back().at > durable_until && !random.chance(4)) {
      records.pop_back();
      has_lost_records_ = true;
      has_lost_all_records_ = has_lost_all_records_ || records.empty();
    }
  }

  // The first ones expire, or all are purged: the last sequence stays.
  void remove_first(size_t count) {
    messages_.erase(messages_.begin(), messages_.begin() + static_cast<std::ptrdiff_t>(count));
    removed_ += count;
  }

  // False from the moment on at which the stream held an event twice, or behind a later one.
  bool is_unique() const { return is_unique_; }
  bool is_ascending() const { return is_ascending_; }
  // True once an event was stored that the record of that time had as stored.
  bool has_repeated_recorded() const { return has_repeated_recorded_; }
  bool has_lost_records() const { return has_lost_records_; }
  bool has_lost_all_records() const { return has_lost_all_records_; }

  static PubAck refused(int code) { return {PubAckOutcome::refused, false, 0, code, "no"}; }

 private:
  PubAck write(const Publish& publish, Instant now) {
    if (publish.revision != revision()) return refused(10071);
    records.push_back({publish.record, publish.revision + 1, now});
    return {PubAckOutcome::stored, false, revision(), 0, {}};
  }

  void store(const Position& position) {
    const auto recorded = records.empty() ? std::nullopt : records.back().record.last_event;
    if (recorded && position <= *recorded) has_repeated_recorded_ = true;
    is_unique_ = ids_.insert(position).second && is_unique_;
    is_ascending_ = is_ascending_ && (!newest_ || *newest_ < position);
    newest_ = position;
  }

  static bool is_covered(const Stored& message, const Position& last) {
    return message.positions.empty() || message.positions.back() <= last;
  }

  uint64_t sequence_of(const Position& message_id) const {
    for (size_t i = 0; i < messages_.size(); ++i) {
      const auto& positions = messages_[i].positions;
      if (!positions.empty() && positions.back() == message_id) return removed_ + i + 1;
    }
    return 0;
  }

  bool strict_;
  std::vector<Stored> messages_;
  uint64_t removed_ = 0;
  std::set<Position> ids_;
  std::optional<Position> newest_;
  bool is_unique_ = true;
  bool is_ascending_ = true;
  bool has_repeated_recorded_ = false;
  bool has_lost_records_ = false;
  bool has_lost_all_records_ = false;
};

// Takes a survey as the surveyor does: the record, then the stream, then the newest messages, while
// the server goes on.
class SurveyTaker {
 public:
  SurveyTaker(uint64_t read_from, const AckWindow::Limits& limits, bool strict)
      : read_from_(read_from), limits_(limits), strict_(strict) {}

  // True when done.
  bool advance(const Server& server) {
    switch (stage_++) {
      case 0: read_record(server); return false;
      case 1: read_stream(server); return false;
      default: read_messages(server); return true;
    }
  }
  Survey take() { return std::move(survey_); }

 private:
  void read_stream(const Server& server) {
    if (!server.exists) return;
    survey_.stream.emplace();
    survey_.stream->created = server.created;
    survey_.stream->first_sequence = server.first_sequence();
    survey_.stream->last_sequence = server.last_sequence();
    survey_.stream->messages = server.messages().size();
    survey_.stream->duplicate_window = Duration(600'000);
  }

  void read_record(const Server& server) {
    survey_.record_revision = server.revision();
    if (!server.records.empty()) survey_.record = server.records.back().record;
  }

  void read_messages(const Server& server) {
    if (!strict_ || !survey_.stream) return;
    const uint64_t lowest = std::max(server.first_sequence(), read_from_);
    uint64_t low = survey_.stream->last_sequence + 1;
    while (low > lowest && (read_from_ != 0 || !reaches_back(low))) {
      --low;
      if (low > server.last_sequence()) continue;
      const Server::Stored& message = server.messages()[low - server.first_sequence()];
      compare_with_record(low, message);
      if (!message.positions.empty()) {
        survey_.events.push_back({low, message.positions.front(), message.positions.back()});
        bytes_ += message.bytes;
      } else if (!message.is_fence) {
        ++survey_.foreign_messages;
        survey_.foreign_subject = "app.stray";
      }
    }
    survey_.read_from = low;
    std::reverse(survey_.events.begin(), survey_.events.end());
  }

  void compare_with_record(uint64_t sequence, const Server::Stored& message) {
    if (!survey_.record || survey_.record->newest_sequence != sequence) return;
    const auto& positions = message.positions;
    survey_.is_written_anew = positions.empty() || positions.back() != survey_.record->newest_event;
  }

  bool reaches_back(uint64_t low) const {
    uint64_t messages_max = limits_.messages_max;
    uint64_t bytes_max = limits_.bytes_max;
    const StreamState& stream = *survey_.stream;
    if (const auto& record = survey_.record) {
      messages_max = std::max(messages_max, record->max_pending);
      bytes_max = std::max(bytes_max, record->max_pending_bytes);
      const bool trusted = record->stream_created == stream.created &&
                           stream.last_sequence >= record->stream_sequence;
      if (trusted && !survey_.is_written_anew && record->read_from != 0) {
        const bool has_newest = record->newest_sequence != 0;
        return low <= record->read_from && (!has_newest || low <= record->newest_sequence);
      }
    }
    return survey_.events.size() >= 2 * messages_max || bytes_ >= 2 * bytes_max;
  }

  uint64_t read_from_;
  AckWindow::Limits limits_;
  bool strict_;
  int stage_ = 0;
  uint64_t bytes_ = 0;
  Survey survey_;
};

}  // namespace waljet::model
