#include "event/plugin_options.h"

#include <array>
#include <optional>

#include "event/text.h"

namespace waljet {
namespace {

constexpr uint64_t batch_bytes_max = uint64_t{64} << 20;
constexpr uint64_t publications_characters_max = 65536;
constexpr uint64_t event_bytes_max = (uint64_t{1} << 30) - 1;  // what PostgreSQL can send at once

constexpr std::array<OptionSpec, 23> specs{{
    {OptionId::format, "format", OptionKind::choice, "debezium", "", "debezium,wal-listener", 0, 0,
     "The shape of an event."},
    {OptionId::name, "name", OptionKind::text, "", "the database name", "", 1, 64,
     "Logical name of the source: `source.name` of each event, first token of its subject, first "
     "part "
     "of its id."},
    {OptionId::subject, "subject", OptionKind::subject, "{name}.{schema}.{table}.{action}", "", "",
     0, 0,
     "Template of the NATS subject. Variables: {name} {db} {schema} {table} {action} {op} "
     "{key} {partition:N}; used with `output` `frames`."},
    {OptionId::schemas, "schemas", OptionKind::choice, "off", "", "off,on", 0, 0,
     "Whether events carry their Kafka Connect schema: `{\"schema\":…,\"payload\":…}`."},
    {OptionId::decimal, "decimal", OptionKind::choice, "precise", "", "precise,double,string", 0, 0,
     "How numeric and money values are written: exact bytes, the nearest double, or their digits."},
    {OptionId::time, "time", OptionKind::choice, "adaptive", "",
     "adaptive,adaptive_time_microseconds,connect,isostring,microseconds,nanoseconds", 0, 0,
     "How dates, times and timestamps are written."},
    {OptionId::interval, "interval", OptionKind::choice, "numeric", "", "numeric,string", 0, 0,
     "How intervals are written: microseconds, or an ISO 8601 period."},
    {OptionId::binary, "binary", OptionKind::choice, "bytes", "",
     "bytes,base64,base64-url-safe,hex", 0, 0,
     "How bytea values and the content of messages are written; `bytes` is base64 too."},
    {OptionId::hstore, "hstore", OptionKind::choice, "json", "", "json,map", 0, 0,
     "How hstore values are written: a string that holds a JSON object, or the object."},
    {OptionId::unavailable_value, "unavailable_value", OptionKind::text,
     "__debezium_unavailable_value", "", "", 1, 256,
     "What stands for a value that the log does not hold: an unchanged out-of-line (TOAST) value."},
    {OptionId::tables, "tables", OptionKind::tables, "", "all tables", "", 0, 0,
     "Tables whose events are sent: comma-separated `schema.table` with `*` and `?`; a bare name "
     "means "
     "any schema; double quotes as in SQL."},
    {OptionId::exclude_tables, "exclude_tables", OptionKind::tables, "", "none", "", 0, 0,
     "Tables whose events are not sent, even if `tables` names them."},
    {OptionId::partition_root, "partition_root", OptionKind::choice, "off", "", "off,on", 0, 0,
     "Whether a partition's rows are sent under the name and with the columns of its root."},
    {OptionId::operations, "operations", OptionKind::choice_set, "",
     "insert,update,delete; with `format` `wal-listener` truncate too",
     "insert,update,delete,truncate", 0, 0,
     "Statements whose events are sent. A primary key change counts as update."},
    {OptionId::rules, "rules", OptionKind::rules, "", "none", "", 0, 0,
     "Per table: which operations, columns and rows are sent, which values are masked or hashed. "
     "An allow-list behind the three options above: see filters.md."},
    {OptionId::publications, "publications", OptionKind::text, "", "none", "", 1,
     publications_characters_max,
     "Names of publications, separated by commas, that say instead of the four options above which "
     "tables, operations, columns and rows are sent; PostgreSQL 15 or newer."},
    {OptionId::messages, "messages", OptionKind::prefixes, "off", "", "", 0, 0,
     "Which logical messages are sent, by their prefixes."},
    {OptionId::transactions, "transactions", OptionKind::choice, "off", "", "off,on", 0, 0,
     "Whether transaction boundaries are sent, and each event says its place between them."},
    {OptionId::origin, "origin", OptionKind::choice, "any", "", "any,none", 0, 0,
     "`none` drops changes that came here by replication."},
    {OptionId::max_event_bytes, "max_event_bytes", OptionKind::number, "0", "", "", 0,
     event_bytes_max,
     "The largest event, in bytes of its JSON; 0: as large as PostgreSQL can send, about 1 GB. "
     "A larger one leaves as a stub, with `output` `lines` without its largest values."},
    {OptionId::output, "output", OptionKind::choice, "lines", "", "lines,frames", 0, 0,
     "`lines`: JSON events separated by newlines, for people. `frames`: for the streamer."},
    {OptionId::batch_bytes, "batch_bytes", OptionKind::number, "65536", "", "", 0, batch_bytes_max,
     "How much is gathered into one replication message; never held past a commit. 0: one event a "
     "message, as always in the SQL functions."},
    {OptionId::group_bytes, "group_bytes", OptionKind::number, "0", "", "", 0, group_bytes_max,
     "With `output` `frames`: consecutive events of a transaction that share a subject leave as "
     "one "
     "frame, of at most so many bytes of JSON. 0: one event a frame."},
}};

// What the other format has no place for.
constexpr std::array<OptionId, 9> debezium_only{{
    OptionId::schemas,
    OptionId::decimal,
    OptionId::time,
    OptionId::interval,
    OptionId::binary,
    OptionId::hstore,
    OptionId::unavailable_value,
    OptionId::messages,
    OptionId::transactions,
}};

// What publications say instead.
constexpr std::array<OptionId, 5> replaced_by_publications{{
    OptionId::tables,
    OptionId::exclude_tables,
    OptionId::partition_root,
    OptionId::operations,
    OptionId::rules,
}};

std::string_view take_item(std::string_view& list) {
  size_t at = 0;
  while (at < list.size() && list[at] != ',') ++at;
  std::string_view item{list.data(), at};
  list.remove_prefix(at < list.size() ? at + 1 : at);
  while (!item.empty() && item[0] == ' ') item.remove_prefix(1);
  while (!item.empty() && item[item.size() - 1] == ' ') item.remove_suffix(1);
  return item;
}

// Place of `value` in a comma-separated list.
std::optional<unsigned> index_in(std::string_view list, std::string_view value) {
  for (unsigned index = 0; !list.empty(); ++index) {
    if (take_item(list) == value) return index;
  }
  return std::nullopt;
}

std::optional<uint64_t> parse_number(std::string_view text) {
  constexpr size_t digits_max = 19;  // never overflows
  if (text.empty() || text.size() > digits_max) return std::nullopt;
  uint64_t value = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    value = value * 10 + static_cast<uint64_t>(c - '0');
  }
  return value;
}

size_t characters(std::string_view utf8) {
  size_t count = 0;
  for (const char c : utf8) {
    if ((static_cast<uint8_t>(c) & 0xC0) != 0x80) ++count;
  }
  return count;
}

// A selection as bits, in the order of `allowed`.
std::optional<uint8_t> parse_set(std::string_view allowed, std::string_view value) {
  unsigned bits = 0;
  do {
    const auto index = index_in(allowed, take_item(value));
    if (!index || (bits & 1u << *index) != 0) return std::nullopt;
    bits |= 1u << *index;
  } while (!value.empty());
  return static_cast<uint8_t>(bits);
}

std::string_view check_value(const OptionSpec& spec, std::string_view value) {
  constexpr std::string_view not_allowed = "is not one of those allowed";
  switch (spec.kind) {
    case OptionKind::choice:
      return index_in(spec.allowed, value) ? std::string_view{} : not_allowed;
    case OptionKind::choice_set:
      if (value.empty() || value[value.size() - 1] == ',') return not_allowed;
      return parse_set(spec.allowed, value) ? std::string_view{} : not_allowed;
    case OptionKind::number: {
      const auto number = parse_number(value);
      const bool fits = number && *number >= spec.min && *number <= spec.max;
      return fits ? std::string_view{} : "is not a whole number in the allowed range";
    }
    case OptionKind::text: {
      const size_t length = characters(value);
      const bool fits = length >= spec.min && length <= spec.max;
      return fits ? std::string_view{} : "is too short or too long";
    }
    case OptionKind::tables: return TableList::check(value);
    case OptionKind::prefixes: return PrefixList::check(value);
    case OptionKind::rules: return RuleList::check(value).phrase;
    case OptionKind::subject: return {};  // only when the name is known: finish_options()
  }
  return {};
}

}  // namespace

std::span<const OptionSpec> option_specs() {
  return specs;
}

const OptionSpec* find_option(std::string_view name) {
  for (const OptionSpec& spec : specs) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

std::string_view PrefixList::check(std::string_view text) {
  if (text.empty()) return "is empty";
  if (text[text.size() - 1] == ',') return "has an empty prefix";
  for (bool first = true; !text.empty(); first = false) {
    const std::string_view prefix = take_item(text);
    if (prefix.empty()) return "has an empty prefix";
    const bool alone = first && text.empty();
    if ((prefix == "*" || prefix == "off") && !alone) return "has * or off beside prefixes";
  }
  return {};
}

bool PrefixList::matches(std::string_view prefix) const {
  if (empty()) return false;
  return text_ == "*" || index_in(text_, prefix);
}

std::string_view set_option(PluginOptions& options, const OptionSpec& spec,
                            std::string_view value) {
  const std::string_view problem = check_value(spec, value);
  if (!problem.empty()) return problem;
  options.given |= 1u << static_cast<unsigned>(spec.id);
  // Of a choice: its place in what is allowed, which is that of its enumerator.
  const unsigned chosen = spec.kind == OptionKind::choice ? *index_in(spec.allowed, value) : 0;
  switch (spec.id) {
    case OptionId::format: options.format = static_cast<Format>(chosen); break;
    case OptionId::name: options.name = value; break;
    case OptionId::subject: options.subject_text = value; break;
    case OptionId::schemas: options.schemas = chosen == 1; break;
    case OptionId::decimal: options.decimal = static_cast<DecimalMode>(chosen); break;
    case OptionId::time: options.time = static_cast<TimeMode>(chosen); break;
    case OptionId::interval: options.interval = static_cast<IntervalMode>(chosen); break;
    case OptionId::binary: options.binary = static_cast<BinaryMode>(chosen); break;
    case OptionId::hstore: options.hstore = static_cast<HstoreMode>(chosen); break;
    case OptionId::unavailable_value: options.unavailable_value = value; break;
    case OptionId::tables:
      options.tables = TableList(value);
      options.all_tables = false;
      break;
    case OptionId::exclude_tables: options.exclude_tables = TableList(value); break;
    case OptionId::partition_root: options.partition_root = chosen == 1; break;
    case OptionId::operations: options.operations = *parse_set(spec.allowed, value); break;
    case OptionId::rules: options.rules = RuleList(value); break;
    case OptionId::publications: options.publications = value; break;
    case OptionId::messages: options.messages = PrefixList(value); break;
    case OptionId::transactions: options.transactions = chosen == 1; break;
    case OptionId::origin: options.local_origin_only = chosen == 1; break;
    case OptionId::max_event_bytes: options.max_event_bytes = *parse_number(value); break;
    case OptionId::output: options.output = static_cast<OutputKind>(chosen); break;
    case OptionId::batch_bytes: options.batch_bytes = *parse_number(value); break;
    case OptionId::group_bytes: options.group_bytes = *parse_number(value); break;
  }
  return {};
}

OptionProblem finish_options(PluginOptions& options, std::string_view database) {
  if (options.name.empty()) options.name = database;
  const bool natural = options.format == Format::wal_listener;
  if (natural) {
    for (const OptionId id : debezium_only) {
      if (options.has(id)) {
        return {id, "applies to format debezium only", "Leave it out, or use format debezium."};
      }
    }
  }
  if (options.group_bytes > 0 && options.output != OutputKind::frames) {
    return {OptionId::group_bytes, "applies to output frames only",
            "Leave it out, or use output frames."};
  }
  if (natural && !options.has(OptionId::operations)) options.operations = all_operations;
  if (options.has(OptionId::publications)) {
    for (const OptionId id : replaced_by_publications) {
      if (options.has(id)) {
        return {id, "stands beside publications", "Leave it out, or leave out publications."};
      }
    }
  }
  return {OptionId::subject, options.subject.parse(options.subject_text, options.name), {}};
}

void put_allowed(Sink& sink, const OptionSpec& spec) {
  switch (spec.kind) {
    case OptionKind::choice:
    case OptionKind::choice_set: {
      sink.put(spec.kind == OptionKind::choice ? "Allowed: " : "Allowed, separated by commas: ");
      std::string_view list = spec.allowed;
      for (bool first = true; !list.empty(); first = false) {
        if (!first) sink.put(", ");
        sink.put(take_item(list));
      }
      break;
    }
    case OptionKind::number:
    case OptionKind::text:
      sink.put("Allowed: ");
      put_uint(sink, spec.min);
      sink.put(" to ");
      put_uint(sink, spec.max);
      if (spec.kind == OptionKind::text) sink.put(" characters");
      break;
    case OptionKind::tables:
      sink.put("Allowed: schema.table or table, separated by commas, with * and ?");
      break;
    case OptionKind::prefixes: sink.put("Allowed: off, *, or prefixes separated by commas"); break;
    case OptionKind::rules: sink.put("Allowed: a JSON array of rules"); break;
    case OptionKind::subject:
      sink.put("Allowed: tokens separated by dots, literal or {name} first");
      break;
  }
  sink.put('.');
}

}  // namespace waljet
