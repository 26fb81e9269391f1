#include "streamer/read_piece.h"

#include <charconv>

#include "event/frame.h"

namespace waljet {
namespace {

std::optional<ReadEnd> parse_end(const Frame& frame) {
  ReadEnd end;
  end.cursor = frame.key;
  end.table_hash = frame.key_hash;
  bool counted = false;
  std::string_view headers = frame.headers;
  while (const auto header = take_frame_header(headers)) {
    const std::string_view value = header->value;
    if (header->name == "More") end.more = value == "true";
    if (header->name != "Rows") continue;
    const auto parsed = std::from_chars(value.data(), value.data() + value.size(), end.rows);
    counted = parsed.ec == std::errc() && parsed.ptr == value.data() + value.size();
  }
  if (!counted || !headers.empty()) return std::nullopt;
  return end;
}

}  // namespace

std::optional<ReadPiece> parse_read_piece(std::string_view frames) {
  constexpr char marker_op = 't';
  ReadPiece piece;
  const auto first = take_frame(frames);
  if (first && first->kind == FrameKind::read_end && frames.empty()) {
    piece.end = parse_end(*first);
    if (!piece.end) return std::nullopt;
    return piece;
  }
  for (auto frame = first; true; frame = take_frame(frames)) {
    if (!frame) return std::nullopt;
    // What is too large is there as a stub.
    if (frame->kind != FrameKind::row && frame->kind != FrameKind::stub) return std::nullopt;
    if (frame->op != marker_op) piece.rows += event_count(*frame);
    if (frames.empty()) return piece;
  }
}

}  // namespace waljet
