// Frames: what the plugin sends to the streamer when `output` is `frames`.
//
// One replication message is one or more whole frames, end to end. A frame says where it belongs
// and where it goes without its body being parsed. Layout, all integers little-endian:
//
//     offset size
//          0    4  size of the whole frame, this field included
//          4    1  kind
//          5    1  op: c u d t r m, or 0
//          6    2  flags, 0
//          8    8  commit LSN  \.
//         16    8  ordinal      | position of the event
//         24    4  part        /
//         28    4  xid of the transaction, 0 if there is none
//         32    8  end LSN: what the slot may be confirmed to once this frame is acknowledged,
//                   0 where there is none; never 0 on an event outside a transaction
//         40    2  length of the subject
//         42    2  length of schema.table
//         44    4  length of the key
//         48    4  length of the headers
//         52    4  reserved, 0
//         56       subject, table, key, headers, body: the body takes what is left
//
// On the wire: never renumber. Documented with a worked example in docs/frame-format.md.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "event/position.h"
#include "event/sink.h"

namespace waljet {

// Raised when a change of layout or meaning would mislead a reader of the other version.
constexpr uint16_t frame_version = 1;
constexpr size_t frame_header_bytes = 56;

enum class FrameKind : uint8_t {
  hello = 1,   // first in each session: `flags` is the frame version, body as put_hello() writes it
  event = 2,   // a row change
  commit = 3,  // a transaction that sent at least one event is complete; carries the end LSN
  message = 4,  // a logical message, without a table
  stub = 5,     // stands for an event that is too large; its headers tell how large
  marker = 6,   // a transaction begins (ordinal 0) or ends (the commit's own), without a table
};

// Kinds that are stored, under their subject. A reader knows what to do with no other one but
// hello and commit.
constexpr bool is_event(FrameKind kind) {
  return kind == FrameKind::event || kind == FrameKind::message || kind == FrameKind::stub ||
         kind == FrameKind::marker;
}

struct Frame {
  FrameKind kind = FrameKind::event;
  char op = 0;
  uint16_t flags = 0;
  Position position;
  uint32_t xid = 0;
  Lsn end_lsn = 0;
  std::string_view subject;
  std::string_view table;  // schema.table, unencoded, for people
  std::string_view key;
  std::string_view headers;
  std::string_view body;
};

// Writes a frame in two steps, so that the body is formatted in place: begin_frame() writes all but
// the body and returns a mark for end_frame(). Both only append.
size_t begin_frame(Sink& sink, const Frame& frame);
void end_frame(Sink& sink, size_t mark);

// The headers area is zero or more lines `Name: value`, each ended by a newline: ASCII, the name of
// letters, digits and hyphens, nothing folded. Readers pass over names that they do not know.
struct FrameHeader {
  std::string_view name;
  std::string_view value;
};
void put_frame_header(Sink& sink, const FrameHeader& header);
// Takes the first line off `headers`. Nothing if it is not one.
std::optional<FrameHeader> take_frame_header(std::string_view& headers);

// In every stub, and nowhere else: bytes of the body that the event would have, in decimal.
constexpr std::string_view oversize_header = "Waljet-Oversize";

// Takes the first frame off `bytes`. Nothing if `bytes` does not begin with a whole, consistent
// frame. An unknown kind is returned as it is: whoever reads it decides.
std::optional<Frame> take_frame(std::string_view& bytes);

// What a hello frame says; its body is both lines, each ended by a newline.
struct Hello {
  std::string_view source_id;       // `<name>.<8>`
  std::string_view plugin_version;  // for people
};
// Writes a whole hello frame.
void put_hello(Sink& sink, const Hello& hello);
// Reads the body of one.
std::optional<Hello> parse_hello(std::string_view body);

}  // namespace waljet
