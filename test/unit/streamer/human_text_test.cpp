#include "streamer/human_text.h"

#include <catch2/catch.hpp>

using namespace waljet;

TEST_CASE("counts have a comma before every third digit", "[human_text]") {
  CHECK(count_text(0) == "0");
  CHECK(count_text(999) == "999");
  CHECK(count_text(1000) == "1,000");
  CHECK(count_text(123456) == "123,456");
  CHECK(count_text(1234567) == "1,234,567");
  CHECK(count_text(18446744073709551615U) == "18,446,744,073,709,551,615");
}

TEST_CASE("sizes are rounded to one digit behind the point", "[human_text]") {
  CHECK(rounded_size_text(0) == "0 B");
  CHECK(rounded_size_text(1023) == "1023 B");
  CHECK(rounded_size_text(1024) == "1.0 KiB");
  CHECK(rounded_size_text(1536) == "1.5 KiB");
  CHECK(rounded_size_text((uint64_t{1} << 20) - 1) == "1.0 MiB");
  CHECK(rounded_size_text(uint64_t{1} << 30) == "1.0 GiB");
  CHECK(rounded_size_text(18446744073709551615U) == "16.0 EiB");
}

TEST_CASE("spans have two units", "[human_text]") {
  CHECK(rounded_span_text(Duration(0)) == "0.0 s");
  CHECK(rounded_span_text(Duration(450)) == "0.4 s");
  CHECK(rounded_span_text(Duration(9999)) == "9.9 s");
  CHECK(rounded_span_text(Duration(10'000)) == "10 s");
  CHECK(rounded_span_text(Duration(59'999)) == "59 s");
  CHECK(rounded_span_text(Duration(60'000)) == "1 min 00 s");
  CHECK(rounded_span_text(Duration(3'720'000)) == "1 h 02 min");
  CHECK(rounded_span_text(Duration(86'400'000 * 3 + 3'600'000 * 4)) == "3 d 4 h");
}
