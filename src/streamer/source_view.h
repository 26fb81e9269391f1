// A source as commands beside the pipeline see it, over a plain connection to its database: the
// slot, how far it is, and the way to wake the process that has it.
//
// Each question waits for its answer, no longer than `patience`. One thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "streamer/clock.h"
#include "streamer/errors.h"
#include "streamer/replication.h"
#include "streamer/settings.h"
#include "streamer/status_report.h"

namespace waljet {

class SourceView {
 public:
  static constexpr Duration patience{10'000};

  // Connects, and learns the names that follow from database and cluster.
  static Result<SourceView> connect(const RunSettings& settings, int stop_fd);

  const SourceNames& names() const { return names_; }
  std::string database() const { return connection_.database(); }

  Result<ServerStatus> status();
  // A control message to the process that has the slot; in the WAL when this returns.
  std::optional<Error> wake(std::string_view content);
  Result<Rows> ask(const std::string& sql);

 private:
  SourceView(Connection connection, int stop_fd)
      : connection_(std::move(connection)), stop_fd_(stop_fd) {}
  std::optional<Error> learn_names(const RunSettings& settings);

  Connection connection_;
  int stop_fd_;
  SourceNames names_;
};

}  // namespace waljet
