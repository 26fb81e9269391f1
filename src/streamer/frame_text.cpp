#include "streamer/frame_text.h"

#include <fmt/core.h>

namespace waljet {

std::string place_text(const Frame& frame) {
  return frame.table.empty() ? fmt::format("on {}", frame.subject)
                             : fmt::format("of {}", frame.table);
}

std::string oversize_text(const Frame& frame, std::string_view event_id, size_t bytes,
                          int64_t bytes_max) {
  std::string text = fmt::format(
      "event {} {}{}{} is larger ({} bytes) than NATS takes as one message ({} bytes): raise "
      "max_payload of the server, or max_msg_size of the stream",
      event_id, place_text(frame), frame.key.empty() ? "" : " with key ", frame.key, bytes,
      bytes_max);
  const bool is_row = frame.kind == FrameKind::event;
  if (!is_row && frame.kind != FrameKind::message) return text;  // no stub stands for it
  text += fmt::format("; or start waljet with --oversize stub, which sends {}",
                      is_row ? "its key alone" : "a stub in its place");
  return text;
}

}  // namespace waljet
