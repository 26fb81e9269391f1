#include "plugin/message.h"

#include "event/temporal.h"
#include "event/text.h"
#include "plugin/encoding.h"
#include "plugin/memory.h"
#include "plugin/output.h"
#include "plugin/oversize.h"
#include "plugin/transaction.h"

namespace waljet {
namespace {

constexpr std::string_view collection = "LOGICAL_DECODING_MESSAGE";
constexpr std::string_view control_prefix = "waljet";
constexpr std::string_view too_large_base64 = "X193YWxqZXRfdmFsdWVfdG9vX2xhcmdl";

size_t content_bytes(BinaryMode mode, size_t bytes) {
  return mode == BinaryMode::hex ? bytes * 2 : base64_bytes(bytes);
}

void put_content(Sink& sink, BinaryMode mode, std::string_view content) {
  switch (mode) {
    case BinaryMode::bytes:
    case BinaryMode::base64: return put_base64(sink, content);
    case BinaryMode::base64_url_safe: return put_base64_url(sink, content);
    case BinaryMode::hex: return put_hex_bytes(sink, content);
  }
}

// Outside a transaction the message stands for itself: its own LSN, no xid, no commit time.
debezium::Transaction facts_of(const Session& session, const LogicalMessage& message,
                               int64_t now_us) {
  if (message.transactional) return session.transaction.facts;
  debezium::Transaction facts;
  facts.commit_lsn = message.lsn;
  facts.commit_us = now_us;
  return facts;
}

// Everything up to the content.
void put_head(Session& session, const LogicalMessage& message, std::string_view prefix) {
  const int64_t now_us = GetCurrentTimestamp() + postgres_epoch_us;
  const debezium::Transaction facts = facts_of(session, message, now_us);
  const auto sink = [&](size_t bytes) { return make_sink(session.change_context, bytes); };
  Sink head = sink(512);
  Sink times = sink(128);
  Sink relation = sink(64);
  Sink id = sink(64);
  Sink origin = sink(128);
  debezium::put_transaction_head(head, session.source_head, session.source_db, facts);
  debezium::put_transaction_times(times, facts);
  debezium::put_relation(relation, "", "", json_text());
  debezium::put_transaction_id(id, facts);
  debezium::put_origin(origin, facts, json_text());
  session.batch.put(session.message_payload_head);
  const debezium::Order order =
      message.transactional ? session.transaction.order : debezium::Order{};
  debezium::put_message_head(session.batch,
                             {head.view(), times.view(), relation.view(), id.view(), origin.view()},
                             {message.lsn, 'm', now_us, facts.xid, order}, prefix, json_text());
}

void put_end(Session& session) {
  debezium::put_message_end(session.batch);
  if (!session.message_payload_head.empty()) session.batch.put('}');
}

EventHead head_of(const Session& session, const LogicalMessage& message, std::string_view prefix) {
  EventHead head{.kind = FrameKind::message, .op = 'm'};
  if (message.transactional) {
    const TransactionState& transaction = session.transaction;
    head.position = {transaction.facts.commit_lsn, transaction.ordinal, 0};
    head.xid = transaction.facts.xid;
  } else {
    head.position = {message.start_lsn, 0, 0};
    head.end_lsn = message.lsn;
  }
  Sink subject = make_sink(session.change_context, 256);
  session.options.subject.put_message_subject(subject, session.options.name, prefix);
  head.subject = subject.view();
  return head;
}

// The message without its content: nobody could take it whole.
EventMark put_without_content(Session& session, const LogicalMessage& message,
                              const EventHead& head, const EventMark& mark, size_t bytes,
                              std::string_view prefix) {
  EventMark anew = mark;
  if (session.options.output == OutputKind::frames) {
    anew = begin_stub(session, mark, head, bytes);
  } else {
    session.batch.truncate(mark.body);
  }
  put_head(session, message, prefix);
  session.batch.put(too_large_base64);
  put_end(session);
  return anew;
}

// As the streamer's own messages are: short. What is not is not one of them.
void write_control(Session& session, const LogicalMessage& message) {
  const bool fits = message.content.size() <= message_bytes_max - frame_header_bytes;
  if (session.options.output != OutputKind::frames || message.transactional || !fits) return;
  const EventMark mark = begin_event(
      session,
      {.kind = FrameKind::control, .position = {message.start_lsn, 0, 0}, .end_lsn = message.lsn});
  session.batch.put(message.content);
  end_event(session, mark);
  flush(session);
}

}  // namespace

void write_message(Session& session, const LogicalMessage& message) {
  if (message.prefix == control_prefix) return write_control(session, message);
  const std::string_view prefix = utf8_of(message.prefix);
  if (!session.options.messages.matches(prefix)) return;
  if (message.transactional) count_in_transaction(session, collection);

  const EventHead head = head_of(session, message, prefix);
  EventMark mark = begin_event(session, head);
  put_head(session, message, prefix);
  const BinaryMode mode = session.options.binary;
  const size_t bytes =
      session.batch.size() - mark.body + content_bytes(mode, message.content.size()) + 4;
  if (mark.body + bytes <= event_ceiling(mark) && is_allowed(session, bytes)) {
    put_content(session.batch, mode, message.content);
    put_end(session);
  } else {
    mark = put_without_content(session, message, head, mark, bytes, prefix);
  }
  end_event(session, mark);
  if (!message.transactional) flush(session);
}

}  // namespace waljet
