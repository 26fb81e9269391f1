// Whether rows of tables can be read at all: asked before anything is begun for that.
#pragma once

#include <optional>

#include "streamer/clock.h"
#include "streamer/errors.h"
#include "streamer/snapshot_reader.h"

namespace waljet {

// The extension is there, of our version, and so is the module that it calls; the role may read
// every table that the options let through. Refused where not, with what to do.
std::optional<Error> check_snapshot(const SnapshotReaderSettings& settings, Instant deadline,
                                    int stop_fd);

}  // namespace waljet
