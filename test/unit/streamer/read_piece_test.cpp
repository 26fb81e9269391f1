#include "streamer/read_piece.h"

#include <catch2/catch.hpp>

#include "event/frame.h"
#include "streamer/string_sink.h"

using namespace waljet;

namespace {

std::string bytes_of(const Frame& frame) {
  StringSink sink;
  end_frame(*sink, begin_frame(*sink, frame));
  return sink.str();
}

std::string row(FrameKind kind = FrameKind::row, char op = 'r') {
  Frame frame;
  frame.kind = kind;
  frame.op = op;
  frame.position = {1, 1, 1};
  frame.subject = "s";
  return bytes_of(frame);
}

std::string group_of_two() {
  StringSink sink;
  StringSink index;
  Frame frame;
  frame.kind = FrameKind::row;
  frame.op = 'r';
  frame.position = {1, 2, 1};
  frame.subject = "s";
  const size_t mark = begin_frame(*sink, frame);
  (*sink).put("a\nb");
  put_group_entry(*index, {1, 1, 1, 0});
  put_group_entry(*index, {2, 1, 1, 0});
  end_group(*sink, mark, index.view());
  return sink.str();
}

std::string read_end(std::string_view headers) {
  Frame frame;
  frame.kind = FrameKind::read_end;
  frame.key = std::string_view("c\0d", 3);
  frame.key_hash = 77;
  frame.headers = headers;
  return bytes_of(frame);
}

}  // namespace

TEST_CASE("rows are counted, groups and stubs among them, markers not", "[read_piece]") {
  const auto piece =
      parse_read_piece(row() + group_of_two() + row(FrameKind::stub) + row(FrameKind::row, 't'));
  REQUIRE(piece);
  CHECK(piece->rows == 4);
  CHECK_FALSE(piece->end);
}

TEST_CASE("the end tells where to go on", "[read_piece]") {
  const auto piece = parse_read_piece(read_end("Rows: 12\nMore: true\nNew-In-Version-2: x\n"));
  REQUIRE(piece);
  REQUIRE(piece->end);
  CHECK(piece->end->rows == 12);
  CHECK(piece->end->more);
  CHECK(piece->end->cursor == std::string("c\0d", 3));
  CHECK(piece->end->table_hash == 77);
  CHECK_FALSE(parse_read_piece(read_end("Rows: 12\nMore: false\n"))->end->more);
}

TEST_CASE("what is neither rows nor an end is refused", "[read_piece]") {
  CHECK_FALSE(parse_read_piece(""));
  CHECK_FALSE(parse_read_piece("x"));
  CHECK_FALSE(parse_read_piece(row() + "x"));
  CHECK_FALSE(parse_read_piece(row(FrameKind::event, 'c')));
  CHECK_FALSE(parse_read_piece(row() + read_end("Rows: 1\n")));
  CHECK_FALSE(parse_read_piece(read_end("Rows: 1\n") + row()));
  CHECK_FALSE(parse_read_piece(read_end("More: true\n")));
  CHECK_FALSE(parse_read_piece(read_end("Rows: 1x\n")));
  CHECK_FALSE(parse_read_piece(read_end("Rows: 1\nno header")));
}
