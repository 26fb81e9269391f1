#include "streamer/stored_message.h"

#include <catch2/catch.hpp>

using namespace waljet;

TEST_CASE("base64, as the server writes it", "[stored_message]") {
  CHECK(decode_base64("").empty());
  CHECK(decode_base64("Zg==") == "f");
  CHECK(decode_base64("Zm8=") == "fo");
  CHECK(decode_base64("Zm9v") == "foo");
  CHECK(decode_base64("Zm9vYmFy") == "foobar");
  CHECK(decode_base64("AP/+") == std::string("\0\xFF\xFE", 3));
  CHECK(decode_base64("Zm9v*mFy") == "foo");
}

// Headers: NATS/1.0, Waljet-Id, Nats-Expected-Last-Sequence: 41. Body: {"op":"c"}.
TEST_CASE("a stored event tells its id and place, and its body if asked for", "[stored_message]") {
  constexpr const char* json =
      R"({"type":"io.nats.jetstream.api.v1.stream_msg_get_response","message":{)"
      R"("subject":"app.public.t.insert","seq":42,)"
      R"("hdrs":"TkFUUy8xLjANCldhbGpldC1JZDogYXBwLkZFODlFQ0YwOjAwMDAwMDAwMTc0M0UxQTA6MDAwMDAw)"
      R"(MDMuMDAwMA0KTmF0cy1FeHBlY3RlZC1MYXN0LVNlcXVlbmNlOiA0MQ0KDQo=",)"
      R"("data":"eyJvcCI6ImMifQ==","time":"2026-01-31T12:00:00.123456789Z"}})";
  const StoredHead head = parse_stored_message(json, false);
  CHECK(head.error_code == 0);
  CHECK(head.sequence == 42);
  CHECK(head.subject == "app.public.t.insert");
  CHECK(head.event_id == "app.FE89ECF0:000000001743E1A0:00000003.0000");
  CHECK(head.first_id.empty());
  CHECK(head.body.empty());
  CHECK(head.body_bytes >= 10);
  CHECK(parse_stored_message(json, true).body == R"({"op":"c"})");
}

// Headers: NATS/1.0, Waljet-Id, Waljet-Count: 3, Waljet-First.
TEST_CASE("a stored group tells the ids of its first and last event", "[stored_message]") {
  const StoredHead head = parse_stored_message(
      R"({"message":{"subject":"app.public.t.insert","seq":42,"hdrs":")"
      R"(TkFUUy8xLjANCldhbGpldC1JZDogYXBwLkZFODlFQ0YwOjAwMDAwMDAwMTc0M0UxQTA6MD)"
      R"(AwMDAwMDMuMDAwMA0KV2FsamV0LUNvdW50OiAzDQpXYWxqZXQtRmlyc3Q6IGFwcC5GRTg5)"
      R"(RUNGMDowMDAwMDAwMDE3NDNFMUEwOjAwMDAwMDAxLjAwMDANCg0K)"
      R"("}})",
      false);
  CHECK(head.error_code == 0);
  CHECK(head.event_id == "app.FE89ECF0:000000001743E1A0:00000003.0000");
  CHECK(head.first_id == "app.FE89ECF0:000000001743E1A0:00000001.0000");
}

TEST_CASE("a message without headers, or with others, has no event id", "[stored_message]") {
  const StoredHead bare = parse_stored_message(
      R"({"message":{"subject":"app.stray","seq":7,"data":"aGVsbG8=","time":"t"}})", true);
  CHECK(bare.error_code == 0);
  CHECK(bare.sequence == 7);
  CHECK(bare.event_id.empty());
  CHECK(bare.body == "hello");
  // NATS/1.0, Nats-Msg-Id: x, Waljet-Ids: y, x-Waljet-Id: z
  const StoredHead other = parse_stored_message(
      R"({"message":{"subject":"app.stray","seq":8,"hdrs":)"
      R"("TkFUUy8xLjANCk5hdHMtTXNnLUlkOiB4DQpXYWxqZXQtSWRzOiB5DQp4LVdhbGpldC1JZDogeg0KDQo="}})",
      false);
  CHECK(other.error_code == 0);
  CHECK(other.event_id.empty());
  CHECK(other.body_bytes == 0);
}

TEST_CASE("no message and no stream are told apart", "[stored_message]") {
  const StoredHead no_message =
      parse_stored_message(R"({"type":"io.nats.jetstream.api.v1.stream_msg_get_response","error":)"
                           R"({"code":404,"err_code":10037,"description":"no message found"}})",
                           true);
  CHECK(no_message.error_code == 10037);
  CHECK(no_message.error_text == "no message found");
  const StoredHead no_stream = parse_stored_message(
      R"({"error":{"code":404,"err_code":10059,"description":"stream not found"}})", true);
  CHECK(no_stream.error_code == 10059);
}

TEST_CASE("what cannot be read is an error, never an empty place", "[stored_message]") {
  for (const char* json : {"", "[]", "nonsense", "{}", R"({"message":1})", R"({"error":{}})",
                           R"({"error":{"code":503}})"}) {
    INFO(json);
    const StoredHead head = parse_stored_message(json, true);
    CHECK(head.error_code != 0);
    CHECK(head.error_code != 10037);
    CHECK(head.error_code != 10059);
  }
}
