#include "plugin/connect_schema.h"

#include "event/connect_json.h"
#include "plugin/connect_type.h"
#include "plugin/memory.h"

namespace waljet {
namespace {

constexpr std::string_view schema_label = R"({"schema":)";
constexpr std::string_view payload_label = R"(,"payload":)";

void put_column(Sink& sink, MemoryContext context, const Column& column,
                const PluginOptions& options) {
  const connect::Type type = connect_type(context, column.codec, column.type, options);
  connect::put_schema(sink, type, {column.nullable, column.default_json, column.name});
}

}  // namespace

std::string_view payload_head(const RelationPlan& plan, const PluginOptions& options) {
  constexpr size_t typical_column_bytes = 128;
  constexpr size_t envelope_bytes = 3072;  // the most that there is beside the columns
  MemoryContext scratch = CurrentMemoryContext;
  Sink columns =
      make_sink(scratch, static_cast<size_t>(plan.column_count + 1) * typical_column_bytes);
  for (int i = 0; i < plan.column_count; ++i) {
    if (i > 0) columns.put(',');
    put_column(columns, scratch, plan.columns[i], options);
  }
  Sink topic = make_sink(scratch, 512);
  connect::put_topic(topic, options.name, plan.schema, plan.name);

  Sink head = make_sink(plan.context, columns.size() * 2 + envelope_bytes);
  head.put(schema_label);
  connect::put_envelope_schema(head, topic.view(), columns.view());
  head.put(payload_label);
  return head.view();
}

std::string_view message_payload_head(MemoryContext context, const PluginOptions& options) {
  Sink head = make_sink(context, 3072);
  head.put(schema_label);
  connect::put_message_schema(
      head, options.binary == BinaryMode::bytes ? connect::bytes : connect::string);
  head.put(payload_label);
  return head.view();
}

std::string_view transaction_payload_head(MemoryContext context, const PluginOptions&) {
  Sink head = make_sink(context, 1024);
  head.put(schema_label);
  connect::put_transaction_schema(head);
  head.put(payload_label);
  return head.view();
}

}  // namespace waljet
