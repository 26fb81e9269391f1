"""A consumer: tables rebuilt from a stream in its order, rows of snapshots included, and compared with the source."""

import io
import json
from collections import Counter
from decimal import Decimal
from typing import NamedTuple

PLACEHOLDER = "__debezium_unavailable_value"
UNKNOWN = object()  # a value that the event does not show, and that nothing shown before tells
SHOWN = 3  # differences of a kind that are told in words


class Table(NamedTuple):
    """A table of the source. Without a key its rows are told apart by all that they hold."""
    name: str  # schema.table, as events say it
    sql: str
    columns: tuple
    key: tuple


class Change(NamedTuple):
    table: str
    op: str  # c, u, d, t, r, as Debezium calls them
    old: dict
    new: dict
    unchanged: tuple  # columns of the new row that are not shown


def source_tables(postgres, dbname="postgres", schemas=("public",), leaves=True):
    """Tables with rows of their own; leaves=False: partitioned ones in the place of their partitions."""
    which = "c.relkind = 'r'" if leaves else "c.relkind in ('r', 'p') and not c.relispartition"
    rows = postgres.execute(f"""
        select n.nspname || '.' || c.relname, c.oid::regclass::text,
               array(select attname::text from pg_attribute where attrelid = c.oid and attnum > 0 and not attisdropped
                     order by attnum),
               array(select a.attname::text from pg_attribute a, unnest(
                         (select indkey::int2[] from pg_index where indrelid = c.oid and (indisprimary or indisreplident)
                          order by indisreplident desc limit 1)) with ordinality as k (number, place)
                     where a.attrelid = c.oid and a.attnum = k.number order by k.place)
        from pg_class c join pg_namespace n on n.oid = relnamespace
        where {which} and nspname = any (%s) and c.relpersistence = 'p'""", (list(schemas),), dbname)
    return {name: Table(name, sql, tuple(columns), tuple(key)) for name, sql, columns, key in rows}


# ---- messages ----

def is_row(message):
    """Whether it was read by a snapshot: its id says so."""
    return ":snapshot:" in message.headers.get("Waljet-Id", "")


def is_event(message):
    """Whether it is neither somebody else's nor a fence."""
    return not message.headers.get("Waljet-Id", ":fence").endswith(":fence")


def is_discard(message):
    return message.headers.get("Waljet-Snapshot") == "discard"


def bodies(message):
    """Of a group each line is one."""
    if "Waljet-Count" not in message.headers:
        return [message.body]
    lines = message.body.split(b"\n")
    assert len(lines) == int(message.headers["Waljet-Count"]), message.headers
    return lines


_decoder = json.JSONDecoder(parse_float=Decimal)


def _change(body):
    body = _decoder.decode(body.decode())
    return _debezium(body) if "op" in body else _wal_listener(body)


def _debezium(body):
    source = body["source"]
    old, new = body.get("before") or {}, body.get("after") or {}
    return Change(f"{source['schema']}.{source['table']}", body["op"], old, new,
                  tuple(name for name, value in new.items() if value == PLACEHOLDER))


ACTIONS = {"INSERT": "c", "UPDATE": "u", "DELETE": "d", "TRUNCATE": "t", "READ": "r"}


def _wal_listener(body):
    return Change(f"{body['schema']}.{body['table']}", ACTIONS[body["action"]], body.get("dataOld") or {},
                  body.get("data") or {}, tuple(body.get("unchanged", ())))


# ---- the consumer ----

class Rebuilt:
    """`tables` as source_tables() tells; events of others are left out.

    strict: the stream begins with all there was, so that nothing is updated or deleted that is not there, and nothing
    comes into being that is.
    """

    def __init__(self, tables, strict=False):
        self.tables = tables
        self.strict = strict
        self.copies = {name: (_Keyed if table.key else _Keyless)(table) for name, table in tables.items()}
        self.rows = 0  # read by snapshots
        self.events = 0

    def take(self, messages):
        for message in messages:
            try:
                self._take(message)
            except AssertionError as error:
                raise AssertionError(f"stream sequence {message.seq}: {error}") from None
        return self

    def _take(self, message):
        if not is_event(message):
            return
        row, discard = is_row(message), is_discard(message)
        for body in bodies(message):
            change = _change(body)
            assert row == (change.op == "r" or discard), f"{change.op} with {message.headers}"
            copy = self.copies.get(change.table)
            if not copy:
                continue
            if row:
                self.rows += not discard
            else:
                self.events += 1
            copy.take(change, self.strict and not row)

    def differences(self, postgres, dbname="postgres"):
        """What the tables and their copies do not share, in words; best asked when nobody writes."""
        found = []
        connection = postgres.connect(dbname)
        try:
            with connection.cursor() as cursor:
                for name, copy in sorted(self.copies.items()):
                    found += _compare(cursor, self.tables[name], copy.all())
        finally:
            connection.close()
        return found


class _Keyed:
    def __init__(self, table):
        self.table = table
        self.places = [table.columns.index(column) for column in table.key]
        self.rows = {}  # key: row
        self.deleted = None  # the row before, if it was deleted: of a key that changes it is the old one

    def all(self):
        return self.rows.values()

    def take(self, change, strict):
        deleted, self.deleted = self.deleted, None
        if change.op == "t":
            self.rows.clear()
        elif change.op == "d":
            self.deleted = self._remove(self._key(change.old), strict)
        elif change.op == "u":
            old_key = self._key({**change.new, **{name: change.old[name] for name in self.table.key if name in change.old}})
            self._put(change, self._remove(old_key, strict), strict)
        else:
            self._put(change, deleted if change.op == "c" else None, strict)

    def _key(self, values):
        return tuple(_hashable(values[column]) for column in self.table.key)

    def _remove(self, key, strict):
        row = self.rows.pop(key, None)
        assert row or not strict, f"{self.table.name} has no row {key}"
        return row

    def _put(self, change, old, strict):
        row = _row(self.table, change, old)
        key = tuple(_hashable(row[place]) for place in self.places)
        assert not strict or key not in self.rows, f"{self.table.name} has a row {key}"
        self.rows[key] = row


class _Keyless:
    """Its replica identity is FULL, else nothing could be deleted."""

    def __init__(self, table):
        self.table = table
        self.rows = Counter()

    def all(self):
        return self.rows.elements()

    def take(self, change, strict):
        if change.op == "t":
            self.rows.clear()
        if change.op in "du":
            self._remove(_row(self.table, change._replace(new=change.old, unchanged=()), None), strict)
        if change.op in "cur":
            self.rows[_row(self.table, change, None)] += 1

    def _remove(self, row, strict):
        assert self.rows[row] > 0 or not strict, f"{self.table.name} has no row {row}"
        self.rows[row] -= 1
        if self.rows[row] <= 0:
            del self.rows[row]


def _hashable(value):
    return value if isinstance(value, (str, int)) else json.dumps(value)


def _row(table, change, old):
    """What is not shown stays what it was."""
    new = change.new
    if not change.unchanged:
        return tuple(_text(new.get(column)) for column in table.columns)
    return tuple((old[place] if old else UNKNOWN) if column in change.unchanged else _text(new.get(column))
                 for place, column in enumerate(table.columns))


_PLAIN = (str, int, type(None))


def _text(value):
    if type(value) in _PLAIN:
        return value
    if isinstance(value, Decimal):
        return str(value)
    return json.dumps(value)


# ---- the comparison ----

def _compare(cursor, table, rows):
    cursor.execute(f"create temp table copy as select * from {table.sql} with no data")
    cursor.execute("alter table copy add unknown text")
    lines = io.StringIO()
    for row in rows:
        lines.write(_copy_line(row))
    lines.seek(0)
    cursor.copy_expert("copy copy from stdin", lines)
    columns = ", ".join('"' + column.replace('"', '""') + '"' for column in table.columns)
    source, copy = f"select {columns}, null::text from {table.sql}", f"select {columns}, unknown from copy"
    found = []
    for words, left, right in (("only in the source", source, copy), ("only in the stream", copy, source)):
        cursor.execute(f"select count(*) over (), left(d::text, 300) from ({left} except all {right}) d limit {SHOWN}")
        found += [f"{table.name}: {words}, {count} rows, for example {row}" for count, row in cursor.fetchall()]
    cursor.execute("drop table copy")
    return found


_ESCAPES = str.maketrans({"\\": r"\\", "\n": r"\n", "\r": r"\r", "\t": r"\t"})


def _copy_line(row):
    """One more column says whether a value is unknown."""
    unknown = UNKNOWN in row
    fields = [r"\N" if value is None or value is UNKNOWN else
              value.translate(_ESCAPES) if isinstance(value, str) else str(value) for value in row]
    return "\t".join([*fields, "unknown" if unknown else r"\N"]) + "\n"
