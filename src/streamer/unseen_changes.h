// Changes that were received and that no snapshot of PostgreSQL has shown yet: which keys they
// touched.
//
// Commit order is not visibility order. A transaction is in the WAL, and received, before any
// snapshot shows it: for a moment always, for as long as a synchronous standby is away at worst.
// Rows that are read meanwhile are older than its events.
//
// Noting begins at some moment, and transactions received before it may still not be shown: the
// *strangers*, whose keys nobody knows. A snapshot taken after that moment lists them among the
// transactions that are open. Each of them has to be shown by a later one, or to be received whole.
//
// Pure. One thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <unordered_set>
#include <vector>

#include "event/frame.h"
#include "streamer/row_source.h"
#include "streamer/visibility.h"

namespace waljet {

class UnseenChanges {
 public:
  explicit UnseenChanges(size_t keys_max) : keys_max_(keys_max) {}

  // Forgets everything. What is received from here on is noted.
  void begin();
  void note(const Frame& frame);

  // A snapshot that was taken after begin(), and after an xid of its own had been assigned and
  // ended, so that all transactions before that one are shown or listed. They come in the order in
  // which they were taken.
  void on_snapshot(const Visibility& snapshot);

  // The keys of all that the newest snapshot does not show are known: there are no strangers.
  bool knows_all() const { return newest_.has_value() && strangers_.empty(); }
  size_t strangers() const { return strangers_.size(); }

  // Touched by what the newest snapshot does not show.
  KeyHashes keys() const;
  // Those of them whose new row was not whole in its event.
  KeyHashes incomplete_keys() const;

  // More keys than may be kept: nothing is noted any more before begin().
  bool overflown() const { return touched_.size() > keys_max_; }

 private:
  struct Touch {
    uint64_t key_hash = 0;
    uint32_t xid = 0;
    bool incomplete = false;
  };
  void add(const Touch& touch);

  const size_t keys_max_;
  std::vector<Touch> touched_;
  // The first transaction that was noted. Some of it may have been received before.
  std::optional<uint32_t> first_;
  std::optional<Visibility> newest_;
  std::unordered_set<uint32_t> strangers_;
};

}  // namespace waljet
