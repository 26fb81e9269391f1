// Where to go on: decided at the start of each session (a connection to PostgreSQL that streams),
// after replication has started and before anything is published.
//
// PostgreSQL sends every transaction again that it does not know as confirmed. What of it is stored
// already, the stream's newest messages tell; where they are gone, the record does. Both say so for
// one history alone: LSNs repeat after the promotion of a standby that lagged behind, after
// point-in-time recovery, and in another cluster. What does not belong together is never skipped
// by; what cannot be repaired is left to an operator, who is told the word to say.
//
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "event/position.h"
#include "streamer/survey.h"

namespace waljet {

// A timeline that the server's history has left, and where.
struct TimelineSwitch {
  uint32_t timeline = 0;
  Lsn end = 0;  // its WAL counts up to here
};

// What the server said of itself and of the slot.
struct SourceFacts {
  uint64_t system_identifier = 0;
  uint32_t timeline = 0;
  Lsn flushed = 0;                        // end of its WAL
  std::vector<TimelineSwitch> ancestors;  // none on timeline 1
  bool slot_exists = false;
  Lsn slot_confirmed = 0;
};

// What the operator has said.
struct ResumePolicy {
  bool strict = true;  // without the chain the newest messages do not end a contiguous prefix
  bool accept_gap = false;
  bool accept_divergence = false;
};

// How large groups of events are, in bytes of their bodies; 0: no groups.
struct GroupSizes {
  uint64_t wanted = 0;  // by the settings, as far as NATS takes that
  uint64_t most = 0;    // that NATS takes
  uint64_t used = 0;    // in this session
};

struct ResumeNames {
  std::string source_id;
  std::string slot;
  std::string stream;
};

// What one message holds: all events from the first to the last one.
struct PositionRange {
  Position first;
  Position last;

  PositionRange(const Position& from, const Position& to) : first(from), last(to) {}
};

// Which events of the source the stream holds, or held.
class StoredEvents {
 public:
  enum class Verdict : uint8_t {
    stored,
    missing,  // events behind it are stored, but it is not
    unknown,  // behind all that is stored: to be published
  };

  StoredEvents() = default;
  // All up to `all_up_to`; `found` may be in any order. `floor`: what is before the first of those
  // found is stored as well.
  StoredEvents(std::optional<Position> all_up_to, std::vector<PositionRange> found,
               bool floor = true);

  Verdict judge(const Position& position) const;
  // The last one that is stored.
  std::optional<Position> last() const;

 private:
  std::optional<Position> all_up_to_;
  std::vector<PositionRange> found_;  // ascending, apart from each other
  bool floor_ = true;
};

struct Decision {
  // Why it cannot go on without an operator; the rest means nothing then.
  std::optional<std::string> blocked;
  // What goes on nevertheless because the operator said so.
  std::vector<std::string> accepted;
  StoredEvents stored;
  // The server's log ended before this stored event when the server was asked. If that was after
  // the survey it is to be remembered, since the log will grow.
  std::optional<Position> diverged;
  bool rolled_back = false;    // the stream has lost events, which the slot sends again
  bool record_holds = false;   // what the record says is stored is there, or was removed since
  uint64_t kept_sequence = 0;  // behind it the stream is not as the record knew it
  bool new_history = false;    // nothing that is stored counts
  uint64_t mark_sequence = 0;  // all that the slot has confirmed is stored at or before it
};

Decision decide_resume(const ResumeNames& names, const SourceFacts& facts, const Survey& survey,
                       const ResumePolicy& policy);

// What groups a session has to use. The chain counts messages: one that is still under way, of a
// process that did not end cleanly, is taken for its successor's if it is grouped otherwise. So the
// old grouping goes on until the stream has grown past everything that may be under way.
uint64_t group_bytes_to_use(const Survey& survey, const ResumePolicy& policy,
                            const GroupSizes& sizes);

// Content of a timeline history file, as TIMELINE_HISTORY sends it.
std::vector<TimelineSwitch> parse_timeline_history(std::string_view content);

}  // namespace waljet
