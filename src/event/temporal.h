// Dates and times as Debezium writes them. Input is what PostgreSQL stores: days or microseconds
// since 2000-01-01, with the two infinities at the ends of the range.
#pragma once

#include <cstdint>

#include "event/sink.h"

namespace waljet {

constexpr int64_t postgres_epoch_days = 10957;  // 1970-01-01 to 2000-01-01
constexpr int64_t postgres_epoch_us = postgres_epoch_days * 86400 * 1000000;

// Digits behind the second: what the column type allows. PostgreSQL's own default is 6.
constexpr int fraction_digits_default = 6;

// io.debezium.time.Date: days since 1970-01-01.
void put_debezium_date(Sink& sink, int32_t postgres_days);

// io.debezium.time.Time (milliseconds, up to 3 digits) or MicroTime (microseconds) since midnight.
void put_debezium_time(Sink& sink, int64_t us, int fraction_digits);

// io.debezium.time.Timestamp (milliseconds, up to 3 digits) or MicroTimestamp since 1970-01-01.
// Null where microseconds do not fit, from 294247-01-10 on.
void put_debezium_timestamp(Sink& sink, int64_t postgres_us, int fraction_digits);

// io.debezium.time.ZonedTimestamp: a string, ISO 8601 in UTC with exactly `fraction_digits` digits;
// years past 9999 with a plus, years before 1 astronomically (1 BC is 0000).
void put_debezium_zoned_timestamp(Sink& sink, int64_t postgres_us, int fraction_digits);

// io.debezium.time.MicroDuration: microseconds, a month being 365.25 / 12 days. Null where they do
// not fit, which the infinite intervals do not.
void put_debezium_interval(Sink& sink, int32_t months, int32_t days, int64_t us);

}  // namespace waljet
