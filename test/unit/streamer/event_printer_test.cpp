#include "streamer/event_printer.h"

#include <catch2/catch.hpp>

using namespace waljet;

namespace {

std::string event(const std::string& before, const std::string& after, const std::string& op) {
  return R"({"before":)" + before + R"(,"after":)" + after +
         R"(,"source":{"schema":"public","table":"todo","ts_ms":1795237578610},"op":")" + op +
         R"("})";
}

// Without the time, which depends on where the test runs.
std::string printed(const std::string& body) {
  return print_event(body, false).substr(std::string("00:00:00.000 ").size());
}

}  // namespace

TEST_CASE("an insert shows its columns", "[event_printer]") {
  CHECK(printed(event("null", R"({"id":1,"text":"a b","done":null})", "c")) ==
        R"(insert   public.todo id=1 text="a b" done=null)");
}

TEST_CASE("an update shows what names the row and what has changed", "[event_printer]") {
  CHECK(printed(event(R"({"id":1,"a":1,"b":2})", R"({"id":1,"a":1,"b":3})", "u")) ==
        "update   public.todo id=1 b=2 -> 3");
  CHECK(printed(event("null", R"({"id":1,"b":"__debezium_unavailable_value"})", "u")) ==
        "update   public.todo id=1 b=unchanged");
}

TEST_CASE("a delete shows the old row", "[event_printer]") {
  CHECK(printed(event(R"({"id":1})", "null", "d")) == "delete   public.todo id=1");
}

TEST_CASE("numbers keep their digits, long values are cut", "[event_printer]") {
  CHECK(printed(event("null", R"({"id":9223372036854775807})", "c")) ==
        "insert   public.todo id=9223372036854775807");
  const std::string shown =
      printed(event("null", R"({"v":")" + std::string(200, 'x') + "\"}", "c"));
  CHECK(shown.size() < 100);
  CHECK(shown.substr(shown.size() - 3) == "...");
}

TEST_CASE("colour only where asked for", "[event_printer]") {
  const std::string body = event("null", R"({"id":1})", "c");
  CHECK(print_event(body, false).find('\033') == std::string::npos);
  CHECK(print_event(body, true).find("\033[32m") != std::string::npos);
}

TEST_CASE("what is no event comes as it is, but harmless", "[event_printer]") {
  CHECK(print_event("hello", false) == "hello");
  CHECK(print_event(R"({"a":1})", false) == R"({"a":1})");
  CHECK(print_event("a\033[2Jb", false) == "a [2Jb");
  CHECK(print_event("", false).empty());
}
