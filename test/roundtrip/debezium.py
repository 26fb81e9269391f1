"""Reads Debezium's format: events, and values of every type in every mode."""

import base64
import hashlib
import re
import struct
import uuid
from decimal import Decimal

import calendar_text
import connect_schema
import literal
import strict_json
from debezium_modes import ODD_SUBSCRIPTS, is_json_array, unit
from event import UNAVAILABLE, BadEvent, Event, demand

ENVELOPE = ["before", "after", "source", "transaction", "op", "ts_ms", "ts_us", "ts_ns"]
SOURCE = [
    "version", "connector", "name", "ts_ms", "snapshot", "db", "sequence", "ts_us", "ts_ns", "schema", "table", "txId", "lsn",
    "xmin", "origin", "origin_lsn"
]
ACTIONS = {"c": "insert", "u": "update", "d": "delete", "t": "truncate"}
INTEGERS = {"int2": 16, "int4": 32, "int8": 64}
DATE_INFINITIES = {-2147472693: "infinity", -2147472692: "-infinity"}
TIMESTAMP_INFINITIES = {
    "us": {9223372036825200000: "infinity", -9223372036832400000: "-infinity"},
    "ms": {9223372036825200: "infinity", -9223372036832400: "-infinity"},
    "ns": {(1 << 63) - 1: "infinity", -(1 << 63): "-infinity"},
}
NOT_EVERY_VALUE = {"org.apache.kafka.connect.data.Decimal", "io.debezium.data.VariableScaleDecimal",
                   "io.debezium.time.MicroTimestamp", "io.debezium.time.NanoTimestamp", "io.debezium.time.MicroDuration"}
PART = r"(-?\d+)"
ISO_INTERVAL = re.compile(rf"P{PART}Y{PART}M{PART}DT{PART}H{PART}M(-?\d+(?:\.\d*[1-9])?)S")


class Reader:
    def __init__(self, options):
        self.options = options
        placeholder = options.unavailable_value
        self._placeholder = placeholder
        self._position = (0, 0)
        self._base64_placeholder = base64.b64encode(placeholder.encode()).decode()

    # ---- events ----

    def event(self, line):
        """The event of a line of bytes."""
        value, schema = strict_json.line(line), None
        if self.options.schemas == "on":
            demand(list(value) == ["schema", "payload"], f"schema and payload, not {list(value)}")
            value, schema = value["payload"], value["schema"]
            connect_schema.check(schema, value, self._may_be_null)
        demand(list(value) == ENVELOPE, f"members of the envelope: {list(value)}")
        source = value["source"]
        demand(list(source) == SOURCE, f"members of source: {list(source)}")
        demand(value["op"] in ACTIONS, f"op {value['op']!r}")
        demand(source["connector"] == "postgresql" and source["snapshot"] == "false" and source["name"] == "app",
               f"source {source}")
        for times in (value, source):
            ms, us, ns = (times["ts_" + name] for name in ("ms", "us", "ns"))
            demand(ms == us // 1000 and us == ns // 1000, f"one instant: {ms}, {us}, {ns}")
        self._check_position(source)
        return self._event(ACTIONS[value["op"]], value["before"], value["after"], source, schema)

    def _check_position(self, source):
        """Commit order, then the log's order within a transaction."""
        position = tuple(map(int, strict_json.loads(source["sequence"])))
        demand(position >= self._position and position[1] == source["lsn"] and position[0] > position[1],
               f"{position} after {self._position}")
        self._position = position

    def _event(self, action, before, after, source, schema):
        demand((after is not None) == (action in ("insert", "update")), f"after of {action}: {after}")
        demand(before is None or action in ("update", "delete"), f"before of {action}: {before}")
        table, change = (source["schema"], source["table"]), (source["txId"], source["lsn"])
        return Event(action, table, before, after, change=change, schema=schema)

    def _may_be_null(self, field):
        """In a member that is not optional: what has no value of the member's type is null all the same."""
        return field.get("name") in NOT_EVERY_VALUE

    def new_row(self, event, columns):
        """Texts by column, UNAVAILABLE for a placeholder. `columns`: types by name, in the table's order."""
        demand(list(event.new) == list(columns), f"columns {list(columns)}, not {list(event.new)}")
        return {column: self._new_value(column, type, event.new[column]) for column, type in columns.items()}

    def _new_value(self, column, type, value):
        return UNAVAILABLE if self._is_placeholder(type.carried, value) else self.literal(type, value, column)

    def old_row(self, event, columns, logged, required):
        """Texts of the columns that were logged; the others are null, or what their type wants where they are NOT NULL."""
        demand(list(event.old) == list(columns), f"columns {list(columns)}, not {list(event.old)}")
        for column in columns:
            demand(column in logged or (event.old[column] is None) == (column not in required),
                   f"{column}, which was not logged: {event.old[column]!r}")
        return {column: self.literal(columns[column], event.old[column], column) for column in columns if column in logged}

    def check_schema(self, event, columns, required):
        """The Connect schema that an event carries, against its columns; returns texts of the defaults that it tells."""
        if not event.schema:
            return {}
        defaults = connect_schema.check_columns(event.schema, columns, required, self.options)
        return {column: self.literal(columns[column], value, f"default of {column}") for column, value in defaults.items()}

    # ---- placeholders ----

    def _is_placeholder(self, type, value):
        if type.family == "hstore" and isinstance(value, str):
            value = strict_json.loads(value)
        return value is not None and any(value == form for form in self.placeholder_forms(type))

    def placeholder_forms(self, type):
        """What stands for an unchanged value of this type; nothing where there is null only."""
        plain, options = self._placeholder, self.options
        if type.family == "array":
            return self._array_placeholder(type)
        if type.family == "bytea":
            return [self._base64_placeholder if options.binary == "bytes" else plain]
        if type.family == "hstore":
            return [{plain: plain}]
        if type.family in ("numeric", "varbit", "bit", "point"):
            return []
        return [plain]

    def _array_placeholder(self, type):
        plain, element = self._placeholder, type.element
        if not is_json_array(type):
            return [plain]
        if element.family in ("int4", "int8", "date") and self._is_number(element):
            return [[byte - 256 if byte > 127 else byte for byte in plain.encode()], list(plain.encode())]
        if element.family == "bytea":
            return [[self._base64_placeholder if self.options.binary == "bytes" else plain]]
        if element.family == "uuid":
            return [[str(uuid.UUID(bytes=hashlib.md5(plain.encode()).digest(), version=3))]]
        if element.family in ("text", "varchar", "bpchar", "json", "jsonb"):
            return [[plain]]
        return []

    def _is_number(self, element):
        return element.family != "date" or self.options.time != "isostring"

    # ---- values ----

    def literal(self, type, value, column=""):
        """A text that PostgreSQL reads as the type, or None."""
        if value is None:
            return None
        try:
            return self._literal(type.carried, value)
        except (BadEvent, calendar_text.BadTime, strict_json.BadJson, ValueError, KeyError, TypeError) as error:
            raise BadEvent(f"{column} {type.sql}: {error}; value {str(value)[:300]!r}") from None

    def _literal(self, type, value):
        read = getattr(self, "_" + type.family.strip('"'), None)
        if read:
            return read(type, value)
        demand(isinstance(value, str), "a string")
        return value

    def _array(self, type, value):
        if not is_json_array(type):
            demand(isinstance(value, str), "text of the array in a string")
            return value
        if isinstance(value, str):
            demand(ODD_SUBSCRIPTS.match(value), "only subscripts that do not begin at 1 make a string of an array")
            return value
        return literal.array(self._items(type.element, value))

    def _items(self, element, values):
        demand(isinstance(values, list), "an array")
        is_list = [isinstance(one, list) for one in values]
        demand(all(is_list) or not any(is_list), "arrays and elements mixed")
        if any(is_list):
            return [self._items(element, one) for one in values]
        return [None if one is None else self._literal(element, one) for one in values]

    def _integer(self, type, value):
        bits = INTEGERS[type.family]
        demand(_is_integer(value) and -(1 << (bits - 1)) <= value < 1 << (bits - 1), f"an integer of {bits} bits")
        return str(value)

    _int2 = _int4 = _int8 = _integer

    def _oid(self, type, value):
        demand(_is_integer(value) and 0 <= value < 1 << 32, "an oid")
        return str(value)

    def _float8(self, type, value):
        if isinstance(value, str):
            demand(value in ("NaN", "Infinity", "-Infinity"), "a number, NaN or an infinity")
            return value
        demand(isinstance(value, Decimal), "a number with a point")
        return str(value)

    _float4 = _float8

    def _bool(self, type, value):
        demand(isinstance(value, bool), "a boolean")
        return "true" if value else "false"

    def _numeric(self, type, value):
        mode = self.options.decimal
        if mode == "double":
            return self._float8(type, value)
        if mode == "string":
            demand(isinstance(value, str), "a string")
            special = {"NAN": "NaN", "POSITIVE_INFINITY": "Infinity", "NEGATIVE_INFINITY": "-Infinity"}.get(value)
            demand(special or re.fullmatch(r"-?\d+(\.\d+)?", value), "plain digits")
            if type.modifier and not special:
                demand(len(value.partition(".")[2]) == max(0, type.modifier[1]), "padded to the scale")
            return special or value
        if type.modifier:
            return _decimal(_unscaled(value), type.modifier[1])
        demand(list(value) == ["scale", "value"] and _is_integer(value["scale"]) and value["scale"] >= 0, "scale and value")
        unscaled = _unscaled(value["value"])
        demand(value["scale"] == 0 or unscaled % 10 != 0, "no zeros at the end of the fraction")
        return _decimal(unscaled, value["scale"])

    def _money(self, type, value):
        if self.options.decimal == "precise":
            return _decimal(_unscaled(value), 2)
        if self.options.decimal == "double":
            demand(isinstance(value, Decimal), "a number with a point")
            return format(value, "f")
        demand(isinstance(value, str) and re.fullmatch(r"-?\d+\.\d\d", value), "digits")
        return value

    def _bytea(self, type, value):
        demand(isinstance(value, str), "a string")
        mode = self.options.binary
        if mode == "hex":
            demand(value == value.lower(), "lower hex")
            data = bytes.fromhex(value)
        elif mode == "base64-url-safe":
            demand(not set("+/") & set(value), "the alphabet of URLs")
            data = _base64(value.replace("-", "+").replace("_", "/"))
        else:
            data = _base64(value)
        return "\\x" + data.hex()

    def _bit(self, type, value):
        if type.modifier == (1,):
            demand(isinstance(value, bool), "a boolean")
            return "1" if value else "0"
        bits = _bit_number(value)
        if type.family == "varbit":
            return bits
        demand(len(bits) <= type.modifier[0], "no longer than the column")
        return bits.rjust(type.modifier[0], "0")

    _varbit = _bit

    def _date(self, type, value):
        if self.options.time == "isostring":
            if value in ("infinity", "-infinity"):
                return value
            demand(value.endswith("Z"), "Z")
            return calendar_text.from_iso_date(value[:-1])
        demand(_is_integer(value) and -(1 << 31) <= value < 1 << 31, "an integer of 32 bits")
        return DATE_INFINITIES.get(value) or calendar_text.date(value)

    def _time(self, type, value):
        counted = unit(type, self.options.time)
        if counted == "iso":
            demand(value.endswith("Z"), "Z")
            return calendar_text.from_iso_time(value[:-1])
        return calendar_text.time(_microseconds(value, counted))

    def _timestamp(self, type, value):
        counted = unit(type, self.options.time)
        if counted == "iso":
            return calendar_text.from_iso_timestamp(value)
        demand(_is_integer(value) and -(1 << 63) <= value < 1 << 63, "an integer of 64 bits")
        return TIMESTAMP_INFINITIES[counted].get(value) or calendar_text.timestamp(_microseconds(value, counted))

    def _timestamptz(self, type, value):
        text = calendar_text.from_iso_timestamp(value, type.modifier[0] if type.modifier else 6)
        return text if "infinity" in text else text.replace(" BC", "+00 BC") if " BC" in text else text + "+00"

    def _timetz(self, type, value):
        demand(value.endswith("Z"), "Z")
        return calendar_text.from_iso_time(value[:-1]) + "+00"

    def _interval(self, type, value):
        if self.options.interval == "string":
            if value in ("infinity", "-infinity"):
                return value
            match = ISO_INTERVAL.fullmatch(value)
            demand(match, "an ISO period with every part")
            return "{} years {} mons {} days {} hours {} minutes {} seconds".format(*match.groups())
        demand(_is_integer(value) and -(1 << 63) <= value < 1 << 63, "an integer of 64 bits")
        days, rest = divmod(value, calendar_text.DAY_US)
        return f"{days} days {rest} microseconds"

    def _hstore(self, type, value):
        if self.options.hstore == "json":
            demand(isinstance(value, str), "a JSON object in a string")
            value = strict_json.loads(value)
        demand(
            isinstance(value, dict) and all(one is None or isinstance(one, str) for one in value.values()),
            "an object of strings and null")
        return literal.hstore(value)

    def _point(self, type, value):
        demand(list(value) == ["x", "y", "wkb", "srid"] and value["srid"] is None, "x, y, wkb, srid")
        x, y = self._float8(type, value["x"]), self._float8(type, value["y"])
        if "NaN" not in (x, y):
            demand(_base64(value["wkb"]) == struct.pack("<BIdd", 1, 1, float(x), float(y)), "wkb of the same point")
        return f"({x},{y})"


def _is_integer(value):
    return type(value) is int


def _base64(text):
    data = base64.b64decode(text, validate=True)
    demand(base64.b64encode(data).decode() == text, "base64 with padding")
    return data


def _unscaled(text):
    """Big-endian two's complement of the least length."""
    data = _base64(text)
    demand(data, "at least one byte")
    number = int.from_bytes(data, "big", signed=True)
    demand(len(data) == 1 or not -(1 << (8 * len(data) - 9)) <= number < 1 << (8 * len(data) - 9), "the least number of bytes")
    return number


def _decimal(unscaled, scale):
    return format(Decimal((unscaled < 0, tuple(map(int, str(abs(unscaled)))), -scale)), "f")


def _bit_number(text):
    """Little-endian bytes without zeros at the end, as bits that begin with 1."""
    data = _base64(text)
    demand(not data or data[-1], "no zero bytes at the end")
    return format(int.from_bytes(data, "little"), "b") if data else ""


def _microseconds(value, counted):
    demand(_is_integer(value), "an integer")
    if counted == "ms":
        return value * 1000
    if counted == "ns":
        demand(value % 1000 == 0, "whole microseconds")
        return value // 1000
    return value
