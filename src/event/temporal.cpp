#include "event/temporal.h"

#include <limits>

#include "event/text.h"

namespace waljet {
namespace {

__extension__ using int128 = __int128;

constexpr int64_t us_per_day = int64_t{86400} * 1000000;
constexpr int64_t timestamp_infinity = std::numeric_limits<int64_t>::max();
constexpr int64_t timestamp_minus_infinity = std::numeric_limits<int64_t>::min();

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

void put_year(Sink& sink, int64_t year) {
  if (year > 9999) sink.put('+');
  if (year < 0) sink.put('-');
  put_padded(sink, static_cast<uint64_t>(year < 0 ? -year : year), 4);
}

void put_fraction(Sink& sink, uint64_t us, int digits) {
  if (digits <= 0) return;
  for (int cut = digits; cut < 6; ++cut) us /= 10;
  sink.put('.');
  put_padded(sink, us, digits);
}

}  // namespace

void put_debezium_date(Sink& sink, int32_t postgres_days) {
  // Debezium's infinities are those of Java's LocalDate as PostgreSQL's driver maps them.
  if (postgres_days == std::numeric_limits<int32_t>::max()) return put_int(sink, -2147472693);
  if (postgres_days == std::numeric_limits<int32_t>::min()) return put_int(sink, -2147472692);
  put_int(sink, postgres_days + postgres_epoch_days);
}

void put_debezium_time(Sink& sink, int64_t us, int fraction_digits) {
  put_int(sink, fraction_digits <= 3 ? us / 1000 : us);
}

void put_debezium_timestamp(Sink& sink, int64_t postgres_us, int fraction_digits) {
  const bool milliseconds = fraction_digits <= 3;
  if (postgres_us == timestamp_infinity) {
    put_int(sink, milliseconds ? 9223372036825200 : 9223372036825200000);
  } else if (postgres_us == timestamp_minus_infinity) {
    put_int(sink, milliseconds ? -9223372036832400 : -9223372036832400000);
  } else if (milliseconds) {
    put_int(sink, postgres_us / 1000 + postgres_epoch_us / 1000);
  } else if (int64_t us = 0; !__builtin_add_overflow(postgres_us, postgres_epoch_us, &us)) {
    put_int(sink, us);
  } else {
    sink.put("null");
  }
}

void put_debezium_interval(Sink& sink, int32_t months, int32_t days, int64_t us) {
  constexpr int64_t us_per_month = us_per_day * 1461 / 48;
  // Parts of opposite sign may each be too large for a sum that fits.
  const int128 total = int128{months} * us_per_month + int128{days} * us_per_day + us;
  const auto fitting = static_cast<int64_t>(total);
  if (fitting != total) return sink.put("null");
  put_int(sink, fitting);
}

void put_debezium_zoned_timestamp(Sink& sink, int64_t postgres_us, int fraction_digits) {
  if (postgres_us == timestamp_infinity) return sink.put("\"infinity\"");
  if (postgres_us == timestamp_minus_infinity) return sink.put("\"-infinity\"");

  int64_t days = postgres_us / us_per_day;
  int64_t us_of_day = postgres_us % us_per_day;
  if (us_of_day < 0) {
    us_of_day += us_per_day;
    --days;
  }
  const CivilDate date = civil_from_days(days + postgres_epoch_days);
  const auto second_of_day = static_cast<uint64_t>(us_of_day / 1000000);

  sink.put('"');
  put_year(sink, date.year);
  sink.put('-');
  put_padded(sink, date.month, 2);
  sink.put('-');
  put_padded(sink, date.day, 2);
  sink.put('T');
  put_padded(sink, second_of_day / 3600, 2);
  sink.put(':');
  put_padded(sink, second_of_day / 60 % 60, 2);
  sink.put(':');
  put_padded(sink, second_of_day % 60, 2);
  put_fraction(sink, static_cast<uint64_t>(us_of_day % 1000000), fraction_digits);
  sink.put("Z\"");
}

}  // namespace waljet
