#include "streamer/status_report.h"

#include <fmt/core.h>

#include <algorithm>

namespace waljet {
namespace {

uint64_t distance(Lsn from, Lsn to) {
  return to > from ? to - from : 0;
}

// The record speaks of one stream; of another one that took its name it says nothing.
const Record* valid_record(const SinkStatus& sink) {
  if (!sink.stream_exists || !sink.record) return nullptr;
  return sink.record->stream_created == sink.stream_created ? &*sink.record : nullptr;
}

// What the newest event tells, as long as it is one of this history.
std::optional<Lsn> newest_event(const StatusFacts& facts) {
  if (!facts.sink->last_message) return std::nullopt;
  const auto id = parse_event_id(facts.sink->last_message->event_id);
  const bool ours = id && id->source == facts.names.source_id;
  if (!ours || id->position.commit_lsn > facts.server->wal_end) return std::nullopt;
  return id->position.commit_lsn;
}

std::optional<Duration> age_of_last_event(const StatusFacts& facts) {
  const auto& message = facts.sink->last_message;
  if (!message || !message->commit_time_us) return std::nullopt;
  const int64_t us = std::max<int64_t>(facts.server->now_us - *message->commit_time_us, 0);
  return Duration(us / 1000);
}

// The longer ago, the less it says: the smaller of two upper bounds.
std::optional<Duration> lag_of(const StatusFacts& facts, uint64_t lag_bytes) {
  if (lag_bytes == 0) return Duration{0};
  const auto by_event = age_of_last_event(facts);
  if (!by_event || !facts.stored_since) return by_event ? by_event : facts.stored_since;
  return std::min(*by_event, *facts.stored_since);
}

Role role_of(const SlotStatus& slot) {
  if (slot.active) return Role::active;
  return slot.awaited ? Role::standby : Role::none;
}

// ---- each part, where its sources are known ----

void report_slot(const StatusFacts& facts, StatusReport& report) {
  const SlotStatus& slot = *facts.server->slot;
  report.role = role_of(slot);
  if (!slot.wal_status.empty()) report.wal_status = slot.wal_status;
  if (slot.restart) report.retained_bytes = distance(*slot.restart, facts.server->wal_end);
  if (slot.wal_status == "lost") {
    report.reasons.push_back(fmt::format(
        "slot {} is lost: the server has removed WAL that it still needed; `waljet run` "
        "says what to do",
        facts.names.slot));
  } else if (!slot.restart) {
    report.reasons.push_back(fmt::format("slot {} keeps no WAL yet", facts.names.slot));
  }
}

void report_stream(const StatusFacts& facts, StatusReport& report) {
  const SinkStatus& sink = *facts.sink;
  report.job = sink.job;
  for (const std::string& sentence : sink.unreadable) report.reasons.push_back(sentence);
  if (!sink.stream_exists) {
    report.reasons.push_back(
        fmt::format("there is no stream {}: `waljet run` creates it", facts.names.stream));
    return;
  }
  report.stream_sequence = sink.last_sequence;
  if (!sink.last_message) return;
  if (!sink.last_message->event_id.empty()) {
    report.last_event = sink.last_message->event_id;
    report.last_event_time = sink.last_message->time;
  } else {
    report.reasons.push_back(
        fmt::format("the newest message of stream {} is no event of waljet", facts.names.stream));
  }
}

void report_distances(const StatusFacts& facts, StatusReport& report) {
  const auto stored = stored_position(facts);
  const SlotStatus& slot = *facts.server->slot;
  if (!stored) {
    report.reasons.push_back(
        "what is stored is not known: there is neither a record nor an event of this source in the "
        "stream");
    return;
  }
  report.lag_bytes = distance(*stored, facts.server->wal_end);
  report.lag = lag_of(facts, *report.lag_bytes);
  if (!report.lag) {
    report.reasons.push_back(
        "how old the oldest change is that is not stored is not known: no event tells its time");
  }
  if (slot.confirmed) report.held_back_bytes = distance(*slot.confirmed, *stored);
  if (slot.confirmed.value_or(0) > *stored) {
    report.reasons.push_back(
        fmt::format("slot {} is confirmed beyond what is stored: the log of `waljet run` says what "
                    "is missing",
                    facts.names.slot));
  }
  if (!slot.active) {
    report.unacked_bytes = 0;
  } else if (slot.received) {
    report.unacked_bytes = distance(*stored, *slot.received);
  } else {
    report.reasons.push_back(
        "what is under way is hidden from this role: GRANT pg_read_all_stats TO it");
  }
}

}  // namespace

std::string_view role_name(Role role) {
  switch (role) {
    case Role::active: return "active";
    case Role::standby: return "standby";
    case Role::none: return "none";
  }
  return "";
}

std::optional<Lsn> stored_position(const StatusFacts& facts) {
  if (!facts.server || !facts.sink || !facts.sink->stream_exists) {
    return std::nullopt;
  }
  std::optional<Lsn> stored = newest_event(facts);
  if (const Record* record = valid_record(*facts.sink)) {
    stored = std::max(stored.value_or(0), record->position);
  }
  return stored;
}

StatusReport status_report(const StatusFacts& facts) {
  StatusReport report;
  report.names = facts.names;
  if (!facts.server) report.reasons.push_back(facts.server_trouble);
  if (!facts.sink) report.reasons.push_back(facts.sink_trouble);
  const bool has_slot = facts.server && facts.server->slot;
  if (facts.server && !has_slot) {
    report.reasons.push_back(
        fmt::format("there is no slot {}: `waljet run` creates it", facts.names.slot));
    report.role = Role::none;
  }
  if (has_slot) report_slot(facts, report);
  if (facts.sink) report_stream(facts, report);
  if (has_slot && facts.sink && facts.sink->stream_exists) report_distances(facts, report);
  report.complete = has_slot && facts.sink.has_value();
  return report;
}

// ---- ages ----

void SeenEnds::note(Lsn wal_end, Instant at) {
  ends_.push_back({wal_end, at});
  if (ends_.size() > kept_max) ends_.pop_front();
}

std::optional<Duration> SeenEnds::age_of(Lsn stored, Instant now) const {
  for (auto end = ends_.rbegin(); end != ends_.rend(); ++end) {
    if (end->lsn <= stored) return std::chrono::ceil<Duration>(now - end->at);
  }
  return std::nullopt;
}

}  // namespace waljet
