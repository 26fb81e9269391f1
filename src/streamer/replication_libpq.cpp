#include "streamer/replication.h"

#include <fmt/core.h>
#include <libpq-fe.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <future>
#include <thread>
#include <utility>

namespace waljet {
namespace {

struct ResultClear {
  void operator()(PGresult* result) const { PQclear(result); }
};
using ResultPtr = std::unique_ptr<PGresult, ResultClear>;

struct ConnectionFinish {
  void operator()(PGconn* connection) const { PQfinish(connection); }
};
using ConnectionPtr = std::unique_ptr<PGconn, ConnectionFinish>;

std::string trimmed(const char* text) {
  std::string line = text == nullptr ? "" : text;
  while (!line.empty() && (line.back() == '\n' || line.back() == ' ')) line.pop_back();
  return line;
}

Error interrupted() {
  return {ErrorClass::interrupted, "stopped", {}, {}};
}

// Why the connection is of no use any more. Verbose texts may tell the SQLSTATE.
Error broken(PGconn* connection) {
  Error error = parse_connection_error(trimmed(PQerrorMessage(connection)));
  if (error.text.empty()) error.text = "the connection was closed";
  return error;
}

std::string field(const PGresult* result, int code) {
  return trimmed(PQresultErrorField(result, code));
}

Error error_of(PGconn* connection, const PGresult* result) {
  Error error;
  error.sqlstate = field(result, PG_DIAG_SQLSTATE);
  if (error.sqlstate.empty()) return broken(connection);
  error.error_class = class_of_sqlstate(error.sqlstate);
  error.text = field(result, PG_DIAG_MESSAGE_PRIMARY);
  add_sentence(error.text, field(result, PG_DIAG_MESSAGE_DETAIL));
  error.hint = field(result, PG_DIAG_MESSAGE_HINT);
  return error;
}

int milliseconds_until(Instant deadline) {
  if (deadline == Instant::max()) return -1;
  const auto left = std::chrono::ceil<Duration>(deadline - std::chrono::steady_clock::now());
  return static_cast<int>(std::clamp<Duration::rep>(left.count(), 0, 3'600'000));
}

// Waits until the socket is ready. An error: deadline or stop.
std::optional<Error> wait_for(int socket, short events, Instant deadline, int stop_fd) {
  std::array<pollfd, 2> fds{{{socket, events, 0}, {stop_fd, POLLIN, 0}}};
  const int ready = poll(fds.data(), fds.size(), milliseconds_until(deadline));
  if (fds[1].revents != 0) return interrupted();
  if (ready == 0) return Error{ErrorClass::retry, "PostgreSQL did not answer in time", {}, {}};
  return std::nullopt;  // a signal counts as ready: the caller looks again
}

Rows rows_of(const PGresult* result) {
  Rows rows;
  for (int row = 0; row < PQntuples(result); ++row) {
    auto& columns = rows.rows.emplace_back();
    for (int column = 0; column < PQnfields(result); ++column) {
      if (PQgetisnull(result, row, column) != 0) {
        columns.emplace_back(std::nullopt);
      } else {
        columns.emplace_back(PQgetvalue(result, row, column));
      }
    }
  }
  return rows;
}

// Asks the server to end what it does. The request has a connection of its own, for which libpq
// waits without an end, so a thread does: where the network is gone it is left to itself.
void cancel_statement(PGconn* connection) {
  constexpr std::chrono::seconds patience{1};
  PGcancel* request = PQgetCancel(connection);
  if (request == nullptr) return;
  std::packaged_task<void()> ask([request] {
    std::array<char, 256> text{};
    PQcancel(request, text.data(), static_cast<int>(text.size()));
    PQfreeCancel(request);
  });
  const std::future<void> asked = ask.get_future();
  std::thread(std::move(ask)).detach();
  asked.wait_for(patience);
}

void free_message(char* buffer) {
  PQfreemem(buffer);
}

void ignore_notice(void*, const PGresult*) {}

}  // namespace

std::string ServerAddress::text() const {
  return host.starts_with('/') ? fmt::format("{}/.s.PGSQL.{}", host, port)
                               : fmt::format("{}:{}", host, port);
}

std::string Rows::single() const {
  if (rows.empty() || rows[0].empty()) return {};
  return rows[0][0].value_or("");
}

struct Connection::State {
  ConnectionPtr connection;
  PostgresPollingStatusType polling = PGRES_POLLING_WRITING;

  PGconn* get() const { return connection.get(); }
  // Sends a statement without waiting for its answer.
  std::optional<Error> send(const std::string& sql, Instant deadline, int stop_fd);
  // An error: a server that waits for something would go on waiting after we are gone, so it is
  // told to end what it does.
  std::optional<Error> wait_for_input(Instant deadline, int stop_fd);
  Result<ResultPtr> next_result(Instant deadline, int stop_fd);
  // Sends a command that is answered by a copy of this kind.
  std::optional<Error> start(const std::string& command, ExecStatusType kind, Instant deadline,
                             int stop_fd);
  // Reads what is left of a statement.
  void finish(Instant deadline, int stop_fd);
};

std::optional<Error> Connection::State::send(const std::string& sql, Instant deadline,
                                             int stop_fd) {
  if (PQsendQuery(get(), sql.c_str()) == 0) return broken(get());
  while (true) {
    const int left = PQflush(get());
    if (left < 0) return broken(get());
    if (left == 0) return std::nullopt;
    if (auto error = wait_for(PQsocket(get()), POLLOUT, deadline, stop_fd)) return error;
  }
}

std::optional<Error> Connection::State::wait_for_input(Instant deadline, int stop_fd) {
  if (auto error = wait_for(PQsocket(get()), POLLIN, deadline, stop_fd)) {
    cancel_statement(get());
    return error;
  }
  if (PQconsumeInput(get()) == 0) return broken(get());
  return std::nullopt;
}

// Waits for the next result; null where the statement has no further one.
Result<ResultPtr> Connection::State::next_result(Instant deadline, int stop_fd) {
  while (PQisBusy(get()) != 0) {
    if (auto error = wait_for_input(deadline, stop_fd)) return std::move(*error);
  }
  return ResultPtr(PQgetResult(get()));
}

std::optional<Error> Connection::State::start(const std::string& command, ExecStatusType kind,
                                              Instant deadline, int stop_fd) {
  if (auto error = send(command, deadline, stop_fd)) return error;
  auto result = next_result(deadline, stop_fd);
  if (!result) return result.error();
  if (PQresultStatus(result->get()) == kind) return std::nullopt;
  Error error = error_of(get(), result->get());
  finish(deadline, stop_fd);  // the connection stays usable
  return error;
}

void Connection::State::finish(Instant deadline, int stop_fd) {
  while (true) {
    auto more = next_result(deadline, stop_fd);
    if (!more || more->get() == nullptr) return;
  }
}

Connection::Connection(std::unique_ptr<State> state) : state_(std::move(state)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

Result<Rows> Connection::query(const std::string& sql, Instant deadline, int stop_fd) {
  if (auto error = state_->send(sql, deadline, stop_fd)) return std::move(*error);
  Rows rows;
  std::optional<Error> failure;
  while (true) {
    auto result = state_->next_result(deadline, stop_fd);
    if (!result) return result.error();
    const PGresult* answer = result->get();
    if (answer == nullptr) break;
    const ExecStatusType status = PQresultStatus(answer);
    if (status == PGRES_TUPLES_OK) {
      rows = rows_of(answer);
    } else if (status != PGRES_COMMAND_OK && !failure) {
      failure = error_of(state_->get(), answer);
    }
  }
  if (failure) return std::move(*failure);
  return rows;
}

std::optional<Error> Connection::start_stream(const std::string& command, Instant deadline,
                                              int stop_fd) {
  return state_->start(command, PGRES_COPY_BOTH, deadline, stop_fd);
}

std::optional<Error> Connection::start_copy(const std::string& command, Instant deadline,
                                            int stop_fd) {
  return state_->start(command, PGRES_COPY_OUT, deadline, stop_fd);
}

Result<std::optional<Connection::StreamMessage>> Connection::next_copy_message(Instant deadline,
                                                                               int stop_fd) {
  char* bytes = nullptr;
  int size = 0;
  while ((size = PQgetCopyData(state_->get(), &bytes, 1)) == 0) {
    if (auto error = state_->wait_for_input(deadline, stop_fd)) return std::move(*error);
  }
  if (size > 0) {
    return std::optional<StreamMessage>{
        StreamMessage{Buffer(bytes, free_message), static_cast<size_t>(size)}};
  }
  if (size == -2) return broken(state_->get());
  auto result = state_->next_result(deadline, stop_fd);
  if (!result) return result.error();
  const bool complete = PQresultStatus(result->get()) == PGRES_COMMAND_OK;
  std::optional<Error> error;
  if (!complete) error = error_of(state_->get(), result->get());
  state_->finish(deadline, stop_fd);
  if (error) return std::move(*error);
  return std::optional<StreamMessage>{};
}

int Connection::fd() const {
  return PQsocket(state_->get());
}

std::optional<Error> Connection::receive() {
  if (PQconsumeInput(state_->get()) == 0) return broken(state_->get());
  return std::nullopt;
}

Result<std::optional<Connection::StreamMessage>> Connection::next_message() {
  char* bytes = nullptr;
  const int size = PQgetCopyData(state_->get(), &bytes, 1);
  if (size == 0) return std::optional<StreamMessage>{};
  if (size > 0) {
    return std::optional<StreamMessage>{
        StreamMessage{Buffer(bytes, free_message), static_cast<size_t>(size)}};
  }
  if (size == -2) return broken(state_->get());
  // The server has ended the stream: its result says why.
  const ResultPtr result(PQgetResult(state_->get()));
  const ExecStatusType status = PQresultStatus(result.get());
  if (status == PGRES_FATAL_ERROR) return error_of(state_->get(), result.get());
  return Error{ErrorClass::retry, "PostgreSQL ended the replication stream", {}, {}};
}

std::optional<Error> Connection::send_status(const Status& status) {
  const auto bytes = build_status(status);
  if (PQputCopyData(state_->get(), bytes.data(), static_cast<int>(bytes.size())) < 0) {
    return broken(state_->get());
  }
  auto flushed = flush();
  if (!flushed) return flushed.error();
  return std::nullopt;
}

Result<bool> Connection::flush() {
  const int left = PQflush(state_->get());
  if (left < 0) return broken(state_->get());
  return left > 0;
}

void Connection::end_stream(Instant deadline) {
  if (PQputCopyEnd(state_->get(), nullptr) <= 0) return;
  while (std::chrono::steady_clock::now() < deadline) {
    const int left = PQflush(state_->get());
    if (left < 0) return;
    auto message = next_message();
    if (!message) return;  // the server's own end, or an error: either way it is over
    if (*message) continue;
    const short events = static_cast<short>(POLLIN | (left > 0 ? POLLOUT : 0));
    if (wait_for(fd(), events, deadline, no_stop_fd)) return;
    if (receive()) return;
  }
}

ServerAddress Connection::address() const {
  const auto text = [](const char* value) { return std::string(value == nullptr ? "" : value); };
  return {text(PQhost(state_->get())), text(PQhostaddr(state_->get())),
          text(PQport(state_->get()))};
}

std::string Connection::database() const {
  return PQdb(state_->get());
}

int Connection::server_version() const {
  return PQserverVersion(state_->get());
}

// ---- connecting ----

Connector::Connector(const std::string& conninfo, ConnectionKind kind,
                     const std::optional<ServerAddress>& where)
    : state_(std::make_unique<Connection::State>()) {
  // Later parameters win. The user's own stand between our defaults and what we insist on.
  std::vector<std::pair<const char*, const char*>> parameters{
      {"fallback_application_name", kind == ConnectionKind::reader ? "waljet snapshot" : "waljet"},
      // Without these a server that has vanished is noticed after hours.
      {"keepalives_idle", "10"},
      {"keepalives_interval", "5"},
      {"keepalives_count", "3"},
      {"tcp_user_timeout", "30000"},
      {"dbname", conninfo.c_str()},
      // Options and names are UTF-8 here, whatever the database's encoding.
      {"client_encoding", "UTF8"},
  };
  if (kind == ConnectionKind::replication) parameters.emplace_back("replication", "database");
  if (where) {
    parameters.emplace_back("host", where->host.c_str());
    parameters.emplace_back("hostaddr", where->host_address.c_str());
    parameters.emplace_back("port", where->port.c_str());
  }
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : parameters) {
    keywords.push_back(keyword);
    values.push_back(value);
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  constexpr int expand_dbname = 1;
  state_->connection.reset(PQconnectStartParams(keywords.data(), values.data(), expand_dbname));
  if (!state_->connection) return;
  PQsetErrorVerbosity(state_->get(), PQERRORS_VERBOSE);  // the only way to learn the SQLSTATE
  PQsetNoticeReceiver(state_->get(), ignore_notice, nullptr);
}

Connector::Connector(Connector&&) noexcept = default;
Connector& Connector::operator=(Connector&&) noexcept = default;
Connector::~Connector() = default;

Connector::Progress Connector::advance() {
  if (!state_->connection || PQstatus(state_->get()) == CONNECTION_BAD) return Progress::failed;
  state_->polling = PQconnectPoll(state_->get());
  switch (state_->polling) {
    case PGRES_POLLING_OK: PQsetnonblocking(state_->get(), 1); return Progress::connected;
    case PGRES_POLLING_READING:
    case PGRES_POLLING_ACTIVE: return Progress::wants_read;
    case PGRES_POLLING_WRITING: return Progress::wants_write;
    case PGRES_POLLING_FAILED: return Progress::failed;
  }
  return Progress::failed;
}

int Connector::fd() const {
  return PQsocket(state_->get());
}

Error Connector::error() const {
  if (!state_->connection) return {ErrorClass::retry, "out of memory", {}, {}};
  Error error = broken(state_->get());
  constexpr std::string_view insufficient_privilege = "42501";
  if (error.sqlstate == insufficient_privilege) {
    add_sentence(error.text, fmt::format("The role needs REPLICATION: ALTER ROLE {} REPLICATION",
                                         quote_identifier(PQuser(state_->get()))));
  }
  if (PQconnectionNeedsPassword(state_->get()) != 0) {
    error.error_class = ErrorClass::refused;
    error.text =
        "PostgreSQL asks for a password and none was given: put it into ~/.pgpass, "
        "PGPASSWORD or the connection string";
  }
  return error;
}

Connection Connector::take() && {
  return Connection(std::move(state_));
}

Result<Connection> connect(const std::string& conninfo, ConnectionKind kind, Instant deadline,
                           int stop_fd) {
  Connector connector(conninfo, kind);
  // libpq wants to be asked for the first time when the socket can be written to.
  Connector::Progress progress = Connector::Progress::wants_write;
  if (connector.fd() < 0) progress = connector.advance();
  while (true) {
    short events = 0;
    switch (progress) {
      case Connector::Progress::connected: return std::move(connector).take();
      case Connector::Progress::failed: return connector.error();
      case Connector::Progress::wants_read: events = POLLIN; break;
      case Connector::Progress::wants_write: events = POLLOUT; break;
    }
    if (auto error = wait_for(connector.fd(), events, deadline, stop_fd)) return std::move(*error);
    progress = connector.advance();
  }
}

std::optional<Error> check_conninfo(const std::string& conninfo) {
  char* message = nullptr;
  PQconninfoOption* options = PQconninfoParse(conninfo.c_str(), &message);
  const bool fine = options != nullptr;
  Error error{ErrorClass::configuration, fmt::format("--postgres: {}", trimmed(message)), {}, {}};
  PQconninfoFree(options);
  PQfreemem(message);
  if (fine) return std::nullopt;
  return error;
}

std::string database_of_conninfo(const std::string& conninfo) {
  std::string database;
  PQconninfoOption* options = PQconninfoParse(conninfo.c_str(), nullptr);
  for (const PQconninfoOption* option = options; option != nullptr && option->keyword != nullptr;
       ++option) {
    if (std::string_view(option->keyword) != "dbname") continue;
    if (option->val != nullptr) database = option->val;
    const char* environment = std::getenv(option->envvar);
    if (database.empty() && environment != nullptr) database = environment;
  }
  PQconninfoFree(options);
  return database;
}

namespace {

std::string quote(std::string_view text, char mark) {
  std::string quoted(1, mark);
  for (const char c : text) {
    if (c == mark) quoted += mark;
    quoted += c;
  }
  return quoted + mark;
}

}  // namespace

std::string quote_identifier(std::string_view text) {
  return quote(text, '"');
}

// For the replication grammar, which knows no escapes but doubling. In SQL that is right while
// standard_conforming_strings is on.
std::string quote_literal(std::string_view text) {
  return quote(text, '\'');
}

}  // namespace waljet
