// Chunks of frames for tests, in memory as libpq would hand it over.
#pragma once

#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

#include "event/frame.h"
#include "event/test_sink.h"
#include "streamer/item.h"

namespace waljet {

inline std::string frame_bytes(const Frame& frame) {
  return written([&](Sink& sink) {
    const size_t mark = begin_frame(sink, frame);
    sink.put(frame.body);
    end_frame(sink, mark);
  });
}

inline std::string hello_bytes(uint16_t version = frame_version,
                               const std::string& source_id = "app.00000001") {
  const std::string bytes = written([&](Sink& sink) { put_hello(sink, {source_id, "1.0"}); });
  std::string_view rest = bytes;
  Frame frame = *take_frame(rest);
  frame.flags = version;
  return frame_bytes(frame);
}

inline std::string event_bytes(const Position& position, const std::string& body = "{}") {
  Frame frame;
  frame.kind = FrameKind::event;
  frame.op = 'c';
  frame.position = position;
  frame.subject = "app.public.t.insert";
  frame.table = "public.t";
  frame.body = body;
  return frame_bytes(frame);
}

// A group of events, or of messages, with a body each.
inline std::string group_bytes(FrameKind kind, const std::vector<Position>& positions,
                               const std::vector<std::string>& bodies) {
  const bool of_table = kind != FrameKind::message;
  Frame frame;
  frame.kind = kind;
  frame.op = of_table ? 'c' : 'm';
  frame.position = positions.front();
  frame.subject = of_table ? "app.public.t.insert" : "app.=message.p";
  frame.table = of_table ? "public.t" : "";
  return written([&](Sink& sink) {
    TestSink index;
    const size_t mark = begin_frame(sink, frame);
    for (size_t i = 0; i < positions.size(); ++i) {
      if (i > 0) sink.put('\n');
      sink.put(bodies[i]);
      put_group_entry(index.sink(), {positions[i].ordinal, positions[i].part,
                                     static_cast<uint32_t>(bodies[i].size()), 0});
    }
    end_group(sink, mark, index.sink().view());
  });
}
// Of one transaction, ordinals `first` to `last`; bodies are `{}`.
inline std::string group_bytes(Lsn commit_lsn, uint64_t first, uint64_t last) {
  std::vector<Position> positions;
  for (uint64_t ordinal = first; ordinal <= last; ++ordinal) {
    positions.push_back({commit_lsn, ordinal, 0});
  }
  return group_bytes(FrameKind::event, positions, std::vector<std::string>(positions.size(), "{}"));
}

// An event without a table. `end_lsn`: 0 inside a transaction.
inline std::string event_bytes(FrameKind kind, const Position& position, Lsn end_lsn,
                               const std::string& body = "{}") {
  Frame frame;
  frame.kind = kind;
  frame.op = kind == FrameKind::marker ? '\0' : 'm';
  frame.position = position;
  frame.end_lsn = end_lsn;
  frame.subject = kind == FrameKind::marker ? "app.=transaction" : "app.=message.p";
  frame.body = body;
  return frame_bytes(frame);
}

inline std::string control_bytes(Lsn start_lsn, Lsn end_lsn, const std::string& content = "") {
  Frame frame;
  frame.kind = FrameKind::control;
  frame.position = {start_lsn, 0, 0};
  frame.end_lsn = end_lsn;
  frame.body = content;
  return frame_bytes(frame);
}

// `ordinal`: that of the transaction's end.
inline std::string commit_bytes(Lsn commit_lsn, Lsn end_lsn, uint64_t ordinal = 1'000'000) {
  Frame frame;
  frame.kind = FrameKind::commit;
  frame.position = {commit_lsn, ordinal, 0};
  frame.end_lsn = end_lsn;
  return frame_bytes(frame);
}

// What is freed is overwritten first, so that whoever still looks at it reads nonsense.
inline Item chunk_of(const std::string& frames) {
  constexpr size_t size_bytes = sizeof(size_t);
  auto* memory = static_cast<char*>(std::malloc(size_bytes + frames.size()));
  const size_t size = frames.size();
  std::memcpy(memory, &size, size_bytes);
  std::memcpy(memory + size_bytes, frames.data(), size);
  Buffer buffer(memory, [](char* freed) {
    size_t freed_size = 0;
    std::memcpy(&freed_size, freed, size_bytes);
    std::memset(freed, 'X', size_bytes + freed_size);
    std::free(freed);
  });
  return make_chunk(std::move(buffer), size, {memory + size_bytes, size});
}

}  // namespace waljet
