#include "plugin/output.h"

#include "event/text.h"
#include "plugin/memory.h"

namespace waljet {
namespace {

constexpr size_t batch_kept_bytes = size_t{16} << 20;  // beyond batch_bytes; more is given back

bool uses_frames(const Session& session) {
  return session.options.output == OutputKind::frames;
}

// The first frame of a session tells which layout and which source follow.
void say_hello_once(Session& session) {
  if (session.said_hello) return;
  session.said_hello = true;
  put_hello(session.batch, {session.source_id, WALJET_VERSION});
}

Frame frame_of(FrameKind kind, const EventHead& head, std::string_view headers) {
  Frame frame;
  frame.kind = kind;
  frame.op = head.op;
  frame.flags = head.flags;
  frame.position = head.position;
  frame.xid = head.xid;
  frame.end_lsn = head.end_lsn;
  frame.subject = head.subject;
  frame.table = head.table;
  frame.key = head.key;
  frame.headers = headers;
  frame.key_hash = head.key_hash;
  frame.old_key_hash = head.old_key_hash;
  return frame;
}

EventMark begin_single(Session& session, const Frame& frame) {
  const size_t start = begin_frame(session.batch, frame);
  return {start, session.batch.size(), start + message_bytes_max};
}

// One message. An empty one would break pg_recvlogical.
void send(const Session& session, std::string_view bytes) {
  if (bytes.empty()) return;
  Assert(bytes.size() <= message_bytes_max);
  session.outlet.send(session.outlet.receiver, bytes);
}

void empty(Session& session) {
  session.batch.truncate(0);
  shrink_sink(session.batch, session.options.batch_bytes + batch_kept_bytes);
}

// Sends the first `bytes` of the batch; what is behind them stays.
void send_first(Session& session, size_t bytes) {
  send(session, {session.batch.data(), bytes});
  const size_t left = session.batch.size() - bytes;
  if (left == 0) return empty(session);
  memmove(session.batch.data(), session.batch.data() + bytes, left);
  session.batch.truncate(left);
  session.group.move_to_front();
}

// An event that fits into a message, but not into one with what was gathered before it: `start`
// and `body` say where it lies.
void flush_apart(Session& session, size_t start, size_t body) {
  send(session, {session.batch.data(), start});
  send(session, session.batch.since(uses_frames(session) ? start : body));
  empty(session);
}

// ---- groups ----

// A group lies within a transaction, or within one read of a snapshot. A stub stands alone, and so
// does a row that moved: an entry of a group has one key.
bool may_join_others(const Session& session, const EventHead& head) {
  const bool has_company =
      head.kind == FrameKind::row || (head.xid != 0 && head.kind != FrameKind::stub);
  return session.options.group_bytes > 0 && has_company && head.old_key_hash == 0;
}

void close_group(Session& session) {
  if (!session.group.is_open()) return;
  session.group.close(session.batch);
  if (session.one_per_message) send_first(session, session.batch.size());
}

// The event may have to leave the group again, and to begin a frame of its own.
EventMark begin_in_group(Session& session, const Frame& frame) {
  if (!session.group.takes(session.batch, frame)) close_group(session);
  const size_t start = session.batch.size();
  const size_t head_bytes =
      frame_header_bytes + frame.subject.size() + frame.table.size() + frame.key.size();
  session.group.begin(session.batch, frame);
  return {start, session.batch.size(), start + message_bytes_max - head_bytes};
}

}  // namespace

void flush(Session& session) {
  close_group(session);
  send_first(session, session.batch.size());
}

EventMark begin_event(Session& session, const EventHead& head) {
  if (head.xid != 0) session.transaction.wrote = true;
  if (uses_frames(session)) {
    say_hello_once(session);
    const Frame frame = frame_of(head.kind, head, head.headers);
    if (may_join_others(session, head)) return begin_in_group(session, frame);
    close_group(session);
    return begin_single(session, frame);
  }
  const size_t start = session.batch.size();
  if (start > 0) session.batch.put('\n');
  return {start, session.batch.size(), start + message_bytes_max};
}

EventMark begin_stub(Session& session, const EventMark& mark, const EventHead& head,
                     uint64_t bytes) {
  if (session.group.holds_event()) {
    session.group.cancel(session.batch);
    close_group(session);
  } else {
    session.batch.truncate(mark.start);
  }
  Sink number = make_sink(session.change_context, 32);
  put_uint(number, bytes);
  Sink headers = make_sink(session.change_context, 64);
  put_frame_header(headers, {oversize_header, number.view()});
  return begin_single(session, frame_of(FrameKind::stub, head, headers.view()));
}

void end_event(Session& session, const EventMark& mark) {
  size_t start = mark.start;
  if (session.group.holds_event()) {
    start = session.group.end(session.batch);
  } else if (uses_frames(session)) {
    end_frame(session.batch, start);
  }
  const size_t size = session.batch.size();
  const size_t complete = session.group.is_open() ? session.group.start() : size;
  if (size > message_bytes_max) {
    flush_apart(session, start, mark.body);
  } else if (complete > 0 && (session.one_per_message || complete >= session.options.batch_bytes)) {
    send_first(session, complete);
  }
}

void write_read_end(Session& session, const ReadEnd& end) {
  flush(session);
  Sink rows = make_sink(session.change_context, 32);
  put_uint(rows, end.rows);
  Sink headers = make_sink(session.change_context, 64);
  put_frame_header(headers, {read_rows_header, rows.view()});
  put_frame_header(headers, {read_more_header, end.more ? "true" : "false"});
  Frame frame;
  frame.kind = FrameKind::read_end;
  frame.key = end.cursor;
  frame.key_hash = end.table_hash;
  frame.headers = headers.view();
  end_frame(session.batch, begin_frame(session.batch, frame));
  flush(session);
}

void write_commit(Session& session, const Position& position, Lsn end_lsn) {
  close_group(session);
  if (uses_frames(session)) {
    Frame frame;
    frame.kind = FrameKind::commit;
    frame.position = position;
    frame.xid = session.transaction.facts.xid;
    frame.end_lsn = end_lsn;
    end_frame(session.batch, begin_frame(session.batch, frame));
  }
  flush(session);
}

}  // namespace waljet
