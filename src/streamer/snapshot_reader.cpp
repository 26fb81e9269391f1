#include "streamer/snapshot_reader.h"

#include <fmt/core.h>

#include <condition_variable>
#include <deque>
#include <mutex>
#include <thread>
#include <utility>
#include <variant>

#include "streamer/initial_read.h"
#include "streamer/position_text.h"
#include "streamer/reader_queue.h"
#include "streamer/reader_session.h"

namespace waljet {
namespace {

using Order = std::variant<ListOrder, InitialOrder, ChunkOrder, OpenOrder>;

// A session that was not used for so long is given back to the server.
constexpr Duration idle_max{30'000};

Instant connect_deadline() {
  return std::chrono::steady_clock::now() + ReaderSession::connect_timeout;
}

// A list of tables that can all be read.
std::optional<Error> check_keys(const std::vector<ReadableTable>& tables) {
  for (const ReadableTable& table : tables) {
    if (table.job.keyed) continue;
    return Error{ErrorClass::refused,
                 fmt::format("table {} cannot be read beside the stream, since rows are told apart "
                             "by their key: {}",
                             table.job.name, table.unkeyed_reason),
                 {},
                 {}};
  }
  return std::nullopt;
}

}  // namespace

struct SnapshotReader::State {
  State(SnapshotReaderSettings given, std::function<void()> wake)
      : settings(std::move(given)), queue(queued_bytes_max, std::move(wake)) {}

  void order(Order order);
  void run();
  std::optional<Order> next_order();

  void work(const ListOrder& order);
  void work(const InitialOrder& order);
  void work(const ChunkOrder& order);
  void work(const OpenOrder& order);
  std::optional<Error> connect();
  Result<ReaderEvent> list(const ListOrder& order);
  // Leaves its transaction open.
  Result<ReaderEvent> read_chunk(const ChunkOrder& order);
  // Pushes what an order was answered with, or its failure.
  void answer(Result<ReaderEvent> event);

  std::mutex mutex;  // of what follows
  std::condition_variable changed;
  std::deque<Order> orders;
  bool ending = false;
  SnapshotReaderSettings settings;

  ReaderQueue queue;

  // Of the thread alone.
  SnapshotReaderSettings settings_in_use;
  std::optional<ReaderSession> session;

  std::jthread thread;
};

// ---- orders ----

void SnapshotReader::State::order(Order order) {
  const std::lock_guard lock(mutex);
  orders.push_back(std::move(order));
  changed.notify_one();
}

void SnapshotReader::State::run() {
  while (const auto order = next_order()) {
    std::visit([this](const auto& known) { work(known); }, *order);
  }
}

// Work begins under the same lock under which it is cancelled, so that nobody cancels the next
// order in place of this one.
std::optional<Order> SnapshotReader::State::next_order() {
  std::unique_lock lock(mutex);
  const auto has_news = [this] { return ending || !orders.empty(); };
  if (session && !changed.wait_for(lock, idle_max, has_news)) session.reset();
  changed.wait(lock, has_news);
  if (ending) return std::nullopt;
  Order order = std::move(orders.front());
  orders.pop_front();
  settings_in_use = settings;
  queue.begin();
  return order;
}

void SnapshotReader::State::answer(Result<ReaderEvent> event) {
  if (event) {
    queue.push(std::move(*event));
  } else {
    session.reset();
    queue.fail(std::move(event.error()));
  }
}

std::optional<Error> SnapshotReader::State::connect() {
  if (session) return std::nullopt;
  auto opened = ReaderSession::open(settings_in_use.postgres, connect_deadline(), queue.stop_fd());
  if (!opened) return std::move(opened.error());
  session.emplace(std::move(*opened));
  return std::nullopt;
}

// ---- the kinds of work ----

void SnapshotReader::State::work(const ListOrder& order) {
  answer(list(order));
}

Result<ReaderEvent> SnapshotReader::State::list(const ListOrder& order) {
  if (auto error = connect()) return std::move(*error);
  auto tables = session->tables(settings_in_use.options, order.wanted);
  if (!tables) return std::move(tables.error());
  if (auto error = check_readable(*tables, session->role())) return std::move(*error);
  if (order.needs_key) {
    if (auto error = check_keys(*tables)) return std::move(*error);
  }
  ReaderEvent event;
  event.kind = ReaderEvent::Kind::tables;
  for (const ReadableTable& table : *tables) {
    event.tables.push_back(table.job);
    if (order.where.empty()) continue;
    const ReadTerms terms{table.job.name, settings_in_use.slot, settings_in_use.options};
    auto checked = session->read(check_where_command(terms, order.where),
                                 about_table(table.job.name), [](const RowBatch&) { return true; });
    if (!checked) return std::move(checked.error());
  }
  return event;
}

void SnapshotReader::State::work(const InitialOrder& order) {
  session.reset();
  InitialRead(settings_in_use, order, queue).run();
}

void SnapshotReader::State::work(const ChunkOrder& order) {
  auto chunk = read_chunk(order);
  if (!chunk) return answer(std::move(chunk));
  const std::string high = order.high_watermark + " " + chunk->snapshot;
  if (!queue.push(std::move(*chunk))) return session.reset();
  auto ended = session->query(end_chunk_command(high), "writing a watermark");
  if (!ended) answer(std::move(ended.error()));
}

Result<ReaderEvent> SnapshotReader::State::read_chunk(const ChunkOrder& order) {
  if (auto error = connect()) return std::move(*error);
  auto low = session->query(watermark_command(order.low_watermark), "writing a watermark");
  if (!low) return std::move(low.error());
  const std::string about = about_table(order.table);
  auto begun = session->query(begin_read_command() + "; " + lock_command(order.table) +
                                  "; SELECT pg_catalog.pg_current_snapshot()",
                              about);
  if (!begun) return std::move(begun.error());

  ReaderEvent event;
  event.kind = ReaderEvent::Kind::chunk;
  event.chunk_number = order.number;
  event.snapshot = begun->single();
  const ReadTerms terms{order.table, settings_in_use.slot, settings_in_use.options,
                        parse_lsn(low->single()).value_or(0)};
  const ChunkLimits limits{order.cursor, order.where, order.rows_max, order.bytes_max};
  auto end = session->read(read_chunk_command(terms, limits), about, [&](RowBatch batch) {
    event.batches.push_back(std::move(batch));
    return true;
  });
  if (!end) return std::move(end.error());
  if (!*end) return Error{ErrorClass::retry, about + ": the server did not say its end", {}, {}};
  event.cursor = (*end)->cursor;
  event.more = (*end)->more;
  event.table_hash = (*end)->table_hash;
  return event;
}

void SnapshotReader::State::work(const OpenOrder&) {
  if (auto error = connect()) return answer(std::move(*error));
  auto open = session->query(open_query(), "asking for open transactions");
  if (!open) return answer(std::move(open.error()));
  ReaderEvent event;
  event.kind = ReaderEvent::Kind::open;
  event.snapshot = open->single();
  answer(std::move(event));
}

// ---- what is promised ----

SnapshotReader::SnapshotReader(SnapshotReaderSettings settings, std::function<void()> wake)
    : state_(std::make_unique<State>(std::move(settings), std::move(wake))) {
  state_->thread = std::jthread([state = state_.get()] { state->run(); });
}

SnapshotReader::~SnapshotReader() {
  const std::lock_guard lock(state_->mutex);
  state_->ending = true;
  state_->orders.clear();
  state_->queue.cancel();
  state_->changed.notify_one();
}

void SnapshotReader::set_options(OptionList options) {
  const std::lock_guard lock(state_->mutex);
  state_->settings.options = std::move(options);
}

void SnapshotReader::list(ListOrder order) {
  state_->order(std::move(order));
}

void SnapshotReader::initial(InitialOrder order) {
  state_->order(std::move(order));
}

void SnapshotReader::chunk(ChunkOrder order) {
  state_->order(std::move(order));
}

void SnapshotReader::open(OpenOrder order) {
  state_->order(order);
}

void SnapshotReader::cancel() {
  const std::lock_guard lock(state_->mutex);
  state_->orders.clear();
  state_->queue.cancel();
}

std::optional<ReaderEvent> SnapshotReader::take() {
  return state_->queue.take();
}

}  // namespace waljet
