#include "event/temporal.h"

#include <catch2/catch.hpp>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <limits>
#include <string>

#include "event/test_random.h"
#include "event/test_sink.h"

namespace waljet {
namespace {

__extension__ using int128 = __int128;

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
  return written([&](Sink& sink) { put_date_days(sink, days); });
}

std::string date_iso(int32_t days) {
  return written([&](Sink& sink) { put_date_iso(sink, days); });
}

std::string time_of_day(int64_t us, TimeUnit unit) {
  return written([&](Sink& sink) { put_time(sink, us, unit); });
}

std::string time_iso(int64_t us) {
  return written([&](Sink& sink) { put_time_iso(sink, us); });
}

std::string timetz(int64_t us, int32_t seconds_west) {
  return written([&](Sink& sink) { put_timetz(sink, us, seconds_west); });
}

std::string timestamp(int64_t us, TimeUnit unit = TimeUnit::us) {
  return written([&](Sink& sink) { put_timestamp(sink, us, unit); });
}

std::string timestamp_iso(int64_t us) {
  return written([&](Sink& sink) { put_timestamp_iso(sink, us); });
}

std::string zoned(int64_t us, int digits = 6) {
  return written([&](Sink& sink) { put_zoned_timestamp(sink, us, digits); });
}

std::string duration(int32_t months, int32_t days, int64_t us) {
  return written([&](Sink& sink) { put_duration_us(sink, months, days, us); });
}

std::string interval_iso(int32_t months, int32_t days, int64_t us) {
  return written([&](Sink& sink) { put_interval_iso(sink, months, days, us); });
}

// Microseconds since midnight.
constexpr int64_t clock_us(int64_t hour, int64_t minute, int64_t second, int64_t us = 0) {
  return ((hour * 60 + minute) * 60 + second) * us_per_second + us;
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

TEST_CASE("dates as text", "[temporal]") {
  CHECK(date_iso(stored_date(2017, 9, 15)) == R"("2017-09-15Z")");
  CHECK(date_iso(stored_date(2016, 11, 4)) == R"("2016-11-04Z")");
  CHECK(date_iso(0) == R"("2000-01-01Z")");
  CHECK(date_iso(-1) == R"("1999-12-31Z")");
  CHECK(date_iso(stored_date(9999, 12, 31)) == R"("9999-12-31Z")");
  CHECK(date_iso(stored_date(9999, 12, 31) + 1) == R"("+10000-01-01Z")");
  CHECK(date_iso(stored_date(1, 1, 1)) == R"("0001-01-01Z")");
  CHECK(date_iso(stored_date(1, 1, 1) - 1) == R"("0000-12-31Z")");  // 1 BC
  CHECK(date_iso(stored_date(-43, 3, 15)) == R"("-0043-03-15Z")");  // 44 BC
  CHECK(date_iso(first_date) == R"("-4713-11-24Z")");
  CHECK(date_iso(last_date) == R"("+5874897-12-31Z")");
  CHECK(date_iso(std::numeric_limits<int32_t>::max()) == R"("infinity")");
  CHECK(date_iso(std::numeric_limits<int32_t>::min()) == R"("-infinity")");
}

TEST_CASE("times", "[temporal]") {
  CHECK(time_of_day(49890123456, TimeUnit::us) == "49890123456");  // 13:51:30.123456
  CHECK(time_of_day(49890123456, TimeUnit::ns) == "49890123456000");
  CHECK(time_of_day(49890123000, TimeUnit::ms) == "49890123");
  CHECK(time_of_day(49890000000, TimeUnit::ms) == "49890000");
  CHECK(time_of_day(clock_us(4, 5, 11, 789000), TimeUnit::us) == "14711789000");
  CHECK(time_of_day(clock_us(4, 5, 11, 789000), TimeUnit::ns) == "14711789000000");
  CHECK(time_of_day(clock_us(4, 5, 11, 789999), TimeUnit::ms) == "14711789");
  CHECK(time_of_day(clock_us(0, 1, 2), TimeUnit::us) == "62000000");
  CHECK(time_of_day(0, TimeUnit::us) == "0");
  CHECK(time_of_day(us_per_day, TimeUnit::us) == "86400000000");  // 24:00:00
  CHECK(time_of_day(us_per_day, TimeUnit::ms) == "86400000");
  CHECK(time_of_day(us_per_day, TimeUnit::ns) == "86400000000000");
}

TEST_CASE("times as text", "[temporal]") {
  CHECK(time_iso(clock_us(4, 5, 11, 789000)) == R"("04:05:11.789Z")");
  CHECK(time_iso(0) == R"("00:00:00Z")");
  CHECK(time_iso(1) == R"("00:00:00.000001Z")");
  CHECK(time_iso(100000) == R"("00:00:00.1Z")");
  CHECK(time_iso(clock_us(23, 59, 59, 999999)) == R"("23:59:59.999999Z")");
  CHECK(time_iso(clock_us(12, 0, 0)) == R"("12:00:00Z")");
  CHECK(time_iso(us_per_day) == R"("24:00:00Z")");
}

TEST_CASE("times with a zone are brought to UTC", "[temporal]") {
  CHECK(timetz(clock_us(13, 51, 30, 123789), -7200) == R"("11:51:30.123789Z")");
  CHECK(timetz(clock_us(13, 51, 30, 123000), -7200) == R"("11:51:30.123Z")");
  CHECK(timetz(clock_us(13, 51, 2), -7200) == R"("11:51:02Z")");
  CHECK(timetz(0, 0) == R"("00:00:00Z")");
  CHECK(timetz(clock_us(1, 0, 0), -7200) == R"("23:00:00Z")");
  CHECK(timetz(clock_us(23, 0, 0), 7200) == R"("01:00:00Z")");
  CHECK(timetz(clock_us(22, 0, 0), 7200) == R"("00:00:00Z")");
  CHECK(timetz(clock_us(5, 30, 0, 500000), -19800) == R"("00:00:00.5Z")");
  CHECK(timetz(clock_us(0, 0, 0, 1), -57599) == R"("08:00:01.000001Z")");  // +15:59:59
  CHECK(timetz(clock_us(23, 59, 59, 999999), 57599) == R"("15:59:58.999999Z")");
}

TEST_CASE("the end of the day stays one at offset zero alone", "[temporal]") {
  CHECK(timetz(us_per_day, 0) == R"("24:00:00Z")");
  CHECK(timetz(us_per_day, -7200) == R"("22:00:00Z")");
  CHECK(timetz(us_per_day, 3600) == R"("01:00:00Z")");
}

TEST_CASE("timestamps", "[temporal]") {
  const auto ms = TimeUnit::ms;
  CHECK(timestamp(stored(2016, 11, 4, 13, 51, 30, 123456)) == "1478267490123456");
  CHECK(timestamp(stored(2016, 11, 4, 13, 51, 30, 123000), ms) == "1478267490123");
  CHECK(timestamp(stored(2016, 11, 4, 13, 51, 30, 123456), ms) == "1478267490123");
  CHECK(timestamp(stored(2019, 7, 9, 2, 28, 57), ms) == "1562639337000");
  CHECK(timestamp(stored(2019, 7, 9, 2, 28, 57, 100000), ms) == "1562639337100");
  CHECK(timestamp(stored(2019, 7, 9, 2, 28, 57, 120000), ms) == "1562639337120");
  CHECK(timestamp(stored(2019, 7, 9, 2, 28, 57, 123500)) == "1562639337123500");
  CHECK(timestamp(stored(2019, 7, 9, 2, 28, 57, 123456), TimeUnit::ns) == "1562639337123456000");
  CHECK(timestamp(stored(1969, 12, 31, 23, 59, 59, 999999)) == "-1");
  CHECK(timestamp(stored(1969, 12, 31, 23, 59, 59, 999999), TimeUnit::ns) == "-1000");
  CHECK(timestamp(stored(21016, 11, 4, 13, 51, 30, 123456)) == "601060312290123456");
  CHECK(timestamp(stored(294247, 1, 1) + us_per_day - 1) == "9223371331199999999");
  CHECK(timestamp(first_timestamp) == "-210866803200000000");
}

// As java.time.Instant.toEpochMilli(), on each side of both epochs.
TEST_CASE("milliseconds are rounded down", "[temporal]") {
  const auto ms = TimeUnit::ms;
  CHECK(timestamp(stored(1969, 12, 31, 23, 59, 59, 999000), ms) == "-1");
  CHECK(timestamp(stored(1969, 12, 31, 23, 59, 59, 999999), ms) == "-1");
  CHECK(timestamp(stored(1969, 12, 31, 23, 59, 59, 998999), ms) == "-2");
  CHECK(timestamp(stored(1970, 1, 1, 0, 0, 0, 999), ms) == "0");
  CHECK(timestamp(-1, ms) == "946684799999");
  CHECK(timestamp(-1000, ms) == "946684799999");
  CHECK(timestamp(-1001, ms) == "946684799998");
  CHECK(timestamp(999, ms) == "946684800000");
}

TEST_CASE("infinite timestamps", "[temporal]") {
  CHECK(timestamp(infinity, TimeUnit::us) == "9223372036825200000");
  CHECK(timestamp(minus_infinity, TimeUnit::us) == "-9223372036832400000");
  CHECK(timestamp(infinity, TimeUnit::ms) == "9223372036825200");
  CHECK(timestamp(minus_infinity, TimeUnit::ms) == "-9223372036832400");
  CHECK(timestamp(infinity, TimeUnit::ns) == "9223372036854775807");
  CHECK(timestamp(minus_infinity, TimeUnit::ns) == "-9223372036854775808");
  CHECK(timestamp_iso(infinity) == R"("infinity")");
  CHECK(timestamp_iso(minus_infinity) == R"("-infinity")");
}

// PostgreSQL's range ends thirty years behind that of 64-bit microseconds since 1970.
TEST_CASE("timestamps past 64-bit microseconds", "[temporal]") {
  const int64_t last_that_fits = infinity - postgres_epoch_us;
  CHECK(timestamp(last_that_fits) == "9223372036854775807");
  CHECK(timestamp(last_that_fits + 1) == "null");
  CHECK(timestamp(last_timestamp) == "null");
  // Milliseconds have room.
  CHECK(timestamp(last_timestamp, TimeUnit::ms) == "9224318015999999");
}

TEST_CASE("timestamps past 64-bit nanoseconds", "[temporal]") {
  const auto ns = TimeUnit::ns;
  CHECK(timestamp(stored(2262, 4, 11, 23, 47, 16, 854775), ns) == "9223372036854775000");
  CHECK(timestamp(stored(2262, 4, 11, 23, 47, 16, 854776), ns) == "null");
  CHECK(timestamp(stored(1677, 9, 21, 0, 12, 43, 145225), ns) == "-9223372036854775000");
  CHECK(timestamp(stored(1677, 9, 21, 0, 12, 43, 145224), ns) == "null");
  CHECK(timestamp(first_timestamp, ns) == "null");
  CHECK(timestamp(last_timestamp, ns) == "null");
}

TEST_CASE("timestamps as text have the digits that they need", "[temporal]") {
  const int64_t us = stored(2019, 7, 9, 2, 28, 57);
  CHECK(timestamp_iso(us) == R"("2019-07-09T02:28:57Z")");
  CHECK(timestamp_iso(us + 100000) == R"("2019-07-09T02:28:57.1Z")");
  CHECK(timestamp_iso(us + 120000) == R"("2019-07-09T02:28:57.12Z")");
  CHECK(timestamp_iso(us + 123000) == R"("2019-07-09T02:28:57.123Z")");
  CHECK(timestamp_iso(us + 123400) == R"("2019-07-09T02:28:57.1234Z")");
  CHECK(timestamp_iso(us + 123450) == R"("2019-07-09T02:28:57.12345Z")");
  CHECK(timestamp_iso(us + 123456) == R"("2019-07-09T02:28:57.123456Z")");
  CHECK(timestamp_iso(us + 10) == R"("2019-07-09T02:28:57.00001Z")");
  CHECK(timestamp_iso(-1) == R"("1999-12-31T23:59:59.999999Z")");
  CHECK(timestamp_iso(stored(-43, 3, 15)) == R"("-0043-03-15T00:00:00Z")");
  CHECK(timestamp_iso(last_timestamp) == R"("+294276-12-31T23:59:59.999999Z")");
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

// A calendar that only knows how to turn the page.
struct Calendar {
  int year = 2000;
  int month = 1;
  int day = 1;

  int days_of_month() const {
    const bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    if (month == 2) return leap ? 29 : 28;
    return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
  }
  void next() {
    if (++day <= days_of_month()) return;
    day = 1;
    if (++month <= 12) return;
    month = 1;
    ++year;
  }
  void previous() {
    if (--day >= 1) return;
    if (--month < 1) {
      month = 12;
      --year;
    }
    day = days_of_month();
  }
  std::string text() const {
    char buffer[40];
    std::snprintf(buffer, sizeof buffer, "%s%04d-%02d-%02d",
                  year < 0      ? "-"
                  : year > 9999 ? "+"
                                : "",
                  std::abs(year), month, day);
    return buffer;
  }
};

void check_day(int32_t day, const Calendar& calendar) {
  const std::string wanted = "\"" + calendar.text();
  if (date_iso(day) != wanted + "Z\"") FAIL(day << " " << date_iso(day));
  const int64_t us = day * us_per_day;
  if (timestamp_iso(us) != wanted + "T00:00:00Z\"") FAIL(day << " " << timestamp_iso(us));
  if (zoned(us - 1 + us_per_day, 0) != wanted + "T23:59:59Z\"") FAIL(day << " " << zoned(us));
}

// The ends of months around those of centuries: where a calendar errs.
bool is_worth_a_look(const Calendar& calendar) {
  const int year_of_century = std::abs(calendar.year) % 100;
  const bool turn = year_of_century <= 1 || year_of_century == 99;
  return turn && (calendar.day == 1 || calendar.day >= 28);
}

TEST_CASE("every day follows the one before", "[temporal]") {
  const int32_t four_centuries = stored_date(2400, 3, 2);
  Calendar calendar;
  for (int32_t day = 0; day <= stored_date(10400, 3, 2); ++day, calendar.next()) {
    if (day < four_centuries || is_worth_a_look(calendar)) {
      check_day(day, calendar);
    }
  }
  CHECK(calendar.year == 10400);
}

TEST_CASE("every day before goes back to the first", "[temporal]") {
  Calendar calendar;
  for (int32_t day = 0; day >= first_date; --day, calendar.previous()) {
    const bool early = calendar.year >= -9 && calendar.year <= 9;
    const bool first = calendar.year <= -4710;
    if (early || first || is_worth_a_look(calendar)) check_day(day, calendar);
  }
  CHECK(calendar.text() == "-4713-11-23");
}

TEST_CASE("durations: a month is a twelfth of 365.25 days", "[temporal]") {
  CHECK(duration(0, 0, 0) == "0");
  CHECK(duration(12, 0, 0) == "31557600000000");
  CHECK(duration(1, 0, 0) == "2629800000000");
  CHECK(duration(0, 1, 0) == "86400000000");
  CHECK(duration(0, -1, 1) == "-86399999999");
  CHECK(duration(14, 3, 14706780000) == "37091106780000");  // 1 year 2 months 3 days 04:05:06.78
  CHECK(duration(-14, -3, -14706780000) == "-37091106780000");
}

TEST_CASE("durations that do not fit are null", "[temporal]") {
  constexpr int32_t most = std::numeric_limits<int32_t>::max();
  constexpr int32_t least = std::numeric_limits<int32_t>::min();
  CHECK(duration(most, most, infinity) == "null");          // infinity
  CHECK(duration(least, least, minus_infinity) == "null");  // -infinity
  CHECK(duration(most - 1, 0, 0) == "null");
  CHECK(duration(0, most, 0) == "null");
  CHECK(duration(0, least, 0) == "null");
  CHECK(duration(0, 1, infinity) == "null");
  CHECK(duration(0, 0, infinity) == "9223372036854775807");
  CHECK(duration(0, 106751991, 14454775807) == "9223372036854775807");
  CHECK(duration(0, 106751991, 14454775808) == "null");
  // Parts may cancel each other.
  CHECK(duration(0, 1, infinity - us_per_day) == "9223372036854775807");
  CHECK(duration(0, 106751992, -us_per_day) == "9223372022400000000");
  CHECK(duration(4000000, -106751991, 0) == "1295827977600000000");
}

TEST_CASE("durations, random", "[temporal]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 20000; ++i) {
    const auto months = static_cast<int32_t>(static_cast<int64_t>(random.any_width()));
    const auto days = static_cast<int32_t>(static_cast<int64_t>(random.any_width()));
    const auto us = static_cast<int64_t>(random.any_width());
    const int128 exact = int128{months} * 2629800000000 + int128{days} * us_per_day + us;
    const bool fits = exact >= minus_infinity && exact <= infinity;
    const std::string expected =
        fits ? std::to_string(static_cast<int64_t>(exact)) : std::string("null");
    if (duration(months, days, us) != expected) FAIL(months << " " << days << " " << us);
  }
}

TEST_CASE("intervals as text: each part is there", "[temporal]") {
  CHECK(interval_iso(14, 3, clock_us(4, 5, 6, 780000)) == R"("P1Y2M3DT4H5M6.78S")");
  CHECK(interval_iso(0, 0, 0) == R"("P0Y0M0DT0H0M0S")");
  CHECK(interval_iso(12, 0, 0) == R"("P1Y0M0DT0H0M0S")");
  CHECK(interval_iso(0, 0, 1) == R"("P0Y0M0DT0H0M0.000001S")");
  CHECK(interval_iso(0, 400, clock_us(25, 0, 59, 100000)) == R"("P0Y0M400DT25H0M59.1S")");
}

TEST_CASE("intervals as text: each part has its sign", "[temporal]") {
  CHECK(interval_iso(-14, -3, -clock_us(4, 5, 6, 780000)) == R"("P-1Y-2M-3DT-4H-5M-6.78S")");
  CHECK(interval_iso(0, 0, -500000) == R"("P0Y0M0DT0H0M-0.5S")");
  CHECK(interval_iso(-1, 1, -1000000) == R"("P0Y-1M1DT0H0M-1S")");
  CHECK(interval_iso(1, -1, clock_us(0, 1, 0)) == R"("P0Y1M-1DT0H1M0S")");
}

TEST_CASE("intervals as text at the ends of the range", "[temporal]") {
  constexpr int32_t most = std::numeric_limits<int32_t>::max();
  constexpr int32_t least = std::numeric_limits<int32_t>::min();
  CHECK(interval_iso(most, most, infinity) == R"("infinity")");
  CHECK(interval_iso(least, least, minus_infinity) == R"("-infinity")");
  CHECK(interval_iso(0, 0, infinity) == R"("P0Y0M0DT2562047788H0M54.775807S")");
  CHECK(interval_iso(0, 0, minus_infinity) == R"("P0Y0M0DT-2562047788H0M-54.775808S")");
  CHECK(interval_iso(most, most, infinity - 1) ==
        R"("P178956970Y7M2147483647DT2562047788H0M54.775806S")");
  CHECK(interval_iso(least, least, minus_infinity + 1) ==
        R"("P-178956970Y-8M-2147483648DT-2562047788H0M-54.775807S")");
  CHECK(interval_iso(least, most, infinity) ==
        R"("P-178956970Y-8M2147483647DT2562047788H0M54.775807S")");
}

// Takes the number in front of `unit` off the text, in millionths.
int128 take_part(std::string& text, char unit) {
  const size_t at = text.find(unit);
  REQUIRE(at != std::string::npos);
  std::string number = text.substr(0, at);
  text.erase(0, at + 1);
  const bool negative = number[0] == '-';
  if (negative) number.erase(0, 1);
  const size_t point = number.find('.');
  std::string fraction = point == std::string::npos ? "" : number.substr(point + 1);
  fraction.resize(6, '0');
  const int128 value = int128{std::stoll(number.substr(0, point))} * 1000000 + std::stoi(fraction);
  return negative ? -value : value;
}

TEST_CASE("intervals as text, random, read back", "[temporal]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 20000; ++i) {
    const auto months = static_cast<int32_t>(static_cast<int64_t>(random.any_width()));
    const auto days = static_cast<int32_t>(static_cast<int64_t>(random.any_width()));
    const auto us = static_cast<int64_t>(random.any_width()) * (random.chance(2) ? 1 : -1);
    const std::string text = interval_iso(months, days, us);
    INFO(text);
    REQUIRE(text.substr(0, 2) == "\"P");
    std::string rest = text.substr(2);
    int128 read = take_part(rest, 'Y') * 12;
    read += take_part(rest, 'M');
    if (read != int128{months} * 1000000) FAIL(months);
    if (take_part(rest, 'D') != int128{days} * 1000000) FAIL(days);
    REQUIRE(rest[0] == 'T');
    rest.erase(0, 1);
    read = take_part(rest, 'H') * 3600;
    read += take_part(rest, 'M') * 60;
    read += take_part(rest, 'S');
    if (read != us) FAIL(us);
    if (rest != "\"") FAIL(rest);
  }
}

TEST_CASE("times with a zone, random, against counting seconds", "[temporal]") {
  Random random;
  INFO(random.how_to_repeat());
  for (int i = 0; i < 20000; ++i) {
    const int64_t us = random.between(0, us_per_day - 1);
    const auto west = static_cast<int32_t>(random.between(-57599, 57599));
    int64_t second = us / us_per_second + west;
    while (second < 0) second += 86400;
    while (second >= 86400) second -= 86400;
    char text[40];
    std::snprintf(text, sizeof text, "\"%02d:%02d:%02d.%06d", static_cast<int>(second / 3600),
                  static_cast<int>(second / 60 % 60), static_cast<int>(second % 60),
                  static_cast<int>(us % us_per_second));
    std::string wanted = text;
    while (wanted.back() == '0') wanted.pop_back();
    if (wanted.back() == '.') wanted.pop_back();
    if (timetz(us, west) != wanted + "Z\"") FAIL(us << " " << west << " " << timetz(us, west));
  }
}

}  // namespace
}  // namespace waljet
