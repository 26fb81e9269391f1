#include "streamer/nearest.h"

#include <catch2/catch.hpp>
#include <vector>

using namespace waljet;

TEST_CASE("the distance counts what has to be changed", "[nearest]") {
  CHECK(edit_distance("", "") == 0);
  CHECK(edit_distance("", "abc") == 3);
  CHECK(edit_distance("strem", "stream") == 1);
  CHECK(edit_distance("stream", "strem") == 1);
  CHECK(edit_distance("kitten", "sitting") == 3);
  CHECK(edit_distance("subejct", "subject") == 1);  // neighbours swapped
  CHECK(edit_distance("Max-Pending", "max_pending") == 0);
}

TEST_CASE("the nearest word is named, a far one is not", "[nearest]") {
  const std::vector<std::string> known{"type", "url", "stream", "subject", "max_pending"};
  CHECK(nearest("strem", known) == "stream");
  CHECK(nearest("ulr", known) == "url");
  CHECK(nearest("maxpending", known) == "max_pending");
  CHECK(nearest("Subject", known) == "subject");
  CHECK(nearest("sub", known) == "subject");
  CHECK(nearest("su", known).empty());
  CHECK(nearest("replicas", known).empty());
  CHECK(nearest("x", known).empty());
  CHECK(nearest("", known).empty());
  CHECK(nearest(std::string(1'000'000, 'a'), known).empty());
  CHECK(nearest("url", {}).empty());
}
