#include <fmt/core.h>

#include <algorithm>
#include <charconv>

#include "streamer/check_judge.h"
#include "streamer/position_text.h"
#include "streamer/sql_list.h"
#include "streamer/time_text.h"

namespace waljet {
namespace {

constexpr int version_min = 130000;
constexpr int version_standby_decodes = 160000;

int64_t number(std::string_view text, int64_t absent = 0) {
  int64_t value = absent;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

class ServerJudge {
 public:
  ServerJudge(const CheckPlan& plan, const ServerFacts& server, FindingList& findings)
      : plan_(plan), server_(server), findings_(findings) {}

  void judge() {
    settings();
    room();
    wal_kept();
    timeouts();
    synchronous();
    role();
    plugin();
    versions();
    slot();
  }

 private:
  void settings();
  void room();
  void wal_kept();
  void timeouts();
  void synchronous();
  void role();
  void plugin();
  void versions();
  void slot();
  bool slot_in_use() const { return server_.slot && server_.slot->active; }

  const CheckPlan& plan_;
  const ServerFacts& server_;
  FindingList& findings_;
};

void ServerJudge::settings() {
  if (server_.version < version_min) {
    findings_.add("server_version", {{"version", server_.version_text}});
  }
  if (server_.setting("wal_level") != "logical") {
    findings_.add("wal_level", {{"value", std::string(server_.setting("wal_level"))}});
  }
  if (server_.setting("fsync") == "off") findings_.add("fsync_off");
  if (!server_.in_recovery) return;
  if (server_.version < version_standby_decodes) {
    findings_.add("standby_cannot_decode");
  } else {
    findings_.add("standby");
  }
}

void ServerJudge::room() {
  const std::string_view slots = server_.setting("max_replication_slots");
  if (!server_.slot && number(slots) <= static_cast<int64_t>(server_.slots_used)) {
    findings_.add("slots_full", {{"max", std::string(slots)}, {"slot", plan_.names.slot}});
  }
  const std::string_view senders = server_.setting("max_wal_senders");
  if (!slot_in_use() && number(senders) <= static_cast<int64_t>(server_.senders_used)) {
    findings_.add("senders_full", {{"max", std::string(senders)}});
  }
}

// Too small is what an hour's outage would pass, or what a few segments are.
void ServerJudge::wal_kept() {
  if (!server_.has_setting("max_slot_wal_keep_size")) return;
  constexpr int64_t small_mb = 1024;
  const int64_t limit_mb = number(server_.setting("max_slot_wal_keep_size"), -1);
  const auto hourly_mb = static_cast<int64_t>(server_.wal_bytes_an_hour >> 20);
  std::string rate;
  if (hourly_mb > 0) rate = fmt::format(" (it writes {} MB an hour on average)", hourly_mb);
  if (limit_mb < 0) return findings_.add("wal_keep_unlimited", {{"rate", rate}});
  if (limit_mb >= std::max(small_mb, hourly_mb)) return;
  findings_.add("wal_keep_small", {{"limit", fmt::format("{} MB", limit_mb)}, {"rate", rate}});
}

void ServerJudge::timeouts() {
  // A longer one, or none, waljet sets for its own connection.
  constexpr int64_t short_ms = 5'000;
  const int64_t sender_ms = number(server_.setting("wal_sender_timeout"));
  if (sender_ms > 0 && sender_ms < short_ms) {
    findings_.add("wal_sender_timeout", {{"value", duration_text(Duration(sender_ms))}});
  }
  const std::string_view idle = server_.setting("idle_replication_slot_timeout");
  if (!idle.empty() && idle != "0") {
    findings_.add("idle_slot_timeout", {{"value", std::string(idle)}});
  }
}

bool same_name(std::string_view a, std::string_view b) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c; };
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [&](char left, char right) { return lower(left) == lower(right); });
}

// `FIRST 2 (a, "b", *)`, or the list alone. Case does not count.
void ServerJudge::synchronous() {
  const std::string value(server_.setting("synchronous_standby_names"));
  const size_t open = value.find('(') + 1;  // 0: there is none
  for (const std::string& entry : sql_list(value.substr(open, value.rfind(')') - open))) {
    const std::string name = sql_name(entry);
    if (name != "*" && !same_name(name, server_.application_name)) continue;
    return findings_.add("synchronous_standby",
                         {{"value", value}, {"application", server_.application_name}});
  }
}

void ServerJudge::role() {
  if (!server_.may_replicate) return findings_.add("role_replication", {{"role", server_.role}});
  const bool no_sender = findings_.has("senders_full");
  if (!server_.replication_error || no_sender) return;
  findings_.add("replication_connection",
                {{"why", server_.replication_error->text}, {"role", server_.role}});
}

bool lists_plugin(std::string_view libraries) {
  const std::vector<std::string> names = sql_list(libraries);
  return std::any_of(names.begin(), names.end(), [](const std::string& name) {
    return name == plugin_name || name == quote_identifier(plugin_name);
  });
}

void ServerJudge::plugin() {
  constexpr std::string_view libraries = "output_plugin_libraries";
  const std::string value(server_.setting(libraries));
  if (server_.has_setting(libraries) && !lists_plugin(value)) {
    return findings_.add("plugin_not_allowed",
                         {{"value", value}, {"line", allow_plugin_line(value)}});
  }
  const PluginTrial& trial = server_.plugin;
  const std::string& why = trial.error.text;
  switch (trial.outcome) {
    case PluginTrial::Outcome::works: break;
    case PluginTrial::Outcome::not_tried:
      if (!slot_in_use()) findings_.add("plugin_not_tried", {{"why", why}});
      break;
    case PluginTrial::Outcome::not_loaded:
      findings_.add("plugin_not_loaded", {{"why", why}});
      break;
    case PluginTrial::Outcome::refused:
      if (why.find("salt") != std::string::npos) {
        findings_.add("hash_salt", {{"why", why}});
      } else {
        const std::string& hint = trial.error.hint;
        findings_.add("plugin_refuses",
                      {{"why", why}, {"hint", hint.empty() ? "change that setting" : hint}});
      }
      break;
  }
  if (trial.waits && !server_.slot) findings_.add("slot_waits", {{"slot", plan_.names.slot}});
}

void ServerJudge::versions() {
  constexpr std::string_view ours = WALJET_VERSION;
  if (!server_.plugin_version.empty() && server_.plugin_version != ours) {
    findings_.add("plugin_version",
                  {{"theirs", server_.plugin_version}, {"ours", std::string(ours)}});
  }
  if (!plan_.snapshot) return;
  if (server_.extension_version.empty()) {
    findings_.add("extension_missing", {{"database", plan_.database}});
  } else if (server_.extension_version != ours) {
    findings_.add("extension_version", {{"database", plan_.database},
                                        {"theirs", server_.extension_version},
                                        {"ours", std::string(ours)}});
  }
}

void ServerJudge::slot() {
  if (!server_.slot) return;
  const SlotInfo& slot = *server_.slot;
  const std::string& name = plan_.names.slot;
  if (slot.plugin != plugin_name) {
    const std::string owner =
        slot.plugin.empty() ? "physical replication" : fmt::format("plugin {}", slot.plugin);
    return findings_.add("slot_of_other_plugin", {{"slot", name}, {"owner", owner}});
  }
  if (slot.database != plan_.database) {
    return findings_.add("slot_of_other_database",
                         {{"slot", name}, {"theirs", slot.database}, {"ours", plan_.database}});
  }
  if (slot.wal_status == "lost") {
    return findings_.add("slot_lost", {{"slot", name}, {"confirmed", lsn_text(slot.confirmed)}});
  }
  if (slot.active) findings_.add("slot_active", {{"slot", name}});
  // It has used three quarters of what it may.
  const uint64_t left = server_.slot_bytes_left.value_or(UINT64_MAX);
  if (slot.wal_status != "unreserved" && left > server_.slot_retained / 3) return;
  const auto megabytes = [](uint64_t bytes) { return fmt::format("{} MB", bytes >> 20); };
  findings_.add("slot_at_risk", {{"slot", name},
                                 {"retained", megabytes(server_.slot_retained)},
                                 {"status", slot.wal_status},
                                 {"left", megabytes(server_.slot_bytes_left.value_or(0))}});
}

}  // namespace

void judge_server(const CheckPlan& plan, const ServerFacts& server, FindingList& findings) {
  ServerJudge(plan, server, findings).judge();
}

void judge_resume(const CheckPlan& plan, const ServerFacts& server, const SinkFacts& sink,
                  FindingList& findings) {
  if (!sink.survey || !server.identity || plan.names.source_id.empty()) return;
  if (server.slot && check_slot(plan.names.slot, *server.slot, plan.database)) return;
  SourceFacts facts;
  facts.system_identifier = server.identity->system_identifier;
  facts.timeline = server.identity->timeline;
  facts.flushed = server.identity->flushed;
  facts.ancestors = server.ancestors;
  facts.slot_exists = server.slot.has_value();
  if (server.slot) facts.slot_confirmed = server.slot->confirmed;
  ResumePolicy policy = resume_policy(plan.settings);
  const ResumeNames names = resume_names(plan.names);
  Decision decision = decide_resume(names, facts, *sink.survey, policy);
  if (!decision.blocked) return;
  const std::string why = *decision.blocked;
  policy.accept_divergence = true;
  if (decide_resume(names, facts, *sink.survey, policy).blocked != decision.blocked) {
    findings.add("resume_divergence", {{"why", why}});
  } else {
    findings.add("resume_gap", {{"why", why}});
  }
}

}  // namespace waljet
