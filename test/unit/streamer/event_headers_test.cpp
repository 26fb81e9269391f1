#include "streamer/event_headers.h"

#include <catch2/catch.hpp>
#include <string>
#include <utility>
#include <vector>

#include "streamer/publish_protocol.h"
#include "streamer/test_frames.h"

using namespace waljet;

namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

struct Event {
  Frame frame;
  Outgoing outgoing;

  explicit Event(std::string_view headers = "") {
    frame.position = {0x1743E1A0, 3, 1};
    frame.headers = headers;
    outgoing.source_id = "app.FE89ECF0";
    outgoing.frame = &frame;
  }
  Event(const Event&) = delete;
};

constexpr const char* id = "app.FE89ECF0:000000001743E1A0:00000003.0001";

Lines lines_of(const EventHeaders& headers) {
  Lines lines;
  for (const Header& header : headers.headers()) lines.emplace_back(header.name, header.value);
  return lines;
}

// As nats.c puts it on the wire.
std::string encoded(const EventHeaders& headers) {
  std::string text = "NATS/1.0\r\n";
  for (const auto& [name, value] : lines_of(headers)) text += name + ": " + value + "\r\n";
  return text + "\r\n";
}

}  // namespace

TEST_CASE("the event's id is always there", "[event_headers]") {
  const Event event;
  EventHeaders headers;
  headers.build(event.outgoing, false);
  CHECK(lines_of(headers) == Lines{{"Waljet-Id", id}});
  CHECK(std::string(headers.id()) == id);
}

TEST_CASE("the expected sequence and the message id are there where they are wanted",
          "[event_headers]") {
  Event event;
  EventHeaders headers;
  event.outgoing.expected_sequence = 0;  // of an empty stream
  headers.build(event.outgoing, false);
  CHECK(lines_of(headers) == Lines{{"Waljet-Id", id}, {"Nats-Expected-Last-Sequence", "0"}});
  event.outgoing.expected_sequence = UINT64_MAX;
  headers.build(event.outgoing, true);
  CHECK(lines_of(headers) == Lines{{"Waljet-Id", id},
                                   {"Nats-Msg-Id", id},
                                   {"Nats-Expected-Last-Sequence", "18446744073709551615"}});
  event.outgoing.expected_sequence.reset();
  headers.build(event.outgoing, true);
  CHECK(lines_of(headers) == Lines{{"Waljet-Id", id}, {"Nats-Msg-Id", id}});
}

TEST_CASE("a group says how many events it has, and which is the first", "[event_headers]") {
  const std::string bytes = group_bytes(0x1743E1A0, 1, 12);
  std::string_view rest = bytes;
  const Frame group = *take_frame(rest);
  Event event;
  event.outgoing.frame = &group;
  event.outgoing.expected_sequence = 41;
  EventHeaders headers;
  headers.build(event.outgoing, true);
  constexpr const char* last = "app.FE89ECF0:000000001743E1A0:0000000C.0000";
  CHECK(lines_of(headers) ==
        Lines{{"Waljet-Id", last},
              {"Nats-Msg-Id", last},
              {"Nats-Expected-Last-Sequence", "41"},
              {"Content-Type", "application/x-ndjson"},
              {"Waljet-Count", "12"},
              {"Waljet-First", "app.FE89ECF0:000000001743E1A0:00000001.0000"}});
  CHECK(encoded_bytes(headers.headers()) == encoded(headers).size());
  const Frame one = part_of(group, 3, 4);
  event.outgoing.frame = &one;
  headers.build(event.outgoing, false);
  CHECK(lines_of(headers) == Lines{{"Waljet-Id", "app.FE89ECF0:000000001743E1A0:00000004.0000"},
                                   {"Nats-Expected-Last-Sequence", "41"}});
}

TEST_CASE("what the plugin gives follows, and one event's headers are gone with the next",
          "[event_headers]") {
  const Event stub("Waljet-Oversize: 1234\nX-Two: a: b\n");
  EventHeaders headers;
  headers.build(stub.outgoing, false);
  CHECK(lines_of(headers) ==
        Lines{{"Waljet-Id", id}, {"Waljet-Oversize", "1234"}, {"X-Two", "a: b"}});
  const Event event;
  headers.build(event.outgoing, false);
  CHECK(lines_of(headers) == Lines{{"Waljet-Id", id}});
}

TEST_CASE("more headers than there is room for are left out", "[event_headers]") {
  std::string many;
  for (int i = 0; i < 20; ++i) many += "X-" + std::to_string(i) + ": v\n";
  const Event event(many);
  EventHeaders headers;
  headers.build(event.outgoing, true);
  const Lines lines = lines_of(headers);
  REQUIRE(lines.size() == EventHeaders::headers_max);
  CHECK(lines[1].first == "Nats-Msg-Id");
  CHECK(lines.back().first == "X-13");
}

TEST_CASE("what was chosen is told of each event, where it has it", "[event_headers]") {
  EventHeaders all({true, true, true, true});
  Event event;
  event.frame.op = 'u';
  event.frame.table = "public.Größe=1";
  event.frame.key = "1/a b";
  all.build(event.outgoing, false);
  CHECK(lines_of(all) == Lines{{"Waljet-Id", id},
                               {"Waljet-Key", "1=2Fa=20b"},
                               {"Waljet-Table", "public.Gr=C3=B6=C3=9Fe=3D1"},
                               {"Waljet-Op", "u"},
                               {"Content-Type", "application/json"}});
  const Event marker;  // of a transaction: no table, no key, no op
  all.build(marker.outgoing, false);
  CHECK(lines_of(all) == Lines{{"Waljet-Id", id}, {"Content-Type", "application/json"}});
  const Event lines("Content-Type: application/x-ndjson\n");
  all.build(lines.outgoing, false);
  CHECK(lines_of(all) == Lines{{"Waljet-Id", id}, {"Content-Type", "application/x-ndjson"}});
  EventHeaders one({false, false, true, false});
  one.build(event.outgoing, false);
  CHECK(lines_of(one) == Lines{{"Waljet-Id", id}, {"Waljet-Op", "u"}});
}

TEST_CASE("the chosen headers stay within what is kept free for them", "[event_headers]") {
  const std::string name = "public." + std::string(378, '\n');  // longer than any name
  const std::string key(100'000, '=');
  Event event;
  event.frame.op = 'c';
  EventHeaders none;
  none.build(event.outgoing, false);
  event.frame.table = name;
  event.frame.key = key;
  EventHeaders all({true, true, true, true});
  all.build(event.outgoing, false);
  CHECK(encoded_bytes(all.headers()) - encoded_bytes(none.headers()) <=
        static_cast<size_t>(chosen_headers_bytes_max));
}

TEST_CASE("the size is the one on the wire", "[event_headers]") {
  EventHeaders headers;
  for (const bool message_id : {false, true}) {
    for (const char* given : {"", "Waljet-Oversize: 1234\n", "X: y\nZ: \n"}) {
      Event event(given);
      headers.build(event.outgoing, message_id);
      CHECK(encoded_bytes(headers.headers()) == encoded(headers).size());
      event.outgoing.expected_sequence = 41;
      headers.build(event.outgoing, message_id);
      CHECK(encoded_bytes(headers.headers()) == encoded(headers).size());
    }
  }
}
