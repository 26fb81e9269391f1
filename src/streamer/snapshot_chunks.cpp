// Chunks by key, between the changes.
#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <memory>
#include <utility>

#include "streamer/failpoint.h"
#include "streamer/snapshot_director.h"

namespace waljet {
namespace {

constexpr std::string_view job_news = "job";
constexpr uint64_t rows_least = 64;  // of a chunk that was made smaller

struct HighWatermark {
  uint64_t number = 0;
  std::string_view snapshot;
};

// Nothing if `text` is not a high watermark of the one who has this nonce.
std::optional<HighWatermark> parse_high_watermark(std::string_view text, std::string_view nonce) {
  constexpr std::string_view word = " high ";
  if (nonce.empty() || !text.starts_with(nonce)) return std::nullopt;
  text.remove_prefix(nonce.size());
  if (!text.starts_with(word)) return std::nullopt;
  text.remove_prefix(word.size());
  HighWatermark mark;
  const char* end = text.data() + text.size();
  const auto [behind, error] = std::from_chars(text.data(), end, mark.number);
  if (error != std::errc() || behind == end || *behind != ' ') return std::nullopt;
  mark.snapshot = {behind + 1, static_cast<size_t>(end - behind - 1)};
  return mark;
}

bool holds_any(const std::vector<RowBatch>& batches, const KeyHashes& keys) {
  if (keys.empty()) return false;
  for (const RowBatch& batch : batches) {
    std::string_view rest = batch.frames;
    while (const auto frame = take_frame(rest)) {
      for (size_t place = 0; place < event_count(*frame); ++place) {
        if (keys.contains(key_hash_at(*frame, place))) return true;
      }
    }
  }
  return false;
}

uint64_t rows_of(const std::vector<RowBatch>& batches) {
  uint64_t rows = 0;
  for (const RowBatch& batch : batches) rows += batch.rows;
  return rows;
}

// The tables of an initial snapshot, as they are now. Those that are gone owe nothing; what has
// come since is read, where it has a key: it may be one that had another name.
std::vector<JobTable> carry_progress(const std::vector<JobTable>& before,
                                     std::vector<JobTable> listed) {
  std::vector<JobTable> tables;
  for (JobTable& table : listed) {
    const auto known = std::find_if(before.begin(), before.end(),
                                    [&](const JobTable& each) { return each.name == table.name; });
    if (known == before.end()) {
      if (!table.keyed) continue;
      table.begun = true;  // there is nothing of it to discard
    } else {
      const JobTable now = std::exchange(table, *known);
      table.keyed = now.keyed;
      table.rows_expected = now.rows_expected;
    }
    tables.push_back(std::move(table));
  }
  return tables;
}

}  // namespace

void SnapshotDirector::on_tables(std::vector<JobTable> tables) {
  if (phase_ != Phase::listing) return;
  reader_busy_ = false;
  SnapshotJob& job = keeper_.change();
  if (job.kind == JobKind::initial) tables = carry_progress(job.tables, std::move(tables));
  job.tables = std::move(tables);
  start_chunks();
}

void SnapshotDirector::start_chunks() {
  const SnapshotJob& job = *keeper_.job();
  place_ = unread_place(0);
  if (place_ && must_start_over(job)) {
    stop_reading();
    trouble_ = "the initial snapshot has to start over: a table lost its key";
    return;
  }
  begun_rows_ = job.rows > 0;
  begin_noting();
  complete_if_stored();
}

void SnapshotDirector::begin_noting() {
  if (reader_busy_) cancel_due_ = true;
  phase_ = Phase::opening;
  chunk_.reset();
  unseen_.begin();
}

void SnapshotDirector::on_open(const std::string& snapshot) {
  reader_busy_ = false;
  const auto shown = Visibility::parse(snapshot);
  if (!shown) return again("PostgreSQL described a snapshot in an unknown way: " + snapshot);
  unseen_.on_snapshot(*shown);
  if (!unseen_.knows_all()) {
    return again(
        fmt::format("waits for {} transactions that were open before it", unseen_.strangers()));
  }
  if (phase_ == Phase::opening) phase_ = Phase::chunks;
  backoff_.reset();
  trouble_.clear();
}

DirectorAction SnapshotDirector::order_chunk(Instant now) {
  const SnapshotJob& job = *keeper_.job();
  DirectorAction action;
  action.kind = DirectorAction::Kind::chunk;
  ChunkOrder& order = action.chunk;
  order.number = ++chunk_number_;
  order.table = job.tables[place_->table].name;
  order.cursor = place_->cursor;
  order.where = job.where;
  const uint64_t rows_max = std::min(rows_max_, test_number("WALJET_TEST_CHUNK_ROWS", rows_max_));
  order.rows_max = job.rate > 0 ? std::min(rows_max, job.rate) : rows_max;
  order.bytes_max = chunk_bytes_max;
  order.low_watermark = fmt::format("{} low {}", watermark_nonce_, order.number);
  order.high_watermark = fmt::format("{} high {}", watermark_nonce_, order.number);
  chunk_ = Chunk{order.number, now, std::nullopt};
  return action;
}

void SnapshotDirector::on_event(const Frame& frame) {
  if (!wants_events()) return;
  unseen_.note(frame);
  if (!unseen_.overflown()) return;
  if (rows_max_ > rows_least) rows_max_ = std::max(rows_max_ / 2, rows_least);
  begin_noting();
}

void SnapshotDirector::on_control(const Frame& frame) {
  if (frame.body == job_news) return keeper_.want_read();
  const auto mark = parse_high_watermark(frame.body, watermark_nonce_);
  if (!mark || !chunk_ || chunk_->number != mark->number) return;
  on_high_watermark(mark->snapshot, frame.position.commit_lsn);
}

void SnapshotDirector::on_high_watermark(std::string_view snapshot, Lsn lsn) {
  Chunk chunk = *std::exchange(chunk_, std::nullopt);
  reader_busy_ = false;
  const auto shown = Visibility::parse(snapshot);
  if (!shown || !chunk.read) return again("a high watermark came without its rows");
  accept(std::move(chunk), *shown, lsn);
}

void SnapshotDirector::accept(Chunk chunk, const Visibility& snapshot, Lsn lsn) {
  ReaderEvent& read = *chunk.read;
  unseen_.on_snapshot(snapshot);
  auto newer = std::make_shared<const KeyHashes>(unseen_.keys());
  if (newer->contains(read.table_hash)) return again("the table is being truncated");
  const uint64_t rows = rows_of(read.batches);
  if (holds_any(read.batches, unseen_.incomplete_keys())) return make_smaller(rows);
  if (newer->empty()) newer = nullptr;
  const std::string table = keeper_.job()->tables[place_->table].name;
  for (RowBatch& batch : read.batches) {
    if (batch.rows > 0) queue_.push(std::move(batch), lsn, newer, {table});
  }
  const bool done = !read.more;
  if (done && !unread_place(place_->table + 1)) queue_.mark_last();
  queue_.add({table, rows, done, read.cursor});
  apply(queue_.reached_already());
  move_on(read);
  const uint64_t rate = keeper_.job()->rate;
  if (rate > 0) {
    next_chunk_ = std::max(next_chunk_, chunk.ordered) + Duration(rows * 1'000 / rate);
  }
  rows_max_ = std::min(rows_max_ * 2, chunk_rows_max);
  backoff_.reset();
  trouble_.clear();
  complete_if_stored();
}

// A value that a row's newer event does not have would be in no message, were the row left out. In
// fewer rows that are read sooner there may be none that is being changed.
void SnapshotDirector::make_smaller(uint64_t rows) {
  rows_max_ = std::max<uint64_t>(rows / 2, 1);
  if (rows <= 1) again("a row is being changed all the time, and its large values are not logged");
}

void SnapshotDirector::move_on(const ReaderEvent& read) {
  if (read.more) {
    place_->cursor = read.cursor;
  } else {
    place_ = unread_place(place_->table + 1);
  }
}

void SnapshotDirector::complete_if_stored() {
  if (!wants_events() || place_ || chunk_ || !queue_.empty()) return;
  SnapshotJob& job = keeper_.change();
  job.state = JobState::complete;
  job.error.clear();
  trouble_.clear();
  stop_reading();
}

}  // namespace waljet
