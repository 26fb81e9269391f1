// Positions as text that owns its bytes. The forms are in event/position.h.
#pragma once

#include <string>
#include <string_view>

#include "event/position.h"
#include "streamer/string_sink.h"

namespace waljet {

inline std::string lsn_text(Lsn lsn) {
  StringSink sink;
  put_lsn(*sink, lsn);
  return sink.str();
}

inline std::string position_text(const Position& position) {
  StringSink sink;
  put_position(*sink, position);
  return sink.str();
}

inline std::string event_id_text(std::string_view source_id, const Position& position) {
  StringSink sink;
  (*sink).put(source_id);
  (*sink).put(':');
  put_position(*sink, position);
  return sink.str();
}

}  // namespace waljet
