"""Reads wal-listener's format: events, and values as natural JSON."""

import base64
import re
import uuid
from decimal import Decimal

import calendar_text
import literal
import strict_json
from event import UNAVAILABLE, BadEvent, Event, demand

MEMBERS = ["id", "schema", "table", "action", "data", "dataOld", "commitTime"]
ACTIONS = {"INSERT": "insert", "UPDATE": "update", "DELETE": "delete", "TRUNCATE": "truncate"}
COMMIT_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
ODD_SUBSCRIPTS = re.compile(r"(\[-?\d+:-?\d+\])+=\{")
INTEGERS = {"int2", "int4", "int8", "oid"}


class Reader:
    def __init__(self, options):
        self.options = options
        self.ids = set()

    # ---- events ----

    def event(self, line):
        """The event of a line of bytes."""
        value = strict_json.line(line)
        demand(list(value) in (MEMBERS, [*MEMBERS, "unchanged"]), f"members {list(value)}")
        demand(value["action"] in ACTIONS, f"action {value['action']!r}")
        demand(COMMIT_TIME.fullmatch(value["commitTime"]), f"commitTime {value['commitTime']!r}")
        self._check_id(value["id"])
        action = ACTIONS[value["action"]]
        unchanged = value.get("unchanged", [])
        demand(
            isinstance(value["data"], dict) and isinstance(value["dataOld"], dict) and isinstance(unchanged, list),
            "two objects")
        demand(not value["data"] or action in ("insert", "update"), f"data of {action}")
        demand(not value["dataOld"] or action in ("update", "delete"), f"dataOld of {action}")
        demand("unchanged" not in value or (unchanged and action == "update"), f"unchanged of {action}: {unchanged}")
        return Event(action, (value["schema"], value["table"]), value["dataOld"] or None,
                     value["data"] if action in ("insert", "update") else None, tuple(unchanged))

    def _check_id(self, text):
        demand(str(uuid.UUID(text)) == text and uuid.UUID(text).version == 5, f"id {text!r}")
        demand(text not in self.ids, f"id {text!r} comes twice")
        self.ids.add(text)

    def new_row(self, event, columns):
        """Texts by column, UNAVAILABLE for those listed as unchanged. `columns`: types by name, in the table's order."""
        unchanged = [column for column in columns if column in event.unchanged]
        demand(unchanged == list(event.unchanged), f"unchanged {event.unchanged}, but the columns are {list(columns)}")
        demand(
            list(event.new) == [column for column in columns if column not in unchanged],
            f"columns {list(columns)}, not {list(event.new)}")
        return {
            column: UNAVAILABLE if column in unchanged else self.literal(type, event.new[column], column)
            for column, type in columns.items()
        }

    def old_row(self, event, columns, logged, required):
        """Texts of the columns that were logged; the others are not there."""
        wanted = [column for column in columns if column in logged]
        demand(list(event.old) == wanted, f"columns {wanted}, not {list(event.old)}")
        return {column: self.literal(columns[column], event.old[column], column) for column in wanted}

    def check_schema(self, event, columns, required):
        """There is none."""
        return {}

    def placeholder_forms(self, type):
        """Any type can be unchanged."""
        return [None]

    # ---- values ----

    def literal(self, type, value, column=""):
        """A text that PostgreSQL reads as the type, or None."""
        if value is None:
            return None
        try:
            return self._literal(type.carried, value)
        except (BadEvent, calendar_text.BadTime, ValueError, TypeError) as error:
            raise BadEvent(f"{column} {type.sql}: {error}; value {str(value)[:300]!r}") from None

    def _literal(self, type, value):
        family = type.family
        if family == "array":
            return self._array(type, value)
        if family == "jsonb":
            return strict_json.dumps(value)
        if family in INTEGERS:
            demand(isinstance(value, int) and not isinstance(value, bool), "an integer")
            return str(value)
        if family in ("numeric", "float4", "float8"):
            return _number(value)
        if family == "bool":
            demand(isinstance(value, bool), "a boolean")
            return "true" if value else "false"
        demand(isinstance(value, str), "a string")
        if family == "bytea":
            data = base64.b64decode(value, validate=True)
            demand(base64.b64encode(data).decode() == value, "base64 with padding")
            return "\\x" + data.hex()
        if family in ("timestamp", "timestamptz"):
            return _timestamp(family, value)
        return value

    def _array(self, type, value):
        if isinstance(value, str):
            demand(ODD_SUBSCRIPTS.match(value), "only subscripts that do not begin at 1 make a string of an array")
            return value
        return literal.array(self._items(type.element, value), type.delimiter)

    def _items(self, element, values):
        demand(isinstance(values, list), "an array")
        is_list = [isinstance(one, list) for one in values]
        if any(is_list) and element.carried.family not in ("jsonb", "array"):
            demand(all(is_list), "arrays and elements mixed")
            return [self._items(element, one) for one in values]
        return [None if one is None else self._literal(element.carried, one) for one in values]


def _number(value):
    if isinstance(value, str):
        demand(value in ("NaN", "Infinity", "-Infinity"), "a number, NaN or an infinity")
        return value
    demand(type(value) in (int, Decimal), "a number")
    return str(value)


def _timestamp(family, value):
    text = calendar_text.from_iso_timestamp(value)
    if family == "timestamp" or "infinity" in text:
        return text
    return text.replace(" BC", "+00 BC") if " BC" in text else text + "+00"
