#include "event/temporal.h"

#include <limits>

#include "event/digits.h"
#include "event/text.h"

namespace waljet {
namespace {

__extension__ using int128 = __int128;

constexpr int64_t us_per_second = 1000000;
constexpr int64_t us_per_minute = 60 * us_per_second;
constexpr int64_t us_per_hour = 60 * us_per_minute;
constexpr int64_t us_per_day = 24 * us_per_hour;

// PostgreSQL's infinities: the ends of the range of each type.
template <typename Stored>
constexpr Stored infinity = std::numeric_limits<Stored>::max();
template <typename Stored>
constexpr Stored minus_infinity = std::numeric_limits<Stored>::min();

struct CivilDate {
  int64_t year;
  unsigned month;
  unsigned day;
};

// Proleptic Gregorian date of a day counted from 1970-01-01. The year is taken to begin in March,
// so that the leap day is the last one, in eras of 400 years (146097 days).
CivilDate civil_from_days(int64_t days) {
  days += 719468;
  const int64_t era = (days >= 0 ? days : days - 146096) / 146097;
  const auto day_of_era = static_cast<unsigned>(days - era * 146097);
  const unsigned year_of_era =
      (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
  const unsigned day_of_year =
      day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
  const unsigned month_from_march = (5 * day_of_year + 2) / 153;
  const unsigned day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
  const unsigned month = month_from_march < 10 ? month_from_march + 3 : month_from_march - 9;
  const int64_t year = static_cast<int64_t>(year_of_era) + era * 400 + (month <= 2 ? 1 : 0);
  return {year, month, day};
}

// Writes `"infinity"` or `"-infinity"`, if it is one.
template <typename Stored>
bool put_infinity(Sink& sink, Stored value) {
  const bool infinite = value == infinity<Stored> || value == minus_infinity<Stored>;
  if (infinite) sink.put(value > 0 ? "\"infinity\"" : "\"-infinity\"");
  return infinite;
}

// Years of this era have four digits and no sign.
char* write_year(char* to, int64_t year) {
  if (year >= 0 && year <= 9999) return write_four_digits(to, static_cast<uint64_t>(year));
  *to++ = year < 0 ? '-' : '+';
  const auto magnitude = static_cast<uint64_t>(year < 0 ? -year : year);
  return magnitude <= 9999 ? write_four_digits(to, magnitude) : write_uint(to, magnitude);
}

constexpr size_t date_bytes_max = 1 + uint_digits_max + 6;

char* write_calendar_date(char* to, int64_t postgres_days) {
  const CivilDate date = civil_from_days(postgres_days + postgres_epoch_days);
  to = write_year(to, date.year);
  *to++ = '-';
  to = write_two_digits(to, date.month);
  *to++ = '-';
  return write_two_digits(to, date.day);
}

constexpr int fraction_digits_max = 6;

int significant_digits(uint64_t us_of_second) {
  int digits = us_of_second == 0 ? 0 : fraction_digits_max;
  for (; digits > 0 && us_of_second % 10 == 0; us_of_second /= 10) --digits;
  return digits;
}

// Writes all digits, of which the first ones count.
char* write_fraction(char* to, uint64_t us_of_second, int digits) {
  if (digits <= 0) return to;
  *to++ = '.';
  write_six_digits(to, us_of_second);
  return to + digits;
}

constexpr int as_many_as_needed = -1;
constexpr size_t time_bytes_max = 8 + 1 + fraction_digits_max;

char* write_time_of_day(char* to, int64_t us, int fraction_digits) {
  const auto second = static_cast<uint64_t>(us / us_per_second);
  const auto us_of_second = static_cast<uint64_t>(us % us_per_second);
  to = write_two_digits(to, second / 3600);
  *to++ = ':';
  to = write_two_digits(to, second / 60 % 60);
  *to++ = ':';
  to = write_two_digits(to, second % 60);
  const int digits =
      fraction_digits == as_many_as_needed ? significant_digits(us_of_second) : fraction_digits;
  return write_fraction(to, us_of_second, digits);
}

// The end of a value in UTC: `Z"`.
void advance_past_utc(Sink& sink, char* to, const char* begin) {
  *to++ = 'Z';
  *to++ = '"';
  sink.advance(static_cast<size_t>(to - begin));
}

void put_instant(Sink& sink, int64_t postgres_us, int fraction_digits) {
  if (put_infinity(sink, postgres_us)) return;
  int64_t days = postgres_us / us_per_day;
  int64_t us_of_day = postgres_us % us_per_day;
  if (us_of_day < 0) {
    us_of_day += us_per_day;
    --days;
  }
  char* const begin = sink.reserve(date_bytes_max + time_bytes_max + 4);
  char* to = begin;
  *to++ = '"';
  to = write_calendar_date(to, days);
  *to++ = 'T';
  to = write_time_of_day(to, us_of_day, fraction_digits);
  advance_past_utc(sink, to, begin);
}

int64_t divide_rounding_down(int64_t dividend, int64_t divisor) {
  return dividend / divisor - (dividend % divisor < 0 ? 1 : 0);
}

// Debezium's infinities are those of Java's date types as PostgreSQL's driver maps them.
void put_infinite_timestamp(Sink& sink, bool negative, TimeUnit unit) {
  switch (unit) {
    case TimeUnit::ms: return put_int(sink, negative ? -9223372036832400 : 9223372036825200);
    case TimeUnit::us: return put_int(sink, negative ? -9223372036832400000 : 9223372036825200000);
    case TimeUnit::ns: return put_int(sink, negative ? minus_infinity<int64_t> : infinity<int64_t>);
  }
}

void put_if_it_fits(Sink& sink, int128 value) {
  const auto fitting = static_cast<int64_t>(value);
  if (fitting != value) return sink.put("null");
  put_int(sink, fitting);
}

void put_interval_part(Sink& sink, int64_t value, char unit) {
  put_int(sink, value);
  sink.put(unit);
}

// Below a minute, with the sign in front of the zero too: -0.5.
void put_interval_seconds(Sink& sink, int64_t us) {
  if (us < 0) sink.put('-');
  const auto magnitude = static_cast<uint64_t>(us < 0 ? -us : us);
  const uint64_t us_of_second = magnitude % us_per_second;
  put_uint(sink, magnitude / us_per_second);
  char* const begin = sink.reserve(1 + fraction_digits_max);
  const char* end = write_fraction(begin, us_of_second, significant_digits(us_of_second));
  sink.advance(static_cast<size_t>(end - begin));
  sink.put('S');
}

}  // namespace

void put_date_days(Sink& sink, int32_t postgres_days) {
  if (postgres_days == infinity<int32_t>) return put_int(sink, -2147472693);
  if (postgres_days == minus_infinity<int32_t>) return put_int(sink, -2147472692);
  put_int(sink, postgres_days + postgres_epoch_days);
}

void put_date_iso(Sink& sink, int32_t postgres_days) {
  if (put_infinity(sink, postgres_days)) return;
  char* const begin = sink.reserve(date_bytes_max + 3);
  begin[0] = '"';
  advance_past_utc(sink, write_calendar_date(begin + 1, postgres_days), begin);
}

void put_time(Sink& sink, int64_t us, TimeUnit unit) {
  switch (unit) {
    case TimeUnit::ms: return put_int(sink, us / 1000);
    case TimeUnit::us: return put_int(sink, us);
    case TimeUnit::ns: return put_int(sink, us * 1000);
  }
}

void put_time_iso(Sink& sink, int64_t us) {
  char* const begin = sink.reserve(time_bytes_max + 3);
  begin[0] = '"';
  advance_past_utc(sink, write_time_of_day(begin + 1, us, as_many_as_needed), begin);
}

void put_timetz(Sink& sink, int64_t us, int32_t seconds_west) {
  if (seconds_west != 0) {
    us = (us + seconds_west * us_per_second) % us_per_day;
    if (us < 0) us += us_per_day;
  }
  put_time_iso(sink, us);
}

void put_timestamp(Sink& sink, int64_t postgres_us, TimeUnit unit) {
  if (postgres_us == infinity<int64_t> || postgres_us == minus_infinity<int64_t>) {
    return put_infinite_timestamp(sink, postgres_us < 0, unit);
  }
  switch (unit) {
    case TimeUnit::ms:
      return put_int(sink, divide_rounding_down(postgres_us, 1000) + postgres_epoch_us / 1000);
    case TimeUnit::us: return put_if_it_fits(sink, int128{postgres_us} + postgres_epoch_us);
    case TimeUnit::ns:
      return put_if_it_fits(sink, (int128{postgres_us} + postgres_epoch_us) * 1000);
  }
}

void put_timestamp_iso(Sink& sink, int64_t postgres_us) {
  put_instant(sink, postgres_us, as_many_as_needed);
}

void put_zoned_timestamp(Sink& sink, int64_t postgres_us, int fraction_digits) {
  put_instant(sink, postgres_us, fraction_digits);
}

void put_duration_us(Sink& sink, int32_t months, int32_t days, int64_t us) {
  constexpr int64_t us_per_month = us_per_day * 1461 / 48;
  // Parts of opposite sign may each be too large for a sum that fits.
  put_if_it_fits(sink, int128{months} * us_per_month + int128{days} * us_per_day + us);
}

void put_interval_iso(Sink& sink, int32_t months, int32_t days, int64_t us) {
  const bool all_most =
      months == infinity<int32_t> && days == infinity<int32_t> && us == infinity<int64_t>;
  const bool all_least = months == minus_infinity<int32_t> && days == minus_infinity<int32_t> &&
                         us == minus_infinity<int64_t>;
  if ((all_most || all_least) && put_infinity(sink, us)) return;

  sink.put("\"P");
  put_interval_part(sink, months / 12, 'Y');
  put_interval_part(sink, months % 12, 'M');
  put_interval_part(sink, days, 'D');
  sink.put('T');
  put_interval_part(sink, us / us_per_hour, 'H');
  put_interval_part(sink, us / us_per_minute % 60, 'M');
  put_interval_seconds(sink, us % us_per_minute);
  sink.put('"');
}

}  // namespace waljet
