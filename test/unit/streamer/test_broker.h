// A JetStream server for tests, as small as it can be: one stream and the record, which do what
// they are told; tests spoil them by hand.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "streamer/pump.h"
#include "streamer/row_place.h"

namespace waljet {

struct TestBroker {
  // Nothing: somebody else's message.
  std::vector<std::optional<PositionRange>> messages;
  uint64_t removed = 0;  // sequences before the first message that is still there
  bool exists = true;
  std::string created = "2026-01-01T00:00:00Z";
  int replicas = 1;
  bool in_memory = false;
  Duration duplicate_window{120'000};
  std::optional<Record> record;
  uint64_t revision = 0;

  uint64_t last_sequence() const { return removed + messages.size(); }

  void add(const std::vector<Position>& positions) {
    for (const Position& position : positions) add_group(position, position);
  }
  void add_group(const Position& first, const Position& last) {
    messages.push_back(PositionRange{first, last});
  }
  void add_foreign() { messages.emplace_back(); }
  // As a purge does: the last sequence stays.
  void remove_all() {
    removed += messages.size();
    messages.clear();
  }
  // As a loss of power does: only the first messages are left.
  void roll_back(size_t left) { messages.resize(std::min(left, messages.size())); }

  // Of a group the last one.
  std::vector<Position> events() const {
    std::vector<Position> positions;
    for (const auto& message : messages) {
      if (message) positions.push_back(message->last);
    }
    return positions;
  }

  // An event by the rule of the expected last sequence, where it is given.
  PubAck store(const PumpAction& action) {
    const auto& expected = action.message.expected_sequence;
    if (expected && *expected != last_sequence()) return wrong_last_sequence();
    const Frame& frame = *action.message.frame;
    if (const RowMark* row = action.message.row) {
      const uint64_t first = row_number(row->place) + 1 - event_count(frame);
      add_group(place_of_row(row->place.commit_lsn, first), row->place);
    } else {
      add_group(position_at(frame, 0), frame.position);
    }
    return stored(last_sequence());
  }

  PubAck write(const PumpAction& action) {
    if (action.record_revision != revision) return wrong_last_sequence();
    record = *action.record;
    return stored(++revision);
  }

  Survey survey(uint64_t read_from = 0) const {
    Survey survey;
    survey.record = record;
    survey.record_revision = revision;
    if (!exists) return survey;
    survey.stream.emplace();
    survey.stream->created = created;
    survey.stream->first_sequence = removed + 1;
    survey.stream->last_sequence = last_sequence();
    survey.stream->messages = messages.size();
    survey.stream->replicas = replicas;
    survey.stream->in_memory = in_memory;
    survey.stream->duplicate_window = duplicate_window;
    survey.read_from = std::max(read_from, removed + 1);
    for (uint64_t sequence = survey.read_from; sequence <= last_sequence(); ++sequence) {
      const auto& message = messages[sequence - removed - 1];
      if (record && record->newest_sequence == sequence) {
        survey.is_written_anew = !message || message->last != record->newest_event;
      }
      if (message) {
        survey.events.push_back({sequence, message->first, message->last});
      } else {
        ++survey.foreign_messages;
        survey.foreign_subject = "app.stray";
      }
    }
    return survey;
  }

  static PubAck stored(uint64_t sequence) {
    return {PubAckOutcome::stored, false, sequence, 0, {}};
  }
  static PubAck wrong_last_sequence() {
    return {PubAckOutcome::refused, false, 0, 10071, "wrong last sequence"};
  }
};

}  // namespace waljet
