#include "streamer/feedback.h"

#include <algorithm>

namespace waljet {

void Feedback::on_received(Lsn lsn) {
  written_ = std::max(written_, lsn);
}

void Feedback::set_reading(bool reading, Instant now) {
  if (reading_ && !reading) unread_since_ = now;
  reading_ = reading;
}

void Feedback::on_reply_requested(Instant now) {
  prompt_ = true;
  if (!asked_last_ || now >= *asked_last_ + asking_interval_max) asked_since_ = now;
  asked_last_ = now;
}

void Feedback::on_confirmed(Lsn lsn) {
  if (lsn <= confirmed_) return;
  confirmed_ = lsn;
  prompt_ = true;
}

void Feedback::on_status_sent(Instant now) {
  last_sent_ = now;
  prompt_ = false;
}

Instant Feedback::wake_at(Instant now) const {
  return probe_wanted(now) ? std::min(status_at(), probe_at()) : status_at();
}

Instant Feedback::status_at() const {
  return last_sent_ + (prompt_ ? prompt_interval : status_interval);
}

Instant Feedback::probe_at() const {
  const Instant since = reading_ ? asked_since_ : unread_since_;
  return std::max(since + stall_min, last_probe_ + probe_interval);
}

}  // namespace waljet
