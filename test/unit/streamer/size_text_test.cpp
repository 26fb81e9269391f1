#include "streamer/size_text.h"

#include <catch2/catch.hpp>

using namespace waljet;

TEST_CASE("sizes are read with any unit, and count by 1024", "[size_text]") {
  CHECK(parse_size("0") == 0);
  CHECK(parse_size("65536") == 65536);
  CHECK(parse_size("4k") == 4096);
  for (const char* text : {"8M", "8m", "8MB", "8MiB", "8mib", "8 MiB", "8192k", "8388608B"}) {
    INFO(text);
    CHECK(parse_size(text) == 8'388'608);
  }
  CHECK(parse_size("1G") == 1'073'741'824);
  CHECK(parse_size("17179869183G") == 18446744072635809792U);
}

TEST_CASE("what is no size is nothing", "[size_text]") {
  for (const char* text : {"", "k", "-1", "+1", "1.5M", "1T", "1KiBB", "1iB", "1MM", " 1", "0x10",
                           "17179869184G", "18446744073709551616", "many"}) {
    INFO(text);
    CHECK_FALSE(parse_size(text));
  }
}

TEST_CASE("a size is written with the largest unit that fits", "[size_text]") {
  CHECK(size_text(0) == "0");
  CHECK(size_text(1000) == "1000");
  CHECK(size_text(65536) == "64KiB");
  CHECK(size_text(8'388'608) == "8MiB");
  CHECK(size_text(uint64_t{1} << 60) == "1073741824GiB");
  for (const uint64_t bytes :
       {uint64_t{1}, uint64_t{1024}, uint64_t{1'048'577}, uint64_t{3} << 30}) {
    CHECK(parse_size(size_text(bytes)) == bytes);
  }
}
