// Rules are accepted and mean what the same text means that another parser has read.
#include "event/rules.h"

#include <rapidjson/document.h>

#include <algorithm>
#include <set>
#include <vector>

#include "event/table_list.h"
#include "event/test_sink.h"
#include "fuzz.h"

namespace waljet {
namespace {

using Json = rapidjson::Value;
using Names = std::vector<std::string>;

// A rule as it should be read.
struct Expected {
  std::string table;
  unsigned operations = all_operations;
  Names include, exclude, mask, hash;
  std::string where;
};

// Thrown where the text is no list of rules.
struct Refused {};

void expect(bool holds) {
  if (!holds) throw Refused();
}

std::string text_of(const Json& json) {
  expect(json.IsString());
  const std::string text(json.GetString(), json.GetStringLength());
  expect(text.find('\0') == std::string::npos && as_utf8(text) == text);
  return text;
}

Names texts_of(const Json& json) {
  expect(json.IsArray() && !json.Empty());
  Names names;
  for (const Json& one : json.GetArray()) names.push_back(text_of(one));
  return names;
}

// Members by name; none twice, none but these.
void read_members(const Json& json, const std::set<std::string>& known, auto read) {
  expect(json.IsObject());
  std::set<std::string> seen;
  for (const auto& member : json.GetObject()) {
    const std::string name = text_of(member.name);
    expect(known.contains(name) && seen.insert(name).second);
    read(name, member.value);
  }
}

bool has(const Names& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

void check_columns(const Expected& rule) {
  for (const Names* names : {&rule.include, &rule.exclude, &rule.mask, &rule.hash}) {
    expect(!has(*names, "") && names->size() <= RuleList::names_max);
    expect(std::set<std::string>(names->begin(), names->end()).size() == names->size());
  }
  expect(rule.include.empty() || rule.exclude.empty());
  for (const Names* names : {&rule.mask, &rule.hash}) {
    for (const std::string& name : *names) {
      expect(!has(rule.exclude, name) && (rule.include.empty() || has(rule.include, name)));
    }
  }
  for (const std::string& name : rule.hash) expect(!has(rule.mask, name));
}

Expected read_rule(const Json& json) {
  Expected rule;
  bool has_table = false;
  read_members(json, {"table", "operations", "columns", "where"},
               [&](const std::string& name, const Json& value) {
                 if (name == "table") {
                   rule.table = text_of(value);
                   has_table = true;
                 } else if (name == "operations") {
                   rule.operations = 0;
                   const Names known = {"insert", "update", "delete", "truncate"};
                   for (const std::string& one : texts_of(value)) {
                     const auto at = std::find(known.begin(), known.end(), one);
                     expect(at != known.end());
                     const unsigned bit = 1u << (at - known.begin());
                     expect((rule.operations & bit) == 0);
                     rule.operations |= bit;
                   }
                 } else if (name == "columns") {
                   expect(value.IsObject() && !value.ObjectEmpty());
                   read_members(value, {"include", "exclude", "mask", "hash"},
                                [&](const std::string& list, const Json& names) {
                                  (list == "include"   ? rule.include
                                   : list == "exclude" ? rule.exclude
                                   : list == "mask"    ? rule.mask
                                                       : rule.hash) = texts_of(names);
                                });
                 } else {
                   rule.where = text_of(value);
                   expect(rule.where.find_first_not_of(' ') != std::string::npos);
                 }
               });
  expect(has_table && TableList::check(rule.table).empty());
  check_columns(rule);
  return rule;
}

std::vector<Expected> read_rules(const std::string& text) {
  rapidjson::Document document;
  document.Parse<rapidjson::kParseValidateEncodingFlag>(text.data(), text.size());
  expect(!document.HasParseError() && document.IsArray() && !document.Empty());
  std::vector<Expected> rules;
  for (const Json& json : document.GetArray()) rules.push_back(read_rule(json));
  return rules;
}

void check_names(const ColumnNames& read, const Names& expected) {
  require(read.is_given() == !expected.empty(), "a list is there if it was given");
  JsonCursor at = read.first();
  JsonString name;
  for (const std::string& one : expected) {
    require(ColumnNames::next(at, name) && name == one, "names come in their order");
    require(read.contains(one), "a list contains its names");
    require(!read.contains(one + "x") || has(expected, one + "x"), "and no others");
  }
  require(!ColumnNames::next(at, name), "and no more");
}

void check_rule(const Rule& read, const Expected& expected) {
  require(read.table == expected.table, "a table is as written");
  require(read.operations == expected.operations, "operations are as written");
  check_names(read.include, expected.include);
  check_names(read.exclude, expected.exclude);
  check_names(read.mask, expected.mask);
  check_names(read.hash, expected.hash);
  const std::string where = written([&](Sink& sink) { read.where.put(sink); });
  require(where == expected.where, "a predicate is as written");
}

void check_rules(const RuleList& read, const std::vector<Expected>& expected) {
  RuleList::Place place = read.first();
  Rule rule;
  for (const Expected& one : expected) {
    require(RuleList::next(place, rule), "no rule is lost");
    check_rule(rule, one);
  }
  require(!RuleList::next(place, rule), "no rule is made up");
}

void check_find(const RuleList& read, const std::vector<Expected>& expected,
                const std::string& schema, const std::string& table) {
  size_t number = 0;
  while (number < expected.size() && !TableList(expected[number].table).matches(schema, table))
    ++number;
  const auto found = read.find(schema, table);
  require(found.has_value() == (number < expected.size()), "a rule is found where one fits");
  if (found) require(found->number == number + 1, "the first that fits");
}

}  // namespace
}  // namespace waljet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace waljet;
  FuzzedDataProvider input(data, size);
  std::string schema = as_utf8(input.ConsumeRandomLengthString(16));
  std::string table = as_utf8(input.ConsumeRandomLengthString(16));
  std::string text = input.ConsumeRemainingBytesAsString();
  std::erase(text, '\0');
  const RuleProblem problem = RuleList::check(text);
  try {
    const std::vector<Expected> expected = read_rules(text);
    require(problem.phrase.empty(), "what is right is accepted");
    check_rules(RuleList(text), expected);
    check_find(RuleList(text), expected, schema, table);
  } catch (const Refused&) {
    require(!problem.phrase.empty(), "what is wrong is refused");
    const std::string sentence = written([&](Sink& sink) { put_rule_problem(sink, problem); });
    require(sentence.ends_with('.') && sentence.size() < 300, "with a sentence");
    if (as_utf8(text) == text) require(as_utf8(sentence) == sentence, "in UTF-8");
  }
  return 0;
}
