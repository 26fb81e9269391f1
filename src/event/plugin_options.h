// The plugin's options: declared once, in plugin_options.cpp. The plugin parses from the
// declarations, the streamer takes names from them, docs/plugin-options.md is generated from them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "event/sink.h"
#include "event/subject.h"
#include "event/table_list.h"

namespace waljet {

enum class OptionId : uint8_t {
  format,
  name,
  subject,
  schemas,
  decimal,
  time,
  interval,
  binary,
  hstore,
  unavailable_value,
  tables,
  exclude_tables,
  partition_root,
  operations,
  messages,
  transactions,
  origin,
  max_event_bytes,
  output,
  batch_bytes,
};

enum class OptionKind : uint8_t {
  choice,      // one of `allowed`
  choice_set,  // a comma-separated selection of `allowed`
  number,      // decimal digits, from `min` to `max`
  text,        // anything of `min` to `max` characters
  tables,      // a list of tables, see event/table_list.h
  subject,     // a subject template, see event/subject.h
};

struct OptionSpec {
  OptionId id;
  std::string_view name;
  OptionKind kind;
  std::string_view default_value;  // as documented; "" says that `default_note` describes it
  std::string_view default_note;
  std::string_view allowed;  // comma-separated
  uint64_t min;
  uint64_t max;
  std::string_view sentence;
};

std::span<const OptionSpec> option_specs();
const OptionSpec* find_option(std::string_view name);

enum class Operation : uint8_t { insert = 1, update = 2, remove = 4, truncate = 8 };
enum class OutputKind : uint8_t { lines, frames };

// Parsed options. Views point into the texts given to set_option(), which must outlive this.
struct PluginOptions {
  std::string_view name;
  std::string_view subject_text = "{name}.{schema}.{table}.{action}";
  SubjectTemplate subject;
  std::string_view unavailable_value = "__debezium_unavailable_value";
  TableList tables;
  TableList exclude_tables;
  bool all_tables = true;
  uint8_t operations = 1 | 2 | 4;  // bits of Operation
  bool local_origin_only = false;
  size_t max_event_bytes = 0;  // 0: none
  OutputKind output = OutputKind::lines;
  size_t batch_bytes = 65536;

  bool wants(Operation operation) const {
    return (operations & static_cast<uint8_t>(operation)) != 0;
  }
  bool wants_table(std::string_view schema, std::string_view table) const {
    return (all_tables || tables.matches(schema, table)) && !exclude_tables.matches(schema, table);
  }
};

// Both return what is wrong, as a phrase that continues "The value ...", or an empty view.
// set_option() takes one value. finish_options() comes last: it fills in the name and checks the
// subject template, which needs the name.
std::string_view set_option(PluginOptions& options, const OptionSpec& spec, std::string_view value);
std::string_view finish_options(PluginOptions& options, std::string_view database);

// Writes what an option accepts, as a sentence: "Allowed: lines, frames."
void put_allowed(Sink& sink, const OptionSpec& spec);

}  // namespace waljet
