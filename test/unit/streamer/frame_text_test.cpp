#include "streamer/frame_text.h"

#include <catch2/catch.hpp>

namespace waljet {
namespace {

Frame frame_of(FrameKind kind, std::string_view table) {
  Frame frame;
  frame.kind = kind;
  frame.subject = table.empty() ? "app.=message.audit" : "app.public.t.insert";
  frame.table = table;
  return frame;
}

TEST_CASE("an event is called by its table, or by its subject", "[frame_text]") {
  CHECK(place_text(frame_of(FrameKind::event, "public.t")) == "of public.t");
  CHECK(place_text(frame_of(FrameKind::message, "")) == "on app.=message.audit");
}

TEST_CASE("an event too large: which one, how large, and what to do", "[frame_text]") {
  Frame row = frame_of(FrameKind::event, "public.t");
  row.key = "42";
  CHECK(oversize_text(row, "app.1:2:3.0", 70'000, 65'536) ==
        "event app.1:2:3.0 of public.t with key 42 is larger (70000 bytes) than NATS takes as one "
        "message (65536 bytes): raise max_payload of the server, or max_msg_size of the stream; or "
        "start waljet with --oversize stub, which sends its key alone");
  CHECK(oversize_text(frame_of(FrameKind::message, ""), "app.1:2:0.0", 70'000, 65'536) ==
        "event app.1:2:0.0 on app.=message.audit is larger (70000 bytes) than NATS takes as one "
        "message (65536 bytes): raise max_payload of the server, or max_msg_size of the stream; or "
        "start waljet with --oversize stub, which sends a stub in its place");
}

TEST_CASE("a stub or marker too large is not to be mended by a stub", "[frame_text]") {
  const FrameKind kind = GENERATE(FrameKind::stub, FrameKind::marker);
  const std::string text = oversize_text(frame_of(kind, ""), "app.1:2:3.0", 70'000, 65'536);
  CHECK(text.find("max_payload") != std::string::npos);
  CHECK(text.find("--oversize") == std::string::npos);
}

}  // namespace
}  // namespace waljet
