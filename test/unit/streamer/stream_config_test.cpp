#include "streamer/stream_config.h"

#include <catch2/catch.hpp>

using namespace waljet;

TEST_CASE("the stream that is asked for", "[stream_config]") {
  CHECK(stream_create_request("app", "app.>") ==
        R"({"name":"app","subjects":["app.>"],"retention":"limits","storage":"file",)"
        R"("num_replicas":1})");
  CHECK(stream_names_request("a\".>") == R"({"subject":"a\".>"})");
}

TEST_CASE("what a stream answer says", "[stream_config]") {
  const StreamAnswer answer = parse_stream_answer(
      R"({"config":{"name":"app","subjects":["app.>","x.*"]},"state":{"last_seq":42}})");
  CHECK_FALSE(answer.error);
  CHECK(answer.subjects == std::vector<std::string>{"app.>", "x.*"});
  CHECK(answer.state.last_sequence == 42);
  CHECK_FALSE(answer.is_mirror);

  const StreamAnswer absent = parse_stream_answer(
      R"({"error":{"code":404,"err_code":10059,"description":"stream not found"}})");
  REQUIRE(absent.error);
  CHECK(absent.error->code == api_error_stream_not_found);
  CHECK(parse_stream_answer("nonsense").error);
}

TEST_CASE("a stream must cover the events' subjects, by one of its own", "[stream_config]") {
  StreamAnswer answer;
  answer.subjects = {"other.>", "app.>"};
  CHECK_FALSE(check_stream("app", answer, "app.*.*.*", true));
  answer.subjects = {"app.public.>", "app.audit.>"};
  const auto error = check_stream("app", answer, "app.*.*.*", true);
  REQUIRE(error);
  CHECK(error->error_class == ErrorClass::refused);
  CHECK(error->text.find("app.public.>, app.audit.>") != std::string::npos);
  answer.subjects = {"app.>"};
  answer.is_mirror = true;
  CHECK(check_stream("app", answer, "app.*.*.*", true));
}

TEST_CASE("what API errors mean", "[stream_config]") {
  CHECK(means_jetstream_absent({10039, ""}));
  CHECK(means_jetstream_absent({10076, ""}));
  CHECK_FALSE(means_jetstream_absent({10008, ""}));
  CHECK(api_error("app", {10065, "subjects overlap"}).error_class == ErrorClass::refused);
  CHECK(api_error("app", {10008, "unavailable"}).error_class == ErrorClass::retry);
}

TEST_CASE("stream names", "[stream_config]") {
  CHECK(stream_name_problem("app").empty());
  CHECK(stream_name_problem("a=2Eb").empty());
  for (const char* name : {"", "a.b", "a b", "a*", ">", "a/b", "a\\b"}) {
    INFO(name);
    CHECK_FALSE(stream_name_problem(name).empty());
  }
}

TEST_CASE("names answer", "[stream_config]") {
  CHECK(parse_names_answer(R"({"streams":["a","b"]})").names == std::vector<std::string>{"a", "b"});
  CHECK(parse_names_answer(R"({"streams":null})").names.empty());
}
