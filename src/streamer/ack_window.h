// What is in flight, and what may therefore be confirmed.
//
// Publishes enter in order and get consecutive tokens; acknowledgements come in any order.
// Checkpoints (the end of a transaction, a keepalive's position) stand behind all publishes that
// entered before them. A checkpoint may be confirmed when every publish before it is acknowledged;
// confirmable() is the largest such one, since positions may step back after a reconnect.
//
// The window is what lies between the oldest unacknowledged publish and the newest one,
// acknowledged or not: so whatever is kept for a publish is bounded by the limits, in any order of
// acknowledgements. Checkpoints behind the same publish merge, so they are bounded as well.
//
// Pure. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>

#include "event/position.h"

namespace waljet {

// Names one publish for the life of the process. A repeated publish keeps its token.
using Token = uint64_t;

class AckWindow {
 public:
  struct Limits {
    size_t messages_max;
    size_t bytes_max;
  };

  // Tokens count from `first`.
  explicit AckWindow(const Limits& limits, Token first = 0) : limits_(limits), first_(first) {}

  // One publish of any size fits into an empty window.
  bool has_room(size_t bytes) const;
  Token add(size_t bytes);
  void add_checkpoint(Lsn lsn);

  // False for a token that is not in the window, or acknowledged already.
  bool acknowledge(Token token);
  bool is_acknowledged(Token token) const;

  // Oldest unacknowledged token, or end() where there is none.
  Token first() const { return first_; }
  // The token that the next publish will get.
  Token end() const { return first_ + entries_.size(); }
  bool empty() const { return entries_.empty(); }
  size_t messages() const { return entries_.size(); }
  size_t bytes() const { return bytes_; }

  Lsn confirmable() const { return confirmable_; }

 private:
  struct Entry {
    size_t bytes = 0;
    Lsn checkpoint = 0;  // largest one behind this publish and before the next
    bool acknowledged = false;
  };
  void advance();

  Limits limits_;
  std::deque<Entry> entries_;
  Token first_ = 0;
  size_t bytes_ = 0;
  Lsn confirmable_ = 0;
};

}  // namespace waljet
