#include "streamer/snapshot_check.h"

#include <optional>
#include <string>

#include "streamer/reader_session.h"
#include "streamer/snapshot_tables.h"

namespace waljet {
namespace {

constexpr std::string_view about = "checking the extension waljet";

std::optional<Error> check_versions(ReaderSession& session, Instant deadline) {
  auto rows = session.query(
      "SELECT extversion FROM pg_catalog.pg_extension WHERE extname = 'waljet'", about, deadline);
  if (!rows) return std::move(rows.error());
  std::optional<std::string> installed;
  if (!rows->rows.empty()) installed = rows->single();
  std::string module{WALJET_VERSION};
  if (installed) {
    auto version = session.query("SELECT waljet.version()", about, deadline);
    if (!version) return std::move(version.error());
    module = version->single();
  }
  return version_problem(session.database(), installed, module);
}

}  // namespace

std::optional<Error> check_snapshot(const SnapshotReaderSettings& settings, Instant deadline,
                                    int stop_fd) {
  auto session = ReaderSession::open(settings.postgres, deadline, stop_fd);
  if (!session) return std::move(session.error());
  if (auto error = check_versions(*session, deadline)) return error;
  auto tables = session->tables(settings.options, {}, deadline);
  if (!tables) return std::move(tables.error());
  return check_readable(*tables, session->role());
}

}  // namespace waljet
