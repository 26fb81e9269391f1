#include "streamer/check_command.h"

#include <fmt/core.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <optional>

#include "streamer/check_judge.h"
#include "streamer/check_nats.h"
#include "streamer/check_postgres.h"
#include "streamer/check_report.h"
#include "streamer/log.h"
#include "streamer/stop_signal.h"
#include "streamer/string_sink.h"

namespace waljet {
namespace {

constexpr Duration connect_timeout{10'000};
constexpr std::string_view no_privilege = "42501";

// Of an event that may come: of the first table that passes, and of an action that none has.
std::string likely_subject(const CheckPlan& plan, const ServerFacts* server) {
  SubjectFields fields;
  fields.name = plan.names.name;
  fields.db = plan.database;
  fields.schema = "public";
  fields.table = "table";
  fields.action = "check";
  fields.op = "check";
  const CheckedFilter filter(plan);
  const TableFacts* first = nullptr;
  if (server != nullptr) {
    for (const TableFacts& table : server->tables) {
      if (first == nullptr && table.logged && filter.lets_through(table)) first = &table;
    }
  }
  if (first != nullptr) {
    fields.schema = first->schema;
    fields.table = first->name;
  }
  SubjectTemplate subject;
  StringSink sink;
  if (subject.parse(plan.settings.subject, plan.names.name).empty()) subject.put(*sink, fields);
  return sink.str();
}

class Check {
 public:
  explicit Check(const CheckSettings& settings)
      : settings_(settings), stop_fd_(catch_stop_signals()) {
    plan_.settings = settings.run;
    plan_.snapshot = settings.snapshot;
  }

  int run();

 private:
  void learn_server();
  void learn_sink();
  bool name_without_server();
  void judge();
  void print() const;
  void trouble(std::string_view side, const Error& error);

  const CheckSettings& settings_;
  int stop_fd_;
  CheckPlan plan_;
  std::optional<Connection> connection_;
  std::optional<ServerCheck> server_check_;
  std::optional<ServerFacts> server_;
  std::optional<SinkFacts> sink_;
  FindingList findings_;
  int exit_code_ = exit_done;
};

int Check::run() {
  if (auto error = check_conninfo(plan_.settings.postgres)) {
    log_error("{}", error->text);
    return exit_usage;
  }
  learn_server();
  if (exit_code_ == exit_usage) return exit_code_;
  learn_sink();
  judge();
  print();
  if (exit_code_ != exit_done) return exit_code_;
  return has_trouble(findings_.all()) ? exit_findings : exit_done;
}

void Check::trouble(std::string_view side, const Error& error) {
  const bool ours = error.error_class == ErrorClass::configuration;
  if (ours) {
    log_error("{}", error.text);
  } else {
    log_error("{} could not be checked: {}", side, error.text);
  }
  exit_code_ = ours ? exit_usage : exit_refused;
}

void Check::learn_server() {
  auto connection = connect(plan_.settings.postgres, ConnectionKind::plain,
                            std::chrono::steady_clock::now() + connect_timeout, stop_fd_);
  if (!connection && connection.error().sqlstate == no_privilege) {
    return findings_.add("role_connect", {{"why", connection.error().text}});
  }
  if (!connection) return trouble("PostgreSQL", connection.error());
  connection_.emplace(std::move(*connection));
  server_check_.emplace(plan_, *connection_, stop_fd_);
  ServerFacts facts;
  if (auto error = server_check_->learn(facts)) return trouble("PostgreSQL", *error);
  server_ = std::move(facts);
}

// The database's name is all that the names of stream and subjects need.
bool Check::name_without_server() {
  if (!plan_.names.name.empty()) return true;
  plan_.database = database_of_conninfo(plan_.settings.postgres);
  auto names = resolve_names(plan_.settings, plan_.database, 0);
  if (!names) return false;
  plan_.names = std::move(*names);
  plan_.names.source_id.clear();
  return true;
}

void Check::learn_sink() {
  if (!name_without_server()) return;
  SinkFacts facts;
  const ServerFacts* server = server_ ? &*server_ : nullptr;
  if (auto error = SinkCheck(plan_).learn(likely_subject(plan_, server), facts)) {
    return trouble("NATS", *error);
  }
  sink_ = std::move(facts);
}

void Check::judge() {
  if (server_) {
    server_check_->refresh_end(*server_);
    if (sink_) {
      server_check_->measure_rows(*server_, CheckedFilter(plan_), message_bytes_max(*sink_));
    }
    judge_server(plan_, *server_, findings_);
    judge_tables(plan_, *server_, sink_ ? &*sink_ : nullptr, findings_);
  }
  if (sink_) judge_sink(plan_, *sink_, findings_);
  if (server_ && sink_) judge_resume(plan_, *server_, *sink_, findings_);
}

void Check::print() const {
  Findings findings = findings_.all();
  sort_findings(findings);
  const bool colored = isatty(STDOUT_FILENO) != 0 && std::getenv("NO_COLOR") == nullptr;
  // Where a side could not be asked, that nothing was found says nothing.
  if (findings.empty() && exit_code_ != exit_done && !settings_.json) return;
  fmt::print("{}", settings_.json ? findings_json(findings) : findings_text(findings, colored));
}

}  // namespace

int check_command(const CheckSettings& settings) {
  return Check(settings).run();
}

}  // namespace waljet
