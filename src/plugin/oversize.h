// Events that are too large: larger than `max_event_bytes`, larger than a message can be, or with a
// value that has no text. Whatever the data, something leaves in their place: an error would come
// back at each attempt and block the slot for ever.
#pragma once

#include "plugin/body.h"
#include "plugin/output.h"

namespace waljet {

// Whether formatting the event can succeed: false only where the sizes of its values rule it out.
bool is_worth_formatting(Session& session, const RelationPlan& plan, const RowEvent& event);

// Whether a body of this size may leave.
bool is_allowed(const Session& session, size_t body_bytes);

// Replaces the event begun at `mark` by a stub that tells `bytes`, with the columns of the key, or
// without them where even that is too large. Returns the mark for end_event(). For frames.
EventMark put_stub(Session& session, const RelationPlan& plan, const RowEvent& event,
                   const EventHead& head, const EventMark& mark, uint64_t bytes);

// Writes the body behind `mark` anew without its largest values, largest first, the key's last,
// until it fits or nothing is left that can be left out. For lines.
void put_shortened(Session& session, const RelationPlan& plan, const RowEvent& event,
                   const EventMark& mark);

}  // namespace waljet
