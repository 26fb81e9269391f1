// Learns what `waljet check` judges of PostgreSQL. Changes nothing: the plugin is tried with a
// temporary slot, which ends with its connection.
#pragma once

#include "streamer/check_facts.h"
#include "streamer/check_judge.h"
#include "streamer/replication.h"

namespace waljet {

class ServerCheck {
 public:
  // `connection` is a plain one. Both must outlive this.
  ServerCheck(CheckPlan& plan, Connection& connection, int stop_fd)
      : plan_(plan), connection_(connection), stop_fd_(stop_fd) {}

  // Completes the plan: the names need the database's identity. An error of class `configuration`:
  // the names are impossible; any other: the server does not answer.
  std::optional<Error> learn(ServerFacts& facts);

  // How large rows get that the filter lets pass, where that may be more than `limit`: a bounded
  // sample, in a bounded time.
  void measure_rows(ServerFacts& facts, const CheckedFilter& filter, int64_t limit);
  // Where the server's log ends now: what a survey found lies before it.
  void refresh_end(ServerFacts& facts);

 private:
  Result<Rows> ask(const std::string& sql);
  std::optional<Error> learn_basics(ServerFacts& facts);
  std::optional<Error> learn_settings(ServerFacts& facts);
  std::optional<Error> learn_slot(ServerFacts& facts);
  std::optional<Error> learn_tables(ServerFacts& facts);
  void learn_rate(ServerFacts& facts);
  void learn_versions(ServerFacts& facts);
  void learn_publications(ServerFacts& facts);
  std::optional<Error> learn_identity(ServerFacts& facts);
  void try_plugin(Connection& replication, ServerFacts& facts);
  void measure(TableFacts& table, const std::vector<std::string>& columns);

  CheckPlan& plan_;
  Connection& connection_;
  int stop_fd_;
};

}  // namespace waljet
