#include "event/sink.h"

#include <catch2/catch.hpp>

#include "event/test_sink.h"

namespace waljet {
namespace {

TEST_CASE("a sink keeps its bytes when it grows", "[sink]") {
  TestSink target;
  Sink& sink = target.sink();
  std::string expected;
  for (int i = 0; i < 1000; ++i) {
    const std::string piece(static_cast<size_t>(i % 7), static_cast<char>('a' + i % 26));
    sink.put(piece);
    sink.put('.');
    expected += piece + '.';
  }
  CHECK(target.text() == expected);
  CHECK(sink.size() == expected.size());
}

TEST_CASE("an empty view needs no memory", "[sink]") {
  TestSink target;
  target.sink().put(std::string_view{});
  CHECK(target.sink().view().empty());
  CHECK(target.sink().data() == nullptr);
}

TEST_CASE("bytes count only after advance", "[sink]") {
  TestSink target;
  char* place = target.sink().reserve(4);
  place[0] = 'x';
  place[1] = 'y';
  CHECK(target.sink().size() == 0);
  target.sink().advance(2);
  CHECK(target.text() == "xy");
  CHECK(target.sink().since(1) == "y");
  target.sink().truncate(1);
  CHECK(target.text() == "x");
}

}  // namespace
}  // namespace waljet
