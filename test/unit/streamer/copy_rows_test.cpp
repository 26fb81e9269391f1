#include "streamer/copy_rows.h"

#include <catch2/catch.hpp>

#include <string>

using namespace waljet;
using namespace std::string_literals;

namespace {

const std::string header = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\0"s;
const std::string end = "\377\377"s;

bool is_malformed(const std::string& message, bool is_first = false) {
  return parse_copy_row(message, is_first).kind == CopyRow::Kind::malformed;
}

}  // namespace

TEST_CASE("the first message has a header before its row", "[copy]") {
  const std::string first = header + "\0\1\0\0\0\3abc"s;
  const CopyRow row = parse_copy_row(first, true);
  CHECK(row.kind == CopyRow::Kind::value);
  CHECK(row.value == "abc");
  const std::string second = "\0\1\0\0\0\2de"s;
  CHECK(parse_copy_row(second, false).value == "de");
  CHECK(is_malformed(second, true));
}

TEST_CASE("a header may be extended", "[copy]") {
  const std::string message = "PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\2xx\0\1\0\0\0\1a"s;
  CHECK(parse_copy_row(message, true).value == "a");
  CHECK(is_malformed("PGCOPY\n\377\r\n\0\0\0\0\0\0\0\0\7xx\0\1\0\0\0\1a"s, true));
  CHECK(is_malformed("PGCOPY\n\377\r\n\0\0\1\0\0\0\0\0\0\0\1\0\0\0\1a"s, true));
}

TEST_CASE("the end may come in the first message", "[copy]") {
  CHECK(parse_copy_row(end, false).kind == CopyRow::Kind::end);
  CHECK(parse_copy_row(header + end, true).kind == CopyRow::Kind::end);
}

TEST_CASE("a NULL and an empty value have no bytes", "[copy]") {
  const std::string null = "\0\1\377\377\377\377"s;
  CHECK(parse_copy_row(null, false).kind == CopyRow::Kind::value);
  CHECK(parse_copy_row(null, false).value.empty());
  const std::string empty = "\0\1\0\0\0\0"s;
  CHECK(parse_copy_row(empty, false).kind == CopyRow::Kind::value);
}

TEST_CASE("what is no row of one column is told", "[copy]") {
  CHECK(is_malformed(""));
  CHECK(is_malformed("", true));
  CHECK(is_malformed("\0"s));
  CHECK(is_malformed("\0\1\0\0\0\3ab"s));
  CHECK(is_malformed("\0\1\0\0\0\1ab"s));
  CHECK(is_malformed("\0\1\377\377\377\376"s));
  CHECK(is_malformed("\0\2\0\0\0\1a\0\0\0\1b"s));
  CHECK(is_malformed("\377\377x"s));
}
