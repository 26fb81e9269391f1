"""Numbers and ISO texts of dates and times as PostgreSQL reads them, for all years that it knows."""

import re

DAY_US = 86_400_000_000
_ISO_DATE = re.compile(r"([+-]?)(\d{4,})-(\d\d)-(\d\d)")
_ISO_TIME = re.compile(r"\d\d:\d\d:\d\d(\.\d*[1-9])?")


class BadTime(Exception):
    pass


def date(days):
    """Days since 1970-01-01 in the proleptic Gregorian calendar."""
    days += 719468  # from 0000-03-01, so that a leap day ends its year
    era, day_of_era = divmod(days, 146097)
    year_of_era = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month_from_march + 2) // 5 + 1
    month = month_from_march + 3 if month_from_march < 10 else month_from_march - 9
    year = era * 400 + year_of_era + (month <= 2)
    return _date(year, month, day)


def _date(year, month, day):
    """`year` is astronomical: 0 is 1 BC."""
    return f"{year:04}-{month:02}-{day:02}" if year > 0 else f"{1 - year:04}-{month:02}-{day:02} BC"


def time(microseconds):
    """Microseconds since midnight, up to 24:00:00."""
    if not 0 <= microseconds <= DAY_US:
        raise BadTime(f"{microseconds} µs is no time of day")
    seconds, fraction = divmod(microseconds, 1_000_000)
    return f"{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}.{fraction:06}"


def timestamp(microseconds):
    """Microseconds since 1970-01-01 00:00:00."""
    days, rest = divmod(microseconds, DAY_US)
    day = date(days)
    return f"{day[:-3]} {time(rest)} BC" if day.endswith(" BC") else f"{day} {time(rest)}"


def from_iso_date(text):
    """2017-09-15; years beyond 9999 begin with +, those before 1 are astronomical."""
    match = _ISO_DATE.fullmatch(text)
    if not match:
        raise BadTime(f"{text!r} is no ISO date")
    sign, digits, month, day = match.groups()
    if (sign == "+") != (len(digits) > 4 and sign != "-"):
        raise BadTime(f"{text!r}: a year has four digits, or a + and more")
    return _date(-int(digits) if sign == "-" else int(digits), int(month), int(day))


def from_iso_time(text, digits=None):
    """04:05:11.789; without `digits` no zeros at the end, else exactly so many digits of a fraction."""
    if digits is None:
        good = _ISO_TIME.fullmatch(text)
    else:
        good = re.fullmatch(r"\d\d:\d\d:\d\d" + (rf"\.\d{{{digits}}}" if digits else ""), text)
    if not good:
        raise BadTime(f"{text!r} is no ISO time")
    return text


def from_iso_timestamp(text, digits=None):
    """2019-07-09T02:28:57.123456Z."""
    if text in ("infinity", "-infinity"):
        return text
    if not text.endswith("Z") or "T" not in text:
        raise BadTime(f"{text!r} is no ISO timestamp at UTC")
    day, clock = text[:-1].split("T")
    day, clock = from_iso_date(day), from_iso_time(clock, digits)
    return f"{day[:-3]} {clock} BC" if day.endswith(" BC") else f"{day} {clock}"
