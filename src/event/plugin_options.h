// The plugin's options: declared once, in plugin_options.cpp. The plugin parses from the
// declarations, the streamer takes names from them, docs/plugin-options.md is generated from them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>

#include "event/operation.h"
#include "event/rules.h"
#include "event/sink.h"
#include "event/subject.h"
#include "event/table_list.h"

namespace waljet {

// The largest group that may be asked for: what NATS advises against exceeding in one message.
constexpr uint64_t group_bytes_max = uint64_t{8} << 20;

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
  rules,
  publications,
  messages,
  transactions,
  origin,
  max_event_bytes,
  output,
  batch_bytes,
  group_bytes,
};

enum class OptionKind : uint8_t {
  choice,      // one of `allowed`
  choice_set,  // a comma-separated selection of `allowed`
  number,      // decimal digits, from `min` to `max`
  text,        // anything of `min` to `max` characters
  tables,      // a list of tables, see event/table_list.h
  subject,     // a subject template, see event/subject.h
  prefixes,    // `off`, `*` or a list of message prefixes, see PrefixList
  rules,       // JSON, see event/rules.h
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

// In the order of what their options allow.
enum class Format : uint8_t { debezium, wal_listener };
enum class DecimalMode : uint8_t { precise, floating, string };
enum class TimeMode : uint8_t {
  adaptive,
  adaptive_time_microseconds,
  connect,
  isostring,
  microseconds,
  nanoseconds,
};
enum class IntervalMode : uint8_t { numeric, string };
enum class BinaryMode : uint8_t { bytes, base64, base64_url_safe, hex };
enum class HstoreMode : uint8_t { json, map };
enum class OutputKind : uint8_t { lines, frames };

// Which logical messages are sent: none, all, or those whose prefix is in a comma-separated list.
class PrefixList {
 public:
  PrefixList() = default;
  // `list` must outlive this and have passed check().
  explicit PrefixList(std::string_view list) : text_(list) {}

  // What is wrong with `text`, as a phrase that continues "The value ...", or an empty view.
  static std::string_view check(std::string_view text);

  bool empty() const { return text_.empty() || text_ == "off"; }
  bool matches(std::string_view prefix) const;

 private:
  std::string_view text_;
};

// Parsed options. Views point into the texts given to set_option(), which must outlive this.
struct PluginOptions {
  uint32_t given = 0;  // bit by OptionId of those that set_option() has taken
  Format format = Format::debezium;
  std::string_view name;
  std::string_view subject_text = "{name}.{schema}.{table}.{action}";
  SubjectTemplate subject;
  bool schemas = false;
  DecimalMode decimal = DecimalMode::precise;
  TimeMode time = TimeMode::adaptive;
  IntervalMode interval = IntervalMode::numeric;
  BinaryMode binary = BinaryMode::bytes;
  HstoreMode hstore = HstoreMode::json;
  std::string_view unavailable_value = "__debezium_unavailable_value";
  TableList tables;
  TableList exclude_tables;
  bool all_tables = true;
  bool partition_root = false;
  uint8_t operations = row_operations;  // bits of Operation
  RuleList rules;                       // behind the four above: they apply first
  std::string_view publications;        // instead of all of these; empty: none
  std::string_view hash_salt;  // not an option, which would be shown: a setting of the server
  PrefixList messages;
  bool transactions = false;
  bool local_origin_only = false;
  size_t max_event_bytes = 0;  // 0: none
  OutputKind output = OutputKind::lines;
  size_t batch_bytes = 65536;
  size_t group_bytes = 0;  // 0: no groups

  bool has(OptionId id) const { return (given & 1u << static_cast<unsigned>(id)) != 0; }
  bool wants(Operation operation) const {
    return (operations & static_cast<uint8_t>(operation)) != 0;
  }
  bool wants_table(std::string_view schema, std::string_view table) const {
    return (all_tables || tables.matches(schema, table)) && !exclude_tables.matches(schema, table);
  }
};

// Takes one value. Returns what is wrong with it, as a phrase that continues "The value ...", or an
// empty view.
std::string_view set_option(PluginOptions& options, const OptionSpec& spec, std::string_view value);

// Comes last: fills in what depends on other options and checks what only all of them tell.
// Returns what is wrong and with which option; an empty phrase if nothing is.
struct OptionProblem {
  OptionId id = OptionId::format;
  std::string_view phrase;  // continues "The value ..."
  std::string_view hint;    // what to do; empty: what put_allowed() says
};
OptionProblem finish_options(PluginOptions& options, std::string_view database);

// Writes what an option accepts, as a sentence: "Allowed: lines, frames."
void put_allowed(Sink& sink, const OptionSpec& spec);

}  // namespace waljet
