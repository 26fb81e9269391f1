// NATS JetStream as the streamer uses it: a Link to publish by, a Reader of what is stored.
// nats.c is known to jetstream_link.cpp, jetstream_reader.cpp and nats_client.cpp alone.
//
// A Link is one connection that never reconnects by itself: nats.c's own reconnecting buffers what
// is published meanwhile and loses what was under way, which makes holes. Whoever holds a link
// drops it at the first trouble and makes another one.
//
// nats.c starts no thread for a link: its socket is served by the thread that holds the link, in
// request() and exchange(). So a message leaves as soon as that thread has nothing more to publish,
// while nats.c's own flusher would wait for a millisecond, and many messages leave in one write;
// an answer passes through no other thread; and nobody reads and writes a TLS connection at the
// same time, which libnats up to 3.10 does without a lock.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "streamer/clock.h"
#include "streamer/errors.h"
#include "streamer/nats_access.h"
#include "streamer/pub_ack.h"

namespace waljet {

// Called from nats.c's threads, until the link is destroyed and never after. Must not block.
class LinkListener {
 public:
  virtual ~LinkListener() = default;
  // The link of this epoch cannot be used any more.
  virtual void on_link_lost(uint64_t epoch, std::string why) = 0;
  // A link has something to send, a ping: exchange() is due.
  virtual void on_link_due() = 0;
};

// An answer of the JetStream API. 503: nobody answers for JetStream.
struct ApiReply {
  bool no_responders = false;
  std::string json;
};

struct Header {
  const char* name = nullptr;  // ended by NUL, as is the value: nats.c wants it so
  const char* value = nullptr;
};

struct Message {
  const char* subject = nullptr;
  std::span<const Header> headers;
  std::string_view body;
};

// One thread, but for what the listener is told.
class Link {
 public:
  // Takes no more publishes, beyond this, before what was published is sent.
  static constexpr size_t unsent_bytes_max = size_t{64} << 10;

  // Bounded by a few seconds. Authentication that fails is `refused`, a malformed URL, or a file
  // that cannot be used, `configuration`, all else `retry`.
  static Result<Link> connect(const NatsAccess& access, uint64_t epoch, LinkListener& listener);

  Link(Link&&) noexcept;
  Link& operator=(Link&&) noexcept;
  ~Link();

  // Asks the JetStream API and waits for the answer, a few seconds at most.
  Result<ApiReply> request(const std::string& subject, const std::string& body);

  // Asks for the messages of sequences `first` to `last` of a stream, of its leader, and calls
  // `visit` with each answer of STREAM.MSG.GET in the order of its arrival; sequences that are not
  // there are answered by an error. Waits a few seconds for each at most.
  using Visitor = std::function<void(std::string_view json)>;
  std::optional<Error> read_messages(const std::string& stream, uint64_t first, uint64_t last,
                                     const Visitor& visit);

  // What the server takes at most: headers and body.
  int64_t max_payload() const;

  // False while the connection takes less than what is published.
  bool takes_more() const;
  // Puts a message into the link's buffer. exchange() sends it, and brings its answer.
  std::optional<Error> publish(const Message& message, Token token);

  // Sends what the connection takes, and appends the answers that have come to `acks`. Never waits.
  // Text of the error: what became of the link; the answers before it count all the same.
  std::optional<Error> exchange(Instant now, std::vector<Ack>& acks);
  // When exchange() is due: once poll() says that `events` of `fd` are ready.
  struct Interest {
    int fd;
    short events;
  };
  Interest interest() const;

 private:
  struct State;
  explicit Link(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// One stored message.
struct StoredMessage {
  uint64_t sequence = 0;
  std::string subject;
  std::string id;  // header Waljet-Id, empty if there is none
  std::string body;
};

// Where reading begins. The first that is set counts; none: the oldest message.
struct ReadFrom {
  std::optional<uint64_t> sequence;
  std::optional<int64_t> time_ns;  // since 1970, UTC
};

// Reads a stream in order, by an ordered consumer, which the server forgets when we are gone.
class Reader {
 public:
  static Result<Reader> connect(const NatsAccess& access);

  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;
  ~Reader();

  Result<ApiReply> request(const std::string& subject, const std::string& body);
  // Publishes one message, and waits for what the stream that takes it answers.
  Result<ApiReply> publish(const Message& message);

  std::optional<Error> subscribe(const std::string& stream, const std::string& subject,
                                 const ReadFrom& from);

  // Nothing in the optional: no message came in `patience`, 0 for what is here already.
  Result<std::optional<StoredMessage>> next(Duration patience);

 private:
  struct State;
  explicit Reader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace waljet
