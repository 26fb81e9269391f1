#include "streamer/snapshot_check.h"

#include <spdlog/fmt/fmt.h>

#include "streamer/reader_session.h"

namespace waljet {
namespace {

constexpr std::string_view about = "checking the extension waljet";

Error refused(std::string text) {
  return {ErrorClass::refused, std::move(text), {}, {}};
}

std::optional<Error> check_extension(ReaderSession& session, Instant deadline) {
  auto rows = session.query(
      "SELECT (SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'waljet'), "
      "(SELECT default_version FROM pg_catalog.pg_available_extensions WHERE name = 'waljet')",
      about, deadline);
  if (!rows) return std::move(rows.error());
  const auto& row = rows->rows.at(0);
  if (!row.at(0)) {
    const std::string_view first =
        row.at(1) ? "" : "install it on the database server (sudo make install) and ";
    return refused(
        fmt::format("a snapshot needs the extension waljet, which database {} does not have: {}run "
                    "CREATE EXTENSION waljet there",
                    session.database(), first));
  }
  if (*row.at(0) != WALJET_VERSION) {
    return refused(
        fmt::format("extension waljet in database {} is of version {}, and this is waljet {}: "
                    "install the same version on both sides and run ALTER EXTENSION waljet UPDATE",
                    session.database(), *row.at(0), WALJET_VERSION));
  }
  return std::nullopt;
}

std::optional<Error> check_module(ReaderSession& session, Instant deadline) {
  auto version = session.query("SELECT waljet.version()", about, deadline);
  if (!version) return std::move(version.error());
  if (version->single() == WALJET_VERSION) return std::nullopt;
  return refused(
      fmt::format("the database server has the module waljet of version {}, and this is "
                  "waljet {}: install the same version on both sides",
                  version->single(), WALJET_VERSION));
}

}  // namespace

std::optional<Error> check_snapshot(const SnapshotReaderSettings& settings, Instant deadline,
                                    int stop_fd) {
  auto session = ReaderSession::open(settings.postgres, deadline, stop_fd);
  if (!session) return std::move(session.error());
  if (auto error = check_extension(*session, deadline)) return error;
  if (auto error = check_module(*session, deadline)) return error;
  auto tables = session->tables(settings.options, {}, deadline);
  if (!tables) return std::move(tables.error());
  return check_readable(*tables, session->role());
}

}  // namespace waljet
