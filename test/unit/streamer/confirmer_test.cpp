#include "streamer/confirmer.h"

#include <catch2/catch.hpp>

#include "event/test_random.h"

using namespace waljet;

namespace {

const Instant start{};
Instant at_ms(int64_t ms) {
  return start + Duration(ms);
}

Confirmer begun(Duration delay, Mark confirmed = {100, 10}) {
  Confirmer confirmer;
  confirmer.begin(confirmed, delay, start);
  return confirmer;
}

// The record is written and acknowledged at once.
void write_record(Confirmer& confirmer, Instant now) {
  REQUIRE(confirmer.record_due(now, false));
  confirmer.begin_record(now);
  confirmer.on_recorded(now);
}

}  // namespace

TEST_CASE("nothing is confirmed before its record is written", "[confirmer]") {
  Confirmer confirmer = begun(Duration(0));
  confirmer.on_storable({200, 20});
  CHECK(confirmer.confirmed(at_ms(5000)) == 0);
  CHECK_FALSE(confirmer.clean());
  CHECK(confirmer.begin_record(at_ms(5000)) == Mark{200, 20});
  confirmer.on_storable({300, 30});  // too late for this record
  CHECK(confirmer.confirmed(at_ms(5000)) == 0);
  confirmer.on_recorded(at_ms(5001));
  CHECK(confirmer.confirmed(at_ms(5001)) == 200);
  CHECK_FALSE(confirmer.clean());
  write_record(confirmer, at_ms(6000));
  CHECK(confirmer.confirmed(at_ms(6000)) == 300);
  CHECK(confirmer.clean());
}

TEST_CASE("the record is written at most once a second, and only where something is new",
          "[confirmer]") {
  Confirmer confirmer = begun(Duration(0));
  CHECK_FALSE(confirmer.record_due(at_ms(60'000), true));
  CHECK(confirmer.record_at() == Instant::max());
  int records = 0;
  for (int ms = 0; ms <= 10'000; ms += 10) {
    confirmer.on_storable({static_cast<Lsn>(200 + ms), 20});
    if (!confirmer.record_due(at_ms(ms), false)) continue;
    write_record(confirmer, at_ms(ms));
    ++records;
  }
  CHECK(records == 10);
  confirmer.on_storable({50'000, 50});
  CHECK_FALSE(confirmer.record_due(at_ms(10'500), false));
  CHECK(confirmer.record_due(at_ms(10'500), true));
  CHECK(confirmer.record_at() == at_ms(11'000));
}

TEST_CASE("one record is under way at a time, and a lost one is written again", "[confirmer]") {
  Confirmer confirmer = begun(Duration(0));
  confirmer.on_storable({200, 20});
  confirmer.begin_record(at_ms(1000));
  CHECK(confirmer.writing());
  CHECK_FALSE(confirmer.record_due(at_ms(9000), true));
  confirmer.on_record_lost();
  CHECK_FALSE(confirmer.writing());
  CHECK(confirmer.confirmed(at_ms(9000)) == 0);
  write_record(confirmer, at_ms(9000));
  CHECK(confirmer.confirmed(at_ms(9000)) == 200);
}

TEST_CASE("the delay counts from the record", "[confirmer]") {
  Confirmer confirmer = begun(Duration(3000));
  confirmer.on_stored(at_ms(900));
  confirmer.on_storable({200, 20});
  write_record(confirmer, at_ms(2000));
  CHECK(confirmer.confirm_at() == at_ms(5000));
  CHECK(confirmer.confirmed(at_ms(4999)) == 0);
  CHECK(confirmer.confirmed(at_ms(5000)) == 200);
  CHECK(confirmer.confirm_at() == Instant::max());
}

TEST_CASE("where no event was stored within the delay nothing waits", "[confirmer]") {
  Confirmer confirmer = begun(Duration(3000));
  confirmer.on_storable({200, 10});
  write_record(confirmer, at_ms(1000));
  CHECK(confirmer.confirmed(at_ms(1000)) == 200);  // never an event
  confirmer.on_stored(at_ms(2000));
  confirmer.on_storable({300, 11});
  write_record(confirmer, at_ms(4999));
  CHECK(confirmer.confirmed(at_ms(4999)) == 200);  // one, less than a delay ago
  CHECK(confirmer.confirmed(at_ms(7999)) == 300);
  confirmer.on_storable({400, 11});
  write_record(confirmer, at_ms(8000));
  CHECK(confirmer.confirmed(at_ms(8000)) == 400);
}

TEST_CASE("what need not wait does not overtake what has to", "[confirmer]") {
  Confirmer confirmer = begun(Duration(3000));
  confirmer.on_stored(at_ms(0));
  confirmer.on_storable({200, 20});
  write_record(confirmer, at_ms(2900));
  confirmer.on_storable({300, 20});
  write_record(confirmer, at_ms(3900));  // by now the event is old
  CHECK(confirmer.confirmed(at_ms(3900)) == 0);
  CHECK(confirmer.confirmed(at_ms(5900)) == 300);
}

TEST_CASE("a new session forgets what waited, and begins where the slot stands", "[confirmer]") {
  Confirmer confirmer = begun(Duration(3000));
  confirmer.on_stored(at_ms(0));
  confirmer.on_storable({200, 20});
  write_record(confirmer, at_ms(1000));
  confirmer.begin({150, 15}, Duration(3000), at_ms(1500));
  CHECK(confirmer.confirmed(at_ms(60'000)) == 0);
  CHECK(confirmer.clean());
  CHECK(confirmer.marks() == std::vector<Mark>{{150, 15}});
  CHECK_FALSE(confirmer.writing());
  confirmer.on_storable({140, 16});  // sent again
  CHECK_FALSE(confirmer.record_due(at_ms(60'000), true));
}

TEST_CASE("within a session nothing falls", "[confirmer]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int run = 0; run < 300; ++run) {
    Confirmer confirmer = begun(Duration(random.below(5000)));
    Instant now = start;
    Lsn confirmed = 0;
    Lsn recorded = 100;
    Lsn written = 100;
    for (int step = 0; step < 200; ++step) {
      now += Duration(random.below(700));
      if (random.chance(2)) confirmer.on_storable({random.below(5000), random.below(5000)});
      if (random.chance(3)) confirmer.on_stored(now);
      if (confirmer.record_due(now, random.chance(9))) {
        const Lsn lsn = confirmer.begin_record(now).lsn;
        REQUIRE(lsn > recorded);
        written = lsn;
      }
      if (random.chance(3) && confirmer.writing()) {
        confirmer.on_recorded(now);
        recorded = written;
      }
      if (random.chance(9)) confirmer.on_record_lost();
      REQUIRE(confirmer.confirmed(now) >= confirmed);
      confirmed = confirmer.confirmed();
      REQUIRE(confirmed <= recorded);
    }
  }
}

TEST_CASE("marks are what is confirmed and what waits, thinned out where they are many",
          "[confirmer]") {
  Confirmer confirmer = begun(Duration(900'000));
  for (uint64_t i = 1; i <= 100; ++i) {
    confirmer.on_stored(at_ms(static_cast<int64_t>(1000 * i)));
    confirmer.on_storable({100 + i, 10 + i});
    write_record(confirmer, at_ms(static_cast<int64_t>(1000 * i)));
    const std::vector<Mark> marks = confirmer.marks();
    REQUIRE(marks.size() <= record_marks_max);
    REQUIRE(marks[0] == Mark{100, 10});
    for (size_t k = 1; k < marks.size(); ++k) {
      REQUIRE(marks[k].lsn > marks[k - 1].lsn);
      REQUIRE(marks[k].sequence == marks[k].lsn - 90);
    }
    if (i + 3 < record_marks_max) REQUIRE(marks.size() == i + 1);
  }
  CHECK(confirmer.marks().size() > record_marks_max / 2);
}

TEST_CASE("what waits is bounded: beyond it the newest moves on, and no earlier is lost",
          "[confirmer]") {
  Confirmer confirmer = begun(Duration(900'000));
  const uint64_t records = Confirmer::waiting_max + 50;
  Instant now = start;
  for (uint64_t i = 1; i <= records; ++i) {
    now += Confirmer::record_interval / 2;
    confirmer.on_stored(now);
    confirmer.on_storable({100 + i, 10 + i});
    REQUIRE(confirmer.record_due(now, true));
    confirmer.begin_record(now);
    confirmer.on_recorded(now);
  }
  CHECK(confirmer.confirmed(now) == 0);
  CHECK(confirmer.confirmed(at_ms(500 + 900'000)) == 101);
  CHECK(confirmer.confirmed(now + Duration(900'000)) == 100 + records);
}
