#include <algorithm>
#include <iterator>

#include "streamer/log.h"
#include "streamer/option_flags.h"
#include "streamer/replication.h"
#include "streamer/setting.h"
#include "streamer/settings.h"
#include "streamer/size_text.h"
#include "streamer/stream_config.h"

namespace waljet {
namespace {

std::string stream_problem(const std::string& text) {
  if (text.empty()) return {};  // the default
  const std::string_view problem = stream_name_problem(text);
  return problem.empty() ? std::string() : "\"" + text + "\" " + std::string(problem);
}

// What libpq says of it, but for what it quotes, which may be a password.
std::string connection_problem(const std::string& text) {
  const auto error = check_conninfo(text);
  if (!error) return {};
  std::string_view said = error->text;
  constexpr std::string_view flag_name = "--postgres: ";
  if (said.starts_with(flag_name)) said.remove_prefix(flag_name.size());
  std::string shown;
  bool quoted = false;
  for (const char c : said) {
    if (c == '"') shown += quoted ? "***\"" : "\"";
    if (c == '"') quoted = !quoted;
    if (c != '"' && !quoted) shown += c;
  }
  return shown;
}

Setting text(std::string path, std::string note, std::string sentence) {
  Setting setting;
  setting.path = std::move(path);
  setting.default_note = std::move(note);
  setting.sentence = std::move(sentence);
  return setting;
}

Setting file(std::string path, std::string note, std::string sentence) {
  Setting setting = text(std::move(path), std::move(note), std::move(sentence));
  setting.value_name = "FILE";
  return setting;
}

Setting choice(std::string path, std::vector<std::string> allowed, std::string sentence) {
  Setting setting = text(std::move(path), "", std::move(sentence));
  setting.type = SettingType::choice;
  setting.default_text = allowed.front();
  setting.allowed = std::move(allowed);
  return setting;
}

Setting number(std::string path, SettingType type, std::string default_text, uint64_t min,
               uint64_t max, std::string sentence) {
  Setting setting = text(std::move(path), "", std::move(sentence));
  setting.type = type;
  setting.default_text = std::move(default_text);
  setting.min = min;
  setting.max = max;
  return setting;
}

Setting flag(std::string path, bool default_value, std::string sentence) {
  Setting setting = text(std::move(path), "", std::move(sentence));
  setting.type = SettingType::flag;
  setting.default_text = default_value ? "true" : "false";
  return setting;
}

Setting secret(Setting setting, Secrecy secrecy) {
  setting.secrecy = secrecy;
  return setting;
}

Setting with_flag(Setting setting, std::string flag_name, std::string value_name,
                  uint8_t commands = for_run) {
  setting.flag = std::move(flag_name);
  setting.value_name = std::move(value_name);
  setting.commands = commands;
  return setting;
}

// ---- the sections, in the order in which people read them ----

using Settings = std::vector<Setting>;

// Of the plugin's lists one may be a map here, and rules are YAML instead of JSON.
SettingType type_of(const OptionSpec& spec) {
  if (spec.name == "tables") return SettingType::tables;
  if (spec.name == "rules") return SettingType::rules;
  if (spec.name == "publications") return SettingType::list;
  if (spec.kind == OptionKind::choice) return SettingType::choice;
  if (spec.kind == OptionKind::number) {
    return spec.name.ends_with("_bytes") ? SettingType::size : SettingType::count;
  }
  const bool is_list = spec.kind == OptionKind::choice_set || spec.kind == OptionKind::prefixes ||
                       spec.kind == OptionKind::tables;
  return is_list ? SettingType::list : SettingType::text;
}

std::vector<std::string> words_of(std::string_view list) {
  return list.empty() ? std::vector<std::string>() : list_value(std::string(list));
}

Setting setting_of(const OptionSpec& spec, std::string path) {
  Setting setting;
  setting.path = std::move(path);
  setting.type = type_of(spec);
  setting.default_text = spec.default_value;
  setting.default_note = spec.default_note;
  if (setting.type == SettingType::size)
    setting.default_text = size_text(std::stoull(setting.default_text));
  setting.allowed = words_of(spec.allowed);
  setting.min = spec.min;
  setting.max = spec.max;
  setting.sentence = spec.sentence;
  setting.option = &spec;
  return setting;
}

// Those of `section` that the plugin declares and a user may set.
void add_options(Settings& table, std::string_view section) {
  for (const OptionFlag& option : option_flags()) {
    const std::string path = std::string(section) + "." + std::string(option.spec->name);
    if (environment_of(path) != option.environment) continue;
    table.push_back(with_flag(setting_of(*option.spec, path), option.flag, option.value_name));
  }
}

void add_snapshot(Settings& table) {
  constexpr uint64_t workers_max = 16;
  table.push_back(with_flag(choice("source.snapshot", {"never", "initial", "only"},
                                   "Whether a new source begins with what its tables hold; with "
                                   "`only`, nothing is streamed after it."),
                            "--snapshot", "never|initial|only"));
  table.push_back(with_flag(number("source.snapshot_workers", SettingType::count,
                                   std::to_string(RunSettings{}.snapshot_workers), 1, workers_max,
                                   "How many connections read the tables then."),
                            "--snapshot-workers", "N"));
}

void add_source(Settings& table) {
  Setting uri = text("source.uri", "libpq's environment",
                     "PostgreSQL, as a URI or as keywords and values: everything that libpq knows, "
                     "TLS, password files, services and several hosts among it.");
  uri.problem = connection_problem;
  table.push_back(with_flag(secret(std::move(uri), Secrecy::connection), "--postgres", "CONNINFO",
                            for_run | for_tail | for_slot | for_snapshot | for_status));
  Setting name = setting_of(*find_option("name"), "source.name");
  name.problem = name_problem;
  table.push_back(with_flag(std::move(name), "--name", "NAME",
                            for_run | for_tail | for_slot | for_snapshot | for_status));
  Setting slot = text("source.slot", "`waljet_` and the name", "The replication slot.");
  slot.problem = slot_problem;
  table.push_back(
      with_flag(std::move(slot), "--slot", "SLOT", for_run | for_slot | for_snapshot | for_status));
  add_options(table, "source");
  add_snapshot(table);
}

void add_auth(Settings& table) {
  const auto add = [&](const char* path, const char* sentence, Secrecy secrecy) {
    table.push_back(secret(text(path, "none", sentence), secrecy));
  };
  add("sink.auth.user", "User, where the URL holds none.", Secrecy::none);
  add("sink.auth.password", "The user's password.", Secrecy::whole);
  add("sink.auth.token", "A token instead of user and password.", Secrecy::whole);
  table.push_back(file("sink.auth.nkey_file", "none", "A user's nkey seed, `SU…`."));
  table.push_back(file("sink.auth.creds_file", "none", "Credentials: a user's JWT and seed."));
}

void add_tls(Settings& table) {
  table.push_back(file("sink.tls.ca", "the system's",
                       "The certificates to trust, PEM. With any key of this section, and with a "
                       "URL `tls://…`, the connection is encrypted."));
  table.push_back(file("sink.tls.cert", "none", "Our own certificate, PEM."));
  table.push_back(file("sink.tls.key", "none", "Its private key, PEM."));
}

void add_stream(Settings& table) {
  constexpr uint64_t year_ms = uint64_t{365} * 24 * 3'600'000;
  constexpr uint64_t bytes_max = uint64_t{1} << 60;
  const StreamPlan plan;
  Setting name = text("sink.stream.name", "the name, encoded as a subject token", "The stream.");
  name.problem = stream_problem;
  table.push_back(
      with_flag(std::move(name), "--stream", "STREAM", for_run | for_tail | for_status));
  table.push_back(flag("sink.stream.create", plan.create,
                       "Whether a stream that is absent is created. One that exists is checked, "
                       "never changed: the keys below are for a new one."));
  table.push_back(choice("sink.stream.storage", {"file", "memory"}, "Where it is kept."));
  table.push_back(number("sink.stream.replicas", SettingType::count, std::to_string(plan.replicas),
                         1, 5, "In how many copies."));
  table.push_back(number("sink.stream.max_age", SettingType::duration, "0s", 0, 100 * year_ms,
                         "How long events stay; `0s`: no limit."));
  table.push_back(number("sink.stream.max_bytes", SettingType::size, "0", 0, bytes_max,
                         "How large it grows before the oldest events go; `0`: no limit."));
}

void add_window(Settings& table) {
  constexpr uint64_t max_pending_max = 65'536;  // twice as many are read back at a start
  constexpr uint64_t max_pending_bytes_max = uint64_t{1} << 30;
  const RunSettings defaults;
  table.push_back(
      with_flag(number("sink.max_pending", SettingType::count, std::to_string(defaults.max_pending),
                       1, max_pending_max, "Messages in flight to NATS, at most."),
                "--max-pending", "N"));
  table.push_back(with_flag(
      number("sink.max_pending_bytes", SettingType::size, size_text(defaults.max_pending_bytes), 1,
             max_pending_bytes_max, "Their size, at most."),
      "--max-pending-bytes", "SIZE"));
}

void add_delivery(Settings& table) {
  table.push_back(with_flag(choice("sink.fencing", {"strict", "off"},
                                   "`strict`: stored once, in order, whatever fails. `off`: for a "
                                   "stream with other writers, a weaker promise."),
                            "--fencing", "strict|off"));
  table.push_back(with_flag(choice("sink.oversize", {"stop", "stub"},
                                   "An event larger than NATS takes: `stop` until it fits, or send "
                                   "a `stub` in its place."),
                            "--oversize", "stop|stub"));
  Setting delay =
      number("sink.confirm_delay", SettingType::duration, std::string(confirm_delay_auto), 0,
             static_cast<uint64_t>(confirm_delay_max.count()),
             "How much later PostgreSQL is told that events are stored, for a broker "
             "that loses its latest writes; `auto`: 150s on one file replica.");
  delay.allowed = {std::string(confirm_delay_auto)};
  table.push_back(with_flag(std::move(delay), "--confirm-delay", "DURATION"));
  table.push_back(with_flag(flag("sink.msg_id", RunSettings{}.message_ids,
                                 "Whether `Nats-Msg-Id` is sent as well; always with `fencing` "
                                 "`off`."),
                            "--msg-id", ""));
  table.push_back(with_flag(choice("sink.grouping", {"event", "run"},
                                   "`event`: a message for each event. `run`: one for consecutive "
                                   "events of a transaction that share a subject, a line each."),
                            "--grouping", "event|run"));
  table.push_back(
      with_flag(number("sink.group_bytes", SettingType::size, size_text(RunSettings{}.group_bytes),
                       group_bytes_min, group_bytes_max,
                       "The largest message of `grouping` `run`; less where NATS takes "
                       "less."),
                "--group-bytes", "SIZE"));
  Setting headers = text("sink.headers", "none",
                         "Headers besides `Waljet-Id`: `Waljet-Key`, `Waljet-Table`, `Waljet-Op`, "
                         "`Content-Type`.");
  headers.type = SettingType::list;
  headers.allowed = {"key", "table", "op", "content-type"};
  table.push_back(std::move(headers));
}

void add_sink(Settings& table) {
  table.push_back(choice("sink.type", {"nats"}, "What events are published to."));
  Setting url = text("sink.url", "", "NATS server, or several: they are tried in turn.");
  url.type = SettingType::list;
  url.default_text = default_nats_url;
  table.push_back(with_flag(secret(std::move(url), Secrecy::nats_url), "--nats", "URL",
                            for_run | for_tail | for_snapshot | for_status));
  add_auth(table);
  add_tls(table);
  add_stream(table);
  table.push_back(
      with_flag(setting_of(*find_option("subject"), "sink.subject"), "--subject", "TEMPLATE"));
  add_window(table);
  add_delivery(table);
}

void add_log(Settings& table) {
  constexpr uint8_t all = for_run | for_tail | for_slot | for_snapshot | for_status;
  Setting level = choice("log.level", {std::begin(log_levels), std::end(log_levels)},
                         "The least severe lines to log.");
  level.default_text = "info";
  table.push_back(with_flag(std::move(level), "--log-level", "LEVEL", all));
  table.push_back(with_flag(choice("log.format", {"text", "json"},
                                   "Lines for people, or each a JSON object with `time`, `level` "
                                   "and `message`."),
                            "--log-format", "text|json", all));
}

Settings make_table() {
  Settings table;
  add_source(table);
  add_options(table, "filter");
  add_sink(table);
  add_log(table);
  return table;
}

}  // namespace

std::span<const Setting> setting_table() {
  static const Settings table = make_table();
  return table;
}

}  // namespace waljet
