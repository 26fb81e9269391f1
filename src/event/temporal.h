// Dates, times and intervals as JSON values. Input is what PostgreSQL stores: days or microseconds
// since 2000-01-01, with the two infinities at the ends of the range.
//
// Every value is whole JSON: a number, or a string in its quotes. The ISO forms are UTC, years past
// 9999 have a plus, years before 1 count astronomically (1 BC is 0000).
#pragma once

#include <cstdint>

#include "event/sink.h"

namespace waljet {

constexpr int64_t postgres_epoch_days = 10957;  // 1970-01-01 to 2000-01-01
constexpr int64_t postgres_epoch_us = postgres_epoch_days * 86400 * 1000000;

// Digits behind the second: what the column type allows. PostgreSQL's own default is 6.
constexpr int fraction_digits_default = 6;

enum class TimeUnit : uint8_t { ms, us, ns };

// Days since 1970-01-01, as io.debezium.time.Date.
void put_date_days(Sink& sink, int32_t postgres_days);
// "2017-09-15Z", "infinity", "-infinity".
void put_date_iso(Sink& sink, int32_t postgres_days);

// Since midnight: io.debezium.time.Time, MicroTime, NanoTime. 24:00:00 is the length of a day.
void put_time(Sink& sink, int64_t us, TimeUnit unit);
// "04:05:11.789Z": zeros at the end of the fraction are dropped. "24:00:00Z" stays what it is.
void put_time_iso(Sink& sink, int64_t us);
// io.debezium.time.ZonedTime: the same form in UTC, wrapped at midnight. 24:00:00 at offset 0 stays
// what it is. `seconds_west` is the offset with the sign that PostgreSQL stores.
void put_timetz(Sink& sink, int64_t us, int32_t seconds_west);

// Since 1970-01-01: io.debezium.time.Timestamp, MicroTimestamp, NanoTimestamp. Milliseconds are
// rounded down, before 1970 too. Null where 64 bits do not hold it: microseconds from 294247-01-10
// on, nanoseconds before 1677-09-21 and after 2262-04-11.
void put_timestamp(Sink& sink, int64_t postgres_us, TimeUnit unit);
// "2019-07-09T02:28:57.123456Z", zeros at the end of the fraction dropped; "infinity", "-infinity".
void put_timestamp_iso(Sink& sink, int64_t postgres_us);
// io.debezium.time.ZonedTimestamp: the same form with exactly `fraction_digits` digits.
void put_zoned_timestamp(Sink& sink, int64_t postgres_us, int fraction_digits);

// io.debezium.time.MicroDuration: microseconds, a month being 365.25 / 12 days. Null where they do
// not fit, which the infinite intervals do not.
void put_duration_us(Sink& sink, int32_t months, int32_t days, int64_t us);
// io.debezium.time.Interval: "P1Y2M3DT4H5M6.78S". Each part is there and has its own sign. The
// infinite intervals (PostgreSQL 17 and later) are "infinity" and "-infinity".
void put_interval_iso(Sink& sink, int32_t months, int32_t days, int64_t us);

}  // namespace waljet
