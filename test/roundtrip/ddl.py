"""Random changes of a random database's definitions, each with the step by which a follower of the events does the same."""

from dataclasses import dataclass, field, replace

import literal
import projections
from column_type import Type, array_of
from schema import SCHEMAS, Table


@dataclass
class Standing:
    """What holds for a table from a step on."""
    whole: bool  # the whole old row is logged
    logged: list  # the columns of it that are
    required: list  # columns that are NOT NULL
    defaults: dict  # by column: a text, "" where a sequence gives it; without those that are expressions


@dataclass
class Step:
    """`standings` by table."""
    do: str
    facts: dict
    standings: dict = field(default_factory=dict)


@dataclass
class Change:
    """`announced`: the step's mark goes before the statements, as rows come with them."""
    statements: list
    step: Step
    announced: bool = False


def _type(sql, family=None, modifier=()):
    return Type(sql, family or sql, modifier)


TEXT = _type("text")
WIDE = _type("numeric(38,10)", "numeric", (38, 10))
CONVERSIONS = {
    "int2": [(_type("int4"), "{}"), (_type("int8"), "{}"), (_type("numeric"), "{}"), (TEXT, "{}::text")],
    "int4": [(_type("int8"), "{}"), (_type("numeric"), "{}"), (WIDE, "{}"), (TEXT, "{}::text")],
    "int8": [(_type("numeric"), "{}"), (TEXT, "{}::text")],
    "text": [(_type("varchar"), "{}"), (_type("varchar(5)", "varchar", (5,)), "left({}, 5)"), (_type("jsonb"), "to_jsonb({})"),
             (_type("bytea"), "convert_to({}, 'UTF8')")],
    "varchar": [(TEXT, "{}"), (_type("bpchar(20)", "bpchar", (20,)), "left({}, 20)")],
    "bpchar": [(TEXT, "{}::text")],
    "name": [(TEXT, "{}::text")],
    "date": [(_type("timestamp"), "{}")],
    "timestamp": [(_type("timestamptz"), "{} at time zone 'UTC'"), (_type("timestamp(1)", "timestamp", (1,)), "{}"),
                  (_type("date"), "{}::date")],
    "timestamptz": [(_type("timestamp"), "{} at time zone 'UTC'")],
    "uuid": [(TEXT, "{}::text")],
    "bool": [(_type("int4"), "{}::int"), (TEXT, "{}::text")],
    "json": [(TEXT, "{}::text")],
    "jsonb": [(_type("json"), "{}::json"), (TEXT, "{}::text")],
    "bytea": [(TEXT, "encode({}, 'hex')")],
    "float4": [(_type("float8"), "{}")],
    "numeric": [(_type("numeric"), "{}"), (TEXT, "{}::text")],
    "money": [(WIDE, "{}::numeric")],
    "bit": [(TEXT, "{}::text")],
    "enum": [(TEXT, "{}::text")],
    "macaddr": [(_type("macaddr8"), "{}")],
    "array": [(array_of(TEXT), "{}::text[]"), (TEXT, "array_to_string({}, ',', 'null')")],
}


class Ddl:
    def __init__(self, world):
        self.world = world
        self.rng = world.rng

    def draw(self):
        """A change, already known to the world; None where the drawn kind finds nothing to change."""
        kinds = (self._add_column, self._drop_column, self._rename_column, self._rename_table, self._change_type,
                 self._rename_label, self._change_identity, self._create, self._create_as, self._drop, self._change_key,
                 self._change_storage, self._change_null, self._change_default)
        change = self.rng.choices(kinds, (5, 3, 3, 3, 6, 3, 4, 2, 1, 1, 2, 1, 1, 1))[0]()
        if change:
            change.step.standings = self.standings()
        return change

    def creation(self):
        """A new table."""
        change = self._create()
        change.step.standings = self.standings()
        return change

    def standings(self):
        return {id: self._standing(table) for id, table in self.world.tables.items()}

    def _standing(self, table):
        defaults = {column.name: "" if column.automatic else column.default for column in table.columns}
        defaults = {column: default for column, default in defaults.items() if default is not None}
        required = [column.name for column in table.columns if column.not_null]
        return Standing(table.identity == "full", table.logged_key, required, defaults)

    def label(self):
        """A statement that adds a label to an enum, and what makes it known: for a transaction of its own."""
        world = self.world
        enum = self.rng.choice(world.enums)
        new = f"new {world.number()}"
        place = self.rng.choice(
            ("", f" before {literal.string(world.labels[enum.sql][0])}", f" after {literal.string(world.labels[enum.sql][0])}"))
        return f"alter type {enum.sql} add value {literal.string(new)}{place}", lambda: world.labels[enum.sql].append(new)

    # ---- which ----

    def _table(self, *kinds):
        tables = [table for table in self.world.tables.values() if table.kind in (kinds or ("plain", "root", "parent"))]
        return self.rng.choice(tables) if tables else None

    def _spare_column(self, table):
        """One that no key needs."""
        columns = [column for column in table.columns
                   if not any(column.name in one.key + one.index for one in self.world.family(table))]
        return self.rng.choice(columns) if columns and len(table.columns) > 1 else None

    def _step(self, do, **facts):
        return Step(do, facts)

    def _ids(self, table):
        return [one.id for one in self.world.family(table)]

    # ---- columns ----

    def _add_column(self):
        table = self._table()
        if not table or len(table.columns) > 15:
            return None
        family = self.world.family(table)
        column = self.world.make_column([column.name for one in family for column in one.columns])
        column.not_null = column.not_null and column.default is not None
        for one in family:
            one.columns.append(replace(column))
        statements = [f"alter table {table.sql} add column {self.world.definition(column)}"]
        for one in family:
            statements += self.world.storage(one, [column]) if column.small else []
        return Change(
            statements,
            self._step("add column", tables=self._ids(table), column=column.name, type=column.type, fill=column.default))

    def _drop_column(self):
        table = self._table()
        column = table and self._spare_column(table)
        if not column:
            return None
        for one in self.world.family(table):
            one.columns.remove(one.column(column.name))
        return Change([f"alter table {table.sql} drop column {literal.name(column.name)}"],
                      self._step("drop column", tables=self._ids(table), column=column.name))

    def _rename_column(self):
        table = self._table()
        if not table:
            return None
        family = self.world.family(table)
        old = self.rng.choice(table.columns).name
        new = self.world.identifier([column.name for one in family for column in one.columns])
        for one in family:
            one.column(old).name = new
            one.key = [new if name == old else name for name in one.key]
            one.index = [new if name == old else name for name in one.index]
        return Change([f"alter table {table.sql} rename column {literal.name(old)} to {literal.name(new)}"],
                      self._step("rename column", tables=self._ids(table), old=old, new=new))

    def _change_type(self):
        table = self._table()
        column = table and self.rng.choice(table.columns)
        if not column or column.generated or column.automatic or projections.find(column.type, self.world.options):
            return None
        if any(self._is_deep(column.type, enum) for enum in self.world.enums):
            return None
        carried = column.type.carried
        if carried.family == "array" and carried.element.carried.family == "xml":
            return None  # its text is not what its output function writes
        targets = CONVERSIONS.get(carried.family)
        if not targets:
            return None
        type, using = self.rng.choice(targets)
        in_key = any(column.name in one.key + one.index for one in self.world.family(table))
        if "left(" in using and self.world.values.encoding == "SQL_ASCII":
            return None  # would cut characters in two
        if in_key and not self.world.may_be_key(type):
            return None
        quoted = literal.name(column.name)
        statements = [
            f"alter table {table.sql} alter {quoted} drop default, alter {quoted} type {type.sql} using {using.format(quoted)}"
        ]
        old = column.type
        for one in self.world.family(table):
            changed = one.column(column.name)
            changed.type, changed.default = type, None
            self.world.keep_small(changed)
            statements += self.world.storage(one, [changed]) if changed.small else []
        return Change(statements,
                      self._step("change type", tables=self._ids(table), column=column.name, old=old, type=type, using=using))

    def _change_storage(self):
        table = self._table("plain", "parent", "leaf", "child")
        columns = [column for column in table.columns if not column.small] if table else []
        if not columns:
            return None
        return Change(self.world.storage(table, columns), self._step("nothing"))

    def _change_null(self):
        table = self._table()
        column = table and self._spare_column(table)
        if not column or column.generated or column.automatic:
            return None
        column.not_null = not column.not_null
        for one in self.world.family(table):
            one.column(column.name).not_null = column.not_null
        return Change(
            [f"alter table {table.sql} alter {literal.name(column.name)} {'set' if column.not_null else 'drop'} not null"],
            self._step("nothing"))

    def _change_default(self):
        """Of rows to come."""
        table = self._table()
        column = table and self.rng.choice(table.columns)
        if not column or column.generated or column.automatic:
            return None
        value = self.world.values.literal(column.type)
        for one in self.world.family(table):
            one.column(column.name).default = value
        return Change([f"alter table {table.sql} alter {literal.name(column.name)} set default {literal.string(value)}"],
                      self._step("nothing"))

    # ---- tables ----

    def _create(self):
        known = set(self.world.tables)
        statements = self.world.make_table()
        made = {id: table.types() for id, table in self.world.tables.items() if id not in known}
        return Change(statements, self._step("create", tables=made), announced=True)

    def _create_as(self):
        """Its rows are inserts."""
        source = self._table("plain", "root")
        if not source or self.world.options.identity != "full":
            return None
        columns = [replace(column, not_null=False, default=None, generated="", automatic=False, always=False, declared="")
                   for column in source.columns]
        table = Table(self.rng.choice(SCHEMAS), self.world.table_identifier(), columns, identity="full")
        self.world.tables[table.id] = table
        return Change([f"create table {table.sql} as table {source.sql}", *self.world.identity(table)],
                      self._step("create", tables={table.id: table.types()}),
                      announced=True)

    def _drop(self):
        table = self._table("plain")
        if not table or len(self.world.tables) < 4:
            return None
        del self.world.tables[table.id]
        return Change([f"drop table {table.sql}"], self._step("drop", tables=[table.id]))

    def _rename_table(self):
        table = self._table("plain", "root", "middle", "leaf", "parent", "child")
        if not table:
            return None
        old, sql = table.id, table.sql
        if self.rng.random() < 0.3:
            table.schema = SCHEMAS[table.schema == SCHEMAS[0]]
            statement = f"alter table {sql} set schema {literal.name(table.schema)}"
        else:
            table.name = self.world.table_identifier()
            statement = f"alter table {sql} rename to {literal.name(table.name)}"
        for one in self.world.tables.values():
            if one.parent == old:
                one.parent = table.id
        self.world.tables = {one.id: one for one in self.world.tables.values()}
        return Change([statement], self._step("rename table", old=old, new=table.id))

    # ---- keys ----

    def _change_identity(self):
        if self.world.options.identity == "full":
            return None
        table = self._table("plain", "child", "parent", "root")
        if not table or not table.key:
            return None
        usable = [
            column for column in table.columns
            if column.not_null and not column.generated and self.world.may_be_key(column.type)
        ]
        kind = self.rng.choice(("full", "default", "index") if table.kind == "plain" and usable else ("full", "default"))
        if kind == "index":
            return self._index_identity(table, usable)
        leaves = [one for one in self.world.family(table) if one.kind == "leaf"]
        for one in (table, *leaves):
            one.identity = kind
        return Change([f"alter table {one.sql} replica identity {kind}" for one in leaves or [table]], self._step("nothing"))

    def _index_identity(self, table, usable):
        columns = self.rng.sample(usable, self.rng.randint(1, min(2, len(usable))))
        index = literal.name(f"{self.world.prefix}index{self.world.number()}")
        table.identity, table.index = "index", [column.name for column in columns]
        return Change([f"create unique index {index} on {table.sql} ({', '.join(map(literal.name, table.index))})",
                       f"alter table {table.sql} replica identity using index {index}"], self._step("nothing"))

    def _change_key(self):
        """A primary key comes or goes; only where the whole old row is logged anyway."""
        table = self._table("plain")
        if not table or self.world.options.identity != "full":
            return None
        if table.key:
            table.key = []
            find = f"select conname from pg_constraint where contype = 'p' and conrelid = {literal.string(table.sql)}::regclass"
            drop = f"execute format('alter table %s drop constraint %I', {literal.string(table.sql)}, ({find}))"
            drop = f"do $waljet$ begin {drop}; end $waljet$"
            return Change([drop], self._step("nothing"))
        usable = [column for column in table.columns if self.world.may_be_key(column.type)]
        if not usable:
            return None
        column = self.rng.choice(usable)
        column.not_null = True
        table.key = [column.name]
        return Change([f"alter table {table.sql} add primary key ({literal.name(column.name)})"], self._step("nothing"))

    # ---- types ----

    def _is_deep(self, type, enum):
        """Whether an enum's labels stand deeper in values than in an array: to rename them a follower had to parse texts."""
        carried = type.carried
        in_array = carried.family == "array" and carried.element.carried == enum
        return carried.mentions(enum) and carried != enum and not in_array

    def _rename_label(self):
        enum = self.rng.choice(self.world.enums)
        if any(self._is_deep(column.type, enum) for table in self.world.tables.values() for column in table.columns):
            return None
        labels = self.world.labels[enum.sql]
        old, new = self.rng.choice(labels), f"renamed {self.world.number()}"
        labels[labels.index(old)] = new
        for column in (column for table in self.world.tables.values() for column in table.columns):
            if column.type.carried == enum and column.default == old:
                column.default = new
        return Change([f"alter type {enum.sql} rename value {literal.string(old)} to {literal.string(new)}"],
                      self._step("rename label", enum=enum, old=old, new=new))
