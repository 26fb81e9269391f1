#include "streamer/row_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

namespace waljet {

void RowQueue::push(RowBatch batch, Lsn lsn, std::shared_ptr<const KeyHashes> without,
                    RowStep step) {
  Entry entry;
  entry.rows.batch = std::move(batch);
  entry.rows.lsn = lsn;
  entry.rows.without = std::move(without);
  entry.steps.push_back(std::move(step));
  waiting_.push_back(std::move(entry));
}

void RowQueue::push_held(RowBatch batch, Lsn lsn, RowStep step) {
  const bool has_rows = batch.rows > 0;
  if (has_rows) release();
  push(std::move(batch), lsn, nullptr, std::move(step));
  if (!has_rows) return;
  held_ = std::move(waiting_.back());
  waiting_.pop_back();
}

void RowQueue::release() {
  if (held_) waiting_.push_back(std::move(*held_));
  held_.reset();
}

void RowQueue::mark_last() {
  Entry* newest = held_ ? &*held_ : waiting_.empty() ? nullptr : &waiting_.back();
  if (newest && newest->rows.batch.rows > 0) newest->rows.last = true;
}

void RowQueue::add(RowStep step) {
  if (held_) {
    held_->steps.push_back(std::move(step));
  } else if (!waiting_.empty()) {
    waiting_.back().steps.push_back(std::move(step));
  } else if (!taken_.empty()) {
    taken_.back().steps.push_back(std::move(step));
  } else {
    reached_.push_back(std::move(step));
  }
}

std::optional<RowsInPlace> RowQueue::take(bool first) {
  if (waiting_.empty()) return std::nullopt;
  Entry entry = std::move(waiting_.front());
  waiting_.pop_front();
  entry.rows.first = first && entry.rows.batch.rows > 0;
  entry.rows.number = ++number_;
  taken_.push_back({number_, std::move(entry.steps)});
  return std::move(entry.rows);
}

std::vector<RowStep> RowQueue::on_stored(uint64_t number) {
  std::vector<RowStep> steps = reached_already();
  for (; !taken_.empty() && taken_.front().number <= number; taken_.pop_front()) {
    std::move(taken_.front().steps.begin(), taken_.front().steps.end(), std::back_inserter(steps));
  }
  return steps;
}

std::vector<RowStep> RowQueue::reached_already() {
  return std::exchange(reached_, {});
}

void RowQueue::drop_waiting() {
  held_.reset();
  waiting_.clear();
}

void RowQueue::drop_all() {
  drop_waiting();
  taken_.clear();
}

}  // namespace waljet
