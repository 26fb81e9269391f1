"""Kafka Connect schemas: whether a payload is as its schema says, and whether columns have the schemas of their types."""

import base64

from debezium_modes import ODD_SUBSCRIPTS, is_json_array, unit
from event import demand

MEMBERS = ["type", "items", "keys", "values", "fields", "optional", "name", "version", "doc", "parameters", "default", "field"]
INTEGER_BITS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64}
DECIMAL = "org.apache.kafka.connect.data.Decimal"


def check(schema, value, may_be_null):
    """`may_be_null` tells of a member's schema whether null is let pass though it is not optional."""
    _check(schema, value, "event", may_be_null)


def _check(schema, value, path, may_be_null):
    demand([name for name in MEMBERS if name in schema] == list(schema), f"{path}: members of the schema {list(schema)}")
    demand(isinstance(schema.get("optional"), bool), f"{path}: optional is always told")
    if value is None:
        demand(schema["optional"] or may_be_null(schema), f"{path}: null, but the schema is not optional: {schema}")
        return
    kind = schema["type"]
    if kind == "struct":
        fields = {field["field"]: field for field in schema["fields"]}
        demand(isinstance(value, dict) and list(value) == list(fields), f"{path}: members {list(fields)}, not {value}")
        for name, field in fields.items():
            _check(field, value[name], f"{path}.{name}", may_be_null)
    elif kind == "array" and isinstance(value, str):
        demand(ODD_SUBSCRIPTS.match(value), f"{path}: an array, not {value!r}")
    elif kind == "array":
        demand(isinstance(value, list), f"{path}: an array, not {value!r}")
        for item in value:
            # More dimensions than one have no schema of their own.
            _check(schema if isinstance(item, list) else schema["items"], item, f"{path}[]", may_be_null)
    elif kind == "map":
        demand(isinstance(value, dict) and schema["keys"]["type"] == "string", f"{path}: a map of strings")
        for item in value.values():
            _check(schema["values"], item, f"{path}{{}}", may_be_null)
    else:
        demand(_fits(kind, value), f"{path}: {kind}, not {value!r}")


def _fits(kind, value):
    if kind in INTEGER_BITS:
        limit = 1 << (INTEGER_BITS[kind] - 1)
        return type(value) is int and -limit <= value < limit
    if kind in ("float", "double"):
        return value in ("NaN", "Infinity", "-Infinity") if isinstance(value, str) else not isinstance(value, bool)
    if kind == "boolean":
        return isinstance(value, bool)
    if kind == "bytes":
        try:
            base64.b64decode(value, validate=True)
            return True
        except (ValueError, TypeError):
            return False
    return kind == "string" and isinstance(value, str)


def check_columns(schema, columns, required, options):
    """Of an event's schema, before and after against the columns' types; returns the defaults by column."""
    fields = {field["field"]: field for field in schema["fields"]}
    for side in ("before", "after"):
        shown = {field["field"]: field for field in fields[side]["fields"]}
        demand(list(shown) == list(columns), f"schema of {side}: {list(shown)}")
        for column, type in columns.items():
            wanted = of_type(type.carried, options)
            demand(_matches(shown[column], wanted), f"schema of {column} {type.sql}: {shown[column]}, not {wanted}")
            demand(shown[column]["optional"] == (column not in required),
                   f"schema of {column}: optional {shown[column]['optional']}")
    return {column: field["default"] for column, field in shown.items() if "default" in field}


def _matches(shown, wanted):
    for member, value in wanted.items():
        if member == "items":
            if not _matches(shown.get("items", {}), value):
                return False
        elif shown.get(member) != value:
            return False
    return shown.get("name") == wanted.get("name")


def of_type(type, options):
    """Type, semantic name, version and parameters for a type, as far as they follow from it."""
    family = type.family
    if family == "array":
        return {"type": "array", "items": of_type(type.element.carried, options)} if is_json_array(type) else {"type": "string"}
    if family in ("bit", "varbit"):
        return _bits(type)
    if family == "numeric":
        return _numeric(type, options)
    if family == "money":
        return _named("bytes", DECIMAL, {"scale": "2"}) if options.decimal == "precise" else {"type": options.decimal}
    if family in ("date", "time", "timestamp"):
        return _time(type, options)
    if family == "interval":
        numeric = options.interval == "numeric"
        return _named(*(("int64", "io.debezium.time.MicroDuration") if numeric else ("string", "io.debezium.time.Interval")))
    if family == "hstore" and options.hstore == "map":
        return {"type": "map"}
    if family == "bytea":
        return {"type": "bytes" if options.binary == "bytes" else "string"}
    return _SIMPLE.get(family, {"type": "string"})


def _named(kind, name, parameters=None):
    schema = {"type": kind, "name": name, "version": 1}
    return {**schema, "parameters": parameters} if parameters else schema


def _time(type, options):
    if options.time == "connect":
        return _named(*_TIMES[type.family, "connect"])
    if type.family == "date":
        return _named(*_TIMES["date", "iso" if options.time == "isostring" else "days"])
    return _named(*_TIMES[type.family, unit(type, options.time)])


def _bits(type):
    if type.modifier == (1,):
        return {"type": "boolean"}
    return _named("bytes", "io.debezium.data.Bits", {"length": str(type.modifier[0] if type.modifier else 2147483647)})


def _numeric(type, options):
    if options.decimal != "precise":
        return {"type": options.decimal}
    if not type.modifier:
        return _named("struct", "io.debezium.data.VariableScaleDecimal")
    precision, scale = type.modifier
    return _named("bytes", DECIMAL, {"scale": str(scale), "connect.decimal.precision": str(precision)})


_TIMES = {
    ("date", "days"): ("int32", "io.debezium.time.Date"), ("date", "iso"): ("string", "io.debezium.time.IsoDate"),
    ("date", "connect"): ("int32", "org.apache.kafka.connect.data.Date"),
    ("time", "ms"): ("int32", "io.debezium.time.Time"), ("time", "us"): ("int64", "io.debezium.time.MicroTime"),
    ("time", "ns"): ("int64", "io.debezium.time.NanoTime"), ("time", "iso"): ("string", "io.debezium.time.IsoTime"),
    ("time", "connect"): ("int32", "org.apache.kafka.connect.data.Time"),
    ("timestamp", "ms"): ("int64", "io.debezium.time.Timestamp"),
    ("timestamp", "us"): ("int64", "io.debezium.time.MicroTimestamp"),
    ("timestamp", "ns"): ("int64", "io.debezium.time.NanoTimestamp"),
    ("timestamp", "iso"): ("string", "io.debezium.time.IsoTimestamp"),
    ("timestamp", "connect"): ("int64", "org.apache.kafka.connect.data.Timestamp"),
}
_SIMPLE = {
    "bool": {"type": "boolean"},
    "int2": {"type": "int16"},
    "int4": {"type": "int32"},
    "int8": {"type": "int64"},
    "oid": {"type": "int64"},
    "float4": {"type": "float"},
    "float8": {"type": "double"},
    "timetz": _named("string", "io.debezium.time.ZonedTime"),
    "timestamptz": _named("string", "io.debezium.time.ZonedTimestamp"),
    "uuid": _named("string", "io.debezium.data.Uuid"),
    "json": _named("string", "io.debezium.data.Json"),
    "jsonb": _named("string", "io.debezium.data.Json"),
    "hstore": _named("string", "io.debezium.data.Json"),
    "xml": _named("string", "io.debezium.data.Xml"),
    "ltree": _named("string", "io.debezium.data.Ltree"),
    "tsvector": _named("string", "io.debezium.data.Tsvector"),
    "enum": _named("string", "io.debezium.data.Enum"),
    "point": _named("struct", "io.debezium.data.geometry.Point"),
}
