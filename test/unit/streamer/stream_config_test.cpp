#include "streamer/stream_config.h"

#include <catch2/catch.hpp>

using namespace waljet;

namespace {

const std::vector<std::string> events{"app.*.*.*"};

}  // namespace

TEST_CASE("the stream that is asked for", "[stream_config]") {
  CHECK(stream_create_request("app", "app.>", {}) ==
        R"({"name":"app","subjects":["app.>"],"retention":"limits","storage":"file",)"
        R"("num_replicas":1})");
  StreamPlan plan;
  plan.in_memory = true;
  plan.replicas = 3;
  plan.max_age = std::chrono::hours(24);
  plan.bytes_max = 1024;
  CHECK(stream_create_request("app", "app.>", plan) ==
        R"({"name":"app","subjects":["app.>"],"retention":"limits","storage":"memory",)"
        R"("num_replicas":3,"max_age":86400000000000,"max_bytes":1024})");
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
  CHECK_FALSE(check_stream("app", answer, events, true));
  answer.subjects = {"app.public.>", "app.audit.>"};
  const auto error = check_stream("app", answer, events, true);
  REQUIRE(error);
  CHECK(error->error_class == ErrorClass::refused);
  CHECK(error->text.find("app.public.>, app.audit.>") != std::string::npos);
  answer.subjects = {"app.>"};
  answer.is_mirror = true;
  CHECK(check_stream("app", answer, events, true));
}

TEST_CASE("a stream must cover all patterns, and those that it does not are named",
          "[stream_config]") {
  const std::vector<std::string> all{"app.*.*.*", "app.=message.*", "app.=transaction"};
  StreamAnswer answer;
  answer.subjects = {"app.>"};
  CHECK_FALSE(check_stream("app", answer, all, true));
  answer.subjects = {"app.*.*.*"};
  const auto error = check_stream("app", answer, all, true);
  REQUIRE(error);
  CHECK(error->error_class == ErrorClass::refused);
  CHECK(error->text.find("subjects app.=message.*, app.=transaction:") != std::string::npos);
  answer.subjects = {"app.*.*.*", "app.=message.>", "app.*"};
  CHECK_FALSE(check_stream("app", answer, all, true));
}

TEST_CASE("what a stream is and holds", "[stream_config]") {
  const StreamAnswer answer = parse_stream_answer(
      R"({"config":{"name":"app","subjects":["app.>"],"retention":"limits","storage":"file",)"
      R"("num_replicas":3,"max_msg_size":65536,"duplicate_window":120000000000,"sealed":false},)"
      R"("created":"2026-01-31T12:00:00.123456789Z",)"
      R"("state":{"messages":7,"bytes":900,"first_seq":12,"last_seq":42,"consumer_count":0}})");
  REQUIRE_FALSE(answer.error);
  CHECK(answer.state.created == "2026-01-31T12:00:00.123456789Z");
  CHECK(answer.state.messages == 7);
  CHECK(answer.state.first_sequence == 12);
  CHECK(answer.state.last_sequence == 42);
  CHECK(answer.state.replicas == 3);
  CHECK_FALSE(answer.state.in_memory);
  CHECK(answer.state.message_bytes_max == 65536);
  CHECK(answer.state.duplicate_window == Duration(120'000));
  CHECK_FALSE(answer.is_sealed);
  CHECK_FALSE(answer.is_mirror);
  CHECK(answer.acknowledges);
  CHECK(answer.unfit_for_chain.empty());

  const StreamState memory =
      parse_stream_answer(R"({"config":{"storage":"memory"},"state":{}})").state;
  CHECK(memory.in_memory);
  CHECK(memory.replicas == 1);
  CHECK(memory.message_bytes_max == -1);
  CHECK(memory.last_sequence == 0);
}

namespace {

// Whether a stream with this in its configuration is refused.
struct Refused {
  bool strict = false;
  bool off = false;
};

Refused refused_with(const std::string& setting) {
  const StreamAnswer answer = parse_stream_answer(R"({"config":{"subjects":["app.>"])" +
                                                  (setting.empty() ? "" : "," + setting) + "}}");
  REQUIRE_FALSE(answer.error);
  const auto is_refused = [&](bool strict) {
    const auto error = check_stream("app", answer, events, strict);
    if (error) CHECK(error->error_class == ErrorClass::refused);
    return error.has_value();
  };
  return {is_refused(true), is_refused(false)};
}

}  // namespace

TEST_CASE("settings that the chain cannot work with are refused with strict fencing alone",
          "[stream_config]") {
  for (const char* setting :
       {R"("retention":"workqueue")", R"("retention":"interest")",
        R"("subject_transform":{"src":"app.>","dest":"x.>"})", R"("sources":[{"name":"other"}])",
        R"("subject_delete_marker_ttl":1000000000)"}) {
    INFO(setting);
    const Refused refused = refused_with(setting);
    CHECK(refused.strict);
    CHECK_FALSE(refused.off);
  }
}

TEST_CASE("a stream that takes no events, or does not acknowledge, is always refused",
          "[stream_config]") {
  for (const char* setting :
       {R"("mirror":{"name":"other"})", R"("sealed":true)", R"("no_ack":true)"}) {
    INFO(setting);
    const Refused refused = refused_with(setting);
    CHECK(refused.strict);
    CHECK(refused.off);
  }
}

TEST_CASE("what the server says of settings that are not in use is no reason", "[stream_config]") {
  for (const char* setting :
       {"", R"("retention":"limits")", R"("sealed":false,"no_ack":false)",
        R"("subject_transform":null,"sources":null,"mirror":null)",
        R"("subject_delete_marker_ttl":0)", R"("discard":"new","max_bytes":1000)"}) {
    INFO(setting);
    const Refused refused = refused_with(setting);
    CHECK_FALSE(refused.strict);
    CHECK_FALSE(refused.off);
  }
}

TEST_CASE("the bucket that is asked for", "[stream_config]") {
  CHECK(bucket_create_request(3) ==
        R"({"name":"KV_waljet","subjects":["$KV.waljet.>"],"storage":"file","discard":"new",)"
        R"("num_replicas":3,"max_msgs_per_subject":1,"allow_rollup_hdrs":true,)"
        R"("deny_delete":true,"allow_direct":true})");
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
