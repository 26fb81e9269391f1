#include "event/temporal.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <string>

#include "event/test_random.h"
#include "event/test_sink.h"

namespace waljet {
namespace {

constexpr int64_t us_per_second = 1000000;
constexpr int64_t us_per_day = 86400 * us_per_second;
constexpr int64_t infinity = std::numeric_limits<int64_t>::max();
constexpr int64_t minus_infinity = std::numeric_limits<int64_t>::min();
// The bounds of PostgreSQL's types, from 2000-01-01.
constexpr int64_t first_timestamp = -211813488000000000;     // 4714-11-24 BC 00:00:00
constexpr int64_t last_timestamp = 9223371331200000000 - 1;  // 294276-12-31 23:59:59.999999
constexpr int32_t first_date = -2451545;                     // 4714-11-24 BC
constexpr int32_t last_date = 2145031948;                    // 5874897-12-31

std::string date(int32_t days) {
  return written([&](Sink& sink) { put_debezium_date(sink, days); });
}

std::string time_of_day(int64_t us, int digits) {
  return written([&](Sink& sink) { put_debezium_time(sink, us, digits); });
}

std::string timestamp(int64_t us, int digits = 6) {
  return written([&](Sink& sink) { put_debezium_timestamp(sink, us, digits); });
}

std::string zoned(int64_t us, int digits = 6) {
  return written([&](Sink& sink) { put_debezium_zoned_timestamp(sink, us, digits); });
}

std::string interval(int32_t months, int32_t days, int64_t us) {
  return written([&](Sink& sink) { put_debezium_interval(sink, months, days, us); });
}

// Seconds since 1970 of a date and time, by the C library.
int64_t seconds_of(int year, int month, int day, int hour = 0, int minute = 0, int second = 0) {
  std::tm parts{};
  parts.tm_year = year - 1900;
  parts.tm_mon = month - 1;
  parts.tm_mday = day;
  parts.tm_hour = hour;
  parts.tm_min = minute;
  parts.tm_sec = second;
  return timegm(&parts);
}

// The same as PostgreSQL stores it, with microseconds.
int64_t stored(int year, int month, int day, int hour = 0, int minute = 0, int second = 0,
               int us = 0) {
  const int64_t seconds = seconds_of(year, month, day, hour, minute, second);
  return (seconds - postgres_epoch_days * 86400) * us_per_second + us;
}

int32_t stored_date(int year, int month, int day) {
  return static_cast<int32_t>(seconds_of(year, month, day) / 86400 - postgres_epoch_days);
}

TEST_CASE("dates", "[temporal]") {
  CHECK(date(0) == "10957");
  CHECK(date(stored_date(2016, 11, 4)) == "17109");
  CHECK(date(stored_date(1970, 1, 1)) == "0");
  CHECK(date(stored_date(1969, 12, 31)) == "-1");
  CHECK(date(stored_date(0, 3, 15)) == "-719454");  // 1 BC
  CHECK(date(first_date) == "-2440588");
  CHECK(date(last_date) == "2145042905");
  CHECK(date(std::numeric_limits<int32_t>::max()) == "-2147472693");
  CHECK(date(std::numeric_limits<int32_t>::min()) == "-2147472692");
}

TEST_CASE("times", "[temporal]") {
  const int64_t us = 49890123456;  // 13:51:30.123456
  CHECK(time_of_day(us, 6) == "49890123456");
  CHECK(time_of_day(49890123400, 4) == "49890123400");
  CHECK(time_of_day(49890123000, 3) == "49890123");
  CHECK(time_of_day(49890000000, 0) == "49890000");
  CHECK(time_of_day(14711789000, 6) == "14711789000");
  CHECK(time_of_day(0, 6) == "0");
  CHECK(time_of_day(us_per_day, 6) == "86400000000");  // 24:00:00
  CHECK(time_of_day(us_per_day, 3) == "86400000");
}

TEST_CASE("timestamps: up to three digits are milliseconds", "[temporal]") {
  CHECK(timestamp(stored(2016, 11, 4, 13, 51, 30, 123456)) == "1478267490123456");
  CHECK(timestamp(stored(2016, 11, 4, 13, 51, 30, 123000), 3) == "1478267490123");
  CHECK(timestamp(stored(2019, 7, 9, 2, 28, 57), 0) == "1562639337000");
  CHECK(timestamp(stored(2019, 7, 9, 2, 28, 57, 100000), 1) == "1562639337100");
  CHECK(timestamp(stored(2019, 7, 9, 2, 28, 57, 120000), 2) == "1562639337120");
  CHECK(timestamp(stored(2019, 7, 9, 2, 28, 57, 123500), 4) == "1562639337123500");
  CHECK(timestamp(stored(1969, 12, 31, 23, 59, 59, 999000), 3) == "-1");
  CHECK(timestamp(stored(1969, 12, 31, 23, 59, 59, 999999), 6) == "-1");
  CHECK(timestamp(stored(21016, 11, 4, 13, 51, 30, 123456)) == "601060312290123456");
  CHECK(timestamp(stored(294247, 1, 1) + us_per_day - 1) == "9223371331199999999");
  CHECK(timestamp(first_timestamp) == "-210866803200000000");
}

TEST_CASE("infinite timestamps", "[temporal]") {
  CHECK(timestamp(infinity, 6) == "9223372036825200000");
  CHECK(timestamp(minus_infinity, 6) == "-9223372036832400000");
  CHECK(timestamp(infinity, 3) == "9223372036825200");
  CHECK(timestamp(minus_infinity, 0) == "-9223372036832400");
}

// PostgreSQL's range ends thirty years behind that of 64-bit microseconds since 1970.
TEST_CASE("timestamps past 64-bit microseconds", "[temporal]") {
  const int64_t last_that_fits = infinity - postgres_epoch_us;
  CHECK(timestamp(last_that_fits) == "9223372036854775807");
  CHECK(timestamp(last_that_fits + 1) == "null");
  CHECK(timestamp(last_timestamp) == "null");
  // Milliseconds have room.
  CHECK(timestamp(last_timestamp - 999, 3) == "9224318015999999");
}

TEST_CASE("zoned timestamps", "[temporal]") {
  CHECK(zoned(stored(2016, 11, 4, 11, 51, 30, 123456)) == "\"2016-11-04T11:51:30.123456Z\"");
  CHECK(zoned(0) == "\"2000-01-01T00:00:00.000000Z\"");
  CHECK(zoned(-1) == "\"1999-12-31T23:59:59.999999Z\"");
  CHECK(zoned(stored(21016, 11, 4, 6, 51, 30, 123456)) == "\"+21016-11-04T06:51:30.123456Z\"");
  CHECK(zoned(stored(294247, 1, 1) + us_per_day - 1) == "\"+294247-01-01T23:59:59.999999Z\"");
  CHECK(zoned(last_timestamp) == "\"+294276-12-31T23:59:59.999999Z\"");
  CHECK(zoned(infinity) == "\"infinity\"");
  CHECK(zoned(minus_infinity) == "\"-infinity\"");
}

TEST_CASE("zoned timestamps before the year 1 count astronomically", "[temporal]") {
  CHECK(zoned(stored(1, 1, 1)) == "\"0001-01-01T00:00:00.000000Z\"");
  CHECK(zoned(stored(1, 1, 1) - 1) == "\"0000-12-31T23:59:59.999999Z\"");  // 1 BC
  CHECK(zoned(stored(-43, 3, 15)) == "\"-0043-03-15T00:00:00.000000Z\"");  // 44 BC
  CHECK(zoned(stored(-4713, 12, 31) + us_per_day - 1) == "\"-4713-12-31T23:59:59.999999Z\"");
  CHECK(zoned(first_timestamp) == "\"-4713-11-24T00:00:00.000000Z\"");
}

TEST_CASE("zoned timestamps have the digits that the type has", "[temporal]") {
  const int64_t us = stored(2019, 7, 9, 2, 28, 57);
  CHECK(zoned(us, 0) == "\"2019-07-09T02:28:57Z\"");
  CHECK(zoned(us + 100000, 1) == "\"2019-07-09T02:28:57.1Z\"");
  CHECK(zoned(us + 120000, 2) == "\"2019-07-09T02:28:57.12Z\"");
  CHECK(zoned(us + 123000, 3) == "\"2019-07-09T02:28:57.123Z\"");
  CHECK(zoned(us + 123400, 4) == "\"2019-07-09T02:28:57.1234Z\"");
  CHECK(zoned(us + 123450, 5) == "\"2019-07-09T02:28:57.12345Z\"");
  CHECK(zoned(us + 1, 6) == "\"2019-07-09T02:28:57.000001Z\"");
  CHECK(zoned(us, 3) == "\"2019-07-09T02:28:57.000Z\"");
}

TEST_CASE("leap days", "[temporal]") {
  for (const int year : {-4712, -400, -4, 0, 4, 1600, 1996, 2000, 2024, 294276}) {
    const std::string text = zoned(stored(year, 3, 1) - us_per_day);
    INFO(text);
    CHECK(text.find("-02-29T") != std::string::npos);
  }
  for (const int year : {-4713, -100, 1, 1700, 1900, 2023, 2100, 294275}) {
    const std::string text = zoned(stored(year, 3, 1) - us_per_day);
    INFO(text);
    CHECK(text.find("-02-28T") != std::string::npos);
  }
}

// Reads the text back with the C library, whose calendar is written by others.
int64_t read_zoned(const std::string& text) {
  REQUIRE(text.size() >= 29);
  const std::string inner = text.substr(1, text.size() - 3);
  const size_t t = inner.find('T');
  const std::string day_part = inner.substr(0, t);
  const std::string time_part = inner.substr(t + 1);
  const size_t dash = day_part.size() - 6;
  const int year = std::stoi(day_part.substr(0, dash));
  const int64_t seconds =
      seconds_of(year, std::stoi(day_part.substr(dash + 1, 2)),
                 std::stoi(day_part.substr(dash + 4)), std::stoi(time_part.substr(0, 2)),
                 std::stoi(time_part.substr(3, 2)), std::stoi(time_part.substr(6, 2)));
  return (seconds - postgres_epoch_days * 86400) * us_per_second + std::stoi(time_part.substr(9));
}

TEST_CASE("zoned timestamps, random over the whole range, read back", "[temporal]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 20000; ++i) {
    const int64_t us = random.chance(2) ? random.between(first_timestamp, last_timestamp)
                                        : random.between(stored(-4713, 11, 24), stored(2200, 1, 1));
    if (read_zoned(zoned(us)) != us) FAIL(us << " " << zoned(us));
    if (timestamp(us) != "null" && std::stoll(timestamp(us)) != us + postgres_epoch_us) FAIL(us);
  }
}

TEST_CASE("every day of four centuries follows the one before", "[temporal]") {
  for (int64_t day = stored_date(1899, 12, 31); day <= stored_date(2300, 1, 1); ++day) {
    const int64_t us = day * us_per_day;
    if (read_zoned(zoned(us)) != us) FAIL(zoned(us));
  }
}

TEST_CASE("intervals: a month is a twelfth of 365.25 days", "[temporal]") {
  CHECK(interval(0, 0, 0) == "0");
  CHECK(interval(12, 0, 0) == "31557600000000");
  CHECK(interval(1, 0, 0) == "2629800000000");
  CHECK(interval(0, 1, 0) == "86400000000");
  CHECK(interval(0, -1, 1) == "-86399999999");
  CHECK(interval(14, 3, 14706780000) == "37091106780000");  // 1 year 2 months 3 days 04:05:06.78
  CHECK(interval(-14, -3, -14706780000) == "-37091106780000");
}

TEST_CASE("intervals that do not fit are null", "[temporal]") {
  constexpr int32_t most = std::numeric_limits<int32_t>::max();
  constexpr int32_t least = std::numeric_limits<int32_t>::min();
  CHECK(interval(most, most, infinity) == "null");          // infinity
  CHECK(interval(least, least, minus_infinity) == "null");  // -infinity
  CHECK(interval(most - 1, 0, 0) == "null");
  CHECK(interval(0, most, 0) == "null");
  CHECK(interval(0, least, 0) == "null");
  CHECK(interval(0, 1, infinity) == "null");
  CHECK(interval(0, 0, infinity) == "9223372036854775807");
  CHECK(interval(0, 106751991, 14454775807) == "9223372036854775807");
  CHECK(interval(0, 106751991, 14454775808) == "null");
  // Parts may cancel each other.
  CHECK(interval(0, 1, infinity - us_per_day) == "9223372036854775807");
  CHECK(interval(0, 106751992, -us_per_day) == "9223372022400000000");
  CHECK(interval(4000000, -106751991, 0) == "1295827977600000000");
}

TEST_CASE("intervals, random", "[temporal]") {
  Random random;
  INFO(random.how_to_repeat());
  __extension__ using int128 = __int128;
  for (int i = 0; i < 20000; ++i) {
    const auto months = static_cast<int32_t>(static_cast<int64_t>(random.any_width()));
    const auto days = static_cast<int32_t>(static_cast<int64_t>(random.any_width()));
    const auto us = static_cast<int64_t>(random.any_width());
    const int128 exact = int128{months} * 2629800000000 + int128{days} * us_per_day + us;
    const bool fits = exact >= minus_infinity && exact <= infinity;
    const std::string expected =
        fits ? std::to_string(static_cast<int64_t>(exact)) : std::string("null");
    if (interval(months, days, us) != expected) FAIL(months << " " << days << " " << us);
  }
}

}  // namespace
}  // namespace waljet
