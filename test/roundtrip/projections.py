"""What a format cannot carry: before the comparison both sides are reduced to what it can.

Each entry of the table is a type and a mode whose JSON stands for several SQL values; everything else has to come back exactly.
"""

from dataclasses import dataclass
from typing import Callable

from debezium_modes import is_json_array


@dataclass(frozen=True)
class Projection:
    reason: str
    applies: Callable  # (type, options) -> bool; the type is not a domain
    sql: str  # an expression that gives text; {} is the value
    loaded_as: str = ""  # the type into which the events' values are loaded where the column's own has no room for them


def _is(family, **modes):
    """Debezium's format with these modes."""
    def applies(type, options):
        return options.is_debezium and type.family == family and all(
            getattr(options, mode) in values for mode, values in modes.items())
    return applies


def _natural(family):
    return lambda type, options: not options.is_debezium and type.family == family


def _all(*conditions):
    return lambda type, options: all(condition(type, options) for condition in conditions)


def _unlimited(type, options):
    return not type.modifier


def _limited(type, options):
    return bool(type.modifier)


def _finer_than_ms(type, options):
    return not type.modifier or type.modifier[0] > 3


def _in_us(type, options):
    return options.time == "microseconds" or (options.time.startswith("adaptive") and _finer_than_ms(type, options))


def _one_bit(type, options):
    return type.modifier == (1,)


def _several_bits(type, options):
    return type.modifier != (1,)


_NOT_A_NUMBER = "{}::text in ('NaN', 'Infinity', '-Infinity')"
_DOUBLE_MAX = "1.7976931348623157e308"
_MONTHS = "(extract(year from {})::numeric * 12 + extract(month from {})::numeric)"
_TIME_OF_DAY = ("(extract(hour from {})::numeric * 3600000000 + extract(minute from {})::numeric * 60000000"
                " + extract(microsecond from {})::numeric)")
_DURATION = f"({_MONTHS} * 2629800000000 + extract(day from {{}})::numeric * 86400000000 + {_TIME_OF_DAY})"

TABLE = (
    Projection("Decimal has no NaN and no infinity: null", _all(_is("numeric", decimal=["precise"]), _limited),
               f"case when {_NOT_A_NUMBER} then null else {{}}::text end"),
    Projection("VariableScaleDecimal has no NaN and no infinity: null; and drops the zeros at the end",
               _all(_is("numeric", decimal=["precise"]), _unlimited),
               f"case when {_NOT_A_NUMBER} then null else trim_scale({{}})::text end"),
    Projection("a double has 53 bits and ends at 1.8E308", _is("numeric", decimal=["double"]),
               f"case when {_NOT_A_NUMBER} then {{}}::text when abs({{}}) > {_DOUBLE_MAX}"
               " then (sign({}) * 'Infinity'::float8)::text when abs({}) < 5e-324 then '0' else {}::text::float8::text end",
               "numeric"),
    Projection("a double has 53 bits", _is("money", decimal=["double"]), "{}::numeric::text::float8::text", "numeric"),
    Projection("Bits is a number: how many zeros it begins with is lost", _all(_is("varbit"), _several_bits),
               "ltrim({}::text, '0')"),
    Projection("one bit is a boolean: none is null", _all(_is("varbit"), _one_bit), "nullif({}::text, '')"),
    Projection("ZonedTime is at UTC", _is("timetz"),
               "case when {}::text = '24:00:00+00' then {}::text else ({} at time zone 'UTC')::text end"),
    Projection("Time in milliseconds", _all(_is("time", time=["connect"]), _finer_than_ms),
               "date_trunc('milliseconds', {}::interval)::text"),
    Projection("Timestamp in milliseconds", _all(_is("timestamp", time=["connect"]), _finer_than_ms),
               "date_trunc('milliseconds', {})::text"),
    Projection("int64 ends within the last 30 years of timestamp when it counts microseconds: null",
               _all(_is("timestamp"), _in_us),
               "case when {} > '294247-01-10 04:00:54.775807' and {} < 'infinity' then null else {}::text end"),
    Projection("int64 spans 584 years when it counts nanoseconds: null", _is("timestamp", time=["nanoseconds"]),
               "case when {} between '1677-09-21 00:12:43.145225' and '2262-04-11 23:47:16.854775' or not isfinite({})"
               " then {}::text end"),
    Projection("MicroDuration is one number of microseconds, a month being 365.25/12 days; null where int64 ends",
               _is("interval", interval=["numeric"]),
               f"case when {_DURATION} between -9223372036854775808 and 9223372036854775807 then {_DURATION}::text end",
               "interval"),
    Projection("JSON null is SQL's NULL as well", _natural("jsonb"), "nullif({}, 'null')::text"),
)
_NESTED_JSON = Projection("an array of JSON arrays looks like an array of several dimensions; JSON null like NULL",
                          lambda type, options: not options.is_debezium, "to_jsonb({})::text")


def find(type, options):
    """The projection of a column's type, or None where every value comes back as it was."""
    type = type.carried
    if type.family == "array":
        return _of_array(type, options)
    return next((one for one in TABLE if one.applies(type, options)), None)


def _of_array(type, options):
    if not options.is_debezium and type.element.carried.family == "jsonb":
        return _NESTED_JSON
    if options.is_debezium and not is_json_array(type):
        return None  # its text loses nothing
    element = find(type.element, options)
    if not element:
        return None
    item = element.sql.replace("{}", "item")
    items = f"(select jsonb_agg({item} order by place) from unnest({{}}) with ordinality as u (item, place))"
    loaded_as = element.loaded_as and element.loaded_as + "[]"
    return Projection(element.reason, element.applies, f"concat(array_dims({{}}), {items})", loaded_as)


def loaded_as(type, options):
    """SQL of the type into which the events' values of a column are loaded."""
    projection = find(type, options)
    return projection.loaded_as if projection and projection.loaded_as else type.sql


def expression(type, options, column):
    """SQL for the text of a column as far as the format carries it."""
    projection = find(type, options)
    if projection:
        return f"case when num_nulls({column}) = 0 then {projection.sql.replace('{}', column)} end"
    return f"case when num_nulls({column}) = 0 then format('%s', {column}) end"
