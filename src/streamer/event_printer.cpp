#include "streamer/event_printer.h"

#include <fmt/core.h>

#include <array>
#include <optional>

#include "streamer/event_line.h"
#include "streamer/exact_json.h"
#include "streamer/json_members.h"
#include "streamer/time_text.h"

namespace waljet {
namespace {

using Json = rapidjson::Value;

struct Operation {
  std::string_view op;      // in the format debezium
  std::string_view action;  // in the format wal-listener
  std::string_view word;
  Color color;
};
constexpr std::array<Operation, 6> operations{{
    {"c", "INSERT", "insert", Color::green},
    {"u", "UPDATE", "update", Color::yellow},
    {"d", "DELETE", "delete", Color::red},
    {"t", "TRUNCATE", "truncate", Color::magenta},
    {"r", "READ", "read", Color::green},
    {"m", "", "message", Color::magenta},
}};

const Operation* find_operation(std::string_view Operation::*format, std::string_view name) {
  for (const Operation& operation : operations) {
    if (!name.empty() && operation.*format == name) return &operation;
  }
  return nullptr;
}

// Null where there is none.
const Json* member(const Json& object, const char* name) {
  const auto found = object.FindMember(name);
  return found == object.MemberEnd() ? nullptr : &found->value;
}

std::optional<int64_t> time_member(const Json& object, const char* name) {
  const Json* value = member(object, name);
  return value == nullptr ? std::nullopt : exact_integer(*value);
}

std::string table_of(const Json& object) {
  return fmt::format("{}.{}", text_member(object, "schema"), text_member(object, "table"));
}

// One side of a row. One without columns tells no more than none.
const Json* side_of(const Json& event, const char* name) {
  const Json* side = object_member(event, name);
  return side == nullptr || side->ObjectEmpty() ? nullptr : side;
}

// An update names its row by what did not change first: the columns in front are the key more often
// than not, and the event does not say.
void put_update(EventLine& line, const Json& before, const Json& after) {
  const auto& first = *after.MemberBegin();
  const auto old_first = before.FindMember(first.name);
  if (old_first != before.MemberEnd() && old_first->value == first.value) {
    line.put_column(text_of(first.name), first.value);
  }
  line.put_changed_columns(before, after);
}

void put_row(EventLine& line, const Json* before, const Json* after) {
  if (before != nullptr && after != nullptr) return put_update(line, *before, *after);
  if (before != nullptr) line.put_all_columns(*before);
  if (after != nullptr) line.put_all_columns(*after);
}

// ---- the shapes of events: nothing where it is of another ----

std::optional<std::string> print_debezium(const Json& event, bool colored) {
  const Operation* operation = find_operation(&Operation::op, text_member(event, "op"));
  const Json* source = object_member(event, "source");
  if (operation == nullptr || source == nullptr) return std::nullopt;
  auto time_ms = time_member(*source, "ts_ms");
  if (!time_ms) time_ms = time_member(event, "ts_ms");
  const Json* message = object_member(event, "message");
  EventLine line(colored);
  line.put_head(time_ms, operation->word, operation->color,
                message != nullptr ? text_member(*message, "prefix") : table_of(*source));
  if (message != nullptr) {
    if (const Json* content = member(*message, "content")) line.put_column("content", *content);
  } else {
    put_row(line, side_of(event, "before"), side_of(event, "after"));
  }
  return std::move(line).take();
}

std::optional<std::string> print_wal_listener(const Json& event, bool colored) {
  const Operation* operation = find_operation(&Operation::action, text_member(event, "action"));
  if (operation == nullptr || object_member(event, "data") == nullptr) return std::nullopt;
  constexpr int64_t ns_in_ms = 1'000'000;
  auto time_ms = parse_rfc3339_ns(text_member(event, "commitTime"));
  if (time_ms) *time_ms /= ns_in_ms;
  EventLine line(colored);
  line.put_head(time_ms, operation->word, operation->color, table_of(event));
  put_row(line, side_of(event, "dataOld"), side_of(event, "data"));
  const Json* unchanged = member(event, "unchanged");
  if (unchanged != nullptr && unchanged->IsArray()) {
    for (const Json& column : unchanged->GetArray()) line.put_unchanged_column(text_of(column));
  }
  return std::move(line).take();
}

void put_event_counts(EventLine& line, const Json& collections) {
  constexpr rapidjson::SizeType shown_max = 8;
  rapidjson::SizeType shown = 0;
  for (const Json& collection : collections.GetArray()) {
    const Json* count = collection.IsObject() ? member(collection, "event_count") : nullptr;
    if (count == nullptr) continue;
    if (shown++ == shown_max) return line.put(" ...");
    line.put_column(text_member(collection, "data_collection"), *count);
  }
}

std::optional<std::string> print_marker(const Json& event, bool colored) {
  const std::string_view status = text_member(event, "status");
  const std::string_view id = text_member(event, "id");
  const bool is_begin = status == "BEGIN";
  if (id.empty() || (!is_begin && status != "END")) return std::nullopt;
  EventLine line(colored);
  line.put_head(time_member(event, "ts_ms"), is_begin ? "begin" : "end", Color::magenta, id);
  const Json* count = member(event, "event_count");
  if (count != nullptr && !count->IsNull()) line.put_column("events", *count);
  const Json* collections = member(event, "data_collections");
  if (collections != nullptr && collections->IsArray()) put_event_counts(line, *collections);
  return std::move(line).take();
}

std::optional<std::string> print_known(const Json& root, bool colored) {
  const Json* payload = object_member(root, "payload");
  const Json& event = payload != nullptr ? *payload : root;
  if (auto line = print_debezium(event, colored)) return line;
  if (auto line = print_wal_listener(event, colored)) return line;
  return print_marker(event, colored);
}

}  // namespace

std::string print_event(std::string_view body, bool colored) {
  rapidjson::Document document;
  if (parse_exact(body, document) && document.IsObject()) {
    if (auto line = print_known(document, colored)) return std::move(*line);
  }
  return without_control_characters(body);
}

}  // namespace waljet
