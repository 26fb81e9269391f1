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

// ---- other shapes ----

namespace {

std::string natural(const std::string& action, const std::string& data, const std::string& old,
                    const std::string& more = "") {
  return R"({"id":"0b6f7c1e-3d0a-5a0f-9c1a-5b1f2f3a4c5d","schema":"public","table":"todo",)"
         R"("action":")" +
         action + R"(","data":)" + data + R"(,"dataOld":)" + old +
         R"(,"commitTime":"2026-11-21T10:46:18.610123Z")" + more + "}";
}

}  // namespace

TEST_CASE("events of the format wal-listener look like the others", "[event_printer]") {
  CHECK(printed(natural("INSERT", R"({"id":1,"done":null})", "{}")) ==
        "insert   public.todo id=1 done=null");
  CHECK(printed(natural("DELETE", "{}", R"({"id":1})")) == "delete   public.todo id=1");
  CHECK(printed(natural("READ", R"({"id":1})", "{}")) == "read     public.todo id=1");
  CHECK(printed(natural("TRUNCATE", "{}", "{}")) == "truncate public.todo");
  CHECK(printed(natural("UPDATE", R"({"id":1,"b":2})", "{}")) == "update   public.todo id=1 b=2");
  CHECK(printed(natural("UPDATE", R"({"id":1,"a":[1,2],"b":3})", R"({"id":1,"a":[1,2],"b":2})")) ==
        "update   public.todo id=1 b=2 -> 3");
}

TEST_CASE("of an update what was not logged is shown, and what did not change named",
          "[event_printer]") {
  CHECK(printed(natural("UPDATE", R"({"id":2,"b":3})", R"({"id":1})")) ==
        "update   public.todo id=1 -> 2 b=3");
  CHECK(printed(natural("UPDATE", R"({"id":1,"b":3})", "{}", R"(,"unchanged":["note","doc"])")) ==
        "update   public.todo id=1 b=3 note=unchanged doc=unchanged");
}

TEST_CASE("natural numbers keep all their digits", "[event_printer]") {
  const std::string number = "123456789012345678901234567890.12345678901234567890";
  CHECK(printed(natural("INSERT", R"({"n":)" + number + R"(,"x":{"y":[1e400]}})", "{}")) ==
        "insert   public.todo n=" + number + R"( x={"y":[1e400]})");
}

TEST_CASE("the time of both formats is the commit's", "[event_printer]") {
  const std::string debezium =
      R"({"before":null,"after":{"id":1},"source":{"schema":"public","table":"todo",)"
      R"("ts_ms":1795257978610},"op":"c","ts_ms":1})";
  const std::string time = print_event(debezium, false).substr(0, 12);
  CHECK(time.substr(6) == "18.610");
  CHECK(print_event(natural("INSERT", R"({"id":1})", "{}"), false).substr(0, 12) == time);
}

TEST_CASE("a schema around an event is not shown", "[event_printer]") {
  const std::string row = event("null", R"({"id":1})", "c");
  CHECK(printed(R"({"schema":{"type":"struct","fields":[]},"payload":)" + row + "}") ==
        printed(row));
}

TEST_CASE("a logical message shows its prefix and content", "[event_printer]") {
  const auto message = [](const std::string& text) {
    return R"({"op":"m","ts_ms":1795257978700,"source":{"schema":"","table":"","ts_ms":null},)"
           R"("transaction":null,"message":)" +
           text + "}";
  };
  CHECK(printed(message(R"({"prefix":"audit","content":"Zm9vYmFy"})")) ==
        R"(message  audit content="Zm9vYmFy")");
  CHECK(printed(message(R"({"prefix":"audit","content":null})")) == "message  audit content=null");
  CHECK(printed(message(R"({"prefix":"audit"})")) == "message  audit");
  CHECK(print_event(message(R"({"prefix":"a"})"), false).substr(6, 6) == "18.700");
}

TEST_CASE("transaction markers show the transaction and its events", "[event_printer]") {
  CHECK(printed(R"({"status":"BEGIN","id":"730:24023128","event_count":null,)"
                R"("data_collections":null,"ts_ms":1795257978610})") == "begin    730:24023128");
  CHECK(printed(R"({"status":"END","id":"730:24023456","event_count":3,"data_collections":[)"
                R"({"data_collection":"public.a","event_count":1},)"
                R"({"data_collection":"public.b","event_count":2}],"ts_ms":1795257978610})") ==
        "end      730:24023456 events=3 public.a=1 public.b=2");
}

TEST_CASE("of many tables in a transaction the first are shown", "[event_printer]") {
  std::string tables;
  for (int i = 0; i < 9; ++i) {
    tables += (i > 0 ? "," : "") + std::string(R"({"data_collection":"t)") + std::to_string(i) +
              R"(","event_count":1})";
  }
  const std::string end = R"({"status":"END","id":"1:2","event_count":9,"data_collections":[)";
  CHECK(printed(end + tables + R"(],"ts_ms":1795257978610})").ends_with(" t7=1 ..."));
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
  for (const char* body :
       {R"({"status":"END"})", R"({"status":"DONE","id":"1:2"})", R"({"op":"c"})",
        R"({"op":"x","source":{}})", R"({"action":"INSERT","table":"t"})", R"({"payload":1})",
        R"({"payload":{"schema":1},"op":1,"source":"x","data":[]})", R"([1,"2",{}])", "12"}) {
    CHECK(print_event(body, false) == body);
  }
}
