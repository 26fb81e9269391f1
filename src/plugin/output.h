// From events to replication messages: the batch, and when it is written.
//
// Nothing is ever held past a commit: the server's keepalives would confirm it unsent.
#pragma once

#include "event/frame.h"
#include "plugin/session.h"

namespace waljet {

// The most that one message carries. PostgreSQL builds it in a StringInfo and copies it into a
// buffer of the connection, which hold at most MaxAllocSize each; what is left is for message
// headers and for what may be waiting in front of it.
constexpr size_t message_bytes_max = MaxAllocSize - 65536;

// What the batch needs to know of an event before its body is written.
struct EventHead {
  FrameKind kind = FrameKind::event;
  char op = 0;
  Position position = {};
  uint32_t xid = 0;  // 0: outside a transaction
  Lsn end_lsn = 0;   // outside a transaction: what may be confirmed with it
  std::string_view subject = {};
  std::string_view table = {};
  std::string_view key = {};
  std::string_view headers = {};  // lines, see event/frame.h
  uint64_t key_hash = 0;          // see event/frame.h
  uint64_t old_key_hash = 0;      //
  uint16_t flags = 0;             //
};

// Where an event lies in the batch.
struct EventMark {
  size_t start = 0;  // end of what was gathered before
  size_t body = 0;
  size_t ceiling = 0;
};

// Begins an event at the end of the batch; the body is whatever is put into session.batch until
// end_event(), which writes the batch out if it is full, but for a group that events may still
// join. The event must end below event_ceiling(): it may be begun anew instead, as a stub or with
// another body. What `head` views is needed until end_event().
EventMark begin_event(Session& session, const EventHead& head);
void end_event(Session& session, const EventMark& mark);

// The size that the batch may have at the end of this event.
constexpr size_t event_ceiling(const EventMark& mark) {
  return mark.ceiling;
}

// Frames only: forgets the event and begins a stub in its place. `bytes` is what the event's body
// takes, or at most takes.
EventMark begin_stub(Session& session, const EventMark& mark, const EventHead& head,
                     uint64_t bytes);

// Writes out all that is gathered. Outside a transaction nothing else does.
void flush(Session& session);

// Ends the transaction in hand: says so to the streamer and writes out what is left of the batch.
// Called only for transactions that wrote at least one event. `position` is that of its end.
void write_commit(Session& session, const Position& position, Lsn end_lsn);

// What a read came to.
struct ReadEnd {
  uint64_t rows = 0;             // that were read, sent or not
  bool more = false;             // there may be rows behind them
  std::string_view cursor = {};  // behind the last of them, where there may be more
  uint64_t table_hash = 0;       // see plugin/key_hash.h
};
// Writes out what is left of the batch, and then this in a message of its own.
void write_read_end(Session& session, const ReadEnd& end);

}  // namespace waljet
