#include "streamer/bucket.h"

#include <fmt/core.h>

#include "streamer/pub_ack.h"
#include "streamer/record.h"
#include "streamer/stream_config.h"

namespace waljet {
namespace {

Error nobody_answers() {
  return {ErrorClass::retry,
          "nobody answers for JetStream in NATS (503, no responders): switch it on, by "
          "`nats-server -js` or `jetstream {}` in its configuration",
          {},
          {}};
}

}  // namespace

Result<std::string> ask_jetstream(Reader& reader, const std::string& subject,
                                  const std::string& body) {
  auto reply = reader.request(subject, body);
  if (!reply) return reply.error();
  if (reply->no_responders) return nobody_answers();
  return std::move(reply->json);
}

Result<StoredHead> newest_message(Reader& reader, const std::string& stream,
                                  const std::string& subject) {
  auto json = ask_jetstream(reader, "$JS.API.STREAM.MSG.GET." + stream,
                            fmt::format(R"({{"last_by_subj":"{}"}})", subject));
  if (!json) return json.error();
  return parse_stored_message(*json, true);
}

Result<StoredHead> message_at(Reader& reader, const std::string& stream, uint64_t sequence) {
  auto json = ask_jetstream(reader, "$JS.API.STREAM.MSG.GET." + stream,
                            fmt::format(R"({{"seq":{}}})", sequence));
  if (!json) return json.error();
  return parse_stored_message(*json, false);
}

// A server of 2.9 dies of MSG.GET for a stream that is just being created, so an empty one is not
// asked.
Result<KeyValue> read_key(Reader& reader, const std::string& subject) {
  auto json = ask_jetstream(reader, "$JS.API.STREAM.INFO." + record_stream(), "");
  if (!json) return json.error();
  const StreamAnswer bucket = parse_stream_answer(*json);
  if (bucket.error && bucket.error->code == api_error_stream_not_found) return KeyValue{};
  if (bucket.error) return api_error(record_stream(), *bucket.error);
  if (bucket.state.messages == 0) return KeyValue{};
  auto head = newest_message(reader, record_stream(), subject);
  if (!head) return head.error();
  const bool absent =
      head->error_code == api_error_stream_not_found || head->error_code == api_error_no_message;
  if (absent) return KeyValue{};
  if (head->error_code != 0) {
    return api_error(record_stream(), {head->error_code, head->error_text});
  }
  return KeyValue{head->sequence, std::move(head->body)};
}

Result<bool> write_key(Reader& reader, const std::string& subject, const std::string& value,
                       uint64_t revision) {
  const std::string expected = std::to_string(revision);
  const Header header{"Nats-Expected-Last-Subject-Sequence", expected.c_str()};
  auto reply = reader.publish({subject.c_str(), {&header, 1}, value});
  if (!reply) return reply.error();
  if (reply->no_responders) {
    return Error{ErrorClass::refused,
                 fmt::format("there is no bucket {} in NATS: `waljet run` makes it", record_bucket),
                 {},
                 {}};
  }
  const PubAck ack = parse_pub_ack(reply->json);
  if (ack.outcome == PubAckOutcome::stored) return true;
  if (says_somebody_else_wrote(ack)) return false;
  return Error{ErrorClass::retry,
               fmt::format("bucket {} does not take {}: {}", record_bucket, subject, ack.text),
               {},
               {}};
}

}  // namespace waljet
