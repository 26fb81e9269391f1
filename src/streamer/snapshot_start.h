// Whether a source begins with a snapshot of what its tables hold, before the first change.
//
// Pure.
#pragma once

#include <cstdint>

#include "streamer/survey.h"

namespace waljet {

// What the user asks for.
enum class SnapshotChoice : uint8_t {
  never,
  initial,  // a new source begins with one
  only,     // likewise, and nothing is streamed after it
};

enum class SnapshotStart : uint8_t {
  none,         // changes alone, from where they were left
  not_new,      // likewise, although one was asked for: this source has been streamed before
  abandoned,    // likewise: one that did not come to its end is not wanted any more
  begin,        // of a source that nothing is known of
  start_over,   // consumers may have rows of one that did not come to its end, or that they are to
                // discard for another reason
  finished,     // `only`, and it is done but for the slot that is left
  slot_exists,  // refused: a slot that is there already has no snapshot to begin with
  known,        // refused: `only`, of a source that is streamed
};

// `slot_confirmed`: 0 if there is no slot.
SnapshotStart snapshot_start(SnapshotChoice choice, bool slot_exists, Lsn slot_confirmed,
                             const Survey& survey);

}  // namespace waljet
