#include "streamer/configuration.h"

#include <catch2/catch.hpp>

#include "temporary_file.h"

using namespace waljet;

namespace {

struct Sources {
  std::string yaml;
  Environment environment;
  std::vector<std::pair<const char*, const char*>> flags;  // by the settings' paths

  Result<Configuration> load() const {
    const TemporaryFile file(yaml);
    ConfigurationSources sources{file.name(), environment, {}};
    for (const auto& [path, text] : flags) sources.flags.push_back({find_setting(path), text});
    auto configuration = load_configuration(sources);
    if (configuration) return configuration;
    std::string& text = configuration.error().text;
    const size_t at = text.find(file.name());
    if (at != std::string::npos) text.replace(at, file.name().size(), "FILE");
    return configuration;
  }

  Configuration loaded() const {
    auto configuration = load();
    INFO((configuration ? "" : configuration.error().text));
    REQUIRE(configuration);
    return *configuration;
  }

  std::string error() const {
    const auto configuration = load();
    if (configuration) return {};
    CHECK(configuration.error().error_class == ErrorClass::configuration);
    CHECK(configuration.error().text.find('\n') == std::string::npos);
    return configuration.error().text;
  }
};

std::string origin_of(const Configuration& configuration, std::string_view path) {
  const SettingValue* value = configuration.find(path);
  return value == nullptr ? "default" : value->origin;
}

// A value that each setting takes and that is not its default, as a flag or variable says it.
std::string other_value(const Setting& setting, int number) {
  const std::string digits = std::to_string(number);
  switch (setting.type) {
    case SettingType::choice: {
      const std::vector<std::string>& allowed = setting.allowed;
      return allowed.size() == 1 ? allowed[0]
                                 : allowed[static_cast<size_t>(number) % (allowed.size() - 1) + 1];
    }
    case SettingType::flag: return setting.default_text == "true" ? "false" : "true";
    case SettingType::count: return digits;
    case SettingType::size: return digits + "KiB";
    case SettingType::duration: return digits + "s";
    case SettingType::tables: return "t" + digits;
    case SettingType::rules: return "[{\"table\":\"t" + digits + "\"}]";
    case SettingType::list: return setting.allowed.empty() ? "t" + digits : setting.allowed[0];
    case SettingType::text:
      if (setting.path == "sink.subject") return "t" + digits + ".{table}";
      return (setting.secrecy == Secrecy::connection ? "host=t" : "t") + digits;
  }
  return {};
}

// `a: {b: {c: "value"}}`
std::string yaml_of(const std::string& path, const std::string& value) {
  std::string yaml;
  size_t depth = 0;
  for (size_t begin = 0; begin <= path.size(); ++depth) {
    const size_t end = std::min(path.find('.', begin), path.size());
    yaml += path.substr(begin, end - begin) + ": ";
    begin = end + 1;
    if (begin <= path.size()) yaml += "{";
  }
  const bool is_yaml = value.starts_with('[');
  return yaml + (is_yaml ? value : "\"" + value + "\"") + std::string(depth - 1, '}') + "\n";
}

}  // namespace

TEST_CASE(
    "for each setting a flag wins over the environment, that over the file, that over the default",
    "[configuration]") {
  for (const Setting& setting : setting_table()) {
    INFO(setting.path);
    // What only a file on disk can be, and what needs another setting, comes below.
    if (setting.path.starts_with("sink.auth") || setting.path.starts_with("sink.tls")) continue;
    const std::string in_file = other_value(setting, 1);
    const std::string in_environment = other_value(setting, 2);
    const std::string in_flag = other_value(setting, 3);
    Sources sources;
    CHECK(sources.loaded().text(setting.path) == setting.default_text);
    CHECK(origin_of(sources.loaded(), setting.path) == "default");
    sources.yaml = yaml_of(setting.path, in_file);
    CHECK(sources.loaded().text(setting.path) == in_file);
    CHECK(origin_of(sources.loaded(), setting.path) == "file:1");
    const std::string variable = environment_of(setting.path);
    sources.environment[variable] = in_environment;
    CHECK(sources.loaded().text(setting.path) == in_environment);
    CHECK(origin_of(sources.loaded(), setting.path) == variable);
    if (setting.flag.empty()) continue;
    sources.flags = {{setting.path.c_str(), in_flag.c_str()}};
    CHECK(sources.loaded().text(setting.path) == in_flag);
    CHECK(origin_of(sources.loaded(), setting.path) == "flag " + setting.flag);
  }
}

TEST_CASE("what loses is checked all the same", "[configuration]") {
  Sources sources{"sink: {fencing: strikt}\n", {{"WALJET_SINK_FENCING", "off"}}, {}};
  CHECK(sources.error() ==
        "FILE:1:17: sink.fencing: \"strikt\" is not one of strict, off, did you mean \"strict\"?");
  sources = {"", {{"WALJET_SINK_FENCING", "of"}}, {{"sink.fencing", "strict"}}};
  CHECK(sources.error() ==
        "WALJET_SINK_FENCING: \"of\" is not one of strict, off, did you mean \"off\"?");
}

TEST_CASE("an empty value is as good as none", "[configuration]") {
  const Sources sources{"source: {name: , slot: s, uri: \"\"}\nsink:\nlog: {level: ~}\n",
                        {{"WALJET_SOURCE_SLOT", ""}, {"WALJET_SINK_MAX_PENDING", ""}},
                        {{"filter.tables", ""}}};
  const Configuration configuration = sources.loaded();
  CHECK(configuration.text("source.slot") == "s");
  for (const char* path :
       {"source.name", "source.uri", "log.level", "sink.max_pending", "filter.tables"}) {
    INFO(path);
    CHECK(configuration.find(path) == nullptr);
  }
  CHECK(Sources{"", {}, {{"source.name", ""}}}.error().starts_with("--name: "));
}

TEST_CASE("lists are YAML lists or separated by commas, wherever they stand", "[configuration]") {
  const auto operations = [](const Sources& sources) {
    return sources.loaded().text("filter.operations");
  };
  CHECK(operations({"filter: {operations: [insert, update]}", {}, {}}) == "insert,update");
  CHECK(operations({"filter: {operations: \"insert, update\"}", {}, {}}) == "insert, update");
  CHECK(operations({"", {{"WALJET_FILTER_OPERATIONS", "[insert, update]"}}, {}}) ==
        "insert,update");
  CHECK(operations({"", {{"WALJET_FILTER_OPERATIONS", "insert,update"}}, {}}) == "insert,update");
  CHECK(operations({"", {}, {{"filter.operations", "[insert]"}}}) == "insert");
  CHECK(Sources{"sink: {url: [\"nats://a\", 'nats://b']}", {}, {}}.loaded().text("sink.url") ==
        "nats://a,nats://b");
  CHECK(Sources{"", {{"WALJET_SOURCE_MESSAGES", "*"}}, {}}.loaded().text("source.messages") == "*");
  CHECK(Sources{"", {{"WALJET_FILTER_TABLES", "\"Odd\".t"}}, {}}.loaded().text("filter.tables") ==
        "\"Odd\".t");
}

TEST_CASE("tables are a list, or a map that becomes the plugin's options", "[configuration]") {
  const auto filter = [](const Sources& sources) {
    const auto options = filter_options(sources.loaded());
    REQUIRE(options);
    return *options;
  };
  CHECK(filter({"filter: {tables: [users, 'public.*']}", {}, {}}).tables == "users,public.*");
  const FilterOptions simple = filter({"filter: {tables: {users: [insert, update]}}", {}, {}});
  CHECK(simple.tables == "users");
  CHECK(simple.operations == "insert,update");
  const FilterOptions same =
      filter({"", {{"WALJET_FILTER_TABLES", "{users: [insert, update]}"}}, {}});
  CHECK(same.operations == "insert,update");
  const FilterOptions rich = filter({"filter: {tables: {a: [insert], b: }}", {}, {}});
  CHECK(rich.tables.empty());
  CHECK(rich.rules == R"([{"table":"a","operations":["insert"]},{"table":"b"}])");
  const FilterOptions natural =
      filter({"source: {format: wal-listener}\nfilter: {tables: {a: [truncate], b: }}", {}, {}});
  CHECK(natural.operations.empty());  // truncate is in the default of that format
  CHECK(Sources{"filter: {operations: [insert], tables: {a: [update]}}", {}, {}}.error() ==
        "FILE:1:40: filter.tables: of the operations of table a filter.operations leaves none");
}

TEST_CASE("a secret may stand in a file of its own", "[configuration]") {
  const TemporaryFile secret("s3cret\n");
  Sources sources{"sink: {auth: {user: u, password_file: " + secret.name() + "}}", {}, {}};
  CHECK(sources.loaded().text("sink.auth.password") == "s3cret");
  CHECK(sources.loaded().find("sink.auth.password")->secret_file == secret.name());
  sources = {"", {{"WALJET_SOURCE_URI_FILE", secret.name()}}, {}};
  CHECK(sources.error().starts_with("WALJET_SOURCE_URI_FILE: "));  // no connection string
  const TemporaryFile url("nats://u:p@a\r\n");
  sources = {"", {{"WALJET_SINK_URL_FILE", url.name()}}, {}};
  CHECK(sources.loaded().text("sink.url") == "nats://u:p@a");
  CHECK(origin_of(sources.loaded(), "sink.url") == "WALJET_SINK_URL_FILE");
  sources.environment["WALJET_SINK_URL"] = "nats://b";
  CHECK(sources.error() == "WALJET_SINK_URL_FILE: WALJET_SINK_URL is set, too");
  sources = {"sink: {url: nats://a, url_file: " + url.name() + "}", {}, {}};
  CHECK(sources.error() == "FILE:1:23: sink.url and sink.url_file rule each other out");
  sources = {"sink: {url_file: " + url.name() + "}", {}, {{"sink.url", "nats://c"}}};
  CHECK(sources.loaded().text("sink.url") == "nats://c");
  CHECK(sources.loaded().find("sink.url")->secret_file.empty());
}

TEST_CASE("a secret that cannot be read is said without it", "[configuration]") {
  const TemporaryFile empty("\n");
  CHECK(Sources{"", {{"WALJET_SINK_AUTH_TOKEN_FILE", "/absent"}}, {}}.error() ==
        "WALJET_SINK_AUTH_TOKEN_FILE: /absent: No such file or directory");
  CHECK(Sources{"sink: {auth: {token_file: /}}", {}, {}}.error() ==
        "FILE:1:27: sink.auth.token_file: /: Is a directory");
  CHECK(Sources{"", {{"WALJET_SINK_AUTH_TOKEN_FILE", empty.name()}}, {}}.error().ends_with(
      ": is empty"));
  for (const Sources& sources : {Sources{"source: {uri: [s3cret, {}]}", {}, {}},
                                 Sources{"source: {uri: {a: s3cret}}", {}, {}},
                                 Sources{"sink: {url: [\"nats://u:s3cret,x@a\"]}", {}, {}},
                                 Sources{"source: {uri: s3cret}", {}, {}},
                                 Sources{"", {{"WALJET_SOURCE_URI", "host=db s3cret"}}, {}},
                                 Sources{"", {}, {{"source.uri", "host=db password='s3cret"}}}}) {
    const std::string error = sources.error();
    INFO(error);
    CHECK_FALSE(error.empty());
    CHECK(error.find("s3cret") == std::string::npos);
  }
}

TEST_CASE("whatever a mistake quotes, it is one line that ends", "[configuration]") {
  CHECK(Sources{"sink: {fencing: \"a\\nb\\x7F\"}", {}, {}}.error() ==
        "FILE:1:17: sink.fencing: \"a\\x0Ab\\x7F\" is not one of strict, off");
  CHECK(Sources{"\"\\e[31m\": 1", {}, {}}.error().find('\x1B') == std::string::npos);
  CHECK(Sources{"sink: {fencing: " + std::string(100'000, 'a') + "}", {}, {}}.error().size() <
        1100);
}

TEST_CASE("one way of logging in is enough", "[configuration]") {
  CHECK(Sources{"sink: {auth: {user: u, token: t}}", {}, {}}.error() ==
        "FILE:1:31: sink.auth.token: rules out sink.auth.user: keep one way of logging in");
  CHECK(Sources{"sink: {auth: {password: p}}", {}, {}}.error() ==
        "FILE:1:25: sink.auth.password: needs sink.auth.user");
  CHECK(Sources{"sink: {url: 'nats://u:p@a'}", {{"WALJET_SINK_AUTH_USER", "u"}}, {}}.error() ==
        "WALJET_SINK_AUTH_USER: sink.auth.user: rules out a user or token in sink.url: keep one");
  CHECK(Sources{"sink: {tls: {cert: /x}}", {}, {}}.error() ==
        "FILE:1:20: sink.tls.cert: needs sink.tls.key");
  CHECK(Sources{"sink: {tls: {ca: /absent}}", {}, {}}.error() ==
        "FILE:1:18: sink.tls.ca: /absent: No such file or directory");
  const TemporaryFile no_seed("nothing\n");
  const std::string error =
      Sources{"sink: {auth: {nkey_file: " + no_seed.name() + "}}", {}, {}}.error();
  CHECK(error.ends_with("is not the nkey seed of a user, SU…"));
}

TEST_CASE("options that do not go together are found before the plugin sees them",
          "[configuration]") {
  CHECK(Sources{"source:\n  format: wal-listener\n  schemas: on\n", {}, {}}.error() ==
        "FILE:3:12: source.schemas: applies to format debezium only");
  CHECK(Sources{"source: {schemas: on}", {{"WALJET_SOURCE_FORMAT", "wal-listener"}}, {}}
            .error()
            .ends_with("source.schemas: applies to format debezium only"));
}

TEST_CASE("a variable of ours that names nothing is told", "[configuration]") {
  CHECK(unknown_variables({{"WALJET_SINK_URL", "x"}, {"WALJET_SINK_URL_FILE", "x"}}).empty());
  CHECK(unknown_variables({{"WALJET_PORT", "x"}, {"WALJET_SERVICE_HOST", "x"}, {"WALJET_", "x"}})
            .empty());
  CHECK(unknown_variables({{"WALJET_SINK_FENCIN", "x"}}) ==
        std::vector<std::string>{
            "WALJET_SINK_FENCIN names no setting, did you mean WALJET_SINK_FENCING?"});
  CHECK(unknown_variables({{"WALJET_LOG_COLOUR", "x"}}) ==
        std::vector<std::string>{"WALJET_LOG_COLOUR names no setting"});
}
