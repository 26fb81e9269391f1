// Sessions, and what a survey means for them.
#include <fmt/core.h>

#include <algorithm>
#include <utility>

#include "streamer/frame_text.h"
#include "streamer/position_text.h"
#include "streamer/pump.h"

namespace waljet {

void Pump::on_prepared(Survey survey, Instant now) {
  if (state_ != PumpState::preparing) return;
  jetstream_absent_since_.reset();
  if (session_ && !ready_to_turn()) return reconcile(survey, now);
  survey_ = std::move(survey);
  survey_wanted_ = false;
  note_lost_record();
  if (coming_) return begin_session(now);
  state_ = PumpState::standing_by;
}

// Somebody else may have been faster, so what the stream holds is looked at again.
void Pump::on_created() {
  if (state_ == PumpState::creating) state_ = PumpState::preparing;
}

void Pump::on_live_session(uint64_t number) {
  live_session_ = number;
  if (!coming_ || coming_->number == number) return;
  coming_.reset();
  skipping_ = true;
}

// ---- the beginning of a session ----

void Pump::begin_session(Instant now) {
  leave_session();
  forget_rows();
  ResumePolicy policy = settings_.policy;
  policy.accept_gap |= coming_->anew;
  decision_ = decide_resume(settings_.names, coming_->facts, *survey_, policy);
  if (coming_->anew) decision_.accepted.clear();
  if (decision_.blocked) {
    // The server was asked where its log ends before the survey was taken, so another process may
    // have stored what was committed since; the source asks again, in the right order. What this
    // process stored itself was in the log before.
    const bool own = newest_own_ && newest_own_->commit_lsn >= coming_->facts.flushed;
    const bool certain = !decision_.diverged || own;
    if (certain) divergence_ = decision_.diverged;
    return end_session(coming_->number,
                       certain ? *decision_.blocked : "another process has stored events meanwhile",
                       certain);
  }
  const GroupSizes& groups = coming_->groups;
  if (groups.used != group_bytes_to_use(*survey_, settings_.policy, groups)) {
    return end_session(coming_->number, "another process has begun to group events otherwise",
                       false);
  }
  if (!survey_->stream) {
    state_ = PumpState::creating;
    return;
  }
  for (std::string& accepted : decision_.accepted) {
    notices_.accepted.push_back(std::move(accepted));
  }
  start_publishing(now);
}

void Pump::start_publishing(Instant now) {
  const Survey survey = *std::exchange(survey_, std::nullopt);
  const auto delay = confirm_delay(*survey.stream);
  if (!delay) return back_off(delay.error(), now);
  session_ = std::exchange(coming_, std::nullopt);
  if (stream_.created != survey.stream->created) single_until_ = 0;
  stream_ = *survey.stream;

  forget_all();
  // What does not depend on the stream's end goes on from what entered before.
  const bool by_slot = !settings_.policy.strict;
  if (!by_slot || decision_.rolled_back || decision_.new_history) last_entered_.reset();
  if (decision_.new_history) newest_own_.reset();
  stored_ = std::move(decision_.stored);
  stored_last_.reset();
  acknowledged_sequence_ = stream_.last_sequence;
  stored_sequence_ = stream_.last_sequence;
  chain_ = stream_.last_sequence;
  const uint64_t pending_max = survey.record ? survey.record->max_pending : 0;
  regroup_at_ =
      stream_.last_sequence + std::max<uint64_t>(pending_max, settings_.limits.messages_max);
  // Not of a record that the broker has lost: with that it has lost what was under way.
  const bool rows_may_arrive = settings_.policy.strict && survey.record && survey.record->rows &&
                               survey.record->stream_created == stream_.created;
  fence_until_ = rows_may_arrive ? stream_.last_sequence + rows_under_way_max : 0;
  note_newest(survey);
  take_record_over(survey, *delay, now);
  note_foreign(survey);
  silent_since_ = now;
  state_ = PumpState::publishing;
  if (rows_ != nullptr) rows_->on_session_begin(session_->facts.slot_confirmed);
}

Result<Duration> Pump::confirm_delay(const StreamState& stream) const {
  const bool one_copy = !stream.in_memory && stream.replicas < replicas_that_need_no_delay;
  const Duration wanted = one_copy ? confirm_delay_of_one_copy : Duration{0};
  if (settings_.policy.strict) return settings_.confirm_delay.value_or(wanted);
  // What is sent again must still be known as a duplicate.
  const Duration longest = stream.duplicate_window / 2;
  if (!settings_.confirm_delay) return std::min(wanted, longest);
  if (*settings_.confirm_delay <= longest) return *settings_.confirm_delay;
  return Error{ErrorClass::configuration,
               fmt::format("--confirm-delay: with fencing off at most half the stream's duplicate "
                           "window, that is {} ms; {} ms were asked for",
                           longest.count(), settings_.confirm_delay->count()),
               {},
               {}};
}

// ---- the end of a session ----

// Of the present one, or of one that does not begin. The link stays.
void Pump::end_session(uint64_t number, std::string why, bool blocked) {
  session_end_ = {number, std::move(why), blocked, false, 0};
  leave_session();
  coming_.reset();
  forget_all();
  state_ = PumpState::standing_by;
}

// The source begins another one at once, with other groups or another filter.
void Pump::end_settled_session() {
  const bool turned = turn_due();
  const Lsn confirmed = confirmer_.confirmed();
  if (turned) last_entered_ = std::max(last_entered_, last_end_);
  end_session(session_->number,
              turned ? "all that the filter before let pass is stored"
                     : "what was grouped otherwise is all stored",
              false);
  session_end_.turned = turned;
  session_end_.confirmed = confirmed;
}

// Its rows cannot be sent any more, and what stands behind them comes again. Nothing is under way.
void Pump::end_session_without_contact() {
  session_end_ = {session_->number, "the connection is gone", false, false, 0};
  leave_session();
  forget_all();
  last_entered_.reset();  // as where a session is lost
  state_ = state_ == PumpState::draining ? PumpState::stopped : PumpState::standing_by;
}

void Pump::lose_session(std::string why, Instant now) {
  if (session_) session_end_ = {session_->number, why, false, false, 0};
  leave_session();
  forget_all();
  last_entered_.reset();  // what was in the window has to enter it again
  back_off({ErrorClass::retry, std::move(why), {}, {}}, now);
}

void Pump::leave_session() {
  if (session_ && rows_ != nullptr) rows_->on_session_end();
  session_.reset();
}

void Pump::forget_all() {
  forget_rows();
  window_ = AckWindow(settings_.limits, window_.end());
  events_.clear();
  events_first_ = window_.first();
  send_ = window_.first();
  chunks_.clear();
  kept_bytes_ = 0;
  unread_ = {};
  greeted_ = false;
  in_transaction_ = false;
  transaction_open_ = false;
  last_end_.reset();
  oversize_.reset();
  record_under_way_ = false;
  fences_under_way_ = 0;
  rows_under_way_ = false;
}

// ---- a new link in the same session ----

void Pump::reconcile(const Survey& survey, Instant now) {
  if (auto why = why_session_is_lost(survey)) return lose_session(std::move(*why), now);
  const bool written = survey.record && *survey.record == record_;
  record_revision_ = survey.record_revision;
  seen_record_ = survey.record;
  const bool was_under_way = std::exchange(record_under_way_, false);
  if (was_under_way && written) on_recorded(now);
  if (was_under_way && !written) confirmer_.on_record_lost();
  if (!survey.record) recorded_ = false;  // somebody removed it: it is written again

  if (settings_.policy.strict) take_found(survey, now);
  chain_ = survey.stream->last_sequence;
  send_ = window_.first();
  silent_since_ = now;
  state_ = PumpState::publishing;
}

std::optional<std::string> Pump::why_session_is_lost(const Survey& survey) const {
  const std::string& stream = settings_.names.stream;
  if (!survey.stream) return fmt::format("stream {} is gone", stream);
  if (survey.stream->created != stream_.created) {
    return fmt::format("stream {} was created again at {}", stream, survey.stream->created);
  }
  if (survey.stream->last_sequence < acknowledged_sequence_) {
    return fmt::format(
        "stream {} has lost events: it ends at sequence {}, though {} was "
        "acknowledged",
        stream, survey.stream->last_sequence, acknowledged_sequence_);
  }
  // Revisions repeat when the broker has lost the newest ones.
  const bool unchanged =
      survey.record_revision == record_revision_ && survey.record == seen_record_;
  if (survey.record && *survey.record != record_ && !unchanged) {
    return std::string("another waljet has taken this source over");
  }
  if (!settings_.policy.strict) return std::nullopt;
  if (survey.other_sequence > stored_sequence_) {
    return fmt::format("source {} writes into stream {} as well", survey.other_source, stream);
  }
  for (const StoredEvent& event : survey.events) {
    if (event.sequence <= stored_sequence_) continue;
    if (!last_entered_ || event.position > *last_entered_ || is_behind_rows(event)) {
      return std::string("another waljet has stored later events of this source");
    }
    if (is_in_other_groups(event)) {
      return std::string("another waljet has stored events of this source in other groups");
    }
  }
  return std::nullopt;
}

// Nothing is sent behind rows before they are acknowledged.
bool Pump::is_behind_rows(const StoredEvent& stored) const {
  const auto row = std::find_if(events_.begin(), events_.end(),
                                [](const KeptEvent& event) { return event.is_row; });
  if (row == events_.end() || stored.position <= row->place.last) return false;
  const auto token = token_at(stored.position);
  return !token || !events_[*token - events_first_].is_row;
}

// What the lost link had stored before it was lost.
void Pump::take_found(const Survey& survey, Instant now) {
  note_foreign(survey);
  Token found_end = window_.first();
  for (const StoredEvent& event : survey.events) {
    if (event.sequence <= stored_sequence_) continue;
    const auto token = token_at(event.position);
    if (!token && event.sequence <= fence_until_) continue;  // a row that was under way
    if (!token) {
      ++notices_.foreign_messages;  // an event stored before, stored again
      notices_.foreign_subject = fmt::format("sequence {}", event.sequence);
      continue;
    }
    note_stored(events_[*token - events_first_], event.sequence);
    window_.acknowledge(*token);
    confirmer_.on_stored(now);
    found_end = std::max(found_end, *token);
  }
  for (Token token = window_.first(); token < found_end; ++token) {
    if (window_.is_acknowledged(token)) continue;
    note_late(events_[token - events_first_].frame);
    publish_singly(survey.stream->last_sequence);
  }
  on_progress(now);
}

// The first one that holds this event, or a later one.
std::deque<Pump::KeptEvent>::const_iterator Pump::first_reaching(const Position& position) const {
  return std::lower_bound(
      events_.begin(), events_.end(), position,
      [](const KeptEvent& event, const Position& wanted) { return event.place.last < wanted; });
}

std::optional<Token> Pump::token_at(const Position& position) const {
  const auto place = first_reaching(position);
  if (place == events_.end() || place->place.last != position) return std::nullopt;
  return events_first_ + static_cast<Token>(place - events_.begin());
}

// Whether it holds some of the window's events, but not those of one message of ours.
bool Pump::is_in_other_groups(const StoredEvent& stored) const {
  const auto place = first_reaching(stored.first);
  if (place == events_.end()) return false;
  if (place->place.first > stored.position) return false;
  return place->place.first != stored.first || place->place.last != stored.position;
}

// ---- notices ----

void Pump::note_foreign(const Survey& survey) {
  if (survey.foreign_messages == 0) return;
  notices_.foreign_messages += survey.foreign_messages;
  notices_.foreign_subject = survey.foreign_subject;
  publish_singly(survey.stream->last_sequence);
}

// A foreign message shifts the chain, and so does an event that is stored late: what an old link
// sent and the server has not yet looked at may expect what a later event expects now. A single
// publish that is stored ends all of them.
void Pump::publish_singly(uint64_t last_sequence) {
  const uint64_t under_way_max =
      std::max<uint64_t>(record_.max_pending, settings_.limits.messages_max);
  single_until_ = std::max(single_until_, last_sequence + under_way_max + 1);
}

void Pump::note_late(const Frame& frame) {
  notices_.late_events += event_count(frame);
  notices_.late_event = name_of(frame);
}

void Pump::note_stub(const Frame& frame) {
  ++notices_.stubs;
  notices_.stub = name_of(frame);
}

// For people.
std::string Pump::name_of(const Frame& frame) const {
  return fmt::format("{} {}", event_id_text(settings_.names.source_id, frame.position),
                     place_text(frame));
}

}  // namespace waljet
