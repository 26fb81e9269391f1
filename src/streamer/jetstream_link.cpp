#include <fmt/core.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <charconv>
#include <limits>
#include <thread>
#include <utility>
#include <vector>

#include "streamer/jetstream.h"
#include "streamer/nats_client.h"
#include "streamer/publish_protocol.h"
#include "streamer/string_sink.h"

namespace waljet {
namespace {

constexpr size_t used_answers_max = 1024;
constexpr Duration link_silence_max{3 * ping_interval_ms};  // at least two pings are unanswered

// A reply subject ends in the token of its publish.
std::optional<Token> token_of(std::string_view reply_subject) {
  const std::string_view digits = reply_subject.substr(reply_subject.rfind('.') + 1);
  Token token = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), token);
  if (error != std::errc{} || end != digits.data() + digits.size()) return std::nullopt;
  return token;
}

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
  remember_listener(epoch, *listener);
}

Link::State::~State() {
  forget_listener(epoch);
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
  reply += std::to_string(token);
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

}  // namespace waljet
