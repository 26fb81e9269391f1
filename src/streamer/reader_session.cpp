#include "streamer/reader_session.h"

#include <fmt/core.h>

#include <algorithm>
#include <charconv>
#include <utility>

#include "streamer/copy_rows.h"

namespace waljet {
namespace {

using Row = std::vector<std::optional<std::string>>;

std::string column(const Row& row, size_t index) {
  return index < row.size() ? row[index].value_or("") : "";
}

// What is unknown, and negative in PostgreSQL, is 0 here.
template <typename Number>
Number number_column(const Row& row, size_t index) {
  const std::string text = column(row, index);
  Number number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

ReadableTable table_of(const Row& row) {
  ReadableTable table;
  table.relation = number_column<uint32_t>(row, 0);
  table.job.name = column(row, 1);
  table.shown = column(row, 2);
  table.job.keyed = column(row, 3) == "t";
  table.unkeyed_reason = column(row, 4);
  table.readable = column(row, 5) != "f";  // unknown where it has been dropped since
  table.job.rows_expected = number_column<uint64_t>(row, 6);
  table.blocks = number_column<uint64_t>(row, 7);
  return table;
}

Error unknown_form(std::string_view about) {
  return {ErrorClass::refused,
          fmt::format("{}: the server answered in an unknown form: its module waljet is of another "
                      "version",
                      about),
          {},
          {}};
}

}  // namespace

ReaderSession::ReaderSession(Connection connection, int stop_fd)
    : connection_(std::move(connection)), stop_fd_(stop_fd) {}

Result<ReaderSession> ReaderSession::open(const std::string& conninfo, Instant deadline,
                                          int stop_fd) {
  constexpr std::string_view about = "connecting to read tables";
  auto connection = connect(conninfo, ConnectionKind::reader, deadline, stop_fd);
  if (!connection) {
    connection.error().text = fmt::format("{}: {}", about, connection.error().text);
    return std::move(connection.error());
  }
  ReaderSession session(std::move(*connection), stop_fd);
  if (auto set = session.query(no_statement_timeout_command(), about, deadline); !set) {
    return std::move(set.error());
  }
  auto role = session.query(reader_settings_query(), about, deadline);
  if (!role) return std::move(role.error());
  session.role_ = role->single();
  return session;
}

Result<Rows> ReaderSession::query(const std::string& sql, std::string_view about,
                                  Instant deadline) {
  auto rows = connection_.query(sql, deadline, stop_fd_);
  if (!rows) return explain(std::move(rows.error()), about);
  return rows;
}

Result<std::vector<ReadableTable>> ReaderSession::tables(const OptionList& options,
                                                         const std::vector<std::string>& wanted,
                                                         Instant deadline) {
  std::vector<std::optional<std::string>> entries(wanted.begin(), wanted.end());
  if (entries.empty()) entries.emplace_back(std::nullopt);
  std::vector<ReadableTable> tables;
  for (const auto& entry : entries) {
    auto rows = query(tables_query(options, entry), "listing tables", deadline);
    if (!rows) return std::move(rows.error());
    if (entry && rows->rows.empty()) {
      return Error{ErrorClass::refused,
                   fmt::format("no table {} in database {} that the filter lets through", *entry,
                               database()),
                   {},
                   {}};
    }
    for (const Row& row : rows->rows) {
      ReadableTable table = table_of(row);
      const bool known = std::any_of(tables.begin(), tables.end(), [&](const ReadableTable& other) {
        return other.relation == table.relation;
      });
      if (!known) tables.push_back(std::move(table));
    }
  }
  return tables;
}

Result<std::optional<ReadEnd>> ReaderSession::read(const std::string& command,
                                                   std::string_view about,
                                                   const std::function<bool(RowBatch)>& take) {
  if (auto error = connection_.start_copy(command, Instant::max(), stop_fd_)) {
    return explain(std::move(*error), about);
  }
  std::optional<ReadEnd> end;
  for (bool is_first = true; true; is_first = false) {
    auto message = connection_.next_copy_message(Instant::max(), stop_fd_);
    if (!message) return explain(std::move(message.error()), about);
    if (!*message) return end;
    Connection::StreamMessage& bytes = **message;
    const CopyRow row = parse_copy_row({bytes.buffer.get(), bytes.bytes}, is_first);
    if (row.kind == CopyRow::Kind::end) continue;
    if (row.kind == CopyRow::Kind::malformed || end) return unknown_form(about);
    const auto piece = parse_read_piece(row.value);
    if (!piece) return unknown_form(about);
    end = piece->end;
    if (end) continue;
    if (!take({std::move(bytes.buffer), bytes.bytes, row.value, piece->rows})) {
      return Error{ErrorClass::interrupted, "stopped", {}, {}};
    }
  }
}

// What is the matter, and what to do. An error in the words of the statement stays one however
// often it is said.
Error ReaderSession::explain(Error error, std::string_view about) const {
  if (error.error_class == ErrorClass::interrupted) return error;
  const std::string_view state = error.sqlstate;
  const bool no_such_function = state == "42883" || state == "3F000";
  const bool is_ours = error.text.find("waljet") != std::string::npos;
  error.text = fmt::format("{}: {}", about, error.text);
  if (state.starts_with("42")) error.error_class = ErrorClass::refused;
  if (no_such_function && is_ours) {
    error.error_class = ErrorClass::refused;
    error.hint =
        fmt::format("The extension is missing: CREATE EXTENSION waljet in database {}", database());
  } else if (state == "42501" && error.hint.empty() && !is_ours) {
    error.hint = fmt::format("Role {} needs SELECT on it, and BYPASSRLS where row security is on",
                             quote_identifier(role_));
  }
  add_sentence(error.text, error.hint);
  return error;
}

std::string about_table(std::string_view table) {
  return fmt::format("reading table {}", table);
}

std::optional<Error> check_readable(const std::vector<ReadableTable>& tables,
                                    std::string_view role) {
  constexpr size_t named_max = 10;
  std::string names;
  size_t count = 0;
  for (const ReadableTable& table : tables) {
    if (table.readable || ++count > named_max) continue;
    names += (names.empty() ? "" : ", ") + table.job.name;
  }
  if (count == 0) return std::nullopt;
  const std::string more =
      count > named_max ? fmt::format(" and {} more tables", count - named_max) : "";
  return Error{
      ErrorClass::refused,
      fmt::format("role {0} may not read all of {1}{2}: GRANT SELECT ON {1} TO {3}, and give "
                  "it BYPASSRLS where row-level security hides rows, or leave them out "
                  "with --exclude-tables",
                  role, names, more, quote_identifier(role)),
      {},
      {}};
}

}  // namespace waljet
