// NATS JetStream as the streamer uses it. jetstream_nats.cpp is the only file that knows nats.c.
//
// A Link is one connection that never reconnects by itself: nats.c's own reconnecting buffers what
// is published meanwhile and loses what was under way, which makes holes. Whoever holds a link
// drops it at the first trouble and makes another one.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "streamer/clock.h"
#include "streamer/errors.h"
#include "streamer/pub_ack.h"

namespace waljet {

// Called from nats.c's threads, until the link is destroyed and never after. Must not block.
class LinkListener {
 public:
  virtual ~LinkListener() = default;
  virtual void on_ack(Ack ack) = 0;
  // The link of this epoch cannot be used any more.
  virtual void on_link_lost(uint64_t epoch, std::string why) = 0;
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

class Link {
 public:
  // Bounded by a few seconds. `url` may be a comma-separated list. Authentication that fails is
  // `refused`, a malformed URL `configuration`, all else `retry`.
  static Result<Link> connect(const std::string& url, uint64_t epoch, LinkListener& listener);

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

  // Sends without waiting for the answer, which the listener gets. Blocks while the connection
  // takes nothing, but no longer than the write deadline. One thread. Text of the error: what
  // became of the link.
  std::optional<Error> publish(const Message& message, Token token);

 private:
  struct State;
  explicit Link(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// One stored message.
struct StoredMessage {
  uint64_t sequence = 0;
  std::string subject;
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
  static Result<Reader> connect(const std::string& url);

  Reader(Reader&&) noexcept;
  Reader& operator=(Reader&&) noexcept;
  ~Reader();

  Result<ApiReply> request(const std::string& subject, const std::string& body);

  std::optional<Error> subscribe(const std::string& stream, const std::string& subject,
                                 const ReadFrom& from);

  // Nothing in the optional: no message came in `patience`, 0 for what is here already.
  Result<std::optional<StoredMessage>> next(Duration patience);

 private:
  struct State;
  explicit Reader(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// A NATS URL as it may be shown: without user and password.
std::string url_without_secrets(std::string_view url);

}  // namespace waljet
