// Frames: arbitrary bytes are refused or read within their bounds, and what was written is read
// back as it was.
#include "event/frame.h"
#include "event/group_writer.h"

#include <array>
#include <vector>

#include "event/test_sink.h"
#include "fuzz.h"

namespace waljet {
namespace {

std::string encoded(const Frame& frame) {
  return written([&](Sink& sink) {
    const size_t mark = begin_frame(sink, frame);
    sink.put(frame.body);
    if (frame.index.empty()) {
      end_frame(sink, mark);
    } else {
      end_group(sink, mark, frame.index);
    }
  });
}

// Its parts side by side are the whole.
void check_group(const Frame& group) {
  const size_t count = event_count(group);
  std::string bodies;
  for (size_t place = 0; place < count; ++place) {
    const Frame one = part_of(group, place, place + 1);
    require(event_count(one) == 1, "one event is no group");
    require(one.position == position_at(group, place), "an event has its own position");
    require(one.key_hash == key_hash_at(group, place), "an event has its own key hash");
    require(place == 0 || position_at(group, place - 1) < one.position, "positions rise");
    bodies += (place > 0 ? "\n" : "") + std::string(one.body);
  }
  require(bodies.size() == group.body.size(), "the events' bodies fill the group's");
  require(position_at(group, count - 1) == group.position, "a group has its last event's position");
  const Frame rest = part_of(group, count / 2, count);
  require(group.body.ends_with(rest.body), "the rest of a group is its end");
}

bool same(const Frame& a, const Frame& b) {
  return a.kind == b.kind && a.op == b.op && a.flags == b.flags && a.position == b.position &&
         a.xid == b.xid && a.end_lsn == b.end_lsn && a.key_hash == b.key_hash &&
         a.old_key_hash == b.old_key_hash && a.subject == b.subject && a.table == b.table &&
         a.key == b.key && a.headers == b.headers && a.body == b.body && a.index == b.index;
}

void check_event_id(std::string_view text) {
  const auto id = parse_event_id(text);
  if (!id) return;
  require(text.starts_with(id->source), "the source is the beginning of an id");
  const std::string again = written([&](Sink& sink) {
    sink.put(id->source);
    sink.put(':');
    put_position(sink, id->position);
  });
  const auto back = parse_event_id(again);
  require(back && back->position == id->position && back->source == id->source, "an id reads back");
}

void check_lsn(std::string_view text) {
  const auto lsn = parse_lsn(text);
  if (!lsn) return;
  const std::string again = written([&](Sink& sink) { put_lsn(sink, *lsn); });
  require(parse_lsn(again) == lsn, "an LSN reads back");
}

void check_headers(std::string_view headers) {
  std::string again;
  const std::string_view all = headers;
  while (const auto header = take_frame_header(headers)) {
    require(!header->name.empty(), "a header has a name");
    require(header->name.find_first_of(":\n") == std::string_view::npos, "a name is one word");
    require(header->value.find('\n') == std::string_view::npos, "a value is on one line");
    again += written([&](Sink& sink) { put_frame_header(sink, *header); });
  }
  require(again + std::string(headers) == all, "headers written again are the same");
}

void check_hello(std::string_view body) {
  const auto hello = parse_hello(body);
  if (!hello) return;
  std::string again = written([&](Sink& sink) { put_hello(sink, *hello); });
  std::string_view bytes = again;
  const auto frame = take_frame(bytes);
  require(frame && bytes.empty(), "a hello is one frame");
  require(frame->kind == FrameKind::hello && frame->flags == frame_version, "a hello says so");
  require(body.starts_with(frame->body), "a hello written again is the same");
}

void check_bytes(std::string_view bytes) {
  while (const auto before = bytes.size()) {
    const std::string_view all = bytes;
    const auto frame = take_frame(bytes);
    if (!frame) {
      require(bytes.data() == all.data() && bytes.size() == before, "what is refused stays");
      return;
    }
    const std::string_view taken = all.substr(0, before - bytes.size());
    check_group(*frame);
    require(encoded(*frame) == taken, "a frame written again is the same");
    check_headers(frame->headers);
    check_hello(frame->body);
  }
}

Frame random_frame(FuzzedDataProvider& input, std::array<std::string, 5>& texts) {
  for (std::string& text : texts) text = input.ConsumeRandomLengthString(300);
  Frame frame;
  frame.kind = static_cast<FrameKind>(input.ConsumeIntegral<uint8_t>());
  frame.op = input.ConsumeIntegral<char>();
  frame.flags = input.ConsumeIntegral<uint16_t>();
  frame.position.commit_lsn = input.ConsumeIntegral<uint64_t>();
  frame.position.ordinal = input.ConsumeIntegral<uint64_t>();
  frame.position.part = input.ConsumeIntegral<uint32_t>();
  frame.xid = input.ConsumeIntegral<uint32_t>();
  frame.end_lsn = input.ConsumeIntegral<uint64_t>();
  frame.key_hash = input.ConsumeIntegral<uint64_t>();
  frame.old_key_hash = input.ConsumeIntegral<uint64_t>();
  frame.subject = texts[0];
  frame.table = texts[1];
  frame.key = texts[2];
  frame.headers = texts[3];
  frame.body = texts[4];
  return frame;
}

void check_round_trip(FuzzedDataProvider& input) {
  std::array<std::string, 5> first_texts;
  std::array<std::string, 5> second_texts;
  const Frame first = random_frame(input, first_texts);
  const Frame second = random_frame(input, second_texts);
  const std::string message = encoded(first) + encoded(second);
  std::string_view bytes = message;
  const auto first_read = take_frame(bytes);
  require(first_read && same(first, *first_read), "a frame reads back");
  const auto second_read = take_frame(bytes);
  require(second_read && same(second, *second_read), "the frame behind it reads back");
  require(bytes.empty(), "nothing is left over");

  // A copy, so that the address sanitizer sees a read past the end.
  const std::string whole = encoded(first);
  const size_t length = input.ConsumeIntegralInRange<size_t>(0, whole.size() - 1);
  const std::vector<char> cut(whole.data(), whole.data() + length);
  std::string_view part{cut.data(), cut.size()};
  require(!take_frame(part), "a part of a frame is refused");

  const std::string id = written([&](Sink& sink) {
    put_source_id(sink, first.subject, first.xid);
    sink.put(':');
    put_position(sink, first.position);
  });
  const auto id_read = parse_event_id(id);
  require(id_read && id_read->position == first.position, "an event id reads back");
}

// As the plugin groups them: what goes in comes out, in groups that are no larger than asked for.
void check_grouping(FuzzedDataProvider& input) {
  const size_t bytes_max = input.ConsumeIntegralInRange<size_t>(1, 200);
  TestSink batch;
  TestSink index;
  GroupWriter writer(bytes_max, index.sink());
  std::vector<std::string> written_bodies;
  for (uint64_t ordinal = 1; input.remaining_bytes() > 0 && ordinal < 100; ++ordinal) {
    const std::string subject = input.ConsumeBool() ? "a" : "ab";
    const std::string key = input.ConsumeBool() ? "k" : "";
    const std::string body(input.ConsumeIntegralInRange<size_t>(1, 90), 'b');
    Frame event;
    event.position = {7, ordinal, 0};
    event.subject = subject;
    event.key = key;
    event.key_hash = ~ordinal;
    if (!writer.takes(batch.sink(), event)) writer.close(batch.sink());
    writer.begin(batch.sink(), event);
    batch.sink().put(body);
    if (input.ConsumeIntegral<uint8_t>() < 20) {
      writer.cancel(batch.sink());
      continue;
    }
    writer.end(batch.sink());
    written_bodies.push_back(body);
  }
  writer.close(batch.sink());
  const std::string all = batch.text();
  std::string_view bytes = all;
  size_t at = 0;
  while (!bytes.empty()) {
    const auto frame = take_frame(bytes);
    require(frame.has_value(), "a group is a frame");
    check_group(*frame);
    const size_t count = event_count(*frame);
    require(count == 1 || frame->body.size() <= bytes_max, "a group is not too large");
    for (size_t place = 0; place < count; ++place) {
      require(at < written_bodies.size(), "nothing is invented");
      require(part_of(*frame, place, place + 1).body == written_bodies[at++], "a body is kept");
      require(key_hash_at(*frame, place) == ~position_at(*frame, place).ordinal, "so is its hash");
    }
  }
  require(at == written_bodies.size(), "nothing is lost");
}

}  // namespace
}  // namespace waljet

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace waljet;
  const std::string_view bytes{reinterpret_cast<const char*>(data), size};
  check_bytes(bytes);
  check_headers(bytes);
  check_hello(bytes);
  check_event_id(bytes);
  check_lsn(bytes);
  FuzzedDataProvider input(data, size);
  check_round_trip(input);
  FuzzedDataProvider again(data, size);
  check_grouping(again);
  return 0;
}
