#include "streamer/configuration_text.h"

#include <catch2/catch.hpp>

#include "temporary_file.h"

using namespace waljet;

namespace {

Configuration load(const ConfigurationSources& sources) {
  auto configuration = load_configuration(sources);
  INFO((configuration ? "" : configuration.error().text));
  REQUIRE(configuration);
  return *configuration;
}

// Each line of a text without its comment.
std::vector<std::string> values_of(const std::string& text) {
  std::vector<std::string> lines;
  for (size_t begin = 0; begin < text.size();) {
    const size_t end = text.find('\n', begin);
    const std::string line = text.substr(begin, end - begin);
    lines.push_back(line.substr(0, line.find("  # ")));
    begin = end + 1;
  }
  return lines;
}

bool has_line(const std::string& text, const std::string& line) {
  return text.find("\n" + line + "\n") != std::string::npos;
}

}  // namespace

TEST_CASE("each key is shown with where it comes from", "[configuration_text]") {
  const TemporaryFile file("source:\n  name: app\nfilter: {tables: {users: [insert]}}\n");
  const TemporaryFile token("t0ken\n");
  const std::string text = configuration_text(load(
      {file.name(),
       {{"WALJET_SINK_URL", "nats://a,nats://b"}, {"WALJET_SINK_AUTH_TOKEN_FILE", token.name()}},
       {{find_setting("source.slot"), "s"},
        {find_setting("source.uri"), "postgresql://cdc:s3cret@db/app"}}}));
  INFO(text);
  CHECK(text.starts_with("source:\n"));
  CHECK(has_line(text, "  uri: \"postgresql://cdc:***@db/app\"  # flag --postgres"));
  CHECK(has_line(text, "  name: app  # file:2"));
  CHECK(has_line(text, "  slot: s  # flag --slot"));
  CHECK(has_line(text, "  schemas: \"off\"  # default"));
  CHECK(has_line(text, "  tables: {\"users\":[\"insert\"]}  # file:3"));
  CHECK(has_line(text, "  url: \"nats://a,nats://b\"  # WALJET_SINK_URL"));
  CHECK(has_line(text, "    token_file: \"" + token.name() + "\"  # WALJET_SINK_AUTH_TOKEN_FILE"));
  CHECK(has_line(text, "    name:  # default: the name, encoded as a subject token"));
  CHECK(has_line(text, "  max_pending_bytes: 8MiB  # default"));
  CHECK(text.find("s3cret") == std::string::npos);
  CHECK(text.find("t0ken") == std::string::npos);
}

TEST_CASE("what is shown says the same when it is loaded", "[configuration_text]") {
  const TemporaryFile file(
      "source:\n  unavailable_value: 'on # \"x\"'\n  messages: [a, 'b c']\n"
      "filter:\n  tables: ['a.\"B, c\"', 'd*']\n  exclude_tables: 'x, \"y\"'\n"
      "  operations: [insert, truncate]\n"
      "sink:\n  headers: [key, op]\n  confirm_delay: 3s\n  max_pending_bytes: 64k\n"
      "  subject: \"{name}.{table}\"\n  msg_id: yes\n  stream: {max_age: 7d, create: no}\n");
  const std::string shown = configuration_text(load({file.name(), {}, {}}));
  INFO(shown);
  const TemporaryFile again(shown);
  CHECK(values_of(configuration_text(load({again.name(), {}, {}}))) == values_of(shown));
}

TEST_CASE("a text that YAML could take for something else is in quotes", "[configuration_text]") {
  CHECK(yaml_scalar("app") == "app");
  CHECK(yaml_scalar("base64-url-safe") == "base64-url-safe");
  for (const char* text :
       {"on", "Off", "true", "null", "1", "1s", "a b", "a: b", "*", "-a", "a#b"}) {
    CHECK(yaml_scalar(text) == "\"" + std::string(text) + "\"");
  }
  CHECK(yaml_scalar("a\"b\\\n") == "\"a\\\"b\\\\\\n\"");
}
