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

// One message. ctx->out may already hold its header: append only. An empty message would break
// pg_recvlogical.
void send(LogicalDecodingContext* ctx, std::string_view bytes) {
  if (bytes.empty()) return;
  Assert(bytes.size() <= message_bytes_max);
  OutputPluginPrepareWrite(ctx, true);
  appendBinaryStringInfo(ctx->out, bytes.data(), static_cast<int>(bytes.size()));
  OutputPluginWrite(ctx, true);
}

void empty(Session& session) {
  session.batch.truncate(0);
  shrink_sink(session.batch, session.options.batch_bytes + batch_kept_bytes);
}

// Sends the first `bytes` of the batch; what is behind them stays.
void send_first(LogicalDecodingContext* ctx, size_t bytes) {
  Session& session = session_of(ctx);
  send(ctx, {session.batch.data(), bytes});
  const size_t left = session.batch.size() - bytes;
  if (left == 0) return empty(session);
  memmove(session.batch.data(), session.batch.data() + bytes, left);
  session.batch.truncate(left);
  session.group.move_to_front();
}

// An event that fits into a message, but not into one with what was gathered before it: `start`
// and `body` say where it lies.
void flush_apart(LogicalDecodingContext* ctx, size_t start, size_t body) {
  Session& session = session_of(ctx);
  send(ctx, {session.batch.data(), start});
  send(ctx, session.batch.since(uses_frames(session) ? start : body));
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

void close_group(LogicalDecodingContext* ctx) {
  Session& session = session_of(ctx);
  if (!session.group.is_open()) return;
  session.group.close(session.batch);
  if (session.one_per_message) send_first(ctx, session.batch.size());
}

// The event may have to leave the group again, and to begin a frame of its own.
EventMark begin_in_group(LogicalDecodingContext* ctx, const Frame& frame) {
  Session& session = session_of(ctx);
  if (!session.group.takes(session.batch, frame)) close_group(ctx);
  const size_t start = session.batch.size();
  const size_t head_bytes =
      frame_header_bytes + frame.subject.size() + frame.table.size() + frame.key.size();
  session.group.begin(session.batch, frame);
  return {start, session.batch.size(), start + message_bytes_max - head_bytes};
}

}  // namespace

void flush(LogicalDecodingContext* ctx) {
  close_group(ctx);
  send_first(ctx, session_of(ctx).batch.size());
}

EventMark begin_event(LogicalDecodingContext* ctx, const EventHead& head) {
  Session& session = session_of(ctx);
  if (head.xid != 0) session.transaction.wrote = true;
  if (uses_frames(session)) {
    say_hello_once(session);
    const Frame frame = frame_of(head.kind, head, head.headers);
    if (may_join_others(session, head)) return begin_in_group(ctx, frame);
    close_group(ctx);
    return begin_single(session, frame);
  }
  const size_t start = session.batch.size();
  if (start > 0) session.batch.put('\n');
  return {start, session.batch.size(), start + message_bytes_max};
}

EventMark begin_stub(LogicalDecodingContext* ctx, const EventMark& mark, const EventHead& head,
                     uint64_t bytes) {
  Session& session = session_of(ctx);
  if (session.group.holds_event()) {
    session.group.cancel(session.batch);
    close_group(ctx);
  } else {
    session.batch.truncate(mark.start);
  }
  Sink number = make_sink(session.change_context, 32);
  put_uint(number, bytes);
  Sink headers = make_sink(session.change_context, 64);
  put_frame_header(headers, {oversize_header, number.view()});
  return begin_single(session, frame_of(FrameKind::stub, head, headers.view()));
}

void end_event(LogicalDecodingContext* ctx, const EventMark& mark) {
  Session& session = session_of(ctx);
  size_t start = mark.start;
  if (session.group.holds_event()) {
    start = session.group.end(session.batch);
  } else if (uses_frames(session)) {
    end_frame(session.batch, start);
  }
  const size_t size = session.batch.size();
  const size_t complete = session.group.is_open() ? session.group.start() : size;
  if (size > message_bytes_max) {
    flush_apart(ctx, start, mark.body);
  } else if (complete > 0 && (session.one_per_message || complete >= session.options.batch_bytes)) {
    send_first(ctx, complete);
  }
}

void write_commit(LogicalDecodingContext* ctx, const Position& position, Lsn end_lsn) {
  Session& session = session_of(ctx);
  close_group(ctx);
  if (uses_frames(session)) {
    Frame frame;
    frame.kind = FrameKind::commit;
    frame.position = position;
    frame.xid = session.transaction.facts.xid;
    frame.end_lsn = end_lsn;
    end_frame(session.batch, begin_frame(session.batch, frame));
  }
  flush(ctx);
}

}  // namespace waljet
