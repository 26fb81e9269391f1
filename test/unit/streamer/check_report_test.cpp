#include "streamer/check_report.h"

#include <rapidjson/document.h>

#include <catch2/catch.hpp>
#include <set>

using namespace waljet;

namespace {

Findings some_findings() {
  FindingList list;
  list.add("stream_one_replica", {{"stream", "app"}});
  list.add("wal_level", {{"value", "replica"}});
  list.add("stream_memory", {{"stream", "app"}});
  Findings findings = list.all();
  sort_findings(findings);
  return findings;
}

}  // namespace

TEST_CASE("the table of findings", "[check]") {
  std::set<std::string_view> ids;
  for (const FindingSpec& spec : finding_table) {
    CHECK(ids.insert(spec.id).second);
    CHECK(spec.id.find_first_not_of("abcdefghijklmnopqrstuvwxyz_") == std::string_view::npos);
    CHECK_FALSE(spec.message.empty());
    CHECK_FALSE(spec.fix.empty());
    CHECK(spec.message.back() != '.');
    CHECK(spec.fix.back() != '.');
  }
  CHECK(ids.size() >= 30);
}

TEST_CASE("words of a sentence are filled in once", "[check]") {
  FindingList list;
  list.add("subject_ambiguous", {{"template", "{name}.{template}x"}});
  CHECK(list.all()[0].message.find("template {name}.{template}x a variable") != std::string::npos);
  CHECK(list.has("subject_ambiguous"));
  CHECK_FALSE(list.has("wal_level"));
  list.add("jetstream_off", {{"why", ""}});
  CHECK(list.all()[1].fix.find("jetstream {}") != std::string::npos);
}

TEST_CASE("of many names a few are told", "[check]") {
  CHECK(some_of({"a"}) == "a");
  CHECK(some_of({"a", "b", "c", "d", "e"}) == "a, b, c, d, e");
  CHECK(some_of({"a", "b", "c", "d", "e", "f", "g"}) == "a, b, c, d, e and 2 more");
}

TEST_CASE("findings for people", "[check]") {
  CHECK(findings_text({}, false) == "nothing that would hurt\n");
  const std::string text = findings_text(some_findings(), false);
  CHECK(
      text.starts_with("error    wal_level is replica and must be logical [wal_level]\n"
                       "         ALTER SYSTEM SET wal_level = logical, and restart PostgreSQL\n"
                       "warning  stream app is in memory"));
  CHECK(text.ends_with("\n1 error, 1 warning, 1 note\n"));
  CHECK(findings_text(some_findings(), true).starts_with("\x1b[31merror    \x1b[0mwal_level"));
}

TEST_CASE("what others say stays on its line", "[check]") {
  FindingList list;
  list.add("plugin_refuses", {{"why", "one\ntwo"}, {"hint", "three\nfour"}});
  CHECK(findings_text(list.all(), false) ==
        "error    the plugin does not start with these settings: one two [plugin_refuses]\n"
        "         three four\n1 error, 0 warnings, 0 notes\n");
}

TEST_CASE("findings for programs", "[check]") {
  CHECK(findings_json({}) == "[]\n");
  rapidjson::Document document;
  document.Parse(findings_json(some_findings()).c_str());
  REQUIRE(document.IsArray());
  REQUIRE(document.Size() == 3);
  CHECK(document[0]["id"] == "wal_level");
  CHECK(document[0]["level"] == "error");
  CHECK(document[0]["message"] == "wal_level is replica and must be logical");
  CHECK(document[2]["level"] == "note");
  CHECK(document[2].MemberCount() == 4);
}

TEST_CASE("notes alone are no trouble", "[check]") {
  FindingList list;
  list.add("stream_one_replica", {{"stream", "app"}});
  CHECK_FALSE(has_trouble(list.all()));
  list.add("stream_memory", {{"stream", "app"}});
  CHECK(has_trouble(list.all()));
}
