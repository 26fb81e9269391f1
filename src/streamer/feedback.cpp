#include "streamer/feedback.h"

#include <algorithm>

namespace waljet {

void Feedback::on_received(Lsn lsn, Instant now) {
  const bool was_outstanding = outstanding();
  written_ = std::max(written_, lsn);
  if (!was_outstanding && outstanding()) {
    stalled_since_ = now;
    asked_since_stall_ = false;
  }
}

void Feedback::set_reading(bool reading, Instant now) {
  if (reading_ && !reading) stalled_since_ = now;
  reading_ = reading;
}

void Feedback::on_reply_requested() {
  prompt_ = true;
  asked_since_stall_ = true;
}

void Feedback::on_confirmed(Lsn lsn, Instant now) {
  if (lsn <= confirmed_) return;
  confirmed_ = lsn;
  prompt_ = true;
  stalled_since_ = now;
  asked_since_stall_ = false;
}

void Feedback::on_status_sent(Instant now) {
  last_sent_ = now;
  prompt_ = false;
}

Instant Feedback::wake_at() const {
  return probe_wanted() ? std::min(status_at(), probe_at()) : status_at();
}

Instant Feedback::status_at() const {
  return last_sent_ + (prompt_ ? prompt_interval : status_interval);
}

Instant Feedback::probe_at() const {
  return std::max(stalled_since_ + stall_min, last_probe_ + probe_interval);
}

}  // namespace waljet
