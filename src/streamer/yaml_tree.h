// A YAML document as a tree whose nodes know where they stand. yaml_tree.cpp is the only file that
// knows yaml-cpp.
//
// Taken is one document of UTF-8 within the bounds below. Refused are what configurations are
// better without: keys that come twice, keys that are not text, tags.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace waljet {

constexpr size_t yaml_bytes_max = size_t{1} << 20;
constexpr size_t yaml_nodes_max = 10'000;  // counted where an alias repeats them, too
constexpr size_t yaml_depth_max = 16;

// Counted from 1.
struct YamlPlace {
  size_t line = 1;
  size_t column = 1;
};

struct YamlProblem {
  YamlPlace place;
  std::string text;
};

enum class YamlKind : uint8_t { null, scalar, list, map };

struct YamlEntry;

struct YamlNode {
  YamlKind kind = YamlKind::null;
  YamlPlace place;
  std::string text;                // of a scalar, without quotes and escapes
  std::vector<YamlNode> items;     // of a list
  std::vector<YamlEntry> entries;  // of a map, in their order
};

struct YamlEntry {
  std::string key;
  YamlPlace place;
  YamlNode value;
};

// Nothing to read, or comments alone, is a null node. Returns what is wrong.
[[nodiscard]] std::optional<YamlProblem> parse_yaml(std::string_view text, YamlNode& root);

// What a node is, for a sentence: "a map".
std::string_view kind_text(YamlKind kind);

}  // namespace waljet
