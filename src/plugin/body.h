// The body of an event: the envelope of its format around the two sides of a change.
#pragma once

#include "plugin/row.h"
#include "plugin/session.h"

namespace waljet {

// One event of one change of a table's row.
struct RowEvent {
  Operation subject_of = Operation::insert;  // which action the subject names
  char op = 0;
  Position position = {};
  RowImage before = {};
  RowImage after = {};
  Lsn lsn = 0;
  const Row* moved_from = nullptr;  // the old row, where one event tells of two keys
  std::string_view headers = {};    // lines for the frame
  bool unjudged = false;            // nobody knows whether it may be seen: the key alone is sent
};

// How much of the rows a body shows.
enum class Detail : uint8_t {
  whole,
  key,   // the key's columns
  none,  // `{}` for each side that the event has
};

// Puts the body behind what the batch holds. False, with a piece of it written, where it would take
// the batch past `ceiling` or a value has no text; never for Detail::none. `left_out` as in
// RowTarget.
bool put_body(Session& session, const RelationPlan& plan, const RowEvent& event, Detail detail,
              size_t ceiling, const bool* left_out = nullptr);

// What a whole body takes, see row_bytes().
ByteRange body_bytes(Session& session, const RelationPlan& plan, const RowEvent& event);

}  // namespace waljet
