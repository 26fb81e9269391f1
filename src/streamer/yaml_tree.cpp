#include "streamer/yaml_tree.h"

#include <fmt/core.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/mark.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <array>
#include <map>
#include <sstream>
#include <utility>

#include "event/utf8.h"

namespace waljet {
namespace {

constexpr const char* outside =
    "does not belong to what is above: wrongly indented, or a second document";

YamlPlace place_of(const YAML::Mark& mark) {
  if (mark.is_null()) return {};
  return {static_cast<size_t>(mark.line) + 1, static_cast<size_t>(mark.column) + 1};
}

size_t count_nodes(const YamlNode& node) {
  size_t count = 1;
  for (const YamlNode& item : node.items) count += count_nodes(item);
  for (const YamlEntry& entry : node.entries) count += 1 + count_nodes(entry.value);
  return count;
}

size_t depth_of(const YamlNode& node) {
  size_t depth = 0;
  for (const YamlNode& item : node.items) depth = std::max(depth, depth_of(item));
  for (const YamlEntry& entry : node.entries) depth = std::max(depth, depth_of(entry.value));
  return depth + 1;
}

// Gets the parser's events and puts the tree together from them. What it does not take it throws,
// as the parser does.
class TreeBuilder : public YAML::EventHandler {
 public:
  YamlNode take() { return std::move(root_); }

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (std::exchange(began_, true)) refuse(mark, outside);
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    YamlNode node;
    node.place = place_of(mark);
    add(mark, anchor, std::move(node));
  }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    refuse_tag(mark, tag);
    if (value.find('\0') != std::string::npos) refuse(mark, "a text that holds a NUL byte");
    const bool valid = valid_utf8_prefix(value) == value.size();  // escapes make anything
    if (!valid) refuse(mark, "a text that is not UTF-8");
    YamlNode node{YamlKind::scalar, place_of(mark), value, {}, {}};
    add(mark, anchor, std::move(node));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto named = anchored_.find(anchor);
    if (named == anchored_.end()) refuse(mark, "an alias to what it stands in");
    YamlNode copy = named->second;
    copy.place = place_of(mark);
    count(mark, count_nodes(copy) - 1);
    if (open_.size() + depth_of(copy) > yaml_depth_max + 1) refuse_depth(mark);
    add(mark, YAML::NullAnchor, std::move(copy));
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlKind::list);
  }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, YamlKind::map);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapEnd() override { close(); }

 private:
  // A list or map whose end has not come yet.
  struct Open {
    YamlNode node;
    YAML::Mark mark;
    YAML::anchor_t anchor = YAML::NullAnchor;
    std::optional<YamlEntry> entry;  // its key is read, its value is awaited
  };

  [[noreturn]] static void refuse(const YAML::Mark& mark, const std::string& text) {
    throw YAML::ParserException(mark, text);
  }
  [[noreturn]] static void refuse_depth(const YAML::Mark& mark) {
    refuse(mark, fmt::format("more than {} levels", yaml_depth_max));
  }
  static void refuse_tag(const YAML::Mark& mark, const std::string& tag) {
    const bool given = !tag.empty() && tag != "?" && tag != "!";
    if (given) refuse(mark, "a tag, which is not taken");
  }

  void count(const YAML::Mark& mark, size_t nodes) {
    nodes_ += nodes;
    if (nodes_ > yaml_nodes_max) refuse(mark, fmt::format("more than {} nodes", yaml_nodes_max));
  }

  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, YamlKind kind) {
    refuse_tag(mark, tag);
    if (open_.size() >= yaml_depth_max) refuse_depth(mark);
    Open opened;
    opened.node.kind = kind;
    opened.node.place = place_of(mark);
    opened.mark = mark;
    opened.anchor = anchor;
    open_.push_back(std::move(opened));
  }

  void close() {
    Open closed = std::move(open_.back());
    open_.pop_back();
    add(closed.mark, closed.anchor, std::move(closed.node));
  }

  void add(const YAML::Mark& mark, YAML::anchor_t anchor, YamlNode node) {
    count(mark, 1);
    if (anchor != YAML::NullAnchor) anchored_[anchor] = node;
    if (open_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = open_.back();
    if (parent.node.kind == YamlKind::list) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.entry) {
      begin_entry(mark, parent, std::move(node));
    } else {
      parent.entry->value = std::move(node);
      parent.node.entries.push_back(std::move(*parent.entry));
      parent.entry.reset();
    }
  }

  static void begin_entry(const YAML::Mark& mark, Open& parent, YamlNode key) {
    if (key.kind != YamlKind::scalar) {
      refuse(mark, fmt::format("a key must be a text, not {}", kind_text(key.kind)));
    }
    for (const YamlEntry& other : parent.node.entries) {
      if (other.key != key.text) continue;
      refuse(mark,
             fmt::format("key '{}' comes twice, first on line {}", key.text, other.place.line));
    }
    parent.entry = YamlEntry{std::move(key.text), key.place, {}};
  }

  YamlNode root_;
  bool began_ = false;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, YamlNode> anchored_;
  size_t nodes_ = 0;
};

YamlPlace place_at(std::string_view text, size_t offset) {
  YamlPlace place;
  for (const char c : text.substr(0, offset)) {
    place = c == '\n' ? YamlPlace{place.line + 1, 1} : YamlPlace{place.line, place.column + 1};
  }
  return place;
}

// The parser would take it for another encoding, or stop at it.
std::optional<YamlProblem> check_bytes(std::string_view text) {
  if (text.size() > yaml_bytes_max) {
    return YamlProblem{{}, fmt::format("larger than {} bytes", yaml_bytes_max)};
  }
  const size_t valid = valid_utf8_prefix(text);
  if (valid < text.size()) return YamlProblem{place_at(text, valid), "not UTF-8"};
  for (size_t at = 0; at < text.size(); ++at) {
    const auto byte = static_cast<unsigned char>(text[at]);
    if (byte >= ' ' || byte == '\n' || byte == '\r' || byte == '\t') continue;
    return YamlProblem{place_at(text, at), fmt::format("a control character, 0x{:02X}", byte)};
  }
  return std::nullopt;
}

// The parser takes some tabs for spaces, others for text, where the standard allows none.
std::optional<YamlProblem> check_indentation(std::string_view text) {
  size_t line_begin = 0;
  while (line_begin < text.size()) {
    const size_t line_end = std::min(text.find('\n', line_begin), text.size());
    const std::string_view line = text.substr(line_begin, line_end - line_begin);
    const size_t indented = line.find_first_not_of(' ');
    const bool blank = line.find_first_not_of(" \t\r") == std::string_view::npos;
    if (!blank && line[indented] == '\t') {
      return YamlProblem{place_at(text, line_begin + indented), "a tab: indent with spaces"};
    }
    line_begin = line_end + 1;
  }
  return std::nullopt;
}

// The parser's sentences are about its grammar; ours, about what was written.
struct Wording {
  const char* said;
  const char* meant;
};
const std::array<Wording, 11> wordings{{
    {YAML::ErrorMsg::DOC_IN_SCALAR, "a quote above is never closed"},
    {YAML::ErrorMsg::EOF_IN_SCALAR, "a quote above is never closed"},
    {YAML::ErrorMsg::END_OF_SEQ_FLOW, "a list above is never closed: ] is missing"},
    {YAML::ErrorMsg::END_OF_MAP_FLOW, "a map above is never closed: } is missing"},
    {YAML::ErrorMsg::END_OF_MAP, outside},
    {YAML::ErrorMsg::END_OF_SEQ, outside},
    {YAML::ErrorMsg::MAP_VALUE,
     "a key cannot stand here: wrongly indented, or a text with \": \" in it, which needs "
     "quotes"},
    {YAML::ErrorMsg::MAP_KEY, "a key cannot stand here: wrongly indented"},
    {YAML::ErrorMsg::UNKNOWN_TOKEN, "a text that begins with this character needs quotes"},
    {YAML::ErrorMsg::ALIAS_NOT_FOUND, "a text that begins with * needs quotes"},
    {YAML::ErrorMsg::UNKNOWN_ANCHOR, "no such anchor; a text that begins with * needs quotes"},
}};

std::string words_for(const std::string& message) {
  for (const Wording& wording : wordings) {
    if (message == wording.said) return wording.meant;
  }
  return message;
}

// Of what is missing at the end the parser says that it is missing behind the end.
YamlPlace place_within(std::string_view text, YamlPlace place) {
  const YamlPlace end = place_at(text, text.size());
  return place.line > end.line ? end : place;
}

}  // namespace

std::optional<YamlProblem> parse_yaml(std::string_view text, YamlNode& root) {
  if (auto problem = check_bytes(text)) return problem;
  if (auto problem = check_indentation(text)) return problem;
  // The mark of the end makes the parser see a quote that is never closed.
  std::istringstream stream(std::string(text) + "\n...\n");
  TreeBuilder builder;
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
  } catch (const YAML::Exception& exception) {
    return YamlProblem{place_within(text, place_of(exception.mark)), words_for(exception.msg)};
  }
  root = builder.take();
  return std::nullopt;
}

std::string_view kind_text(YamlKind kind) {
  switch (kind) {
    case YamlKind::null: return "nothing";
    case YamlKind::scalar: return "a text";
    case YamlKind::list: return "a list";
    case YamlKind::map: return "a map";
  }
  return {};
}

}  // namespace waljet
