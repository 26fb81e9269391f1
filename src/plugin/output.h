// From events to replication messages: the batch, and when it is written.
//
// Nothing is ever held past a commit: the server's keepalives would confirm it unsent.
#pragma once

#include "plugin/session.h"

namespace waljet {

// What the batch needs to know of an event before its body is written.
struct EventHead {
  Position position;
  char op = 0;
  std::string_view subject;
  std::string_view table;
};

// Begins an event at the end of the batch; the body is whatever is put into session.batch until
// end_event(), which takes the mark and writes the batch out if it is full.
size_t begin_event(LogicalDecodingContext* ctx, const EventHead& head);
void end_event(LogicalDecodingContext* ctx, size_t mark);

// Ends the transaction in hand: says so to the streamer and writes out what is left of the batch.
// Called only for transactions that wrote at least one event.
void write_commit(LogicalDecodingContext* ctx, Lsn end_lsn);

}  // namespace waljet
