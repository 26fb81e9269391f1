// Where a stored message of waljet stands, as its headers tell: an event, a group of events, or
// rows of a snapshot. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "event/position.h"
#include "streamer/stored_message.h"

namespace waljet {

struct StoredPlace {
  std::string source;  // the source's id
  Position first;      // of the first event or row in the message
  Position last;
};

// Nothing for a fence, and for what is not waljet's.
std::optional<StoredPlace> place_of(const StoredHead& head);

// Whether the message is this source's, and `place` that of its last event or row.
bool stands_there(const StoredHead& head, std::string_view source, const Position& place);

}  // namespace waljet
