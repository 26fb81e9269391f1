#include "event/frame.h"

namespace waljet {
namespace {

static_assert(frame_header_bytes == 4 + 1 + 1 + 2 + 8 + 8 + 4 + 4 + 8 + 2 + 2 + 4 + 4 + 4);

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
  store<uint32_t>(to, 0);
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

  std::string_view rest{bytes.data() + frame_header_bytes, size - frame_header_bytes};
  if (subject_bytes + table_bytes + key_bytes + headers_bytes > rest.size()) return std::nullopt;
  frame.subject = take(rest, subject_bytes);
  frame.table = take(rest, table_bytes);
  frame.key = take(rest, key_bytes);
  frame.headers = take(rest, headers_bytes);
  frame.body = rest;
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
