// Options: any text is accepted or refused with a phrase, and what was accepted is what
// option_specs() allows.
#include <deque>

#include "event/plugin_options.h"
#include "event/test_sink.h"
#include "fuzz.h"

namespace waljet {
namespace {

size_t characters(std::string_view utf8) {
  size_t count = 0;
  for (; !utf8.empty(); ++count) utf8.remove_prefix(utf8_character_bytes(utf8));
  return count;
}

// Whether `item`, spaces around it apart, is one of a comma-separated list.
bool listed(std::string_view list, std::string_view item) {
  while (item.starts_with(' ')) item.remove_prefix(1);
  while (item.ends_with(' ')) item.remove_suffix(1);
  const std::string all = "," + std::string(list) + ",";
  return item.find(',') == std::string_view::npos &&
         all.find("," + std::string(item) + ",") != std::string::npos;
}

bool all_listed(std::string_view list, std::string_view items) {
  for (;;) {
    const size_t comma = items.find(',');
    if (!listed(list, items.substr(0, comma))) return false;
    if (comma == std::string_view::npos) return true;
    items.remove_prefix(comma + 1);
  }
}

void check_accepted(const OptionSpec& spec, const std::string& value) {
  switch (spec.kind) {
    case OptionKind::choice: require(listed(spec.allowed, value), "a choice is allowed"); break;
    case OptionKind::choice_set:
      require(all_listed(spec.allowed, value), "each choice is allowed");
      break;
    case OptionKind::number: {
      require(value.find_first_not_of("0123456789") == std::string::npos, "a number is digits");
      const unsigned long long number = std::strtoull(value.c_str(), nullptr, 10);
      require(number >= spec.min && number <= spec.max, "a number is in range");
      break;
    }
    case OptionKind::text: {
      const size_t length = characters(value);
      require(length >= spec.min && length <= spec.max, "a text is as long as allowed");
      break;
    }
    default: break;  // have a fuzzer of their own
  }
}

// A default that is a value, not a note, must be allowed.
void check_default(const OptionSpec& spec) {
  PluginOptions options;
  if (spec.default_value.empty()) return;
  require(set_option(options, spec, spec.default_value).empty(), "the default is allowed");
}

void check_options(const PluginOptions& options, std::string_view database, std::string_view schema,
                   std::string_view table) {
  const auto limit = [](std::string_view name) { return find_option(name)->max; };
  require(!options.name.empty(), "there is a name");
  require(options.operations != 0 && options.operations < 16, "there is an operation");
  require(options.max_event_bytes <= limit("max_event_bytes"), "max_event_bytes in range");
  require(options.batch_bytes <= limit("batch_bytes"), "batch_bytes in range");
  require(!options.unavailable_value.empty(), "there is a placeholder");
  const bool wanted = options.wants_table(schema, table);
  require(!wanted || !options.exclude_tables.matches(schema, table), "what is excluded is out");
  const auto subject = written([&](Sink& sink) {
    options.subject.put(sink, {options.name, database, schema, table, "insert", "c"});
  });
  require(subject.size() <= SubjectTemplate::subject_bytes_max, "the subject is not too long");
}

// A text of a catalog: never empty, never longer than 63 bytes.
std::string catalog_name(FuzzedDataProvider& input) {
  std::string bytes = input.ConsumeRandomLengthString(identifier_bytes_max);
  std::erase(bytes, '\0');
  const std::string utf8 = as_utf8(bytes);
  std::string_view name = utf8;
  while (name.size() > identifier_bytes_max) name = front(name, characters(name) - 1);
  return name.empty() ? "app" : std::string(name);
}

// By name, so that a seed keeps its meaning when options are added; by number where it is no name.
const OptionSpec& any_option(FuzzedDataProvider& input) {
  const OptionSpec* named = find_option(input.ConsumeRandomLengthString(32));
  if (named != nullptr) return *named;
  return option_specs()[input.ConsumeIntegral<uint8_t>() % option_specs().size()];
}

}  // namespace
}  // namespace waljet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace waljet;
  static const bool defaults_checked = [] {
    for (const OptionSpec& spec : option_specs()) check_default(spec);
    return true;
  }();
  (void)defaults_checked;
  FuzzedDataProvider input(data, size);
  const std::string database = catalog_name(input);
  const std::string schema = catalog_name(input);
  const std::string table = catalog_name(input);
  PluginOptions options;
  std::deque<std::string> values;  // outlive the options
  while (input.remaining_bytes() > 0) {
    const OptionSpec& spec = any_option(input);
    std::string bytes = input.ConsumeRandomLengthString(1100);
    std::erase(bytes, '\0');  // PostgreSQL ends the text there
    const std::string& value = values.emplace_back(as_utf8(bytes));
    const std::string_view problem = set_option(options, spec, value);
    if (problem.empty()) check_accepted(spec, value);
    require(!written([&](Sink& sink) { put_allowed(sink, spec); }).empty(), "a hint is written");
    require(find_option(spec.name) == &spec, "an option is found by its name");
  }
  if (finish_options(options, database).phrase.empty())
    check_options(options, database, schema, table);
  return 0;
}
