#include "event/frame.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "event/test_random.h"
#include "event/test_sink.h"

namespace waljet {
namespace {

std::string encode(const Frame& frame) {
  return written([&](Sink& sink) {
    const size_t mark = begin_frame(sink, frame);
    sink.put(frame.body);
    end_frame(sink, mark);
  });
}

std::string from_hex(std::string_view hex) {
  std::string bytes;
  std::string pair;
  for (const char c : hex) {
    if (c == ' ' || c == '\n') continue;
    pair += c;
    if (pair.size() < 2) continue;
    bytes += static_cast<char>(std::stoi(pair, nullptr, 16));
    pair.clear();
  }
  return bytes;
}

bool same(const Frame& a, const Frame& b) {
  return a.kind == b.kind && a.op == b.op && a.flags == b.flags && a.position == b.position &&
         a.xid == b.xid && a.end_lsn == b.end_lsn && a.key_hash == b.key_hash &&
         a.old_key_hash == b.old_key_hash && a.subject == b.subject && a.table == b.table &&
         a.key == b.key && a.headers == b.headers && a.body == b.body && a.index == b.index;
}

// A frame that holds `bodies`; the first event is ordinal 1, part 0, the next one part 1, and so
// on.
std::string encode_group(Frame frame, const std::vector<std::string>& bodies) {
  return written([&](Sink& sink) {
    TestSink index;
    const size_t mark = begin_frame(sink, frame);
    for (size_t i = 0; i < bodies.size(); ++i) {
      if (i > 0) sink.put('\n');
      sink.put(bodies[i]);
      put_group_entry(index.sink(), {1 + i / 2, static_cast<uint32_t>(i % 2),
                                     static_cast<uint32_t>(bodies[i].size()), 100 + i});
    }
    end_group(sink, mark, index.sink().view());
  });
}

// The bytes of `text` with `width` bytes at `offset` replaced by `value`.
std::string patched(std::string text, size_t offset, size_t width, uint64_t value) {
  std::string bytes;
  for (size_t i = 0; i < width; ++i) bytes += static_cast<char>(value >> (8 * i) & 0xFF);
  return text.replace(offset, width, bytes);
}

bool is_refused(std::string_view bytes) {
  const std::string_view before = bytes;
  if (take_frame(bytes)) return false;
  CHECK(bytes.size() == before.size());  // what is refused is not taken
  return true;
}

Frame sample() {
  Frame frame;
  frame.op = 'c';
  frame.position = {0x1743E238, 0x2A, 0};
  frame.xid = 730;
  frame.key_hash = 0x1122334455667788;
  frame.subject = "app.public.t.insert";
  frame.table = "public.t";
  frame.body = "{\"before\":null}";
  return frame;
}

// The worked example of docs/frame-format.md: this layout is on the wire.
TEST_CASE("a frame, byte for byte", "[frame]") {
  const std::string expected = from_hex(R"(
    72000000 02 63 0000  38E2431700000000 2A00000000000000 00000000 DA020000
    0000000000000000 1300 0800 00000000 00000000 00000000 8877665544332211 0000000000000000
    6170702E7075626C69632E742E696E73657274
    7075626C69632E74
    7B226265666F7265223A6E756C6C7D)");
  CHECK(expected.size() == 0x72);
  CHECK(encode(sample()) == expected);
}

// The worked example of a stub in docs/frame-format.md.
TEST_CASE("a stub, byte for byte", "[frame]") {
  const std::string headers = written([](Sink& sink) {
    put_frame_header(sink, {oversize_header, "2097443"});
  });
  Frame frame = sample();
  frame.kind = FrameKind::stub;
  frame.headers = headers;
  frame.body = "{\"before\":null,\"after\":{\"id\":1}}";
  const std::string expected = from_hex(R"(
    9C000000 05 63 0000  38E2431700000000 2A00000000000000 00000000 DA020000
    0000000000000000 1300 0800 00000000 19000000 00000000 8877665544332211 0000000000000000
    6170702E7075626C69632E742E696E73657274
    7075626C69632E74
    57616C6A65742D4F76657273697A653A20323039373434330A
    7B226265666F7265223A6E756C6C2C226166746572223A7B226964223A317D7D)");
  CHECK(expected.size() == 0x9C);
  CHECK(encode(frame) == expected);
}

// The worked example of a group in docs/frame-format.md.
TEST_CASE("a group, byte for byte", "[frame]") {
  TestSink index;
  put_group_entry(index.sink(), {0x29, 0, 15, 0x1122334455667788});
  put_group_entry(index.sink(), {0x2A, 1, 2, 0xFF22334455667788});
  const std::string bytes = written([&](Sink& sink) {
    Frame first = sample();
    first.position.ordinal = 0x29;
    first.key = "7";
    const size_t mark = begin_frame(sink, first);
    sink.put(first.body);
    sink.put("\n{}");
    Frame second = sample();
    second.key = "8";
    keep_shared(sink, mark, second);
    end_group(sink, mark, index.sink().view());
  });
  const std::string expected = from_hex(R"(
    A5000000 02 63 0000  38E2431700000000 2A00000000000000 01000000 DA020000
    0000000000000000 1300 0800 00000000 00000000 02000000 88776655443322FF 0000000000000000
    6170702E7075626C69632E742E696E73657274
    7075626C69632E74
    7B226265666F7265223A6E756C6C7D 0A 7B7D
    2900000000000000 00000000 0F000000 8877665544332211
    2A00000000000000 01000000 02000000 88776655443322FF)");
  CHECK(expected.size() == 0xA5);
  CHECK(bytes == expected);
}

TEST_CASE("every field of a frame has its own place", "[frame]") {
  Frame frame;
  frame.kind = FrameKind::message;
  frame.op = 'm';
  frame.flags = 0x0102;
  frame.position = {0x1112131415161718, 0x2122232425262728, 0x31323334};
  frame.xid = 0x41424344;
  frame.end_lsn = 0x5152535455565758;
  frame.key_hash = 0x6162636465666768;
  frame.old_key_hash = 0x7172737475767778;
  frame.subject = "s";
  frame.table = "tt";
  frame.key = "kkk";
  frame.headers = "hhhh";
  frame.body = "b";
  const std::string expected = from_hex(R"(
    53000000 04 6D 0201  1817161514131211 2827262524232221 34333231 44434241
    5857565554535251 0100 0200 03000000 04000000 00000000
    6867666564636261 7877767574737271
    73 7474 6B6B6B 68686868 62)");
  CHECK(encode(frame) == expected);
}

TEST_CASE("the version and kinds on the wire", "[frame]") {
  CHECK(frame_version == 3);
  CHECK(static_cast<int>(FrameKind::hello) == 1);
  CHECK(static_cast<int>(FrameKind::event) == 2);
  CHECK(static_cast<int>(FrameKind::commit) == 3);
  CHECK(static_cast<int>(FrameKind::message) == 4);
  CHECK(static_cast<int>(FrameKind::stub) == 5);
  CHECK(static_cast<int>(FrameKind::marker) == 6);
  CHECK(static_cast<int>(FrameKind::row) == 7);
  CHECK(static_cast<int>(FrameKind::control) == 8);
  CHECK(static_cast<int>(FrameKind::read_end) == 9);
}

TEST_CASE("kinds that are stored", "[frame]") {
  std::string stored;
  for (int kind = 0; kind < 256; ++kind) {
    if (is_event(static_cast<FrameKind>(kind))) stored += std::to_string(kind);
  }
  CHECK(stored == "24567");
}

TEST_CASE("the smallest frame is its header", "[frame]") {
  Frame frame;
  frame.kind = FrameKind::commit;
  frame.end_lsn = 0x1743E268;
  const std::string bytes = encode(frame);
  CHECK(bytes.size() == frame_header_bytes);
  std::string_view rest = bytes;
  const auto taken = take_frame(rest);
  REQUIRE(taken);
  CHECK(same(*taken, frame));
  CHECK(rest.empty());
}

TEST_CASE("an unknown kind is returned as it is", "[frame]") {
  const std::string bytes = patched(encode(sample()), 4, 1, 200);
  std::string_view rest = bytes;
  const auto taken = take_frame(rest);
  REQUIRE(taken);
  CHECK(static_cast<int>(taken->kind) == 200);
}

TEST_CASE("lengths up to what their fields hold", "[frame]") {
  const std::string longest(65535, 'x');
  const std::string key(70000, 'k');
  Frame frame;
  frame.subject = longest;
  frame.table = longest;
  frame.key = key;
  frame.headers = key;
  frame.body = key;
  const std::string bytes = encode(frame);
  std::string_view rest = bytes;
  const auto taken = take_frame(rest);
  REQUIRE(taken);
  CHECK(same(*taken, frame));
}

TEST_CASE("a group reads back with its events in their places", "[frame]") {
  const std::vector<std::string> bodies{"{\"n\":1}", "{}", "{\"n\":333}"};
  const std::string bytes = encode_group(sample(), bodies);
  std::string_view rest = bytes;
  const auto group = take_frame(rest);
  REQUIRE(group);
  CHECK(rest.empty());
  CHECK(event_count(*group) == 3);
  CHECK(group->position == Position{0x1743E238, 2, 0});
  CHECK(position_at(*group, 0) == Position{0x1743E238, 1, 0});
  CHECK(position_at(*group, 1) == Position{0x1743E238, 1, 1});
  CHECK(group->key_hash == 102);
  CHECK(key_hash_at(*group, 0) == 100);
  CHECK(key_hash_at(*group, 1) == 101);
  CHECK(group->body == "{\"n\":1}\n{}\n{\"n\":333}");
  const Frame alone = sample();
  CHECK(event_count(alone) == 1);
  CHECK(position_at(alone, 0) == alone.position);
  CHECK(key_hash_at(alone, 0) == alone.key_hash);
}

TEST_CASE("any part of a group is a view of its events", "[frame]") {
  const std::vector<std::string> bodies{"a", "", "ccc", "dd", "e"};
  const std::string bytes = encode_group(sample(), bodies);
  std::string_view rest = bytes;
  const Frame group = *take_frame(rest);
  for (size_t begin = 0; begin < bodies.size(); ++begin) {
    std::string body;
    for (size_t end = begin + 1; end <= bodies.size(); ++end) {
      body += (end == begin + 1 ? "" : "\n") + bodies[end - 1];
      const Frame part = part_of(group, begin, end);
      CHECK(part.body == body);
      CHECK(event_count(part) == end - begin);
      CHECK(part.index.empty() == (end == begin + 1));
      CHECK(position_at(part, 0) == position_at(group, begin));
      CHECK(part.position == position_at(group, end - 1));
      CHECK(key_hash_at(part, 0) == key_hash_at(group, begin));
      CHECK(part.key_hash == key_hash_at(group, end - 1));
      CHECK(part.subject == group.subject);
      CHECK(part.xid == group.xid);
      CHECK((part.body.data() >= bytes.data() && part.body.data() <= bytes.data() + bytes.size()));
    }
  }
  const Frame alone = sample();
  CHECK(same(part_of(alone, 0, 1), alone));
}

TEST_CASE("op, table and key are kept where they are shared", "[frame]") {
  struct Case {
    const char *op, *table, *key;
    const char *left_op, *left_table, *left_key;
  };
  for (const Case& one :
       {Case{"c", "public.t", "1", "c", "public.t", "1"},
        Case{"u", "public.t", "2", "", "public.t", ""}, Case{"c", "public.u", "1", "c", "", "1"},
        Case{"d", "", "", "", "", ""}, Case{"c", "public.t2", "12", "c", "", ""}}) {
    Frame first = sample();
    first.key = "1";
    const std::string bytes = written([&](Sink& sink) {
      sink.put("before");
      const size_t mark = begin_frame(sink, first);
      const size_t body = sink.size();
      sink.put("the body");
      Frame second = sample();
      second.op = one.op[0];
      second.table = one.table;
      second.key = one.key;
      const size_t moved = keep_shared(sink, mark, second);
      CHECK(sink.since(body - moved) == "the body");
      end_frame(sink, mark);
    });
    std::string_view rest = bytes;
    rest.remove_prefix(6);
    const auto frame = take_frame(rest);
    REQUIRE(frame);
    CHECK(frame->op == one.left_op[0]);
    CHECK(frame->table == one.left_table);
    CHECK(frame->key == one.left_key);
    CHECK(frame->subject == first.subject);
    CHECK(frame->body == "the body");
  }
}

TEST_CASE("an index that does not fit its group is refused", "[frame]") {
  const std::string bytes = encode_group(sample(), {"{}", "{}", "{}"});
  const size_t index = bytes.size() - 3 * group_entry_bytes;
  CHECK_FALSE(is_refused(bytes));
  CHECK(is_refused(patched(bytes, 52, 4, 2)));
  CHECK(is_refused(patched(bytes, 52, 4, 4)));
  CHECK(is_refused(encode_group(sample(), {"{}"})));  // one event is no group
  CHECK(is_refused(patched(bytes, 52, 4, 0xFFFFFFFF)));
  CHECK(is_refused(patched(bytes, 16, 8, 1)));          // not the last one's ordinal
  CHECK(is_refused(patched(bytes, 24, 4, 1)));          // nor its part
  CHECK(is_refused(patched(bytes, 56, 8, 1)));          // nor its key hash
  CHECK(is_refused(patched(bytes, index, 8, 2)));       // positions fall
  CHECK(is_refused(patched(bytes, index + 32, 4, 0)));  // or stay
  CHECK(is_refused(patched(bytes, index + 12, 4, 1)));  // a byte is of no event
  CHECK(is_refused(patched(bytes, index + 12, 4, 3)));  // or of two
  CHECK(is_refused(patched(bytes, index + 12, 4, 0xFFFFFFFF)));
  // A sum that would fit if it were counted in 32 bits.
  const std::string wide =
      patched(patched(bytes, index + 12, 4, 0x80000001), index + 36, 4, 0x80000001);
  CHECK(is_refused(patched(wide, index + 60, 4, 4)));
}

TEST_CASE("random frames, end to end, are read back in order", "[frame]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int round = 0; round < 300; ++round) {
    std::string texts[5][5];
    Frame frames[5];
    std::string bytes;
    for (int i = 0; i < 5; ++i) {
      for (std::string& text : texts[i]) {
        text = random.bytes(random.chance(3) ? 0 : random.below(200));
      }
      Frame& frame = frames[i];
      frame.kind = static_cast<FrameKind>(random.below(256));
      frame.op = static_cast<char>(random.below(256));
      frame.flags = static_cast<uint16_t>(random.bits());
      frame.position = {random.any_width(), random.any_width(),
                        static_cast<uint32_t>(random.bits())};
      frame.xid = static_cast<uint32_t>(random.bits());
      frame.end_lsn = random.any_width();
      frame.key_hash = random.any_width();
      frame.old_key_hash = random.any_width();
      frame.subject = texts[i][0];
      frame.table = texts[i][1];
      frame.key = texts[i][2];
      frame.headers = texts[i][3];
      frame.body = texts[i][4];
      bytes += encode(frame);
    }
    std::string_view rest = bytes;
    for (const Frame& frame : frames) {
      const auto taken = take_frame(rest);
      if (!taken || !same(*taken, frame)) FAIL("round " << round);
    }
    if (!rest.empty()) FAIL("round " << round);
  }
}

TEST_CASE("every truncation is refused", "[frame]") {
  Frame frame = sample();
  frame.key = "{\"id\":1}";
  frame.headers = "Waljet-Op: c\n";
  for (const std::string& bytes : {encode(frame), encode_group(frame, {"{}", "{\"a\":1}"})}) {
    for (size_t length = 0; length < bytes.size(); ++length) {
      // A copy of its own, so that a read behind the end is a finding.
      const std::string cut(bytes.data(), length);
      if (!is_refused(cut)) FAIL(length << " bytes");
    }
  }
}

TEST_CASE("a size that is not that of the frame is refused", "[frame]") {
  const std::string bytes = encode(sample());
  for (const uint64_t size : {uint64_t{0}, uint64_t{1}, uint64_t{frame_header_bytes - 1},
                              uint64_t{bytes.size() + 1}, uint64_t{0xFFFFFFFF}}) {
    CHECK(is_refused(patched(bytes, 0, 4, size)));
  }
  // Room for the header, not for subject and table.
  CHECK(is_refused(patched(bytes, 0, 4, frame_header_bytes)));
  CHECK(is_refused(patched(bytes, 0, 4, frame_header_bytes + 26)));
}

TEST_CASE("lengths that do not fit into the frame are refused", "[frame]") {
  const std::string bytes = encode(sample());
  const std::string more = bytes + bytes;  // what follows belongs to another frame
  CHECK(is_refused(patched(more, 40, 2, 0x13 + 16)));
  CHECK(is_refused(patched(more, 42, 2, 8 + 16)));
  CHECK(is_refused(patched(more, 44, 4, 16)));
  CHECK(is_refused(patched(more, 48, 4, 16)));
  CHECK(is_refused(patched(more, 44, 4, 0xFFFFFFFF)));
  CHECK(is_refused(patched(patched(more, 44, 4, 0xFFFFFFFF), 48, 4, 0xFFFFFFFF)));
  CHECK_FALSE(is_refused(patched(more, 44, 4, 15)));
}

TEST_CASE("random damage never reads out of bounds", "[frame]") {
  Random random;
  INFO(random.how_to_repeat());
  const std::string single = encode(sample());
  const std::string group = encode_group(sample(), {"{}", "{\"a\":1}", "{}"});
  for (int i = 0; i < 40000; ++i) {
    std::string damaged = random.chance(2) ? single : group;
    for (size_t flips = 1 + random.below(4); flips > 0; --flips) {
      damaged[random.below(random.chance(2) ? frame_header_bytes : damaged.size())] =
          static_cast<char>(random.bits() & 0xFF);
    }
    std::string_view rest = damaged;
    const auto taken = take_frame(rest);
    if (!taken) continue;
    const size_t used = damaged.size() - rest.size();
    const size_t parts = taken->subject.size() + taken->table.size() + taken->key.size() +
                         taken->headers.size() + taken->body.size() + taken->index.size();
    if (used != frame_header_bytes + parts) FAIL("parts do not fill the frame");
    const size_t count = event_count(*taken);
    size_t bodies = count - 1;
    for (size_t place = 0; place < count; ++place) {
      bodies += part_of(*taken, place, place + 1).body.size();
    }
    if (bodies != taken->body.size()) FAIL("events do not fill the body");
  }
}

TEST_CASE("headers are lines, taken one by one", "[frame]") {
  std::string_view headers = "Waljet-Oversize: 12\nX-9: a: b \nEmpty: \n";
  const auto first = take_frame_header(headers);
  REQUIRE(first);
  CHECK(first->name == "Waljet-Oversize");
  CHECK(first->name == oversize_header);
  CHECK(first->value == "12");
  const auto second = take_frame_header(headers);
  REQUIRE(second);
  CHECK(second->name == "X-9");
  CHECK(second->value == "a: b ");
  const auto third = take_frame_header(headers);
  REQUIRE(third);
  CHECK(third->value.empty());
  CHECK(headers.empty());
  CHECK_FALSE(take_frame_header(headers));
}

TEST_CASE("what is not a line with a name is not taken", "[frame]") {
  for (const char* text : {"", "\n", "Name: value", "Name\n", "Name:\n", "Name:value\n",
                           ": value\n", ":\n", "Name\n: value\n"}) {
    const std::string copy = text;
    std::string_view headers = copy;
    if (take_frame_header(headers)) FAIL(text);
    CHECK(headers == text);
  }
}

TEST_CASE("hello tells version and source", "[frame]") {
  const std::string bytes = written([](Sink& sink) { put_hello(sink, {"app.FE89ECF0", "0.1.0"}); });
  std::string_view rest = bytes;
  const auto frame = take_frame(rest);
  REQUIRE(frame);
  CHECK(rest.empty());
  CHECK(frame->kind == FrameKind::hello);
  CHECK(frame->flags == frame_version);
  CHECK(frame->position == Position{});
  CHECK(frame->body == "app.FE89ECF0\n0.1.0\n");
  const auto hello = parse_hello(frame->body);
  REQUIRE(hello);
  CHECK(hello->source_id == "app.FE89ECF0");
  CHECK(hello->plugin_version == "0.1.0");
}

TEST_CASE("hello: later versions may add lines, none may be missing", "[frame]") {
  const auto longer = parse_hello("app.FE89ECF0\n0.2.0\nmore\n");
  REQUIRE(longer);
  CHECK(longer->plugin_version == "0.2.0");
  for (const char* body : {"", "\n", "app.FE89ECF0", "app.FE89ECF0\n", "app.FE89ECF0\n0.1.0"}) {
    CHECK_FALSE(parse_hello(body));
  }
}

}  // namespace
}  // namespace waljet
