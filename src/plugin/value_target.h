// Where a value is written to, and how far.
#pragma once

#include <cstddef>

#include "event/sink.h"

namespace waljet {

struct ValueTarget {
  Sink& sink;
  size_t ceiling;  // the size that the sink must not pass

  // Whether `bytes` more keep the sink below the ceiling.
  bool has_room(size_t bytes) const {
    const size_t size = sink.size();
    return size <= ceiling && bytes <= ceiling - size;
  }
};

}  // namespace waljet
