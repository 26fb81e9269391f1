#include "streamer/settings.h"

#include <catch2/catch.hpp>

using namespace waljet;

TEST_CASE("all names follow from the database's", "[settings]") {
  const auto names = resolve_names({}, "app", 7123456789012345678);
  REQUIRE(names);
  CHECK(names->name == "app");
  CHECK(names->slot == "waljet_app");
  CHECK(names->stream == "app");
  CHECK(names->stream_subjects == "app.>");
  CHECK(names->subject_patterns == std::vector<std::string>{"app.*.*.*"});
  CHECK(names->source_id == "app.FE89ECF0");
}

TEST_CASE("odd names are encoded for the stream and flattened for the slot", "[settings]") {
  const auto names = resolve_names({}, "My App.1", 7123456789012345678);
  REQUIRE(names);
  CHECK(names->slot == "waljet_my_app_1");
  CHECK(names->stream == "My=20App=2E1");
  CHECK(names->stream_subjects == "My=20App=2E1.>");
}

TEST_CASE("a slot name is cut to what PostgreSQL takes", "[settings]") {
  const auto names = resolve_names({}, std::string(64, 'x'), 7123456789012345678);
  REQUIRE(names);
  CHECK(names->slot == "waljet_" + std::string(56, 'x'));
}

TEST_CASE("what is set wins", "[settings]") {
  RunSettings settings;
  settings.name = "shop";
  settings.slot = "s1";
  settings.stream = "EVENTS";
  settings.subject = "cdc.{name}.{table}";
  const auto names = resolve_names(settings, "app", 7123456789012345678);
  REQUIRE(names);
  CHECK(names->name == "shop");
  CHECK(names->slot == "s1");
  CHECK(names->stream == "EVENTS");
  CHECK(names->stream_subjects == "cdc.>");
  CHECK(names->subject_patterns == std::vector<std::string>{"cdc.shop.*"});
}

TEST_CASE("messages and transaction markers have subjects of their own", "[settings]") {
  const auto patterns_of = [](const OptionTexts& options) {
    RunSettings settings;
    settings.name = "my app";
    settings.subject = "{name}.{schema}.{table}";
    settings.options = options;
    return resolve_names(settings, "app", 7123456789012345678)->subject_patterns;
  };
  using Patterns = std::vector<std::string>;
  CHECK(patterns_of({}) == Patterns{"my=20app.*.*"});
  CHECK(patterns_of({{"messages", ""}, {"transactions", ""}}) == Patterns{"my=20app.*.*"});
  CHECK(patterns_of({{"messages", "off"}, {"transactions", "off"}}) == Patterns{"my=20app.*.*"});
  CHECK(patterns_of({{"messages", "a,b"}}) == Patterns{"my=20app.*.*", "my=20app.=message.*"});
  CHECK(patterns_of({{"messages", "*"}, {"transactions", "on"}}) ==
        Patterns{"my=20app.*.*", "my=20app.=message.*", "my=20app.=transaction"});
}

TEST_CASE("the plugin is told what was set, and no more", "[settings]") {
  RunSettings settings;
  settings.options = {{"format", ""}, {"decimal", "string"}, {"tables", "a,b"}};
  const auto names = resolve_names(settings, "app", 7123456789012345678);
  REQUIRE(names);
  const OptionList always{
      {"output", "frames"}, {"name", "app"}, {"subject", "{name}.{schema}.{table}.{action}"}};
  OptionList expected = always;
  expected.insert(expected.end(), {{"decimal", "string"}, {"tables", "a,b"}});
  CHECK(start_options(settings, *names, 65'536) == expected);
  settings.oversize = Oversize::stub;
  CHECK(start_options(settings, *names, 0) == expected);  // not known what NATS takes
  expected.emplace_back("max_event_bytes", "65536");
  CHECK(start_options(settings, *names, 65'536) == expected);
}

TEST_CASE("a group is never larger than what NATS takes, with its headers", "[settings]") {
  RunSettings settings;
  const auto names = resolve_names(settings, "app", 7123456789012345678);
  REQUIRE(names);
  CHECK(group_sizes(settings, *names, 1'000'000).wanted == 0);
  CHECK(group_sizes(settings, *names, 1'000'000).most > 65'536);
  settings.grouping = Grouping::run;
  CHECK(group_sizes(settings, *names, 1'000'000).wanted == 65'536);
  settings.group_bytes = 2'000'000;
  const GroupSizes limited = group_sizes(settings, *names, 1'000'000);
  CHECK(limited.wanted == limited.most);
  CHECK(limited.most < 1'000'000);
  CHECK(limited.most > 999'000);
  CHECK(group_sizes(settings, *names, 20).wanted == 0);
  CHECK(group_sizes(settings, *names, 0).wanted == 0);  // not known what NATS takes
  CHECK(group_sizes(settings, *names, 100'000'000).most == group_bytes_max);
  OptionList expected = start_options(settings, *names, 1'000'000);
  CHECK(start_options(settings, *names, 1'000'000, 0) == expected);
  expected.emplace_back("group_bytes", "1500");
  CHECK(start_options(settings, *names, 1'000'000, 1500) == expected);
}

TEST_CASE("what cannot be used is a mistake in configuration", "[settings]") {
  const auto refused = [](void (*spoil)(RunSettings&)) {
    RunSettings settings;
    spoil(settings);
    const auto names = resolve_names(settings, "app", 7123456789012345678);
    return !names && names.error().error_class == ErrorClass::configuration;
  };
  CHECK(refused([](RunSettings& s) { s.slot = "Upper"; }));
  CHECK(refused([](RunSettings& s) { s.slot = std::string(64, 'a'); }));
  CHECK(refused([](RunSettings& s) { s.stream = "a.b"; }));
  CHECK(refused([](RunSettings& s) { s.subject = "{nonsense}.x"; }));
  CHECK(refused([](RunSettings& s) { s.subject = "$JS.{table}"; }));
  CHECK(refused([](RunSettings& s) { s.subject = "{table}.{name}"; }));
  CHECK(refused([](RunSettings& s) { s.name = std::string(65, 'a'); }));
}

TEST_CASE("the delay before confirming is auto or a duration that is not too long", "[settings]") {
  for (const char* text : {"auto", "0", "0s", "500ms", "3s", "2m", "15m"}) {
    INFO(text);
    CHECK(confirm_delay_problem(text).empty());
  }
  for (const char* text : {"", "automatic", "5", "-1s", "16m", "1h"}) {
    INFO(text);
    CHECK_FALSE(confirm_delay_problem(text).empty());
  }
}

TEST_CASE("what the operator has said reaches the decision where to resume", "[settings]") {
  RunSettings settings;
  CHECK(resume_policy(settings).strict);
  CHECK_FALSE(resume_policy(settings).accept_gap);
  CHECK_FALSE(resume_policy(settings).accept_divergence);
  settings.fencing = Fencing::off;
  settings.accept_gap = true;
  CHECK_FALSE(resume_policy(settings).strict);
  CHECK(resume_policy(settings).accept_gap);
  CHECK_FALSE(resume_policy(settings).accept_divergence);
  const auto names = resolve_names(settings, "app", 7123456789012345678);
  REQUIRE(names);
  const ResumeNames resume = resume_names(*names);
  CHECK(resume.source_id == "app.FE89ECF0");
  CHECK(resume.slot == "waljet_app");
  CHECK(resume.stream == "app");
}
