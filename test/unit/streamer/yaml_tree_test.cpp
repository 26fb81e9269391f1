#include "streamer/yaml_tree.h"

#include <catch2/catch.hpp>
#include <string>

using namespace waljet;

namespace {

YamlNode parsed(std::string_view text) {
  YamlNode root;
  const auto problem = parse_yaml(text, root);
  INFO((problem ? problem->text : ""));
  REQUIRE_FALSE(problem);
  return root;
}

// `line:column: text`
std::string problem_of(std::string_view text) {
  YamlNode root;
  const auto problem = parse_yaml(text, root);
  if (!problem) return {};
  return std::to_string(problem->place.line) + ":" + std::to_string(problem->place.column) + ": " +
         problem->text;
}

std::string place_of(const YamlNode& node) {
  return std::to_string(node.place.line) + ":" + std::to_string(node.place.column);
}

}  // namespace

TEST_CASE("nodes know what they are and where they stand", "[yaml_tree]") {
  const YamlNode root = parsed("a: 1\nb:\n  - x\n  - 'y z'\nc: {d: ~, e: [\"*\"]}\n");
  REQUIRE(root.kind == YamlKind::map);
  REQUIRE(root.entries.size() == 3);
  CHECK(root.entries[0].key == "a");
  CHECK(root.entries[0].value.text == "1");
  CHECK(place_of(root.entries[0].value) == "1:4");
  const YamlNode& list = root.entries[1].value;
  REQUIRE(list.kind == YamlKind::list);
  CHECK(list.items[1].text == "y z");
  CHECK(place_of(list.items[1]) == "4:5");
  const YamlNode& map = root.entries[2].value;
  REQUIRE(map.kind == YamlKind::map);
  CHECK(map.entries[0].value.kind == YamlKind::null);
  CHECK(map.entries[1].place.line == 5);
  CHECK(map.entries[1].place.column == 11);
  CHECK(map.entries[1].value.items[0].text == "*");
}

TEST_CASE("nothing to read is nothing, not a mistake", "[yaml_tree]") {
  for (const char* text : {"", "\n", "# a comment\n", "---\n", "...\n", "\xEF\xBB\xBF"}) {
    INFO(text);
    CHECK(parsed(text).kind == YamlKind::null);
  }
}

TEST_CASE("an alias repeats what it names", "[yaml_tree]") {
  const YamlNode root = parsed("a: &x [1, 2]\nb: *x\n");
  REQUIRE(root.entries[1].value.kind == YamlKind::list);
  CHECK(root.entries[1].value.items[1].text == "2");
  CHECK(root.entries[1].value.place.line == 2);
}

TEST_CASE("what is wrong is said where it is", "[yaml_tree]") {
  CHECK(problem_of("a: 1\nb: 2\na: 3\n") == "3:1: key 'a' comes twice, first on line 1");
  CHECK(problem_of("a:\n\t- b\n") == "2:1: a tab: indent with spaces");
  CHECK(problem_of("a: b\n\xFF\n") == "2:1: not UTF-8");
  CHECK(problem_of("a: \x01\n") == "1:4: a control character, 0x01");
  CHECK(problem_of("a: \"\\0\"\n") == "1:4: a text that holds a NUL byte");
  CHECK(problem_of("a: \"\\_\"\n") == "1:4: a text that is not UTF-8");
  CHECK(problem_of("a: 'b\nc: d\n") == "3:1: a quote above is never closed");
  CHECK(problem_of("a: [b\n") == "2:1: a list above is never closed: ] is missing");
  CHECK(problem_of("a: {b: c\n") == "2:1: a map above is never closed: } is missing");
  CHECK(problem_of("a: *\n") == "1:5: a text that begins with * needs quotes");
  CHECK(problem_of("a: *b\n") == "1:4: no such anchor; a text that begins with * needs quotes");
  CHECK(problem_of("a: &x [*x]\n") == "1:8: an alias to what it stands in");
  CHECK(problem_of("a: %b\n") == "1:4: a text that begins with this character needs quotes");
  CHECK(problem_of("a: b: c\n").starts_with("1:5: a key cannot stand here"));
  CHECK(problem_of("a: b\n---\nc: d\n").starts_with("2:1: does not belong to what is above"));
  CHECK(problem_of("a: !!int 3\n") == "1:4: a tag, which is not taken");
  CHECK(problem_of("? [a]\n: b\n") == "1:3: a key must be a text, not a list");
  CHECK(problem_of("a: \"\\q\"\n").starts_with("1:7: unknown escape character"));
}

TEST_CASE("size, depth and aliases are bounded", "[yaml_tree]") {
  CHECK(problem_of(std::string(yaml_bytes_max + 1, '#')).ends_with("larger than 1048576 bytes"));
  CHECK(parsed(std::string(yaml_bytes_max, '#')).kind == YamlKind::null);
  const auto nested = [](size_t depth) {
    return "a: " + std::string(depth, '[') + std::string(depth, ']');
  };
  CHECK(problem_of(nested(yaml_depth_max - 1)).empty());
  CHECK(problem_of(nested(yaml_depth_max)).ends_with("more than 16 levels"));
  CHECK(problem_of(std::string(100'000, '[')).ends_with("more than 16 levels"));
  std::string bomb = "a: &a [x,x,x,x,x,x,x,x,x,x]\n";
  for (char name = 'b'; name < 'k'; ++name) {
    bomb += std::string(1, name) + ": &" + name + " [";
    for (int i = 0; i < 10; ++i) bomb += std::string(i == 0 ? "*" : ",*") + char(name - 1);
    bomb += "]\n";
  }
  CHECK(problem_of(bomb).ends_with("more than 10000 nodes"));
  std::string tower = "a1: &a1 [x]\n";
  for (int i = 2; i <= 20; ++i) {
    const std::string name = "a" + std::to_string(i);
    tower += name + ": &" + name + " [*a" + std::to_string(i - 1) + "]\n";
  }
  CHECK(problem_of(tower).ends_with("more than 16 levels"));
}
