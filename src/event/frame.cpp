#include "event/frame.h"

#include <cstring>

namespace waljet {
namespace {

static_assert(frame_header_bytes == 4 + 1 + 1 + 2 + 8 + 8 + 4 + 4 + 8 + 2 + 2 + 4 + 4 + 4 + 8 + 8);
static_assert(group_entry_bytes == 8 + 4 + 4 + 8);

// Fields that are written again when a frame has become a group.
constexpr size_t op_at = 5;
constexpr size_t ordinal_at = 16;
constexpr size_t part_at = 24;
constexpr size_t subject_bytes_at = 40;
constexpr size_t table_bytes_at = 42;
constexpr size_t key_bytes_at = 44;
constexpr size_t count_at = 52;
constexpr size_t first_hash_at = 56;

template <typename T>
char* store(char* to, T value) {
  for (size_t i = 0; i < sizeof(T); ++i) *to++ = static_cast<char>(value >> (8 * i) & 0xFF);
  return to;
}

template <typename T>
T load(const char*& from) {
  uint64_t value = 0;
  for (size_t i = 0; i < sizeof(T); ++i) {
    value |= static_cast<uint64_t>(static_cast<uint8_t>(*from++)) << (8 * i);
  }
  return static_cast<T>(value);
}

template <typename T>
T load_at(const char* bytes, size_t at) {
  const char* from = bytes + at;
  return load<T>(from);
}

GroupEntry load_entry(std::string_view index, size_t place) {
  const char* from = index.data() + place * group_entry_bytes;
  GroupEntry entry;
  entry.ordinal = load<uint64_t>(from);
  entry.part = load<uint32_t>(from);
  entry.body_bytes = load<uint32_t>(from);
  entry.key_hash = load<uint64_t>(from);
  return entry;
}

Position position_of(const Frame& frame, const GroupEntry& entry) {
  return {frame.position.commit_lsn, entry.ordinal, entry.part};
}

// Bodies and the newlines between them fill the body, positions rise up to the frame's, and the
// last key is the frame's.
bool fits(const Frame& group) {
  const size_t count = event_count(group);
  if (count < 2) return false;
  uint64_t bytes = count - 1;
  for (size_t place = 0; place < count; ++place) {
    bytes += load_entry(group.index, place).body_bytes;
    if (place > 0 && !(position_at(group, place - 1) < position_at(group, place))) return false;
  }
  return bytes == group.body.size() && position_at(group, count - 1) == group.position &&
         key_hash_at(group, count - 1) == group.key_hash;
}

// Takes `n` bytes at `at` out of the sink.
void take_out(Sink& sink, size_t at, size_t n) {
  char* to = sink.data() + at;
  std::memmove(to, to + n, sink.size() - at - n);
  sink.truncate(sink.size() - n);
}

// Takes `n` bytes off `bytes`, which must hold as many.
std::string_view take(std::string_view& bytes, size_t n) {
  const std::string_view taken{bytes.data(), n};
  bytes.remove_prefix(n);
  return taken;
}

std::optional<std::string_view> take_line(std::string_view& text) {
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '\n') continue;
    const std::string_view line = take(text, i);
    text.remove_prefix(1);
    return line;
  }
  return std::nullopt;
}

}  // namespace

size_t begin_frame(Sink& sink, const Frame& frame) {
  const size_t mark = sink.size();
  char* to = sink.reserve(frame_header_bytes);
  to = store<uint32_t>(to, 0);
  to = store(to, static_cast<uint8_t>(frame.kind));
  to = store(to, static_cast<uint8_t>(frame.op));
  to = store(to, frame.flags);
  to = store(to, frame.position.commit_lsn);
  to = store(to, frame.position.ordinal);
  to = store(to, frame.position.part);
  to = store(to, frame.xid);
  to = store(to, frame.end_lsn);
  to = store(to, static_cast<uint16_t>(frame.subject.size()));
  to = store(to, static_cast<uint16_t>(frame.table.size()));
  to = store(to, static_cast<uint32_t>(frame.key.size()));
  to = store(to, static_cast<uint32_t>(frame.headers.size()));
  to = store<uint32_t>(to, 0);
  to = store(to, frame.key_hash);
  store(to, frame.old_key_hash);
  sink.advance(frame_header_bytes);
  sink.put(frame.subject);
  sink.put(frame.table);
  sink.put(frame.key);
  sink.put(frame.headers);
  return mark;
}

void end_frame(Sink& sink, size_t mark) {
  store(sink.data() + mark, static_cast<uint32_t>(sink.size() - mark));
}

void put_group_entry(Sink& index, const GroupEntry& entry) {
  char* to = index.reserve(group_entry_bytes);
  to = store(to, entry.ordinal);
  to = store(to, entry.part);
  to = store(to, entry.body_bytes);
  store(to, entry.key_hash);
  index.advance(group_entry_bytes);
}

void end_group(Sink& sink, size_t mark, std::string_view index) {
  sink.put(index);
  const size_t count = index.size() / group_entry_bytes;
  const GroupEntry last = load_entry(index, count - 1);
  char* frame = sink.data() + mark;
  store(frame + ordinal_at, last.ordinal);
  store(frame + part_at, last.part);
  store(frame + count_at, static_cast<uint32_t>(count));
  store(frame + first_hash_at, last.key_hash);
  end_frame(sink, mark);
}

size_t keep_shared(Sink& sink, size_t mark, const Frame& event) {
  char* frame = sink.data() + mark;
  if (frame[op_at] != event.op) frame[op_at] = 0;
  const size_t before = sink.size();
  const size_t table_at = mark + frame_header_bytes + load_at<uint16_t>(frame, subject_bytes_at);
  const std::string_view table{sink.data() + table_at, load_at<uint16_t>(frame, table_bytes_at)};
  const size_t key_at = table_at + table.size();
  const std::string_view key{sink.data() + key_at, load_at<uint32_t>(frame, key_bytes_at)};
  if (!key.empty() && key != event.key) {
    store<uint32_t>(frame + key_bytes_at, 0);
    take_out(sink, key_at, key.size());
  }
  if (!table.empty() && table != event.table) {
    store<uint16_t>(frame + table_bytes_at, 0);
    take_out(sink, table_at, table.size());
  }
  return before - sink.size();
}

size_t event_count(const Frame& frame) {
  return frame.index.empty() ? 1 : frame.index.size() / group_entry_bytes;
}

Position position_at(const Frame& frame, size_t place) {
  return frame.index.empty() ? frame.position : position_of(frame, load_entry(frame.index, place));
}

uint64_t key_hash_at(const Frame& frame, size_t place) {
  return frame.index.empty() ? frame.key_hash : load_entry(frame.index, place).key_hash;
}

Frame part_of(const Frame& frame, size_t begin, size_t end) {
  if (end - begin == event_count(frame)) return frame;
  size_t offset = 0;
  for (size_t place = 0; place < begin; ++place) {
    offset += load_entry(frame.index, place).body_bytes + 1;
  }
  size_t bytes = end - begin - 1;
  for (size_t place = begin; place < end; ++place) {
    bytes += load_entry(frame.index, place).body_bytes;
  }
  Frame part = frame;
  part.position = position_at(frame, end - 1);
  part.key_hash = key_hash_at(frame, end - 1);
  part.body = {frame.body.data() + offset, bytes};
  part.index = {};
  if (end - begin > 1) {
    part.index = {frame.index.data() + begin * group_entry_bytes,
                  (end - begin) * group_entry_bytes};
  }
  return part;
}

std::optional<Frame> take_frame(std::string_view& bytes) {
  if (bytes.size() < frame_header_bytes) return std::nullopt;
  const char* from = bytes.data();
  const size_t size = load<uint32_t>(from);
  if (size < frame_header_bytes || size > bytes.size()) return std::nullopt;

  Frame frame;
  frame.kind = static_cast<FrameKind>(load<uint8_t>(from));
  frame.op = static_cast<char>(load<uint8_t>(from));
  frame.flags = load<uint16_t>(from);
  frame.position.commit_lsn = load<uint64_t>(from);
  frame.position.ordinal = load<uint64_t>(from);
  frame.position.part = load<uint32_t>(from);
  frame.xid = load<uint32_t>(from);
  frame.end_lsn = load<uint64_t>(from);
  const size_t subject_bytes = load<uint16_t>(from);
  const size_t table_bytes = load<uint16_t>(from);
  const size_t key_bytes = load<uint32_t>(from);
  const size_t headers_bytes = load<uint32_t>(from);
  const size_t index_bytes = size_t{load<uint32_t>(from)} * group_entry_bytes;
  frame.key_hash = load<uint64_t>(from);
  frame.old_key_hash = load<uint64_t>(from);

  std::string_view rest{bytes.data() + frame_header_bytes, size - frame_header_bytes};
  const size_t known_bytes = subject_bytes + table_bytes + key_bytes + headers_bytes + index_bytes;
  if (known_bytes > rest.size()) return std::nullopt;
  frame.subject = take(rest, subject_bytes);
  frame.table = take(rest, table_bytes);
  frame.key = take(rest, key_bytes);
  frame.headers = take(rest, headers_bytes);
  frame.body = take(rest, rest.size() - index_bytes);
  frame.index = rest;
  if (index_bytes > 0 && !fits(frame)) return std::nullopt;
  bytes.remove_prefix(size);
  return frame;
}

void put_frame_header(Sink& sink, const FrameHeader& header) {
  sink.put(header.name);
  sink.put(": ");
  sink.put(header.value);
  sink.put('\n');
}

std::optional<FrameHeader> take_frame_header(std::string_view& headers) {
  std::string_view rest = headers;
  const auto line = take_line(rest);
  if (!line) return std::nullopt;
  size_t colon = 0;
  while (colon < line->size() && (*line)[colon] != ':') ++colon;
  const size_t value = colon + 2;  // behind ": "
  if (colon == 0 || value > line->size() || (*line)[colon + 1] != ' ') return std::nullopt;
  headers = rest;
  return FrameHeader{{line->data(), colon}, {line->data() + value, line->size() - value}};
}

void put_hello(Sink& sink, const Hello& hello) {
  Frame frame;
  frame.kind = FrameKind::hello;
  frame.flags = frame_version;
  const size_t mark = begin_frame(sink, frame);
  sink.put(hello.source_id);
  sink.put('\n');
  sink.put(hello.plugin_version);
  sink.put('\n');
  end_frame(sink, mark);
}

std::optional<Hello> parse_hello(std::string_view body) {
  const auto source_id = take_line(body);
  if (!source_id) return std::nullopt;
  const auto plugin_version = take_line(body);
  if (!plugin_version) return std::nullopt;
  return Hello{*source_id, *plugin_version};
}

}  // namespace waljet
