"""Rebuilds tables from events alone, and compares them with the source."""

import io
from dataclasses import dataclass, field

import literal
import projections
from ddl import Standing
from event import UNAVAILABLE, BadEvent, demand

MARKS_TABLE = ("public", "ddl log")


@dataclass
class Shadow:
    """A table as the events tell it: rows as texts by column."""
    columns: dict  # types by name, in order
    standing: Standing = None
    rows: list = field(default_factory=list)


class Rebuild:
    """`steps`: changes of definitions by the number in the events of the table of marks. `converter` runs SQL on values."""

    def __init__(self, reader, steps, converter):
        self.reader = reader
        self.steps = steps
        self.converter = converter
        self.tables = {}
        self.events = 0
        self._deleted = None  # the last deleted row, where it was, and by which change

    def take(self, line):
        """Applies the event of a line."""
        event = self.reader.event(line)
        self.events += 1
        if event.table == MARKS_TABLE:
            demand(event.action == "insert" and type(event.new["id"]) is int, f"a mark: {event}")
            self._step(self.steps[event.new["id"]])
            return
        demand(event.table in self.tables, f"{event.action} in {event.table}, of which nothing is known")
        shadow = self.tables[event.table]
        try:
            self._check_schema(shadow, event)
            getattr(self, "_" + event.action)(shadow, event)
        except BadEvent as error:
            raise BadEvent(f"{event.action} in {event.table}: {error}") from None

    def _check_schema(self, shadow, event):
        defaults = self.reader.check_schema(event, shadow.columns, shadow.standing.required)
        for column, shown in defaults.items():
            demand(column in shadow.standing.defaults, f"{column} has no default, not {shown!r}")
            type = shadow.columns[column]
            wanted = self.converter.as_stored(type, shadow.standing.defaults[column])
            if wanted != "" and type.carried.family != "array":
                demand(self.converter.same(type, shown, wanted), f"default of {column}: {wanted!r}, not {shown!r}")

    # ---- rows ----

    def _insert(self, shadow, event):
        row = self.reader.new_row(event, shadow.columns)
        if UNAVAILABLE in row.values():
            # A key that changed is a delete and an insert; what did not change is in neither.
            demand(self._deleted and self._deleted[:2] == (event.table, event.change),
                   f"nothing that a placeholder of {row} could stand for")
            row = self._filled(row, self._deleted[2], shadow)
        shadow.rows.append(row)

    def _update(self, shadow, event):
        new = self.reader.new_row(event, shadow.columns)
        if event.old:
            wanted = self._old_row(shadow, event)
        else:
            demand(not shadow.standing.whole, "an update without the old row")
            demand(shadow.standing.logged, "an update of a table without a key")
            wanted = {column: new[column] for column in shadow.standing.logged}
        place = self._find(shadow, wanted)
        shadow.rows[place] = self._filled(new, shadow.rows[place], shadow)

    def _delete(self, shadow, event):
        demand(event.old, "a delete without the old row")
        place = self._find(shadow, self._old_row(shadow, event))
        self._deleted = (event.table, event.change, shadow.rows.pop(place))

    def _old_row(self, shadow, event):
        return self.reader.old_row(event, shadow.columns, shadow.standing.logged, shadow.standing.required)

    def _truncate(self, shadow, event):
        shadow.rows.clear()

    def _filled(self, new, old, shadow):
        demand(not shadow.standing.whole or UNAVAILABLE not in new.values(),
               f"a value is missing, though the whole old row was logged: {new}")
        return {column: old[column] if value is UNAVAILABLE else value for column, value in new.items()}

    def _find(self, shadow, wanted):
        """The place of a row with these values; texts that differ may still be one value."""
        demand(UNAVAILABLE not in wanted.values(), "a key without its value")
        for place, row in enumerate(shadow.rows):
            if all(row[column] == value for column, value in wanted.items()):
                return place
        for place, row in enumerate(shadow.rows):
            if all(self.converter.same(shadow.columns[column], row[column], value) for column, value in wanted.items()):
                return place
        rows = [{column: row[column] for column in wanted} for row in shadow.rows]
        raise BadEvent(f"no such row: {_short(wanted)}; rows: {_short(rows)}")

    # ---- definitions ----

    def _step(self, step):
        facts = step.facts
        if step.do == "create":
            self.tables.update({id: Shadow(dict(columns)) for id, columns in facts["tables"].items()})
        elif step.do == "drop":
            for id in facts["tables"]:
                del self.tables[id]
        elif step.do == "rename table":
            self.tables[facts["new"]] = self.tables.pop(facts["old"])
        elif step.do == "rename label":
            self._rename_label(facts["enum"], facts["old"], facts["new"])
        elif step.do != "nothing":
            for id in facts["tables"]:
                self._change_column(step.do, self.tables[id], facts)
        for id, standing in step.standings.items():
            if id in self.tables:
                self.tables[id].standing = standing

    def _change_column(self, do, shadow, facts):
        if do == "add column":
            shadow.columns[facts["column"]] = facts["type"]
            for row in shadow.rows:
                row[facts["column"]] = facts["fill"]
        elif do == "drop column":
            for members in (shadow.columns, *shadow.rows):
                del members[facts["column"]]
        elif do == "rename column":
            shadow.columns = _renamed(shadow.columns, facts["old"], facts["new"])
            shadow.rows = [_renamed(row, facts["old"], facts["new"]) for row in shadow.rows]
        else:
            demand(do == "change type", do)
            column = facts["column"]
            values = self.converter.convert([row[column] for row in shadow.rows], facts["old"], facts["type"], facts["using"])
            shadow.columns[column] = facts["type"]
            for row, value in zip(shadow.rows, values):
                row[column] = value

    def _rename_label(self, enum, old, new):
        for shadow in self.tables.values():
            for column, type in shadow.columns.items():
                carried = type.carried
                if carried == enum:
                    for row in shadow.rows:
                        row[column] = new if row[column] == old else row[column]
                elif carried.family == "array" and carried.element.carried == enum:
                    values = self.converter.replaced_items([row[column] for row in shadow.rows], old, new)
                    for row, value in zip(shadow.rows, values):
                        row[column] = value


def _renamed(members, old, new):
    return {new if name == old else name: value for name, value in members.items()}


def _short(value):
    text = repr(value)
    return text if len(text) < 1500 else text[:1500] + "…"


def _labels_as_text(type):
    """The type to read an enum's labels as, since they may have other names by now."""
    if type.carried.family == "array":
        return "text[]" if type.carried.element.carried.family == "enum" else None
    return "text" if type.carried.family == "enum" else None


class Converter:
    """Conversions that the follower of events has to make itself; PostgreSQL makes them, of texts."""

    def __init__(self, cursor, options):
        self.cursor = cursor
        self.options = options
        self._known = {}

    def convert(self, texts, old, new, using):
        source = _labels_as_text(old) or old.sql
        return self._each(texts, f"({using.format(f'(item::{source})')})::{new.sql}")

    def replaced_items(self, texts, old, new):
        return self._each(texts, f"array_replace(item::text[], {literal.string(old)}, {literal.string(new)})")

    def _each(self, texts, expression):
        if not texts:
            return []
        self.cursor.execute(f"select case when item is null then null else format('%%s', {expression.replace('%', '%%')}) end"
                            " from unnest(%s::text[]) with ordinality as i (item, place) order by place", (texts,))
        return [row[0] for row in self.cursor.fetchall()]

    def as_stored(self, type, text):
        """What a default of fewer fields or digits than it was given with is to a row; others are shown as given."""
        if not text or type.carried.family != "interval":
            return text
        return self._each([text], f"(item::{type.sql})")[0]

    def same(self, type, one, other):
        """Whether two texts are one value, as far as the format carries it."""
        return one == other or self._carried(type, one) == self._carried(type, other)

    def _carried(self, type, text):
        if text is None:
            return None
        known = (type.sql, text)
        if known not in self._known:
            item = f"({literal.string(text)}::{_labels_as_text(type) or projections.loaded_as(type, self.options)})"
            self.cursor.execute("select " + projections.expression(type, self.options, item))
            self._known[known] = self.cursor.fetchone()[0]
        return self._known[known]


def compare(cursor, table, shadow, options, rows_only):
    """Loads the shadow into a table beside the source; returns the differences, both ways, at most some of each.

    `rows_only`: without the tables that inherit from the source.
    """
    columns = table.types()
    demand(dict(shadow.columns) == columns, f"columns of {table.id}: {list(shadow.columns)}, not {list(columns)}")
    names = ", ".join(map(literal.name, columns))
    source = f"{'only ' if rows_only else ''}{table.sql}"
    loaded = ", ".join(f"{literal.name(name)}::{projections.loaded_as(type, options)} as {literal.name(name)}"
                       for name, type in columns.items())
    cursor.execute(f"create temp table shadow as select {loaded} from {source} with no data")
    lines = "".join(literal.copy_line([row[column] for column in columns]) for row in shadow.rows)
    cursor.copy_expert(f"copy shadow ({names}) from stdin", io.StringIO(lines))
    carried = ", ".join(f"{projections.expression(type, options, literal.name(name))} as {literal.name(name)}"
                        for name, type in columns.items())
    found = []
    for words, left, right in (("only in the source", source, "shadow"), ("only in the events", "shadow", source)):
        cursor.execute(f"select {carried} from {left} except all select {carried} from {right}")
        found += [f"{table.id}: {words}: {_short(dict(zip(columns, row)))}" for row in cursor.fetchmany(3)]
    cursor.execute("drop table shadow")
    return found
