// A small database with a WAL, a stream, a consumer, and what stands between them: what a director
// of snapshots lives in.
//
// Two tables of a few keys. Transactions take locks as in PostgreSQL: a key, or with TRUNCATE the
// table, is nobody else's until its transaction is *visible* or rolled back. A transaction is in
// the WAL from its commit on, and visible some time later: when the adversary says so.
#pragma once

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <map>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

#include "event/frame.h"
#include "event/test_random.h"
#include "event/test_sink.h"
#include "streamer/item.h"
#include "streamer/row_source.h"

namespace waljet::snapshot_model {

constexpr size_t table_count = 2;
constexpr int key_count = 6;

// A large value that an UPDATE does not touch is not in its event.
struct Row {
  int small = 0;
  int large = 0;

  friend bool operator==(const Row&, const Row&) = default;
};
constexpr int not_known = -1;

using Rows = std::map<int, Row>;  // by key
using Tables = std::vector<Rows>;

struct Change {
  size_t table = 0;
  char op = 'c';
  int key = 0;
  Row row;
  bool incomplete = false;     // `large` is not in the event
  std::optional<int> old_key;  // the row had this one before
};

inline std::string table_name(size_t table) {
  return table == 0 ? "public.a" : "public.b";
}
inline uint64_t table_hash(size_t table) {
  return 1'000 * (table + 1);
}
inline uint64_t key_hash(size_t table, int key) {
  return table_hash(table) + 1 + static_cast<uint64_t>(key);
}

inline void apply_change(Tables& tables, const Change& change) {
  Rows& rows = tables[change.table];
  if (change.old_key) rows.erase(*change.old_key);
  switch (change.op) {
    case 't': rows.clear(); break;
    case 'd': rows.erase(change.key); break;
    default:
      if (!rows.contains(change.key)) rows[change.key].large = not_known;
      rows[change.key].small = change.row.small;
      if (!change.incomplete) rows[change.key] = change.row;
  }
}

// ---- rows as the server sends them: body `<table> <key> <small> <large>`, or `<table> discard`
// ----

inline RowBatch batch_of(const std::string& text, uint64_t rows) {
  RowBatch batch;
  char* memory = static_cast<char*>(std::malloc(text.size() + 1));
  std::memcpy(memory, text.data(), text.size());
  batch.buffer = Buffer(memory, [](char* freed) { std::free(freed); });
  batch.buffer_bytes = text.size();
  batch.frames = {memory, text.size()};
  batch.rows = rows;
  return batch;
}

inline std::string row_frame(char op, uint64_t hash, const std::string& body) {
  Frame frame;
  frame.kind = FrameKind::row;
  frame.op = op;
  frame.key_hash = hash;
  return written([&](Sink& sink) {
    const size_t mark = begin_frame(sink, frame);
    sink.put(body);
    end_frame(sink, mark);
  });
}
inline std::string row_frame(size_t table, int key, const Row& row) {
  return row_frame('r', key_hash(table, key),
                   std::to_string(table) + " " + std::to_string(key) + " " +
                       std::to_string(row.small) + " " + std::to_string(row.large));
}
inline std::string marker_frame(size_t table) {
  return row_frame('t', table_hash(table), std::to_string(table) + " discard");
}

// Takes rows over as a consumer does. False: there are none.
inline bool apply_rows(Tables& tables, std::string_view frames, const KeyHashes* without) {
  bool any = false;
  while (const auto frame = take_frame(frames)) {
    if (without && without->contains(frame->key_hash)) continue;
    any = true;
    std::istringstream body{std::string(frame->body)};
    size_t table = 0;
    int key = 0;
    Row row;
    body >> table;
    if (frame->op == 't') {
      tables[table].clear();
      continue;
    }
    body >> key >> row.small >> row.large;
    tables[table][key] = row;
  }
  return any;
}

// ---- the database ----

struct Transaction {
  uint64_t xid = 0;
  std::vector<Change> changes;
  std::vector<Tables> undo;
  bool committed = false;
  bool over = false;  // visible, or rolled back
};

struct WalRecord {
  std::optional<size_t> transaction;
  std::string control;
};

class Database {
 public:
  explicit Database(Random& random) : random_(random), live_(table_count) {
    for (size_t table = 0; table < table_count; ++table) {
      for (int key = 0; key < key_count; ++key) {
        if (random_.chance(2)) live_[table][key] = {++values_, ++values_};
      }
    }
    base_ = live_;
  }

  const std::vector<WalRecord>& wal() const { return wal_; }
  const Transaction& transaction(size_t i) const { return transactions_[i]; }
  const Tables& live() const { return live_; }

  void begin() {
    transactions_.emplace_back();
    transactions_.back().xid = next_xid_++;
  }

  // One more change of a random transaction, if nobody else's lock is in its way.
  void change() {
    Transaction* writer = pick([](const Transaction& each) { return !each.committed; });
    if (!writer) return;
    Change wanted;
    wanted.table = random_.below(table_count);
    wanted.key = static_cast<int>(random_.below(key_count));
    wanted.row = {++values_, ++values_};
    if (random_.chance(12)) wanted.op = 't';
    if (!is_free(*writer, wanted.table,
                 wanted.op == 't' ? std::nullopt : std::optional(wanted.key)))
      return;
    if (wanted.op != 't' && !choose(*writer, wanted)) return;
    writer->undo.push_back(live_);
    writer->changes.push_back(wanted);
    apply_change(live_, wanted);
  }

  void commit() {
    Transaction* writer = pick([](const Transaction& each) { return !each.committed; });
    if (writer) commit(*writer);
  }

  void roll_back() {
    Transaction* writer = pick([](const Transaction& each) { return !each.committed; });
    if (!writer) return;
    for (auto change = writer->changes.rbegin(); change != writer->changes.rend(); ++change) {
      undo(*change, writer->undo.back());
      writer->undo.pop_back();
    }
    writer->changes.clear();
    end(*writer);
  }

  // The adversary lets a transaction be seen.
  void show_one() {
    Transaction* shown = pick([](const Transaction& each) { return each.committed; });
    if (shown) end(*shown);
  }

  void finish_all() {
    for (Transaction& each : transactions_) {
      if (!each.over && !each.committed) commit(each);
    }
    show_all();
  }
  void show_all() {
    for (Transaction& each : transactions_) {
      if (!each.over && each.committed) end(each);
    }
  }

  // A message outside a transaction; whoever sends it has an xid of their own, and waits for no
  // standby.
  void emit(const std::string& text) {
    wal_.push_back({std::nullopt, text});
    assign_xid();
  }
  void assign_xid() {
    completed_ = std::max(completed_, next_xid_);
    ++next_xid_;
  }

  // As pg_current_snapshot() prints it.
  std::string snapshot() const {
    const uint64_t xmax = completed_ + 1;
    uint64_t xmin = xmax;
    std::string open;
    for (const Transaction& each : transactions_) {  // begun in the order of their xids
      if (each.over || each.xid >= xmax) continue;
      xmin = std::min(xmin, each.xid);
      open += (open.empty() ? "" : ",") + std::to_string(each.xid);
    }
    return std::to_string(xmin) + ":" + std::to_string(xmax) + ":" + open;
  }

  // What a snapshot that is taken now shows.
  Tables visible() const {
    return replay([](const Transaction& each) { return each.over; });
  }
  // What is in the WAL by now, as the snapshot of a new slot shows it.
  Tables in_wal() const {
    return replay([](const Transaction&) { return true; });
  }

  // A TRUNCATE holds the table against readers.
  bool can_be_locked(size_t table) const {
    return std::none_of(transactions_.begin(), transactions_.end(), [&](const Transaction& each) {
      return !each.over && truncates(each, table);
    });
  }
  // Since WAL record `from`.
  bool was_truncated(size_t table, size_t from) const {
    for (size_t i = from; i < wal_.size(); ++i) {
      if (wal_[i].transaction && truncates(transactions_[*wal_[i].transaction], table)) return true;
    }
    return false;
  }

 private:
  template <typename Condition>
  Transaction* pick(Condition condition) {
    std::vector<Transaction*> some;
    for (Transaction& each : transactions_) {
      if (!each.over && condition(each)) some.push_back(&each);
    }
    return some.empty() ? nullptr : some[random_.below(some.size())];
  }

  static bool truncates(const Transaction& transaction, size_t table) {
    return std::any_of(transaction.changes.begin(), transaction.changes.end(),
                       [&](const Change& each) { return each.op == 't' && each.table == table; });
  }

  bool is_free(const Transaction& writer, size_t table, std::optional<int> key) const {
    for (const Transaction& other : transactions_) {
      if (other.over || &other == &writer) continue;
      for (const Change& change : other.changes) {
        if (change.table != table) continue;
        if (!key || change.op == 't' || change.key == *key || change.old_key == key) return false;
      }
    }
    return true;
  }

  // What can be done with the row of this key. False: nothing.
  bool choose(const Transaction& writer, Change& wanted) {
    const Rows& rows = live_[wanted.table];
    const auto before = rows.find(wanted.key);
    if (before == rows.end()) return true;  // insert
    wanted.op = random_.chance(3) ? 'd' : 'u';
    if (!random_.chance(4)) {
      wanted.incomplete = wanted.op == 'u' && random_.chance(2);
      if (wanted.incomplete) wanted.row.large = before->second.large;
      return true;
    }
    const int to = static_cast<int>(random_.below(key_count));
    if (rows.contains(to) || !is_free(writer, wanted.table, to)) return false;
    wanted.old_key = wanted.key;
    wanted.key = to;
    wanted.op = 'u';
    return true;
  }

  // Puts back what `change` has changed; other keys may have been changed by others since.
  void undo(const Change& change, const Tables& before) {
    const Rows& old_rows = before[change.table];
    if (change.op == 't') {
      live_[change.table] = old_rows;
      return;
    }
    for (const std::optional<int> key : {std::optional(change.key), change.old_key}) {
      if (!key) continue;
      const auto old = old_rows.find(*key);
      live_[change.table].erase(*key);
      if (old != old_rows.end()) live_[change.table][*key] = old->second;
    }
  }

  void commit(Transaction& writer) {
    writer.committed = true;
    if (!writer.changes.empty()) {
      wal_.push_back({static_cast<size_t>(&writer - transactions_.data()), {}});
    }
    if (random_.chance(3)) end(writer);
  }

  void end(Transaction& transaction) {
    transaction.over = true;
    completed_ = std::max(completed_, transaction.xid);
  }

  template <typename Condition>
  Tables replay(Condition condition) const {
    Tables tables = base_;
    for (const WalRecord& record : wal_) {
      if (!record.transaction) continue;
      const Transaction& transaction = transactions_[*record.transaction];
      if (!condition(transaction)) continue;
      for (const Change& change : transaction.changes) apply_change(tables, change);
    }
    return tables;
  }

  Random& random_;
  Tables base_;
  Tables live_;
  int values_ = 0;
  // The 32 bits of a change's xid run over soon.
  uint64_t next_xid_ = (uint64_t{5} << 32) - 10;
  uint64_t completed_ = next_xid_ - 1;
  std::vector<Transaction> transactions_;
  std::vector<WalRecord> wal_;
};

// ---- frames of a transaction ----

struct EventFrame {
  std::string bytes;
  std::vector<Change> changes;  // what a consumer sees in it
};

inline EventFrame single_frame(uint64_t xid, const Position& position, const Change& change) {
  Frame frame;
  frame.kind = FrameKind::event;
  frame.op = change.op;
  frame.position = position;
  frame.xid = static_cast<uint32_t>(xid);
  frame.flags = change.incomplete ? incomplete_flag : 0;
  frame.key_hash = change.op == 't' ? table_hash(change.table) : key_hash(change.table, change.key);
  if (change.old_key) frame.old_key_hash = key_hash(change.table, *change.old_key);
  const std::string bytes = written([&](Sink& sink) {
    const size_t mark = begin_frame(sink, frame);
    end_frame(sink, mark);
  });
  return {bytes, {change}};
}

// Changes of one table in one frame; none of them moves a row.
inline EventFrame group_frame(uint64_t xid, Lsn lsn, uint64_t first_ordinal,
                              const std::vector<Change>& changes) {
  Frame frame;
  frame.kind = FrameKind::event;
  frame.position = {lsn, first_ordinal, 0};
  frame.xid = static_cast<uint32_t>(xid);
  for (const Change& change : changes) frame.flags |= change.incomplete ? incomplete_flag : 0;
  const std::string bytes = written([&](Sink& sink) {
    TestSink index;
    const size_t mark = begin_frame(sink, frame);
    for (size_t i = 0; i < changes.size(); ++i) {
      if (i > 0) sink.put('\n');
      const Change& change = changes[i];
      const uint64_t hash =
          change.op == 't' ? table_hash(change.table) : key_hash(change.table, change.key);
      put_group_entry(index.sink(), {first_ordinal + i, 0, 0, hash});
    }
    end_group(sink, mark, index.sink().view());
  });
  return {bytes, changes};
}

// `grouped`: one frame for neighbours that can share one. The same each time it is asked for.
inline std::vector<EventFrame> frames_of(const Transaction& transaction, Lsn lsn, bool grouped,
                                         bool moves_are_two) {
  std::vector<Change> changes;
  for (const Change& change : transaction.changes) {
    if (change.old_key && moves_are_two) {
      changes.push_back({change.table, 'd', *change.old_key, {}, false, {}});
      changes.push_back({change.table, 'c', change.key, change.row, false, {}});
    } else {
      changes.push_back(change);
    }
  }
  std::vector<EventFrame> frames;
  for (size_t i = 0; i < changes.size();) {
    size_t end = i + 1;
    const auto may_join = [&](const Change& change) {
      return !change.old_key && change.table == changes[i].table;
    };
    while (grouped && may_join(changes[i]) && end < changes.size() && may_join(changes[end])) ++end;
    if (end - i > 1) {
      frames.push_back(group_frame(transaction.xid, lsn, i + 1,
                                   {changes.begin() + static_cast<std::ptrdiff_t>(i),
                                    changes.begin() + static_cast<std::ptrdiff_t>(end)}));
    } else {
      frames.push_back(single_frame(transaction.xid, {lsn, i + 1, 0}, changes[i]));
    }
    i = end;
  }
  return frames;
}

}  // namespace waljet::snapshot_model
