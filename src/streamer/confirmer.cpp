#include "streamer/confirmer.h"

namespace waljet {

void Confirmer::begin(Mark confirmed, Duration delay, Instant now) {
  delay_ = delay;
  event_at_.reset();
  stored_ = confirmed;
  writing_.reset();
  written_at_ = now;  // the session has begun with a record of its own
  written_ = confirmed;
  waiting_.clear();
  confirmed_ = confirmed;
  confirmed_any_ = false;
}

void Confirmer::on_storable(Mark mark) {
  if (mark.lsn > stored_.lsn) stored_ = mark;
}

bool Confirmer::record_due(Instant now, bool at_once) const {
  if (writing_ || stored_.lsn <= written_.lsn) return false;
  return at_once || now >= record_at();
}

bool Confirmer::may_record(Instant now) const {
  return !writing_ && (!written_at_ || now >= *written_at_ + record_interval);
}

Instant Confirmer::record_at() const {
  if (writing_ || stored_.lsn <= written_.lsn) return Instant::max();
  return written_at_ ? *written_at_ + record_interval : Instant{};
}

Mark Confirmer::begin_record(Instant now) {
  writing_ = stored_;
  written_at_ = now;
  return stored_;
}

std::vector<Mark> Confirmer::marks() const {
  std::vector<Mark> marks{confirmed_};
  const size_t between = record_marks_max - 3;  // beside the confirmed one and those to come
  const size_t step = waiting_.size() / between + 1;
  for (size_t i = 0; i < waiting_.size(); i += step) marks.push_back(waiting_[i].mark);
  return marks;
}

void Confirmer::on_recorded(Instant now) {
  if (!writing_) return;
  written_ = *writing_;
  writing_.reset();
  const Lsn before = waiting_.empty() ? confirmed_.lsn : waiting_.back().mark.lsn;
  if (written_.lsn <= before) return;
  const bool fresh = event_at_ && now < *event_at_ + delay_;
  const Waiting one{written_, fresh ? now + delay_ : now};
  if (waiting_.size() < waiting_max) {
    waiting_.push_back(one);
  } else {
    waiting_.back() = one;
  }
}

Lsn Confirmer::confirmed(Instant now) {
  while (!waiting_.empty() && waiting_.front().ready_at <= now) {
    confirmed_ = waiting_.front().mark;
    confirmed_any_ = true;
    waiting_.pop_front();
  }
  return confirmed();
}

Instant Confirmer::confirm_at() const {
  return waiting_.empty() ? Instant::max() : waiting_.front().ready_at;
}

}  // namespace waljet
