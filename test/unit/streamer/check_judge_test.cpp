#include "streamer/check_judge.h"

#include <catch2/catch.hpp>
#include <functional>
#include <set>

using namespace waljet;

namespace {

using Ids = std::set<std::string>;

// What a pipeline should look like.
struct World {
  CheckPlan plan;
  ServerFacts server;
  SinkFacts sink;

  World();

  Findings findings() const {
    FindingList list;
    judge_server(plan, server, list);
    judge_tables(plan, server, &sink, list);
    judge_sink(plan, sink, list);
    judge_resume(plan, server, sink, list);
    return list.all();
  }
  Ids ids() const {
    Ids ids;
    for (const Finding& finding : findings()) {
      CAPTURE(finding.message, finding.fix);
      CHECK(finding.message.find_first_of("{") == std::string::npos);
      ids.emplace(finding.spec->id);
    }
    return ids;
  }
};

World::World() {
  plan.database = "shop";
  plan.names = *resolve_names(plan.settings, plan.database, 7);
  server.version = 150020;
  server.role = "cdc";
  server.application_name = "waljet";
  server.may_replicate = true;
  server.settings = {{"wal_level", "logical"},           {"fsync", "on"},
                     {"max_replication_slots", "10"},    {"max_wal_senders", "10"},
                     {"max_slot_wal_keep_size", "8192"}, {"wal_sender_timeout", "60000"},
                     {"synchronous_standby_names", ""}};
  server.identity = SystemIdentity{7, 1, 0x1000, "shop"};
  server.plugin.outcome = PluginTrial::Outcome::works;
  TableFacts table;
  table.schema = table.root_schema = "public";
  table.name = table.root_name = "orders";
  table.identity = 'f';
  table.columns = {"id", "amount"};
  table.key = {"id"};
  server.tables = {table};
  sink.max_payload = 1 << 20;
  sink.stream.emplace();
  sink.stream->answer.subjects = {"shop.>"};
  sink.stream->answer.state.replicas = 3;
  sink.stream->answer.state.duplicate_window = Duration{120'000};
  sink.survey.emplace();
  sink.survey->stream = sink.stream->answer.state;
}

SlotInfo good_slot() {
  return {"waljet", "shop", false, 0x800, "reserved"};
}

}  // namespace

TEST_CASE("nothing is said of a good set-up", "[check]") {
  World world;
  CHECK(world.ids() == Ids{});
  world.server.slot = good_slot();
  CHECK(world.ids() == Ids{});
}

TEST_CASE("each fault of the server is found, and it alone", "[check]") {
  struct Fault {
    const char* id;
    std::function<void(World&)> plant;
  };
  const auto setting = [](const char* name, const char* value) {
    return [=](World& world) { world.server.settings[name] = value; };
  };
  const std::vector<Fault> faults{
      {"server_version", [](World& world) { world.server.version = 120000; }},
      {"wal_level", setting("wal_level", "replica")},
      {"fsync_off", setting("fsync", "off")},
      {"wal_keep_unlimited", setting("max_slot_wal_keep_size", "-1")},
      {"wal_keep_small", setting("max_slot_wal_keep_size", "1023")},
      {"wal_keep_small", [](World& world) { world.server.wal_bytes_an_hour = 9000ULL << 20; }},
      {"wal_sender_timeout", setting("wal_sender_timeout", "4999")},
      {"idle_slot_timeout", setting("idle_replication_slot_timeout", "60")},
      {"synchronous_standby", setting("synchronous_standby_names", "*")},
      {"synchronous_standby", setting("synchronous_standby_names", "ANY 1 (a, \"waljet\")")},
      {"synchronous_standby", setting("synchronous_standby_names", "FIRST 2 (a, WalJet)")},
      {"slots_full", [](World& world) { world.server.slots_used = 10; }},
      {"senders_full", [](World& world) { world.server.senders_used = 10; }},
      {"standby_cannot_decode", [](World& world) { world.server.in_recovery = true; }},
      {"role_replication", [](World& world) { world.server.may_replicate = false; }},
      {"replication_connection", [](World& world) { world.server.replication_error = Error{}; }},
      {"plugin_not_allowed", setting("output_plugin_libraries", "pgoutput, my_waljet")},
      {"plugin_version", [](World& world) { world.server.plugin_version = "0.0.1"; }},
      {"plugin_not_loaded",
       [](World& world) { world.server.plugin.outcome = PluginTrial::Outcome::not_loaded; }},
      {"plugin_not_tried",
       [](World& world) { world.server.plugin.outcome = PluginTrial::Outcome::not_tried; }},
      {"slot_waits", [](World& world) { world.server.plugin.waits = true; }},
  };
  for (const Fault& fault : faults) {
    World world;
    fault.plant(world);
    CAPTURE(fault.id);
    CHECK(world.ids() == Ids{fault.id});
  }
}

TEST_CASE("settings of the server that are well", "[check]") {
  World world;
  world.server.settings["output_plugin_libraries"] = "pgoutput, \"waljet\"";
  world.server.settings["synchronous_standby_names"] = "FIRST 1 (waljet2, standby)";
  world.server.settings["idle_replication_slot_timeout"] = "0";
  world.server.settings["wal_sender_timeout"] = "0";  // waljet sets its own
  world.server.plugin_version = WALJET_VERSION;
  CHECK(world.ids() == Ids{});
  world.server.version = 160004;
  world.server.in_recovery = true;
  CHECK(world.ids() == Ids{"standby"});
}

TEST_CASE("a slot that is there needs no free one, and one in use no sender", "[check]") {
  World world;
  world.server.slot = good_slot();
  world.server.slots_used = 10;
  CHECK(world.ids() == Ids{});
  world.server.slot->active = true;
  world.server.senders_used = 10;
  world.server.plugin.outcome = PluginTrial::Outcome::not_tried;
  CHECK(world.ids() == Ids{"slot_active"});
}

TEST_CASE("slots that cannot be used, or not for long", "[check]") {
  World world;
  world.server.slot = good_slot();
  world.server.slot->plugin = "pgoutput";
  CHECK(world.ids() == Ids{"slot_of_other_plugin"});
  world.server.slot->plugin = "";
  CHECK(world.ids() == Ids{"slot_of_other_plugin"});
  world.server.slot = good_slot();
  world.server.slot->database = "other";
  CHECK(world.ids() == Ids{"slot_of_other_database"});
  world.server.slot = good_slot();
  world.server.slot->wal_status = "lost";
  CHECK(world.ids() == Ids{"slot_lost"});
  world.server.slot->wal_status = "unreserved";
  CHECK(world.ids() == Ids{"slot_at_risk"});
  world.server.slot->wal_status = "extended";
  world.server.slot_retained = 750;
  world.server.slot_bytes_left = 251;
  CHECK(world.ids() == Ids{});
  world.server.slot_bytes_left = 249;
  CHECK(world.ids() == Ids{"slot_at_risk"});
}

TEST_CASE("why the plugin does not start", "[check]") {
  World world;
  world.server.plugin.outcome = PluginTrial::Outcome::refused;
  world.server.plugin.error.text = "invalid value for option \"rules\"";
  world.server.plugin.error.hint = "Allowed: less.";
  CHECK(world.ids() == Ids{"plugin_refuses"});
  CHECK(world.findings()[0].fix == "Allowed: less.");
  world.server.plugin.error.text = "rule 1 hashes, and there is no salt";
  CHECK(world.ids() == Ids{"hash_salt"});
}

TEST_CASE("a snapshot needs the extension, and to read the tables", "[check]") {
  World world;
  world.server.tables[0].readable = false;
  CHECK(world.ids() == Ids{});
  world.plan.snapshot = true;
  CHECK(world.ids() == Ids{"extension_missing", "role_select"});
  world.server.extension_version = "0.0.1";
  world.server.tables[0].readable = true;
  world.server.tables[0].hidden_rows = true;
  CHECK(world.ids() == Ids{"extension_version", "role_row_security"});
  world.server.extension_version = WALJET_VERSION;
  world.server.tables[0].hidden_rows = false;
  CHECK(world.ids() == Ids{});
}

TEST_CASE("replica identities", "[check]") {
  World world;
  TableFacts& table = world.server.tables[0];
  table.identity = 'd';
  CHECK(world.ids() == Ids{"identity_default"});
  table.identity = 'i';
  CHECK(world.ids() == Ids{"identity_default"});
  table.identity = 'n';
  CHECK(world.ids() == Ids{"identity_nothing"});
  table.key.clear();
  table.identity = 'd';
  CHECK(world.ids() == Ids{"table_without_key"});
  table.identity = 'f';
  CHECK(world.ids() == Ids{"no_primary_key"});
  table.identity = 'n';
  world.plan.settings.options["operations"] = "insert,truncate";
  CHECK(world.ids() == Ids{});
  world.plan.settings.options["operations"] = "insert,delete";
  CHECK(world.ids() == Ids{"identity_nothing"});
  world.plan.settings.options["exclude_tables"] = "orders";
  CHECK(world.ids() == Ids{"filter_sends_nothing"});
}

TEST_CASE("rules that do not fit", "[check]") {
  World world;
  std::string& rules = world.plan.settings.options["rules"];
  rules = R"([{"table":"orders","columns":{"hash":["amount"]}},{"table":"*"}])";
  CHECK(world.ids() == Ids{});
  rules = R"([{"table":"orders","columns":{"exclude":["price"]}}])";
  CHECK(world.ids() == Ids{"rule_column"});
  CHECK(world.findings()[0].message.find("public.orders.price") != std::string::npos);
  rules = R"([{"table":"orders","columns":{"mask":["id"]}}])";
  CHECK(world.ids() == Ids{"key_masked"});
  rules = R"([{"table":"public.*"},{"table":"orders"}])";
  CHECK(world.ids() == Ids{"rule_matches_nothing"});
  rules = R"([{"table":"other"}])";
  CHECK(world.ids() == Ids{"rule_matches_nothing", "filter_sends_nothing"});
}

TEST_CASE("a partition goes by its own name, or by its root's", "[check]") {
  World world;
  world.server.tables[0].root_name = "all_orders";
  world.plan.settings.options["rules"] = R"([{"table":"all_orders"}])";
  CHECK(world.ids() == Ids{"rule_matches_nothing", "filter_sends_nothing"});
  world.plan.settings.options["partition_root"] = "on";
  CHECK(world.ids() == Ids{});
}

TEST_CASE("entries of the table list that name nothing", "[check]") {
  World world;
  world.plan.settings.options["tables"] = "public.orders, missing";
  CHECK(world.ids() == Ids{"filter_matches_nothing"});
  world.plan.settings.options["tables"] = "or*";
  CHECK(world.ids() == Ids{});
}

TEST_CASE("publications", "[check]") {
  World world;
  world.plan.settings.options["publications"] = "p, \"Q\"";
  world.server.publications = {"p", "Q"};
  CHECK(world.ids() == Ids{"filter_sends_nothing"});
  world.server.tables[0].published = true;
  CHECK(world.ids() == Ids{});
  world.server.publications = {"p", "q"};
  CHECK(world.ids() == Ids{"publication_missing"});
}

TEST_CASE("rows and what NATS takes", "[check]") {
  World world;
  world.server.tables[0].row_bytes = 1 << 20;
  CHECK(world.ids() == Ids{});
  world.sink.stream->answer.state.message_bytes_max = 1000;
  CHECK(world.ids() == Ids{"row_too_large"});
  world.plan.settings.oversize = Oversize::stub;
  CHECK(world.ids() == Ids{});
}

TEST_CASE("each fault of the stream is found, and it alone", "[check]") {
  struct Fault {
    const char* id;
    std::function<void(World&)> plant;
  };
  const std::vector<Fault> faults{
      {"jetstream_off", [](World& world) { world.sink.jetstream_off = ""; }},
      {"api_denied", [](World& world) { world.sink.api_denied = "no"; }},
      {"publish_denied", [](World& world) { world.sink.publish_denied = "no"; }},
      {"record_denied", [](World& world) { world.sink.record_denied = "no"; }},
      {"stream_unavailable", [](World& world) { world.sink.stream_problem = "no leader"; }},
      {"stream_mirror",
       [](World& world) {
         world.sink.stream->answer.is_mirror = true;
         world.sink.stream->answer.subjects.clear();
       }},
      {"stream_sealed", [](World& world) { world.sink.stream->answer.is_sealed = true; }},
      {"stream_no_ack", [](World& world) { world.sink.stream->answer.acknowledges = false; }},
      {"stream_subjects",
       [](World& world) { world.sink.stream->answer.subjects = {"shop.public.>"}; }},
      {"stream_retention", [](World& world) { world.sink.stream->retention = "interest"; }},
      {"stream_transform", [](World& world) { world.sink.stream->transforms = true; }},
      {"stream_sources", [](World& world) { world.sink.stream->has_sources = true; }},
      {"stream_delete_markers", [](World& world) { world.sink.stream->writes_markers = true; }},
      {"stream_republish", [](World& world) { world.sink.stream->republishes = true; }},
      {"stream_rollup", [](World& world) { world.sink.stream->allows_rollup = true; }},
      {"stream_memory", [](World& world) { world.sink.stream->answer.state.in_memory = true; }},
      {"stream_one_replica", [](World& world) { world.sink.stream->answer.state.replicas = 1; }},
      {"stream_limits", [](World& world) { world.sink.stream->messages_max = 5; }},
      {"stream_limits", [](World& world) { world.sink.stream->max_age = Duration{1000}; }},
      {"stream_per_subject", [](World& world) { world.sink.stream->per_subject_max = 1; }},
      {"foreign_messages", [](World& world) { world.sink.survey->foreign_messages = 2; }},
      {"record_unreadable", [](World& world) { world.sink.survey_problem = "what"; }},
  };
  for (const Fault& fault : faults) {
    World world;
    fault.plant(world);
    CAPTURE(fault.id);
    CHECK(world.ids() == Ids{fault.id});
  }
}

TEST_CASE("a stream that takes nothing when it is full", "[check]") {
  World world;
  StreamFacts& stream = *world.sink.stream;
  stream.discards_new = true;
  CHECK(world.ids() == Ids{});
  stream.bytes_max = 1000;
  stream.bytes = 799;
  CHECK(world.ids() == Ids{"stream_discard_new"});
  stream.bytes = 800;
  CHECK(world.ids() == Ids{"stream_discard_new", "stream_nearly_full"});
}

TEST_CASE("a stream that is not there", "[check]") {
  World world;
  world.sink.stream.reset();
  CHECK(world.ids() == Ids{"stream_absent", "stream_one_replica"});
  world.plan.settings.stream_plan.replicas = 3;
  CHECK(world.ids() == Ids{"stream_absent"});
  world.plan.settings.stream_plan.in_memory = true;
  CHECK(world.ids() == Ids{"stream_absent", "stream_memory"});
  world.plan.settings.stream_plan.in_memory = false;
  world.sink.overlapping = {"other"};
  CHECK(world.ids() == Ids{"stream_overlap"});
  world.plan.settings.stream_plan.create = false;
  CHECK(world.ids() == Ids{"stream_missing"});
}

TEST_CASE("limits of the account", "[check]") {
  World world;
  world.sink.account.emplace();
  CHECK(world.ids() == Ids{});
  world.sink.account->file_max = 1000;
  world.sink.account->file_used = 799;
  CHECK(world.ids() == Ids{});
  world.sink.account->file_used = 800;
  CHECK(world.ids() == Ids{"account_storage"});
  world.sink.account->file_max = -1;
  world.sink.account->streams_max = 2;
  world.sink.account->streams_used = 1;
  CHECK(world.ids() == Ids{});  // the bucket is still to be made
  world.sink.account->streams_used = 2;
  CHECK(world.ids() == Ids{"account_streams"});
  world.sink.bucket.emplace();
  world.sink.bucket->answer.state.replicas = 3;
  CHECK(world.ids() == Ids{});
}

TEST_CASE("the record's bucket", "[check]") {
  World world;
  StreamFacts& bucket = world.sink.bucket.emplace();
  bucket.answer.state.replicas = 3;
  bucket.messages_max = 10;
  bucket.discards_new = true;
  CHECK(world.ids() == Ids{});
  bucket.discards_new = false;
  CHECK(world.ids() == Ids{"record_expires"});
  bucket.messages_max = -1;
  bucket.max_age = Duration{1};
  bucket.answer.state.in_memory = true;
  bucket.answer.state.replicas = 1;
  CHECK(world.ids() == Ids{"record_expires", "record_in_memory", "record_replicas"});
}

TEST_CASE("without fencing less is asked of a stream, and less promised", "[check]") {
  World world;
  world.plan.settings.fencing = Fencing::off;
  StreamFacts& stream = *world.sink.stream;
  stream.transforms = stream.has_sources = stream.writes_markers = true;
  world.sink.survey->foreign_messages = 3;
  CHECK(world.ids() == Ids{"fencing_off"});
  stream.retention = "workqueue";
  CHECK(world.ids() == Ids{"fencing_off", "stream_removes_read"});
  stream.retention = "limits";
  world.plan.settings.confirm_delay = "60s";
  CHECK(world.ids() == Ids{"fencing_off"});
  world.plan.settings.confirm_delay = "61s";
  CHECK(world.ids() == Ids{"fencing_off", "confirm_delay_window"});
}

TEST_CASE("a short delay of confirming counts on one replica on file", "[check]") {
  World world;
  world.plan.settings.confirm_delay = "119s";
  CHECK(world.ids() == Ids{});
  world.sink.stream->answer.state.replicas = 1;
  CHECK(world.ids() == Ids{"stream_one_replica", "confirm_delay_short"});
  world.plan.settings.confirm_delay = "120s";
  CHECK(world.ids() == Ids{"stream_one_replica"});
}

TEST_CASE("what run would say of what is stored", "[check]") {
  World world;
  world.sink.survey->events.emplace_back(1, Position{0x900, 1, 0});
  CHECK(world.ids() == Ids{"resume_gap"});  // there is no slot
  world.server.slot = good_slot();
  CHECK(world.ids() == Ids{});
  world.sink.survey->events.emplace_back(2, Position{0x2000, 1, 0});
  CHECK(world.ids() == Ids{"resume_divergence"});  // beyond the server's log
  world.server.slot->wal_status = "lost";
  CHECK(world.ids() == Ids{"slot_lost"});
}

TEST_CASE("what a stream's description says", "[check]") {
  const StreamFacts facts = parse_stream_facts(
      R"({"config":{"name":"app","subjects":["app.>"],"retention":"interest","discard":"new",)"
      R"("max_msgs":7,"max_bytes":-1,"max_age":2000000000,"max_msgs_per_subject":3,)"
      R"("sources":[{"name":"x"}],"subject_transform":null,"republish":{"dest":"y"},)"
      R"("allow_rollup_hdrs":true},"state":{"messages":2,"bytes":99}})");
  CHECK(facts.retention == "interest");
  CHECK(facts.discards_new);
  CHECK(facts.messages_max == 7);
  CHECK(facts.bytes_max == -1);
  CHECK(facts.max_age == Duration{2000});
  CHECK(facts.per_subject_max == 3);
  CHECK(facts.has_sources);
  CHECK_FALSE(facts.transforms);
  CHECK(facts.republishes);
  CHECK(facts.allows_rollup);
  CHECK(facts.bytes == 99);
  CHECK(facts.answer.state.messages == 2);
  CHECK(parse_stream_facts("nonsense").answer.error);
}

TEST_CASE("what an account may use", "[check]") {
  const AccountFacts one = parse_account_facts(
      R"({"memory":1,"storage":2,"streams":3,"limits":{"max_memory":10,"max_storage":20,)"
      R"("max_streams":-1}})",
      1);
  CHECK(one.file_used == 2);
  CHECK(one.file_max == 20);
  CHECK(one.memory_used == 1);
  CHECK(one.memory_max == 10);
  CHECK(one.streams_used == 3);
  CHECK(one.streams_max == -1);
  const std::string tiers =
      R"({"storage":9,"tiers":{"R3":{"storage":5,"limits":{"max_storage":50}}}})";
  CHECK(parse_account_facts(tiers, 3).file_max == 50);
  CHECK(parse_account_facts(tiers, 3).file_used == 5);
  CHECK(parse_account_facts(tiers, 1).file_max == -1);
}
