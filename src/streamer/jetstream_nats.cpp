#include "streamer/jetstream.h"

#include <nats/nats.h>
#include <spdlog/fmt/fmt.h>

#include <charconv>
#include <map>
#include <mutex>
#include <utility>
#include <vector>

namespace waljet {
namespace {

constexpr int64_t connect_timeout_ms = 3'000;
constexpr int64_t request_timeout_ms = 5'000;
constexpr int64_t write_deadline_ms = 5'000;  // a peer that takes nothing for so long is gone
constexpr int64_t ping_interval_ms = 5'000;
constexpr int pings_out_max = 2;

template <typename T, void (*destroy)(T*)>
struct Destroy {
  void operator()(T* object) const { destroy(object); }
};
using OptionsPtr = std::unique_ptr<natsOptions, Destroy<natsOptions, natsOptions_Destroy>>;
using ConnectionPtr =
    std::unique_ptr<natsConnection, Destroy<natsConnection, natsConnection_Destroy>>;
using SubscriptionPtr =
    std::unique_ptr<natsSubscription, Destroy<natsSubscription, natsSubscription_Destroy>>;
using MessagePtr = std::unique_ptr<natsMsg, Destroy<natsMsg, natsMsg_Destroy>>;
using JetStreamPtr = std::unique_ptr<jsCtx, Destroy<jsCtx, jsCtx_Destroy>>;

// Who is called for which epoch. nats.c may still call after a connection is destroyed, so its
// callbacks get a number instead of a pointer: once forget() returns, the listener is not called.
class ListenerTable {
 public:
  void remember(uint64_t epoch, LinkListener& listener) {
    const std::lock_guard lock(mutex_);
    listeners_[epoch] = &listener;
  }
  void forget(uint64_t epoch) {
    const std::lock_guard lock(mutex_);
    listeners_.erase(epoch);
  }
  template <typename Call>
  void call(uint64_t epoch, const Call& call) {
    const std::lock_guard lock(mutex_);
    const auto found = listeners_.find(epoch);
    if (found != listeners_.end()) call(*found->second);
  }

 private:
  std::mutex mutex_;
  std::map<uint64_t, LinkListener*> listeners_;
};

ListenerTable& listener_table() {
  static ListenerTable table;
  return table;
}

// A number instead of an address: late callbacks find nothing instead of freed memory.
void* closure_of(uint64_t epoch) {
  // NOLINTNEXTLINE(performance-no-int-to-ptr)
  return reinterpret_cast<void*>(static_cast<uintptr_t>(epoch));
}

uint64_t epoch_of(void* closure) {
  return static_cast<uint64_t>(reinterpret_cast<uintptr_t>(closure));
}

std::string describe(natsStatus status) {
  natsStatus last = NATS_OK;
  const char* detail = nats_GetLastError(&last);
  if (detail != nullptr && last == status && *detail != '\0') {
    return fmt::format("{} ({})", natsStatus_GetText(status), detail);
  }
  return natsStatus_GetText(status);
}

ErrorClass class_of(natsStatus status) {
  switch (status) {
    case NATS_CONNECTION_AUTH_FAILED:
    case NATS_NOT_PERMITTED:
    case NATS_SECURE_CONNECTION_WANTED:
    case NATS_SECURE_CONNECTION_REQUIRED: return ErrorClass::refused;
    case NATS_INVALID_ARG:
    case NATS_ADDRESS_MISSING: return ErrorClass::configuration;
    default: return ErrorClass::retry;  // a protocol error too: a server that ends in a handshake
  }
}

Error lost(natsStatus status) {
  return {ErrorClass::retry,
          fmt::format("the connection to NATS failed: {}", describe(status)),
          {},
          {}};
}

Error connect_error(const std::string& url, natsStatus status) {
  const std::string where = url_without_secrets(url);
  const ErrorClass error_class = class_of(status);
  const char* advice = "is nats-server running, and reachable from here?";
  if (error_class == ErrorClass::configuration) advice = "a URL reads nats://host:4222";
  if (error_class == ErrorClass::refused) advice = "check user, password or token in the NATS URL";
  return {error_class,
          fmt::format("cannot connect to NATS at {}: {}: {}", where, describe(status), advice),
          {},
          {}};
}

// ---- callbacks, on nats.c's threads ----

void on_closed(natsConnection* connection, void* closure) {
  const char* detail = nullptr;
  natsConnection_GetLastError(connection, &detail);
  std::string why = "NATS closed the connection";
  if (detail != nullptr && *detail != '\0') why += fmt::format(": {}", detail);
  const uint64_t epoch = epoch_of(closure);
  listener_table().call(
      epoch, [&](LinkListener& listener) { listener.on_link_lost(epoch, std::move(why)); });
}

// Errors that do not end the connection: a permission violation, a slow consumer. The publishes
// concerned get no answer, so the link is given up.
void on_error(natsConnection* connection, natsSubscription*, natsStatus status, void* closure) {
  const char* detail = nullptr;
  natsConnection_GetLastError(connection, &detail);
  std::string why = fmt::format(
      "NATS: {}", detail != nullptr && *detail != '\0' ? detail : natsStatus_GetText(status));
  const uint64_t epoch = epoch_of(closure);
  listener_table().call(
      epoch, [&](LinkListener& listener) { listener.on_link_lost(epoch, std::move(why)); });
}

// A reply subject ends in the token of its publish.
std::optional<Token> token_of(std::string_view reply_subject) {
  const std::string_view digits = reply_subject.substr(reply_subject.rfind('.') + 1);
  Token token = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), token);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return token;
}

void on_answer(natsConnection*, natsSubscription*, natsMsg* message, void* closure) {
  const MessagePtr owned(message);
  const auto token = token_of(natsMsg_GetSubject(message));
  if (!token) return;
  Ack ack;
  ack.epoch = epoch_of(closure);
  ack.token = *token;
  if (natsMsg_IsNoResponders(message)) {
    ack.result.outcome = PubAckOutcome::no_responders;
    ack.result.text = "no stream takes events at the moment (503, no responders)";
  } else {
    ack.result = parse_pub_ack(
        {natsMsg_GetData(message), static_cast<size_t>(natsMsg_GetDataLength(message))});
  }
  listener_table().call(ack.epoch,
                        [&](LinkListener& listener) { listener.on_ack(std::move(ack)); });
}

// ---- what Link and Reader share ----

// The servers of a list separated by commas. One of them alone is as good as a list.
std::vector<std::string> servers_of(std::string_view urls) {
  std::vector<std::string> servers;
  while (!urls.empty()) {
    const size_t end = std::min(urls.find(','), urls.size());
    std::string_view one = urls.substr(0, end);
    urls.remove_prefix(std::min(end + 1, urls.size()));
    while (one.starts_with(' ')) one.remove_prefix(1);
    while (one.ends_with(' ')) one.remove_suffix(1);
    if (!one.empty()) servers.emplace_back(one);
  }
  return servers;
}

natsStatus set_servers(natsOptions* options, const std::string& urls) {
  const std::vector<std::string> servers = servers_of(urls);
  if (servers.empty()) return NATS_ADDRESS_MISSING;
  std::vector<const char*> pointers;
  pointers.reserve(servers.size());
  for (const std::string& server : servers) pointers.push_back(server.c_str());
  return natsOptions_SetServers(options, pointers.data(), static_cast<int>(pointers.size()));
}

natsStatus set_options(natsOptions* options, const std::string& urls) {
  natsStatus status = set_servers(options, urls);
  if (status == NATS_OK) status = natsOptions_SetName(options, "waljet");
  if (status == NATS_OK) status = natsOptions_SetAllowReconnect(options, false);
  if (status == NATS_OK) status = natsOptions_SetReconnectBufSize(options, 0);
  if (status == NATS_OK) status = natsOptions_SetTimeout(options, connect_timeout_ms);
  if (status == NATS_OK) status = natsOptions_SetWriteDeadline(options, write_deadline_ms);
  if (status == NATS_OK) status = natsOptions_SetPingInterval(options, ping_interval_ms);
  if (status == NATS_OK) status = natsOptions_SetMaxPingsOut(options, pings_out_max);
  return status;
}

natsStatus open_connection(const std::string& url, uint64_t epoch, ConnectionPtr& opened) {
  natsOptions* options = nullptr;
  natsStatus status = natsOptions_Create(&options);
  if (status != NATS_OK) return status;
  const OptionsPtr owned(options);
  status = set_options(options, url);
  if (status == NATS_OK) status = natsOptions_SetClosedCB(options, on_closed, closure_of(epoch));
  if (status == NATS_OK) status = natsOptions_SetErrorHandler(options, on_error, closure_of(epoch));
  natsConnection* connection = nullptr;
  if (status == NATS_OK) status = natsConnection_Connect(&connection, options);
  opened.reset(connection);
  return status;
}

Result<ApiReply> request_api(natsConnection* connection, const std::string& subject,
                             const std::string& body) {
  natsMsg* message = nullptr;
  const natsStatus status = natsConnection_RequestString(&message, connection, subject.c_str(),
                                                         body.c_str(), request_timeout_ms);
  const MessagePtr owned(message);
  if (status == NATS_NO_RESPONDERS) return ApiReply{true, {}};
  if (status == NATS_TIMEOUT) {
    return Error{ErrorClass::retry, fmt::format("NATS did not answer {} for 5 s", subject), {}, {}};
  }
  if (status != NATS_OK) return lost(status);
  return ApiReply{false, std::string(natsMsg_GetData(message),
                                     static_cast<size_t>(natsMsg_GetDataLength(message)))};
}

}  // namespace

// ---- Link ----

struct Link::State {
  ConnectionPtr connection;
  SubscriptionPtr answers;
  uint64_t epoch = 0;
  std::string reply_subject;  // `<inbox>.<epoch>.`, to which each publish appends its token
  size_t reply_prefix_bytes = 0;

  ~State() {
    listener_table().forget(epoch);
    // Closed before anything is destroyed: libnats 3.4 can crash on a message that arrives for a
    // subscription that is being destroyed.
    if (connection) natsConnection_Close(connection.get());
  }

  natsStatus listen() {
    natsInbox* inbox = nullptr;
    natsStatus status = natsInbox_Create(&inbox);
    if (status != NATS_OK) return status;
    reply_subject = fmt::format("{}.{}.", inbox, epoch);
    reply_prefix_bytes = reply_subject.size();
    natsInbox_Destroy(inbox);
    natsSubscription* subscription = nullptr;
    status = natsConnection_Subscribe(&subscription, connection.get(),
                                      (reply_subject + "*").c_str(), on_answer, closure_of(epoch));
    answers.reset(subscription);
    // By default answers beyond 65,536 would be dropped.
    if (status == NATS_OK) status = natsSubscription_SetPendingLimits(subscription, -1, -1);
    return status;
  }
};

Link::Link(std::unique_ptr<State> state) : state_(std::move(state)) {}
Link::Link(Link&&) noexcept = default;
Link& Link::operator=(Link&&) noexcept = default;
Link::~Link() = default;

Result<Link> Link::connect(const std::string& url, uint64_t epoch, LinkListener& listener) {
  auto state = std::make_unique<State>();
  state->epoch = epoch;
  listener_table().remember(epoch, listener);
  natsStatus status = open_connection(url, epoch, state->connection);
  if (status == NATS_OK) status = state->listen();
  if (status != NATS_OK) return connect_error(url, status);
  return Link(std::move(state));
}

Result<ApiReply> Link::request(const std::string& subject, const std::string& body) {
  return request_api(state_->connection.get(), subject, body);
}

std::optional<Error> Link::read_messages(const std::string& stream, uint64_t first, uint64_t last,
                                         const Visitor& visit) {
  constexpr uint64_t under_way_max = 64;
  natsConnection* connection = state_->connection.get();
  natsInbox* inbox = nullptr;
  natsStatus status = natsInbox_Create(&inbox);
  if (status != NATS_OK) return lost(status);
  const std::unique_ptr<natsInbox, Destroy<natsInbox, natsInbox_Destroy>> owned_inbox(inbox);
  natsSubscription* subscription = nullptr;
  status = natsConnection_SubscribeSync(&subscription, connection, inbox);
  const SubscriptionPtr answers(subscription);
  const std::string subject = "$JS.API.STREAM.MSG.GET." + stream;
  uint64_t asked = first;
  for (uint64_t answered = first; answered <= last && status == NATS_OK; ++answered) {
    for (; asked <= last && asked < answered + under_way_max && status == NATS_OK; ++asked) {
      const std::string body = fmt::format(R"({{"seq":{}}})", asked);
      status = natsConnection_PublishRequest(connection, subject.c_str(), inbox, body.data(),
                                             static_cast<int>(body.size()));
    }
    natsMsg* raw = nullptr;
    if (status == NATS_OK)
      status = natsSubscription_NextMsg(&raw, subscription, request_timeout_ms);
    const MessagePtr message(raw);
    if (status != NATS_OK) break;
    if (natsMsg_IsNoResponders(raw)) {
      return Error{ErrorClass::retry, "nobody answers for JetStream in NATS (503)", {}, {}};
    }
    visit({natsMsg_GetData(raw), static_cast<size_t>(natsMsg_GetDataLength(raw))});
  }
  if (status == NATS_OK) return std::nullopt;
  if (status == NATS_TIMEOUT) {
    return Error{ErrorClass::retry, fmt::format("NATS did not answer {} for 5 s", subject), {}, {}};
  }
  return lost(status);
}

int64_t Link::max_payload() const {
  return natsConnection_GetMaxPayload(state_->connection.get());
}

std::optional<Error> Link::publish(const Message& message, Token token) {
  std::string& reply = state_->reply_subject;
  reply.resize(state_->reply_prefix_bytes);
  fmt::format_to(std::back_inserter(reply), "{}", token);
  natsMsg* raw = nullptr;
  natsStatus status = natsMsg_Create(&raw, message.subject, reply.c_str(), message.body.data(),
                                     static_cast<int>(message.body.size()));
  const MessagePtr owned(raw);
  for (const Header& header : message.headers) {
    if (status == NATS_OK) status = natsMsgHeader_Set(raw, header.name, header.value);
  }
  if (status == NATS_OK) status = natsConnection_PublishMsg(state_->connection.get(), raw);
  if (status == NATS_OK) return std::nullopt;
  return lost(status);
}

// ---- Reader ----

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

Result<Reader> Reader::connect(const std::string& url) {
  constexpr uint64_t nobody_listens = 0;
  auto state = std::make_unique<State>();
  natsStatus status = open_connection(url, nobody_listens, state->connection);
  jsCtx* jetstream = nullptr;
  if (status == NATS_OK) {
    status = natsConnection_JetStream(&jetstream, state->connection.get(), nullptr);
  }
  state->jetstream.reset(jetstream);
  if (status != NATS_OK) return connect_error(url, status);
  return Reader(std::move(state));
}

Result<ApiReply> Reader::request(const std::string& subject, const std::string& body) {
  return request_api(state_->connection.get(), subject, body);
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
    return std::optional<StoredMessage>{
        {sequence, natsMsg_GetSubject(raw),
         std::string(natsMsg_GetData(raw), static_cast<size_t>(natsMsg_GetDataLength(raw)))}};
  }
}

// ---- text ----

std::string url_without_secrets(std::string_view url) {
  std::string shown;
  while (!url.empty()) {
    const size_t comma = std::min(url.find(','), url.size());
    std::string_view one = url.substr(0, comma);
    const size_t scheme = one.find("://");
    const size_t authority = scheme == std::string_view::npos ? 0 : scheme + 3;
    const size_t at = one.rfind('@');
    shown += one.substr(0, authority);
    shown += one.substr(at == std::string_view::npos || at < authority ? authority : at + 1);
    url.remove_prefix(comma);
    if (url.empty()) break;
    shown += ',';
    url.remove_prefix(1);
  }
  return shown;
}

}  // namespace waljet
