// The record: what of the one before holds, what a new one says, and when it is written.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "streamer/pump.h"

namespace waljet {
namespace {

// Where there is no record: what the slot has confirmed is stored before what it sends again.
uint64_t last_confirmed_sequence(const Survey& survey, Lsn confirmed) {
  for (const StoredEvent& event : survey.events) {
    if (event.position.commit_lsn >= confirmed) return event.sequence - 1;
  }
  return survey.stream->last_sequence;
}

// What the record before knows to be stored beyond `confirmed`: another process may have confirmed
// up to there since the slot was looked at, and the stream may end before the last of them when
// that comes out. `kept`: behind this sequence the stream is not as the record knew it.
std::vector<Mark> marks_that_hold(const Survey& survey, Lsn confirmed, uint64_t kept) {
  const Record& record = survey.lost_record ? *survey.lost_record : *survey.record;
  std::vector<Mark> marks;
  if (record.stream_created != survey.stream->created) return marks;
  for (const Mark& mark : record.marks) {
    const bool holds = mark.sequence <= kept;
    if (holds && mark.lsn > confirmed) marks.push_back(mark);
  }
  return marks;
}

// Leaves some between the first and the last one out, where there are many.
std::vector<Mark> thinned_out(const std::vector<Mark>& marks) {
  const size_t step = marks.size() / record_marks_max + 1;
  std::vector<Mark> left;
  for (size_t i = 0; i < marks.size(); ++i) {
    if (i % step == 0 || i + 1 == marks.size()) left.push_back(marks[i]);
  }
  return left;
}

}  // namespace

// ---- the one before ----

// A broker that lost its latest writes may have lost the record's as well: this process knows them.
void Pump::note_lost_record() {
  if (!known_record_) return;
  if (!survey_->record) {
    survey_->record = known_record_;
    return;
  }
  const Record& stored = *survey_->record;
  const bool same = stored.system_identifier == known_record_->system_identifier &&
                    stored.timeline == known_record_->timeline &&
                    stored.stream_created == known_record_->stream_created &&
                    stored.history_sequence == known_record_->history_sequence;
  const bool lost = stored.position < known_record_->position ||
                    stored.stream_sequence < known_record_->stream_sequence ||
                    speaks_of_what_was_lost_before(stored);
  if (same && lost) survey_->lost_record = known_record_;
}

// The stream lost events, the record was written anew with fewer, and now the older one is back.
bool Pump::speaks_of_what_was_lost_before(const Record& stored) const {
  if (survey_->record_revision >= known_revision_ || !survey_->stream) return false;
  const uint64_t last = survey_->stream->last_sequence;
  return stored.stream_sequence > last && known_record_->stream_sequence <= last;
}

// The session's first record says no more than the one before, but where the slot and the stream
// stand: what was found stored may have a hole.
void Pump::take_record_over(const Survey& survey, Duration delay, Instant now) {
  const Lsn confirmed = session_->facts.slot_confirmed;
  const uint64_t last = stream_.last_sequence;
  const bool known = survey.record && !decision_.new_history;
  const Mark mark{confirmed, known ? std::min(decision_.mark_sequence, last)
                                   : last_confirmed_sequence(survey, confirmed)};
  confirmer_.begin(mark, delay, now);
  record_ = survey.record.value_or(Record{});
  carried_.clear();
  if (known) carried_ = marks_that_hold(survey, confirmed, decision_.kept_sequence);
  if (decision_.new_history) {
    record_.history_sequence = last;
  } else if (record_.stream_created != stream_.created) {
    record_.history_sequence = 0;
  }
  const bool strict = settings_.policy.strict;
  const bool fresh = decision_.new_history || (!survey.record && survey.events.empty());
  if (!known || !decision_.record_holds || !strict) {
    record_.last_event.reset();
    record_.read_from = fresh && strict ? last + 1 : 0;
  }
  record_ = make_record(mark);
  record_revision_ = survey.record_revision;
  seen_record_ = survey.record;
  record_under_way_ = false;
  recorded_ = false;
}

// Its newest message may be removed by now.
void Pump::note_newest(const Survey& survey) {
  newest_.reset();
  const auto& record = survey.record;
  if (!survey.events.empty()) {
    newest_ = survey.events.back();
  } else if (decision_.record_holds && record->newest_sequence != 0) {
    newest_ = StoredEvent(record->newest_sequence, record->newest_event);
  }
}

// ---- the next one ----

// What is written from now on; keeps what the record before says of the past.
Record Pump::make_record(const Mark& mark) const {
  Record record;
  record.writer = settings_.writer;
  record.system_identifier = session_->facts.system_identifier;
  record.timeline = session_->facts.timeline;
  record.stream = settings_.names.stream;
  record.stream_created = stream_.created;
  record.stream_sequence = acknowledged_sequence_;
  if (newest_ && settings_.policy.strict) {
    record.newest_sequence = newest_->sequence;
    record.newest_event = newest_->position;
  }
  record.last_event = record_.last_event;
  record.read_from = record_.read_from;
  if (has_passed_what_was_found()) {
    record.last_event = std::max(stored_.last(), stored_last_);
    record.read_from = read_from();
  }
  record.max_pending = std::max<uint64_t>(record_.max_pending, settings_.limits.messages_max);
  record.max_pending_bytes =
      std::max<uint64_t>(record_.max_pending_bytes, settings_.limits.bytes_max);
  record.group_bytes = session_->groups.used;
  record.rows = may_leave_rows();
  record.settled = is_closing() && window_.empty() && !record.rows;
  if (record.settled && !transaction_open_ && has_passed_what_was_found()) {
    record.last_event = std::max(record.last_event, last_end_);
  }
  record.history_sequence = record_.history_sequence;
  record.marks = confirmer_.marks();
  const auto add = [&](const Mark& more) {
    if (more.lsn > record.marks.back().lsn) record.marks.push_back(more);
  };
  add(mark);
  std::for_each(carried_.begin(), carried_.end(), add);
  record.marks = thinned_out(record.marks);
  record.position = record.marks.back().lsn;
  return record;
}

// The server has sent again, and passed, all that was found stored at the start. Before that an
// event may turn out to be missing among them.
bool Pump::has_passed_what_was_found() const {
  if (!settings_.policy.strict) return stored_last_.has_value();
  const auto found = stored_.last();
  return !found || stored_last_ > found || window_.confirmable() > found->commit_lsn;
}

// Events that overtook an unacknowledged one are stored before what is stored now.
uint64_t Pump::read_from() const {
  uint64_t from = stored_sequence_ + 1;
  for (Token token = window_.first(); token < window_.end(); ++token) {
    if (window_.is_acknowledged(token))
      from = std::min(from, events_[token - events_first_].sequence);
  }
  return from;
}

// ---- writing it ----

// Which of both are under way is on record before the first of them is.
bool Pump::needs_record(const KeptEvent& event) const {
  return settings_.policy.strict && (!seen_record_ || seen_record_->rows != event.is_row);
}

PumpAction Pump::write_record(Instant now) {
  if (recorded_) record_ = make_record(confirmer_.begin_record(now));
  if (!awaiting()) silent_since_ = now;
  record_under_way_ = true;
  PumpAction action;
  action.kind = PumpAction::Kind::write_record;
  action.record = std::make_unique<const Record>(record_);
  action.record_revision = record_revision_;
  return action;
}

// Nobody waits for the answer: it is written again until a survey shows it.
PumpAction Pump::write_divergence() {
  Record record = *survey_->record;
  record.diverged = std::exchange(divergence_, std::nullopt);
  PumpAction action;
  action.kind = PumpAction::Kind::write_record;
  action.record = std::make_unique<const Record>(std::move(record));
  action.record_revision = survey_->record_revision;
  return action;
}

void Pump::on_record_ack(const Ack& ack, Instant now) {
  if (!record_under_way_) return;
  if (says_somebody_else_wrote(ack.result)) {
    return lose_session("another waljet has taken this source over", now);
  }
  if (ack.result.outcome != PubAckOutcome::stored) {
    return back_off({ErrorClass::retry,
                     fmt::format("NATS did not store the record in bucket {}: {} ({})",
                                 record_bucket, ack.result.text, ack.result.error_code),
                     {},
                     {}},
                    now);
  }
  record_under_way_ = false;
  record_revision_ = ack.result.sequence;
  seen_record_ = record_;
  silent_since_ = now;
  proved_ = true;
  on_recorded(now);
}

void Pump::on_recorded(Instant now) {
  known_record_ = record_;
  known_revision_ = record_revision_;
  if (recorded_) return confirmer_.on_recorded(now);
  recorded_ = true;
  was_ready_ = true;
}

}  // namespace waljet
