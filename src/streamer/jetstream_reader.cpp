#include <fmt/core.h>

#include <utility>

#include "streamer/jetstream.h"
#include "streamer/nats_client.h"

namespace waljet {

struct Reader::State {
  ConnectionPtr connection;
  JetStreamPtr jetstream;
  SubscriptionPtr subscription;
  int64_t not_before_ns = 0;  // messages stored earlier are passed over

  ~State() {
    if (connection) natsConnection_Close(connection.get());
  }
};

Reader::Reader(std::unique_ptr<State> state) : state_(std::move(state)) {}
Reader::Reader(Reader&&) noexcept = default;
Reader& Reader::operator=(Reader&&) noexcept = default;
Reader::~Reader() = default;

Result<Reader> Reader::connect(const NatsAccess& access) {
  constexpr uint64_t nobody_listens = 0;
  auto state = std::make_unique<State>();
  const auto as_it_is = [](natsOptions*) { return NATS_OK; };
  natsStatus status = open_connection(access, nobody_listens, as_it_is, state->connection);
  jsCtx* jetstream = nullptr;
  if (status == NATS_OK) {
    status = natsConnection_JetStream(&jetstream, state->connection.get(), nullptr);
  }
  state->jetstream.reset(jetstream);
  if (status != NATS_OK) return connect_error(access, status);
  return Reader(std::move(state));
}

Result<ApiReply> Reader::request(const std::string& subject, const std::string& body) {
  natsMsg* raw = nullptr;
  const natsStatus status = natsConnection_RequestString(
      &raw, state_->connection.get(), subject.c_str(), body.c_str(), request_timeout_ms);
  const MessagePtr answer(raw);
  return reply_of(status, raw, subject);
}

Result<ApiReply> Reader::publish(const Message& message) {
  MessagePtr owned;
  natsStatus status = make_message(message, nullptr, owned);
  natsMsg* raw = nullptr;
  if (status == NATS_OK) {
    status =
        natsConnection_RequestMsg(&raw, state_->connection.get(), owned.get(), request_timeout_ms);
  }
  const MessagePtr answer(raw);
  return reply_of(status, raw, message.subject);
}

std::optional<Error> Reader::subscribe(const std::string& stream, const std::string& subject,
                                       const ReadFrom& from) {
  jsSubOptions options;
  jsSubOptions_Init(&options);
  options.Stream = stream.c_str();
  options.Ordered = true;
  options.Config.DeliverPolicy = js_DeliverAll;
  if (from.sequence) {
    options.Config.DeliverPolicy = js_DeliverByStartSequence;
    options.Config.OptStartSeq = *from.sequence;
  } else if (from.time_ns) {
    options.Config.DeliverPolicy = js_DeliverByStartTime;
    // libnats 3.4 writes a fraction of a second without its leading zeros, which is a later time.
    constexpr int64_t second_ns = 1'000'000'000;
    options.Config.OptStartTime = *from.time_ns / second_ns * second_ns;
    state_->not_before_ns = *from.time_ns;
  }
  natsSubscription* subscription = nullptr;
  jsErrCode code = static_cast<jsErrCode>(0);
  natsStatus status = js_SubscribeSync(&subscription, state_->jetstream.get(), subject.c_str(),
                                       nullptr, &options, &code);
  state_->subscription.reset(subscription);
  if (status == NATS_OK) status = natsSubscription_SetPendingLimits(subscription, -1, -1);
  if (status == NATS_OK) return std::nullopt;
  return Error{ErrorClass::retry,
               fmt::format("cannot read stream {}: {}", stream, describe(status)),
               {},
               {}};
}

Result<std::optional<StoredMessage>> Reader::next(Duration patience) {
  while (true) {
    natsMsg* raw = nullptr;
    const natsStatus status =
        natsSubscription_NextMsg(&raw, state_->subscription.get(), patience.count());
    const MessagePtr message(raw);
    if (status == NATS_TIMEOUT) return std::optional<StoredMessage>{};
    if (status != NATS_OK) return lost(status);
    jsMsgMetaData* facts = nullptr;
    const natsStatus known = natsMsg_GetMetaData(&facts, raw);
    if (known != NATS_OK) return lost(known);
    const uint64_t sequence = facts->Sequence.Stream;
    const bool early = facts->Timestamp < state_->not_before_ns;
    jsMsgMetaData_Destroy(facts);
    if (early) continue;
    const char* id = nullptr;
    if (natsMsgHeader_Get(raw, "Waljet-Id", &id) != NATS_OK) id = "";
    return std::optional<StoredMessage>{
        {sequence, natsMsg_GetSubject(raw), id, std::string(body_of(raw))}};
  }
}

}  // namespace waljet
