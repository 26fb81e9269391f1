// What the facts mean for a pipeline. Pure: facts in, findings out.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "event/plugin_options.h"
#include "streamer/check_facts.h"
#include "streamer/check_finding.h"

namespace waljet {

// The plugin's view of the settings: which table passes, and by which rule.
class CheckedFilter {
 public:
  // `plan` must outlive this.
  explicit CheckedFilter(const CheckPlan& plan);

  const PluginOptions& options() const { return options_; }
  // Under the name by which its events go.
  bool lets_through(const TableFacts& table) const;
  std::optional<Rule> rule_for(const TableFacts& table) const;
  // Whether any statement but INSERT is sent of it.
  bool sends_changes(const TableFacts& table) const;
  // Whether a column's own value is sent.
  bool shows(const TableFacts& table, std::string_view column) const;

 private:
  std::string_view schema_of(const TableFacts& table) const;
  std::string_view name_of(const TableFacts& table) const;

  PluginOptions options_;
};

// `sink` is absent where NATS was not asked, `server` where PostgreSQL lets nobody in.
void judge_server(const CheckPlan& plan, const ServerFacts& server, FindingList& findings);
void judge_tables(const CheckPlan& plan, const ServerFacts& server, const SinkFacts* sink,
                  FindingList& findings);
void judge_sink(const CheckPlan& plan, const SinkFacts& sink, FindingList& findings);
// What `run` would say of what is stored.
void judge_resume(const CheckPlan& plan, const ServerFacts& server, const SinkFacts& sink,
                  FindingList& findings);

// What NATS takes as one message at most, headers included; 0: not known.
int64_t message_bytes_max(const SinkFacts& sink);

}  // namespace waljet
