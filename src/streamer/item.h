// What the source hands to the publisher, in the order of its arrival.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "event/position.h"
#include "streamer/option_flags.h"
#include "streamer/resume.h"

namespace waljet {

// Bytes as libpq allocated them, freed by the function that libpq names. Moved, never copied.
using Buffer = std::unique_ptr<char, void (*)(char*)>;

enum class ItemKind : uint8_t {
  chunk,          // one replication message: whole frames, end to end
  received,       // the server has sent everything up to `lsn`: may be confirmed once all items
                  // before this one are done
  session_start,  // a new connection: the server begins again at what it knows as confirmed
};

// A connection to PostgreSQL that streams.
struct Session {
  uint64_t number = 0;  // rising, from 1
  SourceFacts facts;
  GroupSizes groups = {};
  bool anew = false;  // a whole snapshot begins it, so nothing is missed by what the slot skips
  OptionList options = {};  // of the plugin
};

struct Item {
  ItemKind kind = ItemKind::session_start;
  Buffer buffer{nullptr, nullptr};
  size_t buffer_bytes = 0;
  std::string_view frames;  // a view into `buffer`
  Lsn lsn = 0;
  std::unique_ptr<const Session> session;
};

inline Item make_chunk(Buffer buffer, size_t buffer_bytes, std::string_view frames) {
  return {ItemKind::chunk, std::move(buffer), buffer_bytes, frames, 0, nullptr};
}
inline Item make_received(Lsn lsn) {
  return {ItemKind::received, {nullptr, nullptr}, 0, {}, lsn, nullptr};
}
inline Item make_session_start(Session session) {
  return {ItemKind::session_start,
          {nullptr, nullptr},
          0,
          {},
          0,
          std::make_unique<const Session>(std::move(session))};
}

}  // namespace waljet
