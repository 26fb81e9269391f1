#include "streamer/jetstream.h"

#include <nats/nats.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <spdlog/fmt/fmt.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <functional>
#include <limits>
#include <map>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "streamer/nkey.h"
#include "streamer/publish_protocol.h"
#include "streamer/string_sink.h"
#include "streamer/text_file.h"

namespace waljet {
namespace {

constexpr int64_t connect_timeout_ms = 3'000;
constexpr int64_t request_timeout_ms = 5'000;
constexpr int64_t write_deadline_ms = 5'000;  // a peer that takes nothing for so long is gone
constexpr int64_t ping_interval_ms = 5'000;
constexpr size_t used_answers_max = 1024;
constexpr Duration link_silence_max{3 * ping_interval_ms};  // at least two pings are unanswered

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

ErrorClass class_of(natsStatus status, std::string_view detail) {
  switch (status) {
    case NATS_CONNECTION_AUTH_FAILED:
    case NATS_NOT_PERMITTED:
    case NATS_SECURE_CONNECTION_WANTED:
    case NATS_SECURE_CONNECTION_REQUIRED: return ErrorClass::refused;
    // A handshake that is cut off may go well the next time, a certificate will not.
    case NATS_SSL_ERROR:
      return detail.find("certificate") != std::string_view::npos ||
                     detail.find("mismatch") != std::string_view::npos
                 ? ErrorClass::refused
                 : ErrorClass::retry;
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

Error connect_error(const NatsAccess& access, natsStatus status) {
  const std::string where = url_without_secrets(access.url);
  const std::string what = describe(status);
  const ErrorClass error_class = class_of(status, what);
  const char* advice = "is nats-server running, and reachable from here?";
  if (error_class == ErrorClass::configuration) advice = "a URL reads nats://host:4222";
  if (error_class == ErrorClass::refused) {
    advice = "check the user, password or token in the NATS URL, or sink.auth and sink.tls";
  }
  return {error_class,
          fmt::format("cannot connect to NATS at {}: {}: {}", where, what, advice),
          {},
          {}};
}

// ---- callbacks, on nats.c's threads ----

std::string closed_text(natsConnection* connection) {
  const char* detail = nullptr;
  natsConnection_GetLastError(connection, &detail);
  std::string why = "NATS closed the connection";
  if (detail != nullptr && *detail != '\0') why += fmt::format(": {}", detail);
  return why;
}

void on_closed(natsConnection* connection, void* closure) {
  std::string why = closed_text(connection);
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

natsStatus set_nkey(natsOptions* options, const std::string& file) {
  constexpr size_t file_bytes_max = 4096;
  const auto text = read_text_file(file, file_bytes_max);
  const auto key = text ? public_nkey(find_seed(*text)) : public_nkey("");
  if (!key) return NATS_CONNECTION_AUTH_FAILED;
  return natsOptions_SetNKeyFromSeed(options, key->c_str(), file.c_str());
}

natsStatus set_login(natsOptions* options, const NatsAccess& access) {
  if (!access.user.empty()) {
    return natsOptions_SetUserInfo(options, access.user.c_str(), access.password.c_str());
  }
  if (!access.token.empty()) return natsOptions_SetToken(options, access.token.c_str());
  if (!access.nkey_file.empty()) return set_nkey(options, access.nkey_file);
  if (access.creds_file.empty()) return NATS_OK;
  return natsOptions_SetUserCredentialsFromFiles(options, access.creds_file.c_str(), nullptr);
}

natsStatus set_tls(natsOptions* options, const NatsAccess& access) {
  const bool wanted = !access.ca_file.empty() || !access.cert_file.empty() ||
                      access.url.find("tls://") != std::string::npos;
  if (!wanted) return NATS_OK;  // unless the server asks for it
  natsStatus status = natsOptions_SetSecure(options, true);
  if (status == NATS_OK && !access.ca_file.empty()) {
    status = natsOptions_LoadCATrustedCertificates(options, access.ca_file.c_str());
  }
  if (status == NATS_OK && !access.cert_file.empty()) {
    status = natsOptions_LoadCertificatesChain(options, access.cert_file.c_str(),
                                               access.key_file.c_str());
  }
  return status;
}

natsStatus set_options(natsOptions* options, const NatsAccess& access) {
  natsStatus status = set_servers(options, access.url);
  if (status == NATS_OK) status = set_login(options, access);
  if (status == NATS_OK) status = set_tls(options, access);
  if (status == NATS_OK) status = natsOptions_SetName(options, "waljet");
  if (status == NATS_OK) status = natsOptions_SetAllowReconnect(options, false);
  if (status == NATS_OK) status = natsOptions_SetReconnectBufSize(options, 0);
  if (status == NATS_OK) status = natsOptions_SetTimeout(options, connect_timeout_ms);
  if (status == NATS_OK) status = natsOptions_SetWriteDeadline(options, write_deadline_ms);
  if (status == NATS_OK) status = natsOptions_SetPingInterval(options, ping_interval_ms);
  return status;
}

using SetMore = std::function<natsStatus(natsOptions*)>;

natsStatus open_connection(const NatsAccess& access, uint64_t epoch, const SetMore& set_more,
                           ConnectionPtr& opened) {
  natsOptions* options = nullptr;
  natsStatus status = natsOptions_Create(&options);
  if (status != NATS_OK) return status;
  const OptionsPtr owned(options);
  status = set_options(options, access);
  if (status == NATS_OK) status = set_more(options);
  if (status == NATS_OK) status = natsOptions_SetClosedCB(options, on_closed, closure_of(epoch));
  if (status == NATS_OK) status = natsOptions_SetErrorHandler(options, on_error, closure_of(epoch));
  natsConnection* connection = nullptr;
  if (status == NATS_OK) status = natsConnection_Connect(&connection, options);
  opened.reset(connection);
  return status;
}

Error no_answer(const std::string& subject) {
  return {ErrorClass::retry, fmt::format("NATS did not answer {} for 5 s", subject), {}, {}};
}

// `reply_subject` may be null.
natsStatus make_message(const Message& message, const char* reply_subject, MessagePtr& made) {
  natsMsg* raw = nullptr;
  natsStatus status = natsMsg_Create(&raw, message.subject, reply_subject, message.body.data(),
                                     static_cast<int>(message.body.size()));
  made.reset(raw);
  for (const Header& header : message.headers) {
    if (status == NATS_OK) status = natsMsgHeader_Set(raw, header.name, header.value);
  }
  return status;
}

std::string_view body_of(const natsMsg* message) {
  return {natsMsg_GetData(message), static_cast<size_t>(natsMsg_GetDataLength(message))};
}

Result<ApiReply> reply_of(natsStatus status, const natsMsg* answer, const std::string& subject) {
  if (status == NATS_NO_RESPONDERS) return ApiReply{true, {}};
  if (status == NATS_TIMEOUT) return no_answer(subject);
  if (status != NATS_OK) return lost(status);
  return ApiReply{false, std::string(body_of(answer))};
}

// A reply subject ends in the token of its publish.
std::optional<Token> token_of(std::string_view reply_subject) {
  const std::string_view digits = reply_subject.substr(reply_subject.rfind('.') + 1);
  Token token = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), token);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return token;
}

}  // namespace

// ---- Link ----

namespace {

// With TLS nats.c waits inside of a record for its rest, and the thread that would notice the
// silence with it. A host that is gone ends that wait.
void let_the_kernel_watch(int socket) {
  const auto set = [&](int level, int option, int value) {
    setsockopt(socket, level, option, &value, sizeof value);
  };
  constexpr int idle_s = 5;
  constexpr int probes = 2;
  set(SOL_SOCKET, SO_KEEPALIVE, 1);
  set(IPPROTO_TCP, TCP_KEEPIDLE, idle_s);
  set(IPPROTO_TCP, TCP_KEEPINTVL, idle_s);
  set(IPPROTO_TCP, TCP_KEEPCNT, probes);
  set(IPPROTO_TCP, TCP_USER_TIMEOUT, static_cast<int>(link_silence_max.count()));
}

}  // namespace

struct Link::State {
  ConnectionPtr connection;
  SubscriptionPtr answers;
  LinkListener* listener = nullptr;
  uint64_t epoch = 0;
  std::string reply_subject;  // `<inbox>.<epoch>.`, to which each publish appends its token
  size_t reply_prefix_bytes = 0;
  int fd = -1;
  const std::thread::id thread = std::this_thread::get_id();
  Instant heard_at;
  Instant looked_at;

  // Publishes go past nats.c onto its socket, as long as that is not encrypted: between whole
  // pieces of what nats.c has to send itself. It is known before anything is published, since the
  // answers to requests come before.
  bool plain = false;
  StringSink published;
  size_t published_sent = 0;             // of the bytes in `published`
  std::atomic<bool> has_unsent = false;  // nats.c; set by its timer as well, which adds pings

  bool nobody_took_one = false;  // of the publishes

  // nats.c has a thread that frees what is destroyed: it is to be woken once for many of them.
  std::vector<MessagePtr> used_answers;

  State(uint64_t the_epoch, LinkListener& the_listener);
  ~State();
  natsStatus connect(const NatsAccess& access);
  natsStatus listen();

  void send();
  void send_published();
  void receive(Instant now);
  void look_whether_plain();
  short wanted_events() const;
  std::optional<Error> why_dead(Instant now);
  void take_answers(std::vector<Ack>& acks);
  natsStatus publish_by_nats(const Message& message);
  natsStatus wait_for(natsSubscription* subscription, natsMsg** message);

  // What nats.c asks of an event loop; `state` is this one.
  static natsStatus attach(void** data, void* state, natsConnection*, natsSock socket);
  static natsStatus want_read(void* state, bool wanted);
  static natsStatus want_write(void* state, bool wanted);
  static natsStatus detach(void*) { return NATS_OK; }
};

Link::State::State(uint64_t the_epoch, LinkListener& the_listener)
    : listener(&the_listener), epoch(the_epoch) {
  listener_table().remember(epoch, *listener);
}

Link::State::~State() {
  listener_table().forget(epoch);
  if (connection) natsConnection_Close(connection.get());
}

natsStatus Link::State::connect(const NatsAccess& access) {
  const auto serve_it_here = [this](natsOptions* options) {
    natsStatus status =
        natsOptions_SetEventLoop(options, this, attach, want_read, want_write, detach);
    // Without it nats.c starts a thread that says when to send: always a millisecond late.
    if (status == NATS_OK) status = natsOptions_SetSendAsap(options, true);
    // A connection that is found dead is to be closed by the thread that serves it, no other.
    constexpr int never = std::numeric_limits<int>::max();
    if (status == NATS_OK) status = natsOptions_SetMaxPingsOut(options, never);
    return status;
  };
  const natsStatus status = open_connection(access, epoch, serve_it_here, connection);
  heard_at = looked_at = std::chrono::steady_clock::now();
  return status;
}

natsStatus Link::State::attach(void** data, void* state, natsConnection*, natsSock socket) {
  static_cast<State*>(state)->fd = socket;
  let_the_kernel_watch(socket);
  *data = state;
  return NATS_OK;
}

// We always read; not wanted: the socket is closed next.
natsStatus Link::State::want_read(void* state, bool wanted) {
  if (!wanted) static_cast<State*>(state)->fd = -1;
  return NATS_OK;
}

natsStatus Link::State::want_write(void* state, bool wanted) {
  auto* self = static_cast<State*>(state);
  self->has_unsent = wanted;
  const bool unexpected = std::this_thread::get_id() != self->thread;
  if (wanted && unexpected) self->listener->on_link_due();
  return NATS_OK;
}

natsStatus Link::State::listen() {
  natsInbox* inbox = nullptr;
  natsStatus status = natsInbox_Create(&inbox);
  if (status != NATS_OK) return status;
  reply_subject = fmt::format("{}.{}.", inbox, epoch);
  reply_prefix_bytes = reply_subject.size();
  natsInbox_Destroy(inbox);
  natsSubscription* subscription = nullptr;
  status =
      natsConnection_SubscribeSync(&subscription, connection.get(), (reply_subject + "*").c_str());
  answers.reset(subscription);
  // By default answers beyond 65,536 would be dropped.
  if (status == NATS_OK) status = natsSubscription_SetPendingLimits(subscription, -1, -1);
  return status;
}

void Link::State::send() {
  const bool between = published_sent == 0;
  if (between && has_unsent) natsConnection_ProcessWriteEvent(connection.get());
  if (between && has_unsent) return;
  send_published();
}

void Link::State::send_published() {
  const std::string_view rest = published.view().substr(published_sent);
  if (rest.empty()) return;
  const ssize_t sent = ::send(fd, rest.data(), rest.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
  if (sent > 0) published_sent += static_cast<size_t>(sent);  // what else there is, reading tells
  if (published_sent < published.view().size()) return;
  published.clear();
  published_sent = 0;
}

// nats.c does not tell whether it has read anything, so the socket is asked.
void Link::State::receive(Instant now) {
  pollfd socket{fd, POLLIN, 0};
  if (poll(&socket, 1, 0) <= 0) return;
  heard_at = now;
  if (!plain) look_whether_plain();
  natsConnection_ProcessReadEvent(connection.get());
}

// nats.c does not tell whether it encrypts, which the server may want of it: but its protocol
// consists of lines of text, while a record of TLS begins with a control character.
void Link::State::look_whether_plain() {
  constexpr char first_printable = ' ';
  char first = '\0';
  plain = recv(fd, &first, 1, MSG_PEEK | MSG_DONTWAIT) == 1 && first >= first_printable;
}

short Link::State::wanted_events() const {
  const bool sending = has_unsent || !published.view().empty();
  return static_cast<short>(sending ? POLLIN | POLLOUT : POLLIN);
}

std::optional<Error> Link::State::why_dead(Instant now) {
  // A process that was stopped meanwhile has not listened.
  if (now >= looked_at + link_silence_max) heard_at = now;
  looked_at = now;
  if (natsConnection_IsClosed(connection.get())) {
    return Error{ErrorClass::retry, closed_text(connection.get()), {}, {}};
  }
  if (now < heard_at + link_silence_max) return std::nullopt;
  return Error{ErrorClass::retry, "NATS does not answer pings", {}, {}};
}

void Link::State::take_answers(std::vector<Ack>& acks) {
  uint64_t count = 0;
  if (natsSubscription_QueuedMsgs(answers.get(), &count) != NATS_OK) return;
  for (; count > 0; --count) {
    natsMsg* answer = nullptr;
    const natsStatus status = natsSubscription_NextMsg(&answer, answers.get(), 0);
    // nats.c keeps to itself which publish nobody took.
    if (status == NATS_NO_RESPONDERS) nobody_took_one = true;
    if (status != NATS_OK) continue;
    used_answers.emplace_back(answer);
    const auto token = token_of(natsMsg_GetSubject(answer));
    if (token) acks.push_back({epoch, *token, parse_pub_ack(body_of(answer))});
  }
  if (used_answers.size() >= used_answers_max) used_answers.clear();
}

// For requests. Waits a few seconds at most.
natsStatus Link::State::wait_for(natsSubscription* subscription, natsMsg** message) {
  const Instant deadline = std::chrono::steady_clock::now() + Duration(request_timeout_ms);
  while (true) {
    const natsStatus status = natsSubscription_NextMsg(message, subscription, 0);
    if (status != NATS_TIMEOUT) return status;
    const Instant now = std::chrono::steady_clock::now();
    if (now >= deadline) return NATS_TIMEOUT;
    pollfd socket{fd, wanted_events(), 0};
    poll(&socket, 1, static_cast<int>(std::chrono::ceil<Duration>(deadline - now).count()));
    send();
    receive(now);
    const char* detail = nullptr;
    const natsStatus last = natsConnection_GetLastError(connection.get(), &detail);
    if (last == NATS_NOT_PERMITTED) return last;  // no answer will come
  }
}

Link::Link(std::unique_ptr<State> state) : state_(std::move(state)) {}
Link::Link(Link&&) noexcept = default;
Link& Link::operator=(Link&&) noexcept = default;
Link::~Link() = default;

Result<Link> Link::connect(const NatsAccess& access, uint64_t epoch, LinkListener& listener) {
  auto state = std::make_unique<State>(epoch, listener);
  natsStatus status = state->connect(access);
  if (status == NATS_OK) status = state->listen();
  if (status != NATS_OK) return connect_error(access, status);
  return Link(std::move(state));
}

namespace {

// Where answers to requests of one kind go.
struct Inbox {
  std::unique_ptr<natsInbox, Destroy<natsInbox, natsInbox_Destroy>> subject;
  SubscriptionPtr subscription;

  natsStatus open(natsConnection* connection) {
    natsInbox* raw_subject = nullptr;
    natsStatus status = natsInbox_Create(&raw_subject);
    if (status != NATS_OK) return status;
    subject.reset(raw_subject);
    natsSubscription* raw_subscription = nullptr;
    status = natsConnection_SubscribeSync(&raw_subscription, connection, raw_subject);
    subscription.reset(raw_subscription);
    return status;
  }
};

}  // namespace

namespace {

// The server has said what, and will not answer.
Error denied(natsConnection* connection) {
  const char* detail = nullptr;
  natsConnection_GetLastError(connection, &detail);
  return {ErrorClass::refused, fmt::format("NATS: {}", detail != nullptr ? detail : ""), {}, {}};
}

}  // namespace

Result<ApiReply> Link::request(const std::string& subject, const std::string& body) {
  natsConnection* connection = state_->connection.get();
  Inbox inbox;
  natsStatus status = inbox.open(connection);
  if (status == NATS_OK) {
    status = natsConnection_PublishRequest(connection, subject.c_str(), inbox.subject.get(),
                                           body.data(), static_cast<int>(body.size()));
  }
  natsMsg* raw = nullptr;
  if (status == NATS_OK) status = state_->wait_for(inbox.subscription.get(), &raw);
  const MessagePtr message(raw);
  if (status == NATS_NOT_PERMITTED) return denied(connection);
  return reply_of(status, raw, subject);
}

std::optional<Error> Link::read_messages(const std::string& stream, uint64_t first, uint64_t last,
                                         const Visitor& visit) {
  constexpr uint64_t under_way_max = 64;
  natsConnection* connection = state_->connection.get();
  Inbox inbox;
  natsStatus status = inbox.open(connection);
  const std::string subject = "$JS.API.STREAM.MSG.GET." + stream;
  uint64_t asked = first;
  for (uint64_t answered = first; answered <= last && status == NATS_OK; ++answered) {
    for (; asked <= last && asked < answered + under_way_max && status == NATS_OK; ++asked) {
      const std::string body = fmt::format(R"({{"seq":{}}})", asked);
      status = natsConnection_PublishRequest(connection, subject.c_str(), inbox.subject.get(),
                                             body.data(), static_cast<int>(body.size()));
    }
    natsMsg* raw = nullptr;
    if (status == NATS_OK) status = state_->wait_for(inbox.subscription.get(), &raw);
    const MessagePtr message(raw);
    if (status == NATS_OK) visit(body_of(raw));
  }
  if (status == NATS_OK) return std::nullopt;
  if (status == NATS_NO_RESPONDERS) {
    return Error{ErrorClass::retry, "nobody answers for JetStream in NATS (503)", {}, {}};
  }
  if (status == NATS_TIMEOUT) return no_answer(subject);
  return lost(status);
}

int64_t Link::max_payload() const {
  return natsConnection_GetMaxPayload(state_->connection.get());
}

bool Link::takes_more() const {
  if (state_->plain) return state_->published.view().size() < unsent_bytes_max;
  const int unsent = natsConnection_Buffered(state_->connection.get());
  return unsent < static_cast<int>(unsent_bytes_max);
}

std::optional<Error> Link::publish(const Message& message, Token token) {
  std::string& reply = state_->reply_subject;
  reply.resize(state_->reply_prefix_bytes);
  fmt::format_to(std::back_inserter(reply), "{}", token);
  if (state_->plain) {
    put_publish(*state_->published, message, reply);
    return std::nullopt;
  }
  const natsStatus status = state_->publish_by_nats(message);
  if (status != NATS_OK) return lost(status);
  return std::nullopt;
}

natsStatus Link::State::publish_by_nats(const Message& message) {
  MessagePtr owned;
  natsStatus status = make_message(message, reply_subject.c_str(), owned);
  if (status == NATS_OK) status = natsConnection_PublishMsg(connection.get(), owned.get());
  return status;
}

std::optional<Error> Link::exchange(Instant now, std::vector<Ack>& acks) {
  state_->send();
  state_->receive(now);
  state_->take_answers(acks);
  if (state_->nobody_took_one) {
    return Error{
        ErrorClass::retry, "no stream takes events at the moment (503, no responders)", {}, {}};
  }
  return state_->why_dead(now);
}

Link::Interest Link::interest() const {
  return {state_->fd, state_->wanted_events()};
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
    return std::optional<StoredMessage>{
        {sequence, natsMsg_GetSubject(raw), std::string(body_of(raw))}};
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
