#include "event/plugin_options.h"

#include <catch2/catch.hpp>
#include <set>
#include <string>

#include "event/test_sink.h"

namespace waljet {
namespace {

const OptionSpec& spec_of(std::string_view name) {
  const OptionSpec* spec = find_option(name);
  REQUIRE(spec != nullptr);
  return *spec;
}

// The problem with a value, empty where there is none.
std::string problem(std::string_view name, std::string_view value) {
  PluginOptions options;
  return std::string(set_option(options, spec_of(name), value));
}

PluginOptions with(std::string_view name, std::string_view value) {
  PluginOptions options;
  REQUIRE(set_option(options, spec_of(name), value) == "");
  return options;
}

std::string allowed(std::string_view name) {
  return written([&](Sink& sink) { put_allowed(sink, spec_of(name)); });
}

TEST_CASE("every option is declared once, in order, and described", "[plugin_options]") {
  std::set<std::string_view> names;
  size_t index = 0;
  for (const OptionSpec& spec : option_specs()) {
    INFO(spec.name);
    CHECK(static_cast<size_t>(spec.id) == index++);
    CHECK(names.insert(spec.name).second);
    CHECK(find_option(spec.name) == &spec);
    CHECK_FALSE(spec.sentence.empty());
    CHECK(spec.default_value.empty() != spec.default_note.empty());
    CHECK(spec.sentence.back() == '.');
  }
  CHECK(index == 23);
}

TEST_CASE("names are looked up as they are spelled", "[plugin_options]") {
  for (const char* name : {"", "Format", "format ", "forma", "formats", "batch-bytes"}) {
    CHECK(find_option(name) == nullptr);
  }
}

TEST_CASE("every documented default is a value that is allowed", "[plugin_options]") {
  for (const OptionSpec& spec : option_specs()) {
    if (spec.default_value.empty()) continue;
    INFO(spec.name);
    CHECK(problem(spec.name, spec.default_value) == "");
  }
}

TEST_CASE("options not given are as documented", "[plugin_options]") {
  PluginOptions given;
  for (const OptionSpec& spec : option_specs()) {
    if (!spec.default_value.empty()) set_option(given, spec, spec.default_value);
  }
  const PluginOptions untouched;
  CHECK(given.subject_text == untouched.subject_text);
  CHECK(given.unavailable_value == untouched.unavailable_value);
  CHECK(given.all_tables == untouched.all_tables);
  CHECK(given.operations == untouched.operations);
  CHECK(given.local_origin_only == untouched.local_origin_only);
  CHECK(given.max_event_bytes == untouched.max_event_bytes);
  CHECK(given.output == untouched.output);
  CHECK(given.batch_bytes == untouched.batch_bytes);
  CHECK(given.group_bytes == untouched.group_bytes);
}

TEST_CASE("choices", "[plugin_options]") {
  CHECK(with("output", "frames").output == OutputKind::frames);
  CHECK(with("output", "lines").output == OutputKind::lines);
  CHECK(with("origin", "none").local_origin_only);
  CHECK_FALSE(with("origin", "any").local_origin_only);
  for (const char* value : {"", "Lines", "lines ", "line", "lines,frames", ","}) {
    CHECK(problem("output", value) == "is not one of those allowed");
  }
}

TEST_CASE("modes", "[plugin_options]") {
  CHECK(with("format", "debezium").format == Format::debezium);
  CHECK(with("format", "wal-listener").format == Format::wal_listener);
  CHECK(with("schemas", "on").schemas);
  CHECK_FALSE(with("schemas", "off").schemas);
  CHECK(with("decimal", "precise").decimal == DecimalMode::precise);
  CHECK(with("decimal", "double").decimal == DecimalMode::floating);
  CHECK(with("decimal", "string").decimal == DecimalMode::string);
  CHECK(with("time", "adaptive").time == TimeMode::adaptive);
  CHECK(with("time", "adaptive_time_microseconds").time == TimeMode::adaptive_time_microseconds);
  CHECK(with("time", "connect").time == TimeMode::connect);
  CHECK(with("time", "isostring").time == TimeMode::isostring);
  CHECK(with("time", "microseconds").time == TimeMode::microseconds);
  CHECK(with("time", "nanoseconds").time == TimeMode::nanoseconds);
  CHECK(with("interval", "numeric").interval == IntervalMode::numeric);
  CHECK(with("interval", "string").interval == IntervalMode::string);
  CHECK(with("binary", "bytes").binary == BinaryMode::bytes);
  CHECK(with("binary", "base64").binary == BinaryMode::base64);
  CHECK(with("binary", "base64-url-safe").binary == BinaryMode::base64_url_safe);
  CHECK(with("binary", "hex").binary == BinaryMode::hex);
  CHECK(with("hstore", "json").hstore == HstoreMode::json);
  CHECK(with("hstore", "map").hstore == HstoreMode::map);
  CHECK(with("partition_root", "on").partition_root);
  CHECK(with("transactions", "on").transactions);
  for (const char* name : {"format", "schemas", "decimal", "time", "interval", "binary", "hstore",
                           "partition_root", "transactions"}) {
    CHECK(problem(name, "structured") == "is not one of those allowed");
  }
}

TEST_CASE("publications stand alone", "[plugin_options]") {
  for (const char* name : {"tables", "exclude_tables", "partition_root", "operations", "rules"}) {
    INFO(name);
    PluginOptions options = with("publications", "p, q");
    const std::string_view value = name == std::string_view("partition_root") ? "off"
                                   : name == std::string_view("operations")   ? "insert"
                                   : name == std::string_view("rules")        ? R"([{"table":"t"}])"
                                                                              : "t";
    REQUIRE(set_option(options, spec_of(name), value) == "");
    const OptionProblem found = finish_options(options, "shop");
    CHECK(found.id == spec_of(name).id);
    CHECK(found.phrase == "stands beside publications");
  }
  PluginOptions alone = with("publications", "p, q");
  CHECK(finish_options(alone, "shop").phrase == "");
  CHECK(alone.publications == "p, q");
}

TEST_CASE("rules are checked as they are given", "[plugin_options]") {
  CHECK(problem("rules", "[]") == "is empty");
  CHECK(problem("rules", R"([{"table":"t","where":""}])") == "is empty");
  CHECK(with("rules", R"([{"table":"t"}])").rules.is_given());
  CHECK_FALSE(PluginOptions().rules.is_given());
  CHECK(allowed("rules") == "Allowed: a JSON array of rules.");
}

TEST_CASE("messages by prefix", "[plugin_options]") {
  CHECK(PluginOptions().messages.empty());
  CHECK_FALSE(PluginOptions().messages.matches("a"));
  CHECK(with("messages", "off").messages.empty());
  CHECK_FALSE(with("messages", "off").messages.matches("off"));
  const PluginOptions all = with("messages", "*");
  CHECK(all.messages.matches("a"));
  CHECK(all.messages.matches(""));
  const PluginOptions two = with("messages", "audit, outbox");
  CHECK(two.messages.matches("audit"));
  CHECK(two.messages.matches("outbox"));
  for (const char* prefix : {"", "aud", "audits", "Audit", "audit,outbox", "*"}) {
    CHECK_FALSE(two.messages.matches(prefix));
  }
  CHECK(problem("messages", "") == "is empty");
  for (const char* value : {",", "a,", ",a", "a,,b"}) {
    CHECK(problem("messages", value) == "has an empty prefix");
  }
  for (const char* value : {"*,a", "a,*", "off,a", "a, off", "*,off"}) {
    CHECK(problem("messages", value) == "has * or off beside prefixes");
  }
}

TEST_CASE("what one format alone has is refused with the other", "[plugin_options]") {
  for (const char* name : {"schemas", "decimal", "time", "interval", "binary", "hstore",
                           "unavailable_value", "messages", "transactions"}) {
    INFO(name);
    const OptionSpec& spec = spec_of(name);
    PluginOptions options = with("format", "wal-listener");
    REQUIRE(set_option(options, spec, spec.default_value) == "");
    const OptionProblem found = finish_options(options, "shop");
    CHECK(found.id == spec.id);
    CHECK(found.phrase == "applies to format debezium only");
  }
  PluginOptions options = with("format", "wal-listener");
  CHECK(finish_options(options, "shop").phrase == "");
  CHECK(options.wants(Operation::truncate));
  PluginOptions chosen = with("format", "wal-listener");
  REQUIRE(set_option(chosen, spec_of("operations"), "insert") == "");
  CHECK(finish_options(chosen, "shop").phrase == "");
  CHECK_FALSE(chosen.wants(Operation::truncate));
}

TEST_CASE("operations", "[plugin_options]") {
  const PluginOptions two = with("operations", "truncate, insert");
  CHECK(two.wants(Operation::insert));
  CHECK(two.wants(Operation::truncate));
  CHECK_FALSE(two.wants(Operation::update));
  CHECK_FALSE(two.wants(Operation::remove));
  CHECK(with("operations", "insert,update,delete,truncate").operations == 15);
  CHECK(with("operations", "delete").wants(Operation::remove));
  CHECK_FALSE(PluginOptions().wants(Operation::truncate));
  for (const char* value : {"", ",", "insert,", ",insert", "insert,,update", "insert,insert",
                            "INSERT", "inserts", "insert update", "all"}) {
    CHECK(problem("operations", value) == "is not one of those allowed");
  }
}

TEST_CASE("numbers", "[plugin_options]") {
  CHECK(with("batch_bytes", "0").batch_bytes == 0);
  CHECK(with("batch_bytes", "00001").batch_bytes == 1);
  CHECK(with("batch_bytes", "67108864").batch_bytes == 67108864);
  CHECK(with("group_bytes", "8388608").group_bytes == 8388608);
  CHECK(problem("group_bytes", "8388609") == "is not a whole number in the allowed range");
  CHECK(PluginOptions().max_event_bytes == 0);
  CHECK(with("max_event_bytes", "0").max_event_bytes == 0);
  CHECK(with("max_event_bytes", "1").max_event_bytes == 1);
  CHECK(with("max_event_bytes", "1073741823").max_event_bytes == 1073741823);
  CHECK(problem("max_event_bytes", "1073741824") == "is not a whole number in the allowed range");
  for (const char* value :
       {"", "-1", "+1", " 1", "1 ", "1e3", "0x10", "64kB", "67108865", "9999999999999999999",
        "18446744073709551616", "00000000000000000000000001"}) {
    CHECK(problem("batch_bytes", value) == "is not a whole number in the allowed range");
  }
}

TEST_CASE("texts are measured in characters", "[plugin_options]") {
  CHECK(with("name", "a").name == "a");
  const std::string long_name(64, 'n');
  CHECK(with("name", long_name).name == long_name);
  std::string umlauts;
  for (int i = 0; i < 64; ++i) umlauts += "\xC3\xBC";
  CHECK(with("name", umlauts).name == umlauts);
  CHECK(problem("name", "") == "is too short or too long");
  CHECK(problem("name", long_name + "n") == "is too short or too long");
  CHECK(problem("name", umlauts + "n") == "is too short or too long");
  CHECK(with("unavailable_value", "?").unavailable_value == "?");
  CHECK(problem("unavailable_value", "") == "is too short or too long");
  CHECK(problem("unavailable_value", std::string(257, 'x')) == "is too short or too long");
}

TEST_CASE("tables", "[plugin_options]") {
  const PluginOptions all;
  CHECK(all.wants_table("public", "orders"));

  const PluginOptions some = with("tables", "public.*");
  CHECK(some.wants_table("public", "orders"));
  CHECK_FALSE(some.wants_table("audit", "orders"));

  const PluginOptions without = with("exclude_tables", "orders");
  CHECK_FALSE(without.wants_table("public", "orders"));
  CHECK(without.wants_table("public", "lines"));

  PluginOptions both = with("tables", "public.*");
  REQUIRE(set_option(both, spec_of("exclude_tables"), "public.secret") == "");
  CHECK(both.wants_table("public", "orders"));
  CHECK_FALSE(both.wants_table("public", "secret"));
  CHECK_FALSE(both.wants_table("audit", "orders"));

  CHECK(problem("tables", "a.b.c") == "has an entry of more than two names");
  CHECK(problem("exclude_tables", "") == "is empty");
}

TEST_CASE("what is refused leaves the options as they were", "[plugin_options]") {
  PluginOptions options = with("tables", "public.orders");
  REQUIRE(set_option(options, spec_of("tables"), "a..b") != "");
  REQUIRE(set_option(options, spec_of("batch_bytes"), "x") != "");
  REQUIRE(set_option(options, spec_of("operations"), "x") != "");
  CHECK(options.wants_table("public", "orders"));
  CHECK_FALSE(options.wants_table("a", "b"));
  CHECK(options.batch_bytes == 65536);
  CHECK(options.operations == 7);
}

TEST_CASE("the name is the database's where none is given", "[plugin_options]") {
  PluginOptions options;
  CHECK(finish_options(options, "shop").phrase == "");
  CHECK(options.name == "shop");

  PluginOptions named = with("name", "app");
  CHECK(finish_options(named, "shop").phrase == "");
  CHECK(named.name == "app");
}

TEST_CASE("the subject is checked with the name, whatever comes first", "[plugin_options]") {
  PluginOptions options;
  REQUIRE(set_option(options, spec_of("subject"), "{name}.{table}") == "");
  REQUIRE(set_option(options, spec_of("name"), "_INBOX") == "");
  CHECK(finish_options(options, "shop").phrase.substr(0, 18) == "must not begin wit");

  PluginOptions bad = with("subject", "{table}");
  CHECK(finish_options(bad, "shop").phrase != "");

  PluginOptions good = with("subject", "cdc.{db}.{table}");
  REQUIRE(finish_options(good, "shop").phrase == "");
  CHECK(written([&](Sink& sink) {
          good.subject.put(sink, {"shop", "shop", "public", "orders", "insert", "c"});
        }) == "cdc.shop.orders");
}

TEST_CASE("groups are for frames only, whatever comes first", "[plugin_options]") {
  PluginOptions options = with("group_bytes", "1000");
  CHECK(finish_options(options, "shop").id == OptionId::group_bytes);
  CHECK(finish_options(options, "shop").phrase == "applies to output frames only");
  REQUIRE(set_option(options, spec_of("output"), "frames") == "");
  CHECK(finish_options(options, "shop").phrase == "");
  PluginOptions none = with("group_bytes", "0");
  CHECK(finish_options(none, "shop").phrase == "");
}

TEST_CASE("what is allowed, in words", "[plugin_options]") {
  CHECK(allowed("output") == "Allowed: lines, frames.");
  CHECK(allowed("operations") == "Allowed, separated by commas: insert, update, delete, truncate.");
  CHECK(allowed("batch_bytes") == "Allowed: 0 to 67108864.");
  CHECK(allowed("name") == "Allowed: 1 to 64 characters.");
  CHECK(allowed("tables") == "Allowed: schema.table or table, separated by commas, with * and ?.");
  CHECK(allowed("subject") == "Allowed: tokens separated by dots, literal or {name} first.");
}

}  // namespace
}  // namespace waljet
