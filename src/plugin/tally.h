// What a session has not sent, and what it has not sent whole, by table and reason.
#pragma once

#include <cstdint>
#include <string_view>

#include "plugin/pg.h"

namespace waljet {

enum class Shortfall : uint8_t {
  table,      // not sent: no option asks for the table
  operation,  // not sent: an option or a rule leaves out what the statement did
  predicate,  // not sent: the rule's `where` holds neither before nor after
  unjudged,   // the key alone: the rule's `where` failed on the row
  reduced,    // the key alone: the rule does not fit the table
};
constexpr size_t shortfalls = 5;

// Of one table. Outlives the table's plans.
struct TableTally {
  Oid relid = InvalidOid;  // key of the hash: first
  NameData schema = {};    // as they were when the newest plan was made
  NameData name = {};
  uint64_t events[shortfalls] = {};

  void add(Shortfall reason) { ++events[static_cast<size_t>(reason)]; }
};

// By table, in `context`.
HTAB* make_tallies(MemoryContext context);
// That of a table, in the hash for as long as that lives.
TableTally* tally_of(HTAB* tallies, Relation relation);
// Tells all of it in the server's log, at DEBUG1.
void log_tallies(HTAB* tallies);

}  // namespace waljet
