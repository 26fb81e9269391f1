"""Which form a type's values take in Debezium's format, by the modes of the run."""

import re

ODD_SUBSCRIPTS = re.compile(r"(\[-?\d+:-?\d+\])+=\{")
BUILT_IN_RANGES = {"int4range", "int8range", "numrange", "tsrange", "tstzrange", "daterange"}
# Arrays of anything else, of domains too, are text.
ARRAY_ELEMENTS = {
    "int2", "int4", "int8", "oid", '"char"', "varchar", "text", "bpchar", "citext", "inet", "cidr", "macaddr", "macaddr8",
    "numeric", "float4", "float8", "bool", "date", "uuid", "json", "jsonb", "time", "timetz", "timestamp", "timestamptz",
    "bytea", "hstore", "ltree", "enum"
}


def is_json_array(type):
    """Whether an array is a JSON array and not its text in a string."""
    element = type.element
    return element.family in ARRAY_ELEMENTS or (element.family == "range" and element.sql in BUILT_IN_RANGES)


def unit(type, mode):
    """ms, us, ns or iso for a time or a timestamp."""
    if mode.startswith("adaptive"):
        if mode == "adaptive_time_microseconds" and type.family == "time":
            return "us"
        return "ms" if type.modifier and type.modifier[0] <= 3 else "us"
    return {"connect": "ms", "isostring": "iso", "microseconds": "us", "nanoseconds": "ns"}[mode]
