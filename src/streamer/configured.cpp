#include "streamer/configured.h"

#include <algorithm>

#include "streamer/size_text.h"
#include "streamer/time_text.h"

namespace waljet {
namespace {

size_t size_of(const Configuration& configuration, std::string_view path) {
  return parse_size(configuration.text(path)).value_or(0);
}

NatsAccess nats_access(const Configuration& configuration) {
  NatsAccess access;
  access.url = configuration.text("sink.url");
  access.user = configuration.text("sink.auth.user");
  access.password = configuration.text("sink.auth.password");
  access.token = configuration.text("sink.auth.token");
  access.nkey_file = configuration.text("sink.auth.nkey_file");
  access.creds_file = configuration.text("sink.auth.creds_file");
  access.ca_file = configuration.text("sink.tls.ca");
  access.cert_file = configuration.text("sink.tls.cert");
  access.key_file = configuration.text("sink.tls.key");
  return access;
}

StreamPlan stream_plan(const Configuration& configuration) {
  StreamPlan plan;
  plan.create = flag_value(configuration.text("sink.stream.create"));
  plan.in_memory = configuration.text("sink.stream.storage") == "memory";
  plan.replicas = static_cast<int>(count_value(configuration.text("sink.stream.replicas")));
  plan.max_age = parse_duration(configuration.text("sink.stream.max_age")).value_or(Duration{0});
  plan.bytes_max = size_of(configuration, "sink.stream.max_bytes");
  return plan;
}

HeaderChoice header_choice(const Configuration& configuration) {
  const std::vector<std::string> names = list_value(configuration.text("sink.headers"));
  const auto chosen = [&](std::string_view name) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  return {chosen("key"), chosen("table"), chosen("op"), chosen("content-type")};
}

// As the plugin takes them: sizes in bytes.
OptionTexts plugin_options(const Configuration& configuration) {
  OptionTexts options;
  for (const Setting& setting : setting_table()) {
    const SettingValue* value = configuration.find(setting.path);
    if (value == nullptr || setting.option == nullptr) continue;
    const bool of_streamer =
        setting.option->id == OptionId::name || setting.option->id == OptionId::subject;
    if (of_streamer) continue;
    std::string& text = options[std::string(setting.option->name)];
    text = value->text;
    if (setting.type == SettingType::size) text = std::to_string(parse_size(text).value_or(0));
  }
  const auto filter = filter_options(configuration);  // checked before
  if (!filter) return options;
  options["tables"] = filter->tables;
  options["operations"] = filter->operations;
  if (!filter->rules.empty()) options["rules"] = filter->rules;
  return options;
}

SnapshotChoice snapshot_choice(const std::string& text) {
  if (text == "initial") return SnapshotChoice::initial;
  return text == "only" ? SnapshotChoice::only : SnapshotChoice::never;
}

}  // namespace

RunSettings run_settings(const Configuration& configuration) {
  RunSettings settings;
  settings.postgres = configuration.text("source.uri");
  settings.nats = nats_access(configuration);
  settings.name = configuration.text("source.name");
  settings.slot = configuration.text("source.slot");
  settings.snapshot = snapshot_choice(configuration.text("source.snapshot"));
  settings.snapshot_workers =
      static_cast<int>(count_value(configuration.text("source.snapshot_workers")));
  settings.stream = configuration.text("sink.stream.name");
  settings.stream_plan = stream_plan(configuration);
  settings.subject = configuration.text("sink.subject");
  settings.options = plugin_options(configuration);
  settings.max_pending = count_value(configuration.text("sink.max_pending"));
  settings.max_pending_bytes = size_of(configuration, "sink.max_pending_bytes");
  settings.grouping =
      configuration.text("sink.grouping") == "run" ? Grouping::run : Grouping::event;
  settings.group_bytes = size_of(configuration, "sink.group_bytes");
  settings.fencing = configuration.text("sink.fencing") == "off" ? Fencing::off : Fencing::strict;
  settings.message_ids = flag_value(configuration.text("sink.msg_id"));
  settings.headers = header_choice(configuration);
  settings.confirm_delay = configuration.text("sink.confirm_delay");
  settings.oversize =
      configuration.text("sink.oversize") == "stub" ? Oversize::stub : Oversize::stop;
  return settings;
}

TailSettings tail_settings(const Configuration& configuration) {
  TailSettings settings;
  settings.postgres = configuration.text("source.uri");
  settings.nats = nats_access(configuration);
  settings.stream = configuration.text("sink.stream.name");
  settings.name = configuration.text("source.name");
  return settings;
}

SlotSettings slot_settings(const Configuration& configuration) {
  SlotSettings settings;
  settings.postgres = configuration.text("source.uri");
  settings.name = configuration.text("source.name");
  settings.slot = configuration.text("source.slot");
  return settings;
}

}  // namespace waljet
