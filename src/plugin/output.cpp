#include "plugin/output.h"

#include "event/frame.h"
#include "plugin/memory.h"

namespace waljet {
namespace {

constexpr size_t message_bytes_max = MaxAllocSize - 1024;  // a StringInfo's limit, less the header

bool uses_frames(const Session& session) {
  return session.options.output == OutputKind::frames;
}

// The first frame of a session tells which layout and which source follow.
void say_hello_once(Session& session) {
  if (session.said_hello) return;
  session.said_hello = true;
  Sink sink = make_sink(session.change_context, 256);
  put_source_id(sink, session.options.name, session.source_hash);
  put_hello(session.batch, {sink.view(), WALJET_VERSION});
}

// One message of everything gathered. ctx->out may already hold the message header: append only.
void flush(LogicalDecodingContext* ctx) {
  Session& session = session_of(ctx);
  const std::string_view bytes = session.batch.view();
  if (bytes.empty()) return;  // an empty message would break pg_recvlogical
  if (bytes.size() > message_bytes_max) {
    ereport(ERROR,
            (errcode(ERRCODE_PROGRAM_LIMIT_EXCEEDED),
             errmsg("an event of %zu bytes does not fit into a replication message", bytes.size()),
             errdetail("A message may have at most %zu bytes.", message_bytes_max),
             errhint("Leave the table out with option \"exclude_tables\".")));
  }
  OutputPluginPrepareWrite(ctx, true);
  appendBinaryStringInfo(ctx->out, bytes.data(), static_cast<int>(bytes.size()));
  OutputPluginWrite(ctx, true);
  session.batch.truncate(0);
}

}  // namespace

size_t begin_event(LogicalDecodingContext* ctx, const EventHead& head) {
  Session& session = session_of(ctx);
  session.transaction.wrote = true;
  if (!uses_frames(session)) {
    if (session.batch.size() > 0) session.batch.put('\n');
    return 0;
  }
  say_hello_once(session);
  Frame frame;
  frame.kind = FrameKind::event;
  frame.op = head.op;
  frame.position = head.position;
  frame.xid = session.transaction.facts.xid;
  frame.subject = head.subject;
  frame.table = head.table;
  return begin_frame(session.batch, frame);
}

void end_event(LogicalDecodingContext* ctx, size_t mark) {
  Session& session = session_of(ctx);
  if (uses_frames(session)) end_frame(session.batch, mark);
  if (session.one_per_message || session.batch.size() >= session.options.batch_bytes) flush(ctx);
}

void write_commit(LogicalDecodingContext* ctx, Lsn end_lsn) {
  Session& session = session_of(ctx);
  if (uses_frames(session)) {
    Frame frame;
    frame.kind = FrameKind::commit;
    frame.position = {session.transaction.facts.commit_lsn, session.transaction.ordinal + 1, 0};
    frame.xid = session.transaction.facts.xid;
    frame.end_lsn = end_lsn;
    end_frame(session.batch, begin_frame(session.batch, frame));
  }
  flush(ctx);
}

}  // namespace waljet
