#include "streamer/pub_ack.h"

#include <catch2/catch.hpp>

using namespace waljet;

TEST_CASE("a sequence means stored", "[pub_ack]") {
  const PubAck old_style = parse_pub_ack(R"({"stream":"T", "seq":3})");
  CHECK(old_style.outcome == PubAckOutcome::stored);
  CHECK(old_style.sequence == 3);
  CHECK_FALSE(old_style.duplicate);
  CHECK(parse_pub_ack(R"({"stream":"T","seq":18446744073709551615})").sequence == UINT64_MAX);
}

TEST_CASE("what stands beside the sequence does not hide it", "[pub_ack]") {
  for (const char* text : {R"({"stream":"T","domain":"hub","seq":9})", R"({"seq":9,"stream":"T"})",
                           R"({"stream":"a\"b","seq":9})", R"({ "stream" : "T", "seq" : 9 })",
                           R"({"stream":"T","seq":9,"duplicate":false})"}) {
    INFO(text);
    const PubAck ack = parse_pub_ack(text);
    CHECK(ack.outcome == PubAckOutcome::stored);
    CHECK(ack.sequence == 9);
    CHECK_FALSE(ack.duplicate);
  }
}

TEST_CASE("a duplicate with a sequence is stored, without one it is not", "[pub_ack]") {
  const PubAck duplicate = parse_pub_ack(R"({"stream":"T", "seq":7,"duplicate": true})");
  CHECK(duplicate.outcome == PubAckOutcome::stored);
  CHECK(duplicate.duplicate);
  const PubAck staged = parse_pub_ack(R"({"stream":"T","seq":0,"duplicate": true})");
  CHECK(staged.outcome == PubAckOutcome::refused);
  CHECK_FALSE(staged.text.empty());
}

TEST_CASE("an error is looked for first", "[pub_ack]") {
  const PubAck ack = parse_pub_ack(
      R"({"error":{"code":400,"err_code":10071,"description":"wrong last sequence: 3"},)"
      R"("stream":"T","seq":0})");
  CHECK(ack.outcome == PubAckOutcome::refused);
  CHECK(ack.error_code == 10071);
  CHECK(ack.text == "wrong last sequence: 3");
  CHECK(parse_pub_ack(R"({"error":null,"seq":5})").outcome == PubAckOutcome::refused);
}

TEST_CASE("what proves nothing is refused", "[pub_ack]") {
  for (const char* text :
       {"", "{", "[]", "{}", "5", R"({"seq":"5"})", R"({"seq":-1})", R"({"seq":0})",
        R"({"seq":5} x)", R"({"stream":"T","seq":)", R"({"stream":"T","seq":0})",
        R"({"stream":"T","seq":05})", R"({"stream":"T","seq":-5})", R"({"stream":"T","seq":5)",
        R"({"stream":"T","seq":18446744073709551616})", R"({"stream":")"}) {
    INFO(text);
    CHECK(parse_pub_ack(text).outcome == PubAckOutcome::refused);
  }
}
