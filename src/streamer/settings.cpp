#include "streamer/settings.h"

#include <fmt/core.h>

#include <algorithm>

#include "event/position.h"
#include "event/subject.h"
#include "streamer/stream_config.h"
#include "streamer/string_sink.h"
#include "streamer/time_text.h"

namespace waljet {
namespace {

constexpr size_t slot_bytes_max = 63;  // NAMEDATALEN - 1

Error configuration(std::string text) {
  return {ErrorClass::configuration, std::move(text), {}, {}};
}

bool is_slot_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
}

std::string default_slot(std::string_view name) {
  std::string slot = "waljet_";
  for (const char c : name) {
    const char lower = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
    slot += is_slot_character(lower) ? lower : '_';
  }
  return slot.substr(0, slot_bytes_max);
}

// What logical messages and transaction markers are published under does not follow the template.
std::vector<std::string> subject_patterns(const OptionTexts& options,
                                          const SubjectTemplate& subject, std::string_view name,
                                          std::string_view database) {
  StringSink events;
  subject.put_pattern(*events, name, database);
  std::vector<std::string> patterns{events.str()};
  if (option_value(options, "messages") != "off") {
    StringSink messages;
    subject.put_message_pattern(*messages, name);
    patterns.push_back(messages.str());
  }
  if (option_value(options, "transactions") == "on") {
    StringSink boundaries;
    subject.put_transaction_subject(*boundaries, name);
    patterns.push_back(boundaries.str());
  }
  return patterns;
}

}  // namespace

Result<std::string> resolve_slot(const std::string& slot, const std::string& name,
                                 const std::string& database) {
  if (slot.empty()) return default_slot(name.empty() ? database : name);
  const std::string problem = slot_problem(slot);
  if (problem.empty()) return slot;
  return configuration("--slot: " + problem);
}

std::string slot_problem(const std::string& slot) {
  bool fine = !slot.empty() && slot.size() <= slot_bytes_max;
  for (const char c : slot) fine = fine && is_slot_character(c);
  if (fine) return {};
  return fmt::format("\"{}\" is not a slot name: up to 63 of a-z, 0-9 and _", slot);
}

std::string name_problem(const std::string& name) {
  // The plugin declares what it takes.
  const OptionSpec& spec = *find_option("name");
  PluginOptions options;
  if (set_option(options, spec, name).empty()) return {};
  return fmt::format("\"{}\" must have {} to {} characters", name, spec.min, spec.max);
}

std::string confirm_delay_problem(const std::string& text) {
  if (text == confirm_delay_auto) return {};
  const auto duration = parse_duration(text);
  if (!duration)
    return fmt::format("\"{}\" is neither auto nor a duration such as 500ms, 90s, 2m", text);
  if (*duration <= confirm_delay_max) return {};
  return fmt::format("{} is longer than {} s", text, confirm_delay_max.count() / 1000);
}

OptionList start_options(const RunSettings& settings, const SourceNames& names,
                         int64_t event_bytes_max, uint64_t group_bytes) {
  OptionList options{{"output", "frames"}, {"name", names.name}, {"subject", settings.subject}};
  for (const auto& [name, value] : settings.options) {
    if (!value.empty()) options.emplace_back(name, value);
  }
  if (settings.oversize == Oversize::stub && event_bytes_max > 0) {
    options.emplace_back("max_event_bytes", std::to_string(event_bytes_max));
  }
  if (group_bytes > 0) options.emplace_back("group_bytes", std::to_string(group_bytes));
  return options;
}

// Beside what every event has, the headers of a group have more ids.
GroupSizes group_sizes(const RunSettings& settings, const SourceNames& names,
                       int64_t event_bytes_max) {
  constexpr int64_t ids_max = 3;
  const auto id_bytes = static_cast<int64_t>(names.source_id.size());
  GroupSizes sizes;
  sizes.most = static_cast<uint64_t>(std::max<int64_t>(event_bytes_max - ids_max * id_bytes, 0));
  sizes.most = std::min(sizes.most, group_bytes_max);
  const bool grouped = settings.grouping == Grouping::run;
  sizes.wanted = grouped ? std::min<uint64_t>(settings.group_bytes, sizes.most) : 0;
  return sizes;
}

ResumeNames resume_names(const SourceNames& names) {
  return {names.source_id, names.slot, names.stream};
}

ResumePolicy resume_policy(const RunSettings& settings) {
  return {settings.fencing == Fencing::strict, settings.accept_gap, settings.accept_divergence};
}

std::string stream_of_name(std::string_view name) {
  StringSink sink;
  put_token(*sink, name);
  return sink.str();
}

Result<SourceNames> resolve_names(const RunSettings& settings, const std::string& database,
                                  uint64_t system_identifier) {
  SourceNames names;
  names.name = settings.name.empty() ? database : settings.name;
  const std::string name_trouble = name_problem(names.name);
  if (!name_trouble.empty()) return configuration("--name: " + name_trouble);
  auto slot = resolve_slot(settings.slot, settings.name, database);
  if (!slot) return slot.error();
  names.slot = std::move(*slot);

  names.stream = settings.stream.empty() ? stream_of_name(names.name) : settings.stream;
  const std::string_view stream_problem = stream_name_problem(names.stream);
  if (!stream_problem.empty()) {
    return configuration(fmt::format("--stream: \"{}\" {}", names.stream, stream_problem));
  }

  SubjectTemplate subject;
  const std::string_view problem = subject.parse(settings.subject, names.name);
  if (!problem.empty()) {
    return configuration(fmt::format("--subject: \"{}\" {}", settings.subject, problem));
  }
  StringSink first_token;
  subject.put_first_token(*first_token, names.name);
  names.stream_subjects = first_token.str() + ".>";
  names.subject_patterns = subject_patterns(settings.options, subject, names.name, database);
  StringSink source_id;
  put_source_id(*source_id, names.name, source_hash(system_identifier, names.slot));
  names.source_id = source_id.str();
  return names;
}

}  // namespace waljet
