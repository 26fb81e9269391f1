#include "streamer/option_flags.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>

#include "event/subject.h"
#include "streamer/string_sink.h"

namespace waljet {
namespace {

// Said by flags of their own, or by nobody but the streamer.
constexpr std::array<OptionId, 5> left_out{OptionId::name, OptionId::subject, OptionId::output,
                                           OptionId::max_event_bytes, OptionId::group_bytes};

// Variables are named after the place of a setting in the configuration.
std::string section_of(OptionId id) {
  const bool filters = id == OptionId::tables || id == OptionId::exclude_tables ||
                       id == OptionId::operations || id == OptionId::rules ||
                       id == OptionId::publications;
  return filters ? "FILTER" : "SOURCE";
}

std::string environment_of(const OptionSpec& spec) {
  std::string name = fmt::format("WALJET_{}_{}", section_of(spec.id), spec.name);
  for (char& c : name) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return name;
}

std::string flag_of(const OptionSpec& spec) {
  std::string name = fmt::format("--{}", spec.name);
  std::replace(name.begin(), name.end(), '_', '-');
  return name;
}

std::string value_name_of(const OptionSpec& spec) {
  if (spec.kind == OptionKind::number) return "N";
  if (spec.kind == OptionKind::text) return "TEXT";
  if (spec.kind == OptionKind::rules) return "JSON";
  if (spec.kind != OptionKind::choice) return "LIST";
  std::string choices(spec.allowed);
  std::replace(choices.begin(), choices.end(), ',', '|');
  return choices;
}

// The declared sentence is written for a document.
std::string help_of(const OptionSpec& spec) {
  std::string help(spec.sentence);
  if (spec.kind == OptionKind::choice_set) help += fmt::format(" Any of {}.", spec.allowed);
  help += fmt::format(" [{}]", spec.default_value.empty() ? spec.default_note : spec.default_value);
  std::erase(help, '`');
  return help;
}

std::string allowed_text(const OptionSpec& spec) {
  StringSink sink;
  put_allowed(*sink, spec);
  return sink.str();
}

// Names the rule and the key rather than repeat a text that may be long.
std::string rule_problem(const std::string& value) {
  const RuleProblem problem = RuleList::check(value);
  StringSink sentence;
  put_rule_problem(*sentence, problem);
  if (problem.allowed.empty()) return sentence.str();
  return fmt::format("{} Allowed: {}.", sentence.str(), problem.allowed);
}

}  // namespace

std::vector<OptionFlag> option_flags() {
  std::vector<OptionFlag> flags;
  for (const OptionSpec& spec : option_specs()) {
    if (std::find(left_out.begin(), left_out.end(), spec.id) != left_out.end()) continue;
    flags.push_back(
        {&spec, flag_of(spec), environment_of(spec), value_name_of(spec), help_of(spec)});
  }
  return flags;
}

std::string option_problem(const OptionSpec& spec, const std::string& value) {
  PluginOptions options;
  std::string_view problem = set_option(options, spec, value);
  SubjectTemplate subject;
  constexpr std::string_view any_name = "name";
  if (spec.id == OptionId::subject) problem = subject.parse(value, any_name);
  if (problem.empty()) return {};
  if (spec.id == OptionId::rules) return rule_problem(value);
  return fmt::format("\"{}\" {}. {}", value, problem, allowed_text(spec));
}

std::string_view option_value(const OptionTexts& texts, std::string_view name) {
  const auto set = texts.find(name);
  if (set != texts.end() && !set->second.empty()) return set->second;
  return find_option(name)->default_value;
}

}  // namespace waljet
