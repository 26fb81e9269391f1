#include "streamer/initial_read.h"

#include <algorithm>
#include <set>
#include <thread>
#include <utility>

namespace waljet {
namespace {

constexpr int version_14 = 140000;  // the first that reads a range of blocks without the others

Instant connect_deadline() {
  return std::chrono::steady_clock::now() + ReaderSession::connect_timeout;
}

ReaderEvent event_of_table(ReaderEvent::Kind kind, size_t table) {
  ReaderEvent event;
  event.kind = kind;
  event.table = table;
  return event;
}

// Fails where the connection that exports the snapshot is gone: another one will.
std::optional<Error> begin_transaction(ReaderSession& session, const std::string& snapshot) {
  auto begun = session.query(begin_read_command(snapshot), "importing the snapshot");
  if (begun) return std::nullopt;
  if (begun.error().error_class != ErrorClass::interrupted) {
    begun.error().error_class = ErrorClass::retry;
  }
  return std::move(begun.error());
}

}  // namespace

// Reads range after range in a session of its own.
class InitialRead::Worker {
 public:
  Worker(InitialRead& read, uint32_t number) : read_(read), number_(number) {}

  std::optional<Error> run();

 private:
  enum class Found : uint8_t {
    as_shown,   // its rows can be read
    rewritten,  // what the snapshot shows is gone
    unknown,    // made after the snapshot: all its rows are in the stream
  };
  Result<Found> lock(size_t table);
  std::optional<Error> read_range(const BlockRange& range);

  InitialRead& read_;
  uint32_t number_;
  std::optional<ReaderSession> session_;
  std::set<size_t> locked_;
  uint64_t next_row_ = 1;
};

std::optional<Error> InitialRead::Worker::run() {
  auto session =
      ReaderSession::open(read_.settings_.postgres, connect_deadline(), read_.queue_.stop_fd());
  if (!session) return std::move(session.error());
  session_.emplace(std::move(*session));
  if (auto error = begin_transaction(*session_, read_.order_.snapshot)) return error;
  while (const auto range = read_.take_range()) {
    auto found = lock(range->table);
    if (!found) return std::move(found.error());
    if (*found == Found::rewritten) {
      read_.on_rewritten(range->table);
      continue;
    }
    if (*found == Found::as_shown) {
      if (auto error = read_range(*range)) return error;
    }
    read_.on_range_read(range->table);
  }
  return std::nullopt;
}

// A rewrite, or a TRUNCATE, waits for the lock from now on; one before it has changed the file.
Result<InitialRead::Worker::Found> InitialRead::Worker::lock(size_t table) {
  if (locked_.contains(table)) return Found::as_shown;
  const ReadableTable& read = read_.tables_[table];
  const std::string about = about_table(read.job.name);
  auto locked = session_->query(lock_command(read.job.name), about);
  if (!locked) {
    const std::string& state = locked.error().sqlstate;
    const bool is_gone = state == "42P01" || state == "3F000" || state == "42809";
    if (!is_gone) return std::move(locked.error());
    locked_.clear();  // with the transaction
    if (auto rolled = session_->query("ROLLBACK", about); !rolled) return rolled.error();
    if (auto error = begin_transaction(*session_, read_.order_.snapshot)) return *error;
    return Found::rewritten;
  }
  auto same = session_->query(same_file_query(read.job.name, read.relation), about);
  if (!same) return std::move(same.error());
  if (same->rows.empty()) return Found::unknown;
  if (same->single() != "t") return Found::rewritten;
  locked_.insert(table);
  return Found::as_shown;
}

std::optional<Error> InitialRead::Worker::read_range(const BlockRange& range) {
  const ReadTerms terms = read_.terms(range.table, number_);
  auto end = session_->read(read_range_command(terms, next_row_, range), about_table(terms.table),
                            [&](RowBatch batch) {
                              auto event = event_of_table(ReaderEvent::Kind::batch, range.table);
                              event.batch = std::move(batch);
                              return read_.queue_.push(std::move(event));
                            });
  if (!end) return std::move(end.error());
  if (!*end) {
    return Error{ErrorClass::retry,
                 about_table(terms.table) + ": the server ended it without a word",
                 {},
                 {}};
  }
  next_row_ += (*end)->rows;
  return std::nullopt;
}

// ---- all of them ----

InitialRead::InitialRead(const SnapshotReaderSettings& settings, const InitialOrder& order,
                         ReaderQueue& queue)
    : settings_(settings), order_(order), queue_(queue) {}

void InitialRead::run() {
  if (auto error = list_tables()) return queue_.fail(std::move(*error));
  read_tables();
  ReaderEvent finished;
  finished.kind = ReaderEvent::Kind::finished;
  queue_.push(std::move(finished));  // dropped where a worker has failed
}

std::optional<Error> InitialRead::list_tables() {
  auto session = ReaderSession::open(settings_.postgres, connect_deadline(), queue_.stop_fd());
  if (!session) return std::move(session.error());
  may_split_ = session->server_version() >= version_14;
  if (auto error = begin_transaction(*session, order_.snapshot)) return error;
  auto tables = session->tables(settings_.options, {});
  if (!tables) return std::move(tables.error());
  tables_ = std::move(*tables);
  if (auto error = check_readable(tables_, session->role())) return error;
  auto ended = session->query("COMMIT", "listing tables");
  if (!ended) return std::move(ended.error());

  ReaderEvent listed;
  listed.kind = ReaderEvent::Kind::tables;
  for (const ReadableTable& table : tables_) listed.tables.push_back(table.job);
  queue_.push(std::move(listed));
  if (order_.discard) return push_markers(*session);
  return std::nullopt;
}

// All of them before the first row, and one for the partitions that events show as one table: it
// must not discard rows of this snapshot. The marker's number is its identity.
std::optional<Error> InitialRead::push_markers(ReaderSession& session) {
  std::set<std::string_view> shown;
  for (size_t table = 0; table < tables_.size(); ++table) {
    if (!shown.insert(tables_[table].shown).second) continue;
    const ReadTerms marker = terms(table, static_cast<uint32_t>(shown.size()));
    auto end =
        session.read(discard_command(marker), about_table(marker.table), [&](RowBatch batch) {
          auto event = event_of_table(ReaderEvent::Kind::batch, table);
          event.batch = std::move(batch);
          return queue_.push(std::move(event));
        });
    const bool is_gone = !end && end.error().sqlstate == "42P01";
    if (!end && !is_gone) return std::move(end.error());
  }
  return std::nullopt;
}

void InitialRead::read_tables() {
  std::vector<uint64_t> blocks;
  for (const ReadableTable& table : tables_) blocks.push_back(table.blocks);
  const auto ranges = plan_ranges(blocks, may_split_);
  ranges_.assign(ranges.begin(), ranges.end());
  progress_.resize(tables_.size());
  for (const BlockRange& range : ranges_) ++progress_[range.table].ranges_left;

  const size_t count = std::min<size_t>(static_cast<size_t>(settings_.workers), ranges_.size());
  std::vector<std::jthread> workers;
  for (uint32_t number = 1; number <= count; ++number) {
    workers.emplace_back([this, number] {
      if (auto error = Worker(*this, number).run()) queue_.fail(std::move(*error));
    });
  }
}

std::optional<BlockRange> InitialRead::take_range() {
  const std::lock_guard lock(mutex_);
  while (!ranges_.empty()) {
    const BlockRange range = ranges_.front();
    ranges_.pop_front();
    if (!progress_[range.table].rewritten) return range;
  }
  return std::nullopt;
}

void InitialRead::on_range_read(size_t table) {
  {
    const std::lock_guard lock(mutex_);
    Progress& progress = progress_[table];
    if (--progress.ranges_left > 0 || progress.rewritten) return;
  }
  queue_.push(event_of_table(ReaderEvent::Kind::table_done, table));
}

void InitialRead::on_rewritten(size_t table) {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(progress_[table].rewritten, true)) return;
  }
  queue_.push(event_of_table(ReaderEvent::Kind::rewritten, table));
}

ReadTerms InitialRead::terms(size_t table, uint32_t part) const {
  return {tables_[table].job.name, settings_.slot, settings_.options, order_.consistent_point,
          part};
}

}  // namespace waljet
