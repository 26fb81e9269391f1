#include "streamer/setting.h"

#include <catch2/catch.hpp>
#include <set>

#include "streamer/option_flags.h"

using namespace waljet;

namespace {

std::string problem_of(const char* path, const std::string& text) {
  const Setting* setting = find_setting(path);
  REQUIRE(setting != nullptr);
  return value_problem(*setting, text).value_or("");
}

}  // namespace

TEST_CASE("each setting is declared once, and whole", "[setting]") {
  std::set<std::string> paths;
  std::set<std::string> variables;
  std::set<std::string> flags;
  for (const Setting& setting : setting_table()) {
    INFO(setting.path);
    CHECK(paths.insert(setting.path).second);
    CHECK(variables.insert(environment_of(setting.path)).second);
    if (setting.is_secret()) CHECK(variables.insert(environment_of(setting.path) + "_FILE").second);
    if (!setting.flag.empty()) CHECK(flags.insert(setting.flag).second);
    CHECK(setting.flag.empty() == (setting.commands == 0));
    CHECK(setting.sentence.ends_with('.'));
    CHECK(setting.default_text.empty() != setting.default_note.empty());
    CHECK_FALSE(allowed_text(setting).empty());
    if (!setting.default_text.empty()) CHECK_FALSE(value_problem(setting, setting.default_text));
    CHECK(setting.min <= setting.max);
  }
}

TEST_CASE("no setting is a section of others", "[setting]") {
  for (const Setting& setting : setting_table()) {
    for (const Setting& other : setting_table()) {
      CHECK_FALSE(other.path.starts_with(setting.path + "."));
    }
  }
}

TEST_CASE("whatever the plugin lets a user set is a setting", "[setting]") {
  for (const OptionFlag& option : option_flags()) {
    INFO(option.flag);
    bool found = false;
    for (const Setting& setting : setting_table()) {
      if (setting.option != option.spec) continue;
      found = true;
      CHECK(environment_of(setting.path) == option.environment);
      CHECK(setting.flag == option.flag);
    }
    CHECK(found);
  }
}

TEST_CASE("variables are named after the paths", "[setting]") {
  CHECK(environment_of("sink.stream.name") == "WALJET_SINK_STREAM_NAME");
  CHECK(environment_of("source.uri") == "WALJET_SOURCE_URI");
}

TEST_CASE("what is not allowed is said with what is", "[setting]") {
  CHECK(problem_of("sink.fencing", "strikt") ==
        "\"strikt\" is not one of strict, off, did you mean \"strict\"?");
  CHECK(problem_of("sink.fencing", "none") == "\"none\" is not one of strict, off");
  CHECK(problem_of("sink.max_pending", "0") == "\"0\" is not a whole number from 1 to 65536");
  CHECK(problem_of("sink.max_pending", "4k") == "\"4k\" is not a whole number from 1 to 65536");
  CHECK(problem_of("sink.max_pending_bytes", "2G") ==
        "\"2G\" is not a size from 1 to 1GiB, such as 65536, 64KiB, 8MiB");
  CHECK(problem_of("sink.confirm_delay", "soon") ==
        "\"soon\" is not auto, or a duration such as 500ms, 90s, 2m, 1h, 7d, up to 15m");
  CHECK(problem_of("sink.msg_id", "maybe") == "\"maybe\" is not one of true, false");
  CHECK(problem_of("sink.headers", "key,tabel") ==
        "\"tabel\" is not one of key, table, op, content-type, did you mean \"table\"?");
  CHECK(problem_of("sink.headers", "key,key") == "\"key\" comes twice");
  CHECK(problem_of("sink.stream.name", "a.b") == "\"a.b\" holds one of . * > / \\");
  CHECK(problem_of("source.slot", "Upper").find("is not a slot name") != std::string::npos);
  CHECK(problem_of("filter.operations", "insert,merge").find("merge") != std::string::npos);
  CHECK(problem_of("filter.exclude_tables", "a.b.c").find("more than two names") !=
        std::string::npos);
  CHECK(problem_of("sink.subject", "{nonsense}.x").find("unknown variable") != std::string::npos);
}

TEST_CASE("what is allowed is fine", "[setting]") {
  for (const auto& [path, text] :
       std::vector<std::pair<const char*, const char*>>{{"sink.fencing", "OFF"},
                                                        {"sink.max_pending", "65536"},
                                                        {"sink.max_pending_bytes", "64k"},
                                                        {"sink.confirm_delay", "auto"},
                                                        {"sink.confirm_delay", "15m"},
                                                        {"sink.stream.max_age", "7d"},
                                                        {"sink.headers", "op, key"},
                                                        {"source.schemas", "true"},
                                                        {"source.batch_bytes", "0"},
                                                        {"filter.tables", "a, b.*, \"Odd, Name\""},
                                                        {"filter.tables", ""},
                                                        {"sink.subject", "{name}.{table}"},
                                                        {"sink.stream.name", ""}}) {
    INFO(path << " " << text);
    CHECK(problem_of(path, text).empty());
  }
}

TEST_CASE("an empty value is a mistake where only words of ours are taken", "[setting]") {
  for (const char* path : {"sink.fencing", "sink.max_pending", "sink.max_pending_bytes",
                           "sink.confirm_delay", "sink.msg_id", "source.name", "source.slot"}) {
    INFO(path);
    CHECK_FALSE(problem_of(path, "").empty());
  }
}

TEST_CASE("values are what the words mean", "[setting]") {
  CHECK(choice_value(*find_setting("source.schemas"), "Yes") == "on");
  CHECK(choice_value(*find_setting("source.schemas"), "false") == "off");
  CHECK(choice_value(*find_setting("sink.fencing"), "false") == "off");
  CHECK(choice_value(*find_setting("sink.fencing"), "STRICT") == "strict");
  CHECK(flag_value("on"));
  CHECK_FALSE(flag_value("0"));
  CHECK(list_value("a, b ,c") == std::vector<std::string>{"a", "b", "c"});
  CHECK(list_value("") == std::vector<std::string>{""});
}
