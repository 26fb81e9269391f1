#include "streamer/stored_place.h"

#include <algorithm>

#include "streamer/row_place.h"

namespace waljet {
namespace {

// Of a group of events: of its first one.
Position first_position(const StoredHead& head, const EventId& last) {
  const auto first = parse_event_id(head.first_id);
  const bool is_group = first && first->source == last.source && first->position < last.position &&
                        first->position.commit_lsn == last.position.commit_lsn;
  return is_group ? first->position : last.position;
}

// Rows stand where their own header says.
std::optional<StoredPlace> place_of_rows(const StoredHead& head) {
  const size_t word = head.event_id.find(row_id_word);
  if (word == std::string::npos) return std::nullopt;
  const auto place = parse_position(head.place);
  if (!place || place->ordinal == 0) return std::nullopt;
  const uint64_t last = row_number(*place);
  const uint64_t before = std::min(std::max<uint64_t>(head.count, 1) - 1, last);
  return StoredPlace{head.event_id.substr(0, word), place_of_row(place->commit_lsn, last - before),
                     *place};
}

}  // namespace

std::optional<StoredPlace> place_of(const StoredHead& head) {
  if (const auto id = parse_event_id(head.event_id)) {
    return StoredPlace{std::string(id->source), first_position(head, *id), id->position};
  }
  return place_of_rows(head);
}

bool stands_there(const StoredHead& head, std::string_view source, const Position& place) {
  const auto stored = place_of(head);
  return stored && stored->source == source && stored->last == place;
}

}  // namespace waljet
