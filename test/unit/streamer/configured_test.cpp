#include "streamer/configured.h"

#include <catch2/catch.hpp>

using namespace waljet;

namespace {

Configuration load(const Environment& environment) {
  auto configuration = load_configuration({"", environment, {}});
  INFO((configuration ? "" : configuration.error().text));
  REQUIRE(configuration);
  return *configuration;
}

}  // namespace

TEST_CASE("what is not set is what the settings are by themselves", "[configured]") {
  const RunSettings settings = run_settings(load({}));
  const RunSettings defaults;
  CHECK(settings.postgres == defaults.postgres);
  CHECK(settings.nats.url == defaults.nats.url);
  CHECK(settings.name == defaults.name);
  CHECK(settings.slot == defaults.slot);
  CHECK(settings.stream == defaults.stream);
  CHECK(settings.subject == defaults.subject);
  CHECK(settings.max_pending == defaults.max_pending);
  CHECK(settings.max_pending_bytes == defaults.max_pending_bytes);
  CHECK(settings.fencing == defaults.fencing);
  CHECK(settings.message_ids == defaults.message_ids);
  CHECK(settings.confirm_delay == defaults.confirm_delay);
  CHECK(settings.oversize == defaults.oversize);
  CHECK(settings.stream_plan.create);
  CHECK_FALSE(settings.stream_plan.in_memory);
  CHECK(settings.stream_plan.replicas == 1);
  CHECK(settings.stream_plan.max_age == Duration{0});
  CHECK(settings.stream_plan.bytes_max == 0);
  CHECK_FALSE(settings.headers.any());
  CHECK(settings.snapshot == defaults.snapshot);
  CHECK(settings.snapshot_workers == defaults.snapshot_workers);
  for (const auto& [name, value] : settings.options) CHECK(value.empty());
}

TEST_CASE("what is set reaches whom it is for", "[configured]") {
  const Configuration configuration = load({{"WALJET_SOURCE_URI", "host=db"},
                                            {"WALJET_SOURCE_NAME", "shop"},
                                            {"WALJET_SOURCE_SLOT", "s1"},
                                            {"WALJET_SOURCE_SCHEMAS", "true"},
                                            {"WALJET_SOURCE_BATCH_BYTES", "1KiB"},
                                            {"WALJET_FILTER_TABLES", "{a: [insert], b: [insert]}"},
                                            {"WALJET_FILTER_EXCLUDE_TABLES", "c"},
                                            {"WALJET_SINK_URL", "tls://n"},
                                            {"WALJET_SINK_AUTH_USER", "u"},
                                            {"WALJET_SINK_AUTH_PASSWORD", "p"},
                                            {"WALJET_SINK_STREAM_NAME", "S"},
                                            {"WALJET_SINK_STREAM_CREATE", "no"},
                                            {"WALJET_SINK_STREAM_STORAGE", "memory"},
                                            {"WALJET_SINK_STREAM_REPLICAS", "3"},
                                            {"WALJET_SINK_STREAM_MAX_AGE", "7d"},
                                            {"WALJET_SINK_STREAM_MAX_BYTES", "1G"},
                                            {"WALJET_SINK_SUBJECT", "{name}.x"},
                                            {"WALJET_SINK_MAX_PENDING", "7"},
                                            {"WALJET_SINK_MAX_PENDING_BYTES", "64k"},
                                            {"WALJET_SINK_FENCING", "off"},
                                            {"WALJET_SINK_OVERSIZE", "stub"},
                                            {"WALJET_SINK_CONFIRM_DELAY", "3s"},
                                            {"WALJET_SINK_MSG_ID", "on"},
                                            {"WALJET_SINK_HEADERS", "[table, content-type]"}});
  const RunSettings run = run_settings(configuration);
  CHECK(run.postgres == "host=db");
  CHECK(run.name == "shop");
  CHECK(run.slot == "s1");
  CHECK(run.options.at("schemas") == "on");
  CHECK(run.options.at("batch_bytes") == "1024");
  CHECK(run.options.at("tables") == "a,b");
  CHECK(run.options.at("operations") == "insert");
  CHECK(run.options.at("exclude_tables") == "c");
  CHECK_FALSE(run.options.contains("rules"));
  CHECK(run.nats.url == "tls://n");
  CHECK(run.nats.user == "u");
  CHECK(run.nats.password == "p");
  CHECK(run.stream == "S");
  CHECK_FALSE(run.stream_plan.create);
  CHECK(run.stream_plan.in_memory);
  CHECK(run.stream_plan.replicas == 3);
  CHECK(run.stream_plan.max_age == std::chrono::hours(7 * 24));
  CHECK(run.stream_plan.bytes_max == 1'073'741'824);
  CHECK(run.subject == "{name}.x");
  CHECK(run.max_pending == 7);
  CHECK(run.max_pending_bytes == 65'536);
  CHECK(run.fencing == Fencing::off);
  CHECK(run.oversize == Oversize::stub);
  CHECK(run.confirm_delay == "3s");
  CHECK(run.message_ids);
  CHECK_FALSE(run.headers.key);
  CHECK(run.headers.table);
  CHECK_FALSE(run.headers.op);
  CHECK(run.headers.content_type);
  const TailSettings tail = tail_settings(configuration);
  CHECK(tail.postgres == "host=db");
  CHECK(tail.nats.user == "u");
  CHECK(tail.stream == "S");
  CHECK(tail.name == "shop");
  const SlotSettings slot = slot_settings(configuration);
  CHECK(slot.postgres == "host=db");
  CHECK(slot.slot == "s1");
  CHECK(slot.name == "shop");
}

TEST_CASE("tables that differ reach the plugin as rules", "[configured]") {
  const RunSettings run =
      run_settings(load({{"WALJET_FILTER_TABLES", "{a: [insert], b: {where: x}}"}}));
  CHECK(run.options.at("rules") ==
        R"([{"table":"a","operations":["insert"]},{"table":"b","where":"x"}])");
  CHECK(run.options.at("tables").empty());
}

TEST_CASE("a snapshot and its workers are taken over", "[configured]") {
  CHECK(run_settings(load({{"WALJET_SOURCE_SNAPSHOT", "initial"}})).snapshot ==
        SnapshotChoice::initial);
  const RunSettings settings = run_settings(
      load({{"WALJET_SOURCE_SNAPSHOT", "only"}, {"WALJET_SOURCE_SNAPSHOT_WORKERS", "16"}}));
  CHECK(settings.snapshot == SnapshotChoice::only);
  CHECK(settings.snapshot_workers == 16);
}
