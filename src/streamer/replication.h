// A connection to PostgreSQL: plain queries, COPY, and the replication stream.
// replication_libpq.cpp is the only file that knows libpq. What is asked of a server is in slot.h.
//
// Nothing here blocks without an end: waiting for the server ends at a deadline, or when `stop_fd`
// becomes readable. (Looking up a host name is the exception: libpq leaves that to the resolver.)
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "streamer/clock.h"
#include "streamer/errors.h"
#include "streamer/item.h"
#include "streamer/wire.h"

namespace waljet {

// Never readable, for callers that nobody can stop.
constexpr int no_stop_fd = -1;

enum class ConnectionKind : uint8_t {
  replication,  // may also run plain queries, in the database of the connection string
  plain,
  reader,  // plain; another name in pg_stat_activity
};

// Where a connection has ended up, of the several hosts that a connection string may name.
struct ServerAddress {
  std::string host;
  std::string host_address;  // empty for a Unix socket
  std::string port;

  std::string text() const;  // for people
};

// Rows of a query, as text.
struct Rows {
  std::vector<std::vector<std::optional<std::string>>> rows;

  // First column of the first row, or an empty text.
  std::string single() const;
};

class Connection {
 public:
  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();  // closes it

  // One statement, SQL or replication command.
  Result<Rows> query(const std::string& sql, Instant deadline, int stop_fd);

  // A command that answers with the replication stream; begins it.
  std::optional<Error> start_stream(const std::string& command, Instant deadline, int stop_fd);

  // A command COPY … TO STDOUT; its messages are to be taken until they end.
  std::optional<Error> start_copy(const std::string& command, Instant deadline, int stop_fd);
  // Waits for the next message; nothing: the copy is at its end, and the connection takes the next
  // statement. An error of the server's leaves the connection usable too.
  struct StreamMessage {
    Buffer buffer{nullptr, nullptr};
    size_t bytes = 0;
  };
  Result<std::optional<StreamMessage>> next_copy_message(Instant deadline, int stop_fd);

  // ---- in the stream ----

  int fd() const;
  // Takes what has arrived; nothing but that. An error ends the connection.
  std::optional<Error> receive();
  // Next message that has arrived whole; nothing if there is none. An error ends the stream.
  Result<std::optional<StreamMessage>> next_message();
  // Queues a status update and sends as much as the socket takes.
  std::optional<Error> send_status(const Status& status);
  // Sends what the socket did not take before. True: there is still more.
  Result<bool> flush();
  // Says that we are done, and reads what is left until the server agrees or the deadline comes.
  void end_stream(Instant deadline);

  ServerAddress address() const;
  std::string database() const;
  int server_version() const;  // 150020

 private:
  friend class Connector;
  struct State;
  explicit Connection(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

// An attempt to connect that leaves the thread free: call advance() when the socket is ready.
class Connector {
 public:
  // `where` narrows the attempt to one of the hosts.
  Connector(const std::string& conninfo, ConnectionKind kind,
            const std::optional<ServerAddress>& where = std::nullopt);
  Connector(Connector&&) noexcept;
  Connector& operator=(Connector&&) noexcept;
  ~Connector();

  enum class Progress : uint8_t { wants_read, wants_write, connected, failed };
  Progress advance();
  int fd() const;
  Error error() const;   // once failed
  Connection take() &&;  // once connected

 private:
  std::unique_ptr<Connection::State> state_;
};

Result<Connection> connect(const std::string& conninfo, ConnectionKind kind, Instant deadline,
                           int stop_fd);

// What is wrong with a connection string, or nothing.
std::optional<Error> check_conninfo(const std::string& conninfo);

// The database that a connection string or the environment names; empty if neither does.
std::string database_of_conninfo(const std::string& conninfo);

// `text` as an SQL identifier or literal.
std::string quote_identifier(std::string_view text);
std::string quote_literal(std::string_view text);

}  // namespace waljet
