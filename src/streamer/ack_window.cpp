#include "streamer/ack_window.h"

#include <algorithm>

namespace waljet {

bool AckWindow::has_room(size_t bytes) const {
  if (entries_.empty()) return true;
  return entries_.size() < limits_.messages_max && bytes_ + bytes <= limits_.bytes_max;
}

Token AckWindow::add(size_t bytes) {
  const Token token = end();
  entries_.push_back({bytes, 0, false});
  bytes_ += bytes;
  return token;
}

void AckWindow::add_checkpoint(Lsn lsn) {
  Lsn& place = entries_.empty() ? confirmable_ : entries_.back().checkpoint;
  place = std::max(place, lsn);
}

bool AckWindow::acknowledge(Token token) {
  if (token < first_ || token >= end()) return false;
  Entry& entry = entries_[token - first_];
  if (entry.acknowledged) return false;
  entry.acknowledged = true;
  advance();
  return true;
}

bool AckWindow::is_acknowledged(Token token) const {
  return token < first_ || (token < end() && entries_[token - first_].acknowledged);
}

void AckWindow::advance() {
  while (!entries_.empty() && entries_.front().acknowledged) {
    const Entry& entry = entries_.front();
    confirmable_ = std::max(confirmable_, entry.checkpoint);
    bytes_ -= entry.bytes;
    entries_.pop_front();
    ++first_;
  }
}

}  // namespace waljet
