// Frames: what the plugin sends to the streamer when `output` is `frames`.
//
// One replication message is one or more whole frames, end to end. A frame says where it belongs
// and where it goes without its body being parsed. Layout, all integers little-endian:
//
//     offset size
//          0    4  size of the whole frame, this field included
//          4    1  kind
//          5    1  op: c u d t r m, or 0
//          6    2  flags: 1 the event is incomplete; of a hello the frame version
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
//         52    4  events of a group, 0 in the frame of one event
//         56    8  hash of the row's key, 0 where there is no table
//         64    8  hash of the key that the row had before, where this frame changes it, else 0
//         72       subject, table, key, headers, body, index: the body takes what is left
//
// A group is several consecutive events of one transaction that share kind and subject. Its body is
// theirs, separated by one newline each; its position and key hash are those of the last one; op,
// table and key are those that all of them share, else empty. A frame with the hash of an old key
// is in no group. The index has an entry for each:
//
//          0    8  ordinal
//          8    4  part
//         12    4  size of its body, without a newline
//         16    8  hash of its key
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
constexpr uint16_t frame_version = 3;
constexpr size_t frame_header_bytes = 72;
constexpr size_t group_entry_bytes = 24;

enum class FrameKind : uint8_t {
  hello = 1,   // first in each session: `flags` is the frame version, body as put_hello() writes it
  event = 2,   // a row change
  commit = 3,  // a transaction that sent at least one event is complete; carries the end LSN
  message = 4,   // a logical message, without a table
  stub = 5,      // stands for an event that is too large; its headers tell how large
  marker = 6,    // a transaction begins (ordinal 0) or ends (the commit's own), without a table
  row = 7,       // read by a snapshot (op r), or says that one begins anew (op t). Its position is
                 // its identity, not its place: LSN of the read, number of the row, part
  control = 8,   // a logical message to the streamer itself, outside a transaction: body as it is
  read_end = 9,  // of one read of a table: key and headers say how it goes on; in no replication
};

// Kinds that are stored, under their subject. What to do with another one depends on its kind.
constexpr bool is_event(FrameKind kind) {
  return kind == FrameKind::event || kind == FrameKind::message || kind == FrameKind::stub ||
         kind == FrameKind::marker || kind == FrameKind::row;
}

// A value of the new row did not change, is stored out of line, and so is not in the event.
constexpr uint16_t incomplete_flag = 1;

struct Frame {
  FrameKind kind = FrameKind::event;
  char op = 0;
  uint16_t flags = 0;
  Position position;
  uint32_t xid = 0;
  Lsn end_lsn = 0;
  // Equal for events and snapshot rows of one key, opaque otherwise. Of the table alone where the
  // key is none, is not known, or has no text, and of a TRUNCATE.
  uint64_t key_hash = 0;
  uint64_t old_key_hash = 0;
  std::string_view subject;
  std::string_view table;  // schema.table, unencoded, for people
  std::string_view key;
  std::string_view headers;
  std::string_view body;
  std::string_view index;  // of a group: its entries; empty: one event
};

// Writes a frame in two steps, so that the body is formatted in place: begin_frame() writes all but
// the body and returns a mark for end_frame(). Both only append.
size_t begin_frame(Sink& sink, const Frame& frame);
void end_frame(Sink& sink, size_t mark);

// One event of a group.
struct GroupEntry {
  uint64_t ordinal = 0;
  uint32_t part = 0;
  uint32_t body_bytes = 0;
  uint64_t key_hash = 0;
};
void put_group_entry(Sink& index, const GroupEntry& entry);

// Makes the frame at `mark`, which ends with the sink, a group of at least two events. `index` is
// theirs. The frame was begun for the first of them; end_frame() is called here.
void end_group(Sink& sink, size_t mark, std::string_view index);

// Takes out of the frame at `mark` the op, table and key that `event` does not share with it.
// Returns by how many bytes the body has moved down.
size_t keep_shared(Sink& sink, size_t mark, const Frame& event);

// Events of a frame: 1 where it is no group.
size_t event_count(const Frame& frame);
// Of the event at `place`, counted from 0.
Position position_at(const Frame& frame, size_t place);
uint64_t key_hash_at(const Frame& frame, size_t place);
// The events at places `begin` to before `end`, at least one, as a frame of their own: views into
// the same bytes, nothing is copied. One event alone is no group.
Frame part_of(const Frame& frame, size_t begin, size_t end);

// The headers area is zero or more lines `Name: value`, each ended by a newline: ASCII, the name of
// letters, digits and hyphens, nothing folded. Readers pass over names that they do not know.
struct FrameHeader {
  std::string_view name;
  std::string_view value;
};
void put_frame_header(Sink& sink, const FrameHeader& header);
// Takes the first line off `headers`. Nothing if it is not one.
std::optional<FrameHeader> take_frame_header(std::string_view& headers);

// In every stub one of the two, and nowhere else. Of an event that is too large: bytes of the body
// that it would have, in decimal.
constexpr std::string_view oversize_header = "Waljet-Oversize";
// Of an event that a filter could not judge, as it stands in the headers.
constexpr std::string_view unjudged_headers = "Waljet-Unjudged: where\n";

// In a read_end: rows that were read, in decimal, and whether there may be more, true or false.
constexpr std::string_view read_rows_header = "Rows";
constexpr std::string_view read_more_header = "More";
// In the frame of a marker by which consumers discard what they have of a table.
constexpr std::string_view discard_headers = "Waljet-Snapshot: discard\n";

// Takes the first frame off `bytes`. Nothing if `bytes` does not begin with a whole, consistent
// frame: that of a group has an index that fits its body, with positions that rise up to its own,
// and ends with its own key hash.
// An unknown kind is returned as it is: whoever reads it decides.
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
