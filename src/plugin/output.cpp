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

EventMark begin_event_frame(Session& session, FrameKind kind, const EventHead& head,
                            std::string_view headers) {
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
  const size_t start = begin_frame(session.batch, frame);
  return {start, session.batch.size()};
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

// An event that fits into a message, but not into one with what was gathered before it.
void flush_apart(LogicalDecodingContext* ctx, const EventMark& mark) {
  Session& session = session_of(ctx);
  send(ctx, {session.batch.data(), mark.start});
  send(ctx, session.batch.since(uses_frames(session) ? mark.start : mark.body));
  empty(session);
}

}  // namespace

void flush(LogicalDecodingContext* ctx) {
  Session& session = session_of(ctx);
  send(ctx, session.batch.view());
  empty(session);
}

EventMark begin_event(LogicalDecodingContext* ctx, const EventHead& head) {
  Session& session = session_of(ctx);
  if (head.xid != 0) session.transaction.wrote = true;
  if (uses_frames(session)) {
    say_hello_once(session);
    return begin_event_frame(session, head.kind, head, {});
  }
  const size_t start = session.batch.size();
  if (start > 0) session.batch.put('\n');
  return {start, session.batch.size()};
}

EventMark begin_stub(LogicalDecodingContext* ctx, const EventMark& mark, const EventHead& head,
                     uint64_t bytes) {
  Session& session = session_of(ctx);
  session.batch.truncate(mark.start);
  Sink number = make_sink(session.change_context, 32);
  put_uint(number, bytes);
  Sink headers = make_sink(session.change_context, 64);
  put_frame_header(headers, {oversize_header, number.view()});
  return begin_event_frame(session, FrameKind::stub, head, headers.view());
}

void end_event(LogicalDecodingContext* ctx, const EventMark& mark) {
  Session& session = session_of(ctx);
  if (uses_frames(session)) end_frame(session.batch, mark.start);
  const size_t size = session.batch.size();
  if (size > message_bytes_max) {
    flush_apart(ctx, mark);
  } else if (session.one_per_message || size >= session.options.batch_bytes) {
    flush(ctx);
  }
}

void write_commit(LogicalDecodingContext* ctx, const Position& position, Lsn end_lsn) {
  Session& session = session_of(ctx);
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
