#include "streamer/stored_place.h"

#include <catch2/catch.hpp>

#include "streamer/row_place.h"

using namespace waljet;

namespace {

StoredHead head(std::string event_id) {
  StoredHead made;
  made.sequence = 42;
  made.event_id = std::move(event_id);
  return made;
}

constexpr const char* source = "app.FE89ECF0";
constexpr const char* event = "app.FE89ECF0:000000001743E1A0:00000003.0000";
constexpr const char* rows = "app.FE89ECF0:snapshot:000000001743E100:00000001.0000";
constexpr Position third{0x1743E1A0, 3, 0};

}  // namespace

TEST_CASE("an event stands where its id says", "[stored_place]") {
  const auto place = place_of(head(event));
  REQUIRE(place);
  CHECK(place->source == source);
  CHECK(place->first == third);
  CHECK(place->last == third);
}

TEST_CASE("a group begins at its first event, of the same transaction", "[stored_place]") {
  StoredHead group = head(event);
  group.first_id = "app.FE89ECF0:000000001743E1A0:00000001.0000";
  CHECK(place_of(group)->first == Position{0x1743E1A0, 1, 0});
  CHECK(place_of(group)->last == third);
  for (const char* first :
       {"app.FE89ECF0:000000001743E1A1:00000001.0000", "other.1:000000001743E1A0:00000001.0000",
        "app.FE89ECF0:000000001743E1A0:00000004.0000", "nonsense"}) {
    INFO(first);
    group.first_id = first;
    CHECK(place_of(group)->first == third);
  }
}

TEST_CASE("rows stand where their own header says", "[stored_place]") {
  StoredHead stored = head(rows);
  CHECK_FALSE(place_of(stored));
  stored.place = "000000001743E1A0:00000001.0009";
  REQUIRE(place_of(stored));
  CHECK(place_of(stored)->source == source);
  CHECK(place_of(stored)->first == place_of_row(0x1743E1A0, 9));
  CHECK(place_of(stored)->last == place_of_row(0x1743E1A0, 9));
  stored.count = 4;
  CHECK(place_of(stored)->first == place_of_row(0x1743E1A0, 6));
  CHECK(place_of(stored)->last == place_of_row(0x1743E1A0, 9));
}

// What another program wrote may be anything.
TEST_CASE("a count that goes beyond the first row ends there", "[stored_place]") {
  StoredHead stored = head(rows);
  stored.place = "000000001743E1A0:00000001.0002";
  for (const uint64_t count : {uint64_t{4}, UINT64_MAX}) {
    stored.count = count;
    CHECK(place_of(stored)->first == place_of_row(0x1743E1A0, 0));
  }
  stored.count = 0;
  CHECK(place_of(stored)->first == place_of_row(0x1743E1A0, 2));
  stored.place = "000000001743E1A0:00000000.0000";
  CHECK_FALSE(place_of(stored));
}

TEST_CASE("a fence and what is not waljet's stand nowhere", "[stored_place]") {
  for (const char* id : {"app.FE89ECF0:fence", "", "nonsense"}) {
    INFO(id);
    CHECK_FALSE(place_of(head(id)));
  }
}

TEST_CASE("the same place of the same source, or another message", "[stored_place]") {
  CHECK(stands_there(head(event), source, third));
  CHECK_FALSE(stands_there(head(event), source, {0x1743E1A0, 2, 0}));
  CHECK_FALSE(stands_there(head(event), "app.FE89ECF1", third));
  CHECK_FALSE(stands_there(head(""), source, third));
}
