"""A random workload: two sessions whose transactions overlap, with every kind of change to rows and to definitions."""

import io
import string

import psycopg2

import literal
from ddl import Ddl

GENERATOR_ERRORS = ("42601", "42703", "42P01", "42P10", "42704", "22P02", "22P03")  # the workload itself is wrong
MARKS = 'public."ddl log"'


class Workload:
    """`steps` by the number of their mark in the table of marks; `journal`: the SQL that was run, and what became of it."""

    def __init__(self, rng, worlds, connections):
        self.rng = rng
        self.steps = {}
        self.journal = []
        self.statements = 0
        self.failures = {}
        self.sessions = [
            _Session(self, world, connection, number) for number, (world, connection) in enumerate(zip(worlds, connections))
        ]

    def run(self, transactions):
        """Sessions take turns at random, statement by statement."""
        for session in self.sessions:
            session.prepare()
        running = [session.transactions(transactions) for session in self.sessions]
        while running:
            session = self.rng.choice(running)
            if next(session, "end") == "end":
                running.remove(session)


class _Failed(Exception):
    """A statement failed and nothing guards the transaction."""


class _Session:
    def __init__(self, workload, world, connection, number):
        self.workload = workload
        self.world = world
        self.rng = world.rng
        self.values = world.values
        self.ddl = Ddl(world)
        self.connection = connection
        self.cursor = connection.cursor()
        self.number = number
        self.guarded = False

    # ---- running SQL ----

    def _run(self, sql):
        self.workload.statements += 1
        self.workload.journal.append(f"/* {self.number} */ {sql};")
        try:
            self.cursor.execute(sql)
        except psycopg2.Error as error:
            self._note(error)
            raise

    def _note(self, error):
        self.workload.journal.append(f"--   {error.pgcode} {str(error).strip()}".replace("\n", "\n--   "))
        self.workload.failures[error.pgcode] = self.workload.failures.get(error.pgcode, 0) + 1
        if error.pgcode in GENERATOR_ERRORS or error.pgcode is None:
            last = "\n".join(line[:1000] for line in self.workload.journal[-3:])
            raise AssertionError(f"the workload is wrong: {last}") from error

    def _try(self, run):
        """Runs it; if it fails, what it did is undone, and the transaction with it where nothing guards it."""
        known = self.world.snapshot()
        if self.guarded:
            self._run("savepoint guard")
        try:
            run()
        except psycopg2.Error:
            self.world.restore(known)
            if not self.guarded:
                raise _Failed from None
            self._run("rollback to guard")

    # ---- transactions ----

    def prepare(self):
        """Types and the first tables, with some rows."""
        for statement in self.world.make_types():
            self._run(statement)
        self.guarded = True
        for _ in range(self.rng.randint(2, 3)):
            self._run("begin")
            self._try(lambda: self._change(self.ddl.creation()))
            self._run("commit")

    def transactions(self, count):
        """A generator: each step runs a statement."""
        for _ in range(count):
            kind = self.rng.random()
            if kind < 0.25:
                yield from self._alone()
            elif kind < 0.30:
                self._outside()
                yield
            else:
                yield from self._transaction()

    def _alone(self):
        """A statement that is a transaction of its own."""
        self.guarded = False
        try:
            self._statement()
        except _Failed:
            pass
        yield

    def _outside(self):
        """What cannot be in a transaction, or must not be together with its use."""
        tables = list(self.world.tables.values())
        table = self.rng.choice(tables) if tables else None
        if not table or self.rng.random() < 0.5:
            statement, known = self.ddl.label()
        else:
            statement, known = f"vacuum {'full ' if table.kind not in ('root', 'middle') else ''}{table.sql}", lambda: None
        try:
            self._run(statement)
            known()
        except psycopg2.Error:
            pass

    def _transaction(self):
        known = self.world.snapshot()
        self.guarded = self.rng.random() < 0.6
        self._run("begin")
        try:
            for _ in range(self.rng.choice((1, 2, 3, 5, 8))):
                if self.rng.random() < 0.2:
                    yield from self._savepoint()
                else:
                    self._any()
                yield
            self._end(known)
        except _Failed:
            self.world.restore(known)
            self._run("rollback")

    def _end(self, known):
        kind = self.rng.random()
        if kind < 0.08:
            self.world.restore(known)
            self._run("rollback")
        elif kind < 0.13:
            self._prepare(known, "rollback" if kind < 0.09 else "commit")
        else:
            self._run("commit")

    def _prepare(self, known, end):
        try:
            self._run(f"prepare transaction 'waljet{self.number}'")
        except psycopg2.Error:  # it has used temporary tables, and is rolled back
            end = "rollback"
        else:
            self._run(f"{end} prepared 'waljet{self.number}'")
        if end == "rollback":
            self.world.restore(known)

    def _savepoint(self):
        known = self.world.snapshot()
        self._run("savepoint inner_one")
        for _ in range(self.rng.randint(1, 3)):
            self._any()
            yield
        if self.rng.random() < 0.5:
            self.world.restore(known)
            self._run("rollback to inner_one")
        elif self.rng.random() < 0.5:
            self._run("release inner_one")

    def _any(self):
        kind = self.rng.random()
        if kind < 0.22:
            self._try(self._definition)
        elif kind < 0.25:
            self._try(self._noise)
        else:
            self._statement()

    # ---- definitions ----

    def _definition(self):
        change = self.ddl.draw()
        if change:
            self._change(change)

    def _change(self, change):
        number = len(self.workload.steps) + 1
        self.workload.steps[number] = change.step
        if change.announced:
            self._mark(number)
        for statement in change.statements:
            self._run(statement)
        if not change.announced:
            self._mark(number)

    def _mark(self, number):
        self._run(f"insert into {MARKS} values ({number})")

    # ---- what makes no event ----

    def _noise(self):
        number = self.world.number()
        name = f"public.{self.world.prefix}noise{number}"
        self._run(
            self.rng.choice(
                (f"create temp table {name.removeprefix('public.')} as select g from generate_series(1, 3) g",
                 f"create unlogged table {name} as select g from generate_series(1, 3) g",
                 f"create materialized view {name} as select g from generate_series(1, 3) g", f"create sequence {name}",
                 "select lo_from_bytea(0, 'x')", "select pg_logical_emit_message(true, 'noise', 'x')",
                 "select pg_logical_emit_message(false, 'noise', 'x')")))

    # ---- rows ----

    def _statement(self):
        tables = list(self.world.tables.values())
        if not tables:
            return
        table = self.rng.choice(tables)
        kinds = [(self._insert, 10), (self._copy, 2), (self._insert_select, 2)]
        if self._may_change(table):
            kinds += [(self._update, 9), (self._update_key, 3), (self._delete, 3), (self._upsert, 3), (self._merge, 1)]
        kinds += [(self._truncate, 1)]
        kind = self.rng.choices([kind for kind, _ in kinds], [weight for _, weight in kinds])[0]
        self._try(lambda: kind(table))

    def _may_change(self, table):
        """Whether each row that a change of this table meets can be told apart by what is logged of it."""
        return all(one.logged_key for one in self.world.family(table) if one.kind not in ("root", "middle"))

    def _value(self, column, fresh=False):
        """SQL. `fresh`: of a key, seldom one that was there before, and short enough for an index."""
        rng = self.rng
        if fresh and rng.random() < 0.75:
            family = column.type.carried.family
            number = self.world.number()
            if family in ("int2", "int4", "int8", "oid", "numeric", "money", "float8", "xid8"):
                return literal.string(str(number % 90))if column.type.carried.modifier else literal.string(str(number))
            if family in ("text", "name"):
                return literal.string(f"k{number}" + rng.choice(("", "", "/é", " ", "'", "\\")))
        if fresh and column.type.carried.family == "text" and rng.random() < 0.1:
            # Out of line, if the column wants it.
            return literal.string("".join(rng.choices(string.ascii_letters + string.digits, k=2300)))
        if fresh:
            return literal.string(self.values.literal(column.type))
        if column.not_null:
            return literal.string(self.values.literal(column.type, self._big(column)))
        return literal.string(self.values.maybe_null(column.type, 0.15, self._big(column)))

    def _big(self, column):
        return not column.small and self.rng.random() < 0.12

    def _chosen(self, table):
        """Columns for new rows: the key, those that must be there, and most of the rest."""
        columns = [column for column in table.columns if column.writable]
        rng = self.rng
        return [column for column in columns
                if not (column.automatic and rng.random() < 0.8) and
                ((column.not_null and column.default is None) or column.name in table.key or rng.random() < 0.85)]

    def _rows(self, table, columns, count):
        return ", ".join("(" + ", ".join(self._value(column, column.name in table.key) for column in columns) + ")"
                         for _ in range(count))

    def _names(self, columns):
        return ", ".join(literal.name(column.name) for column in columns)

    def _insert(self, table, tail=""):
        columns = self._chosen(table)
        if columns:
            rows = self._rows(table, columns, self.rng.choice((1, 1, 2, 4)))
            self._run(f"insert into {table.sql} ({self._names(columns)}) values {rows}{tail}")
        else:
            self._run(f"insert into {table.sql} default values{tail}")

    def _upsert(self, table):
        """Mostly onto a row that is there."""
        if not table.key or table.kind == "parent":
            return self._insert(table)
        keys = ", ".join(map(literal.name, table.key))
        others = [column for column in table.columns if column.writable and column.name not in table.key]
        if not others or self.rng.random() < 0.3:
            return self._insert(table, f" on conflict ({keys}) do nothing")
        changes = ", ".join(f"{literal.name(column.name)} = excluded.{literal.name(column.name)}"
                            for column in self.rng.sample(others, self.rng.randint(1, len(others))))
        columns = [column for column in table.columns if column.writable]
        source = f"values {self._rows(table, columns, 1)}"
        if self.rng.random() < 0.7:
            source = f"select {self._names(columns)} from {table.sql} {self._order(table)} limit 2"
        return self._run(
            f"insert into {table.sql} ({self._names(columns)}) {source} on conflict ({keys}) do update set {changes}")

    def _insert_select(self, table):
        """Copies of rows, under other keys."""
        columns = [column for column in table.columns if column.writable and not column.automatic]
        if not columns:
            return self._insert(table)
        drawn = ", ".join(
            f"{self._value(column, True)}::{column.type.sql}" if column.name in table.key else literal.name(column.name)
            for column in columns)
        source = f"select {drawn} from {table.sql} {self._order(table)} limit {1 if table.key else 3}"
        return self._run(f"insert into {table.sql} ({self._names(columns)}) {source}")

    def _copy(self, table):
        """Rows of one WAL record."""
        columns = self._chosen(table)
        rows = [[self._plain(self._value(column, column.name in table.key)) for column in columns]
                for _ in range(self.rng.randint(1, 6))]
        if not columns:
            return self._insert(table)
        sql = f"copy {table.sql} ({self._names(columns)}) from stdin"
        text = "".join(map(literal.copy_line, rows))
        self.workload.journal.append(f"/* {self.number} */ {sql};\n{text}\\.")
        self.workload.statements += 1
        try:
            self.cursor.copy_expert(sql, io.StringIO(text))
        except psycopg2.Error as error:
            self._note(error)
            raise
        return None

    def _plain(self, quoted):
        return None if quoted == "NULL" else quoted[1:-1].replace("''", "'")

    def _order(self, table):
        """Some rows, the same ones each time that a seed runs: by their content, not by their place."""
        return f'as "the row" order by md5("the row"::text), tableoid::text, ctid offset {self.rng.choice((0, 0, 0, 1, 2))}'

    def _where(self, table, only):
        count = self.rng.choice((1, 1, 1, 2, 3, 50))
        return f"(tableoid, ctid) in (select tableoid, ctid from {only}{table.sql} {self._order(table)} limit {count})"

    def _only(self, table):
        return "only " if table.kind == "parent" and self.rng.random() < 0.5 else ""

    def _update(self, table):
        columns = [column for column in table.columns if column.name not in table.key + table.index]
        if not columns:
            return self._update_key(table)
        only = self._only(table)
        chosen = self.rng.sample(columns, min(len(columns), self.rng.choice((1, 1, 2, 4))))
        changes = ", ".join(f"{literal.name(column.name)} = {self._new_value(column)}" for column in chosen)
        return self._run(f"update {only}{table.sql} set {changes} where {self._where(table, only)}")

    def _new_value(self, column):
        if not column.writable or self.rng.random() < 0.05:
            return "default"
        kind = self.rng.random()
        if kind < 0.15:
            return literal.name(column.name)  # nothing changes
        if kind < 0.25 and column.type.carried.family == "text":
            return f"{literal.name(column.name)} || 'x'"
        return self._value(column)

    def _update_key(self, table):
        names = table.key + [name for name in table.index if name not in table.key]
        if not names:
            return self._update(table)
        only = self._only(table)
        column = table.column(self.rng.choice(names))
        value = "default" if not column.writable else self._value(column, True)
        others = [column for column in table.columns if column.writable and column.name not in names]
        more = "".join(f", {literal.name(other.name)} = {self._new_value(other)}"
                       for other in self.rng.sample(others, min(len(others), self.rng.choice((0, 0, 1)))))
        return self._run(
            f"update {only}{table.sql} set {literal.name(column.name)} = {value}{more} where {self._where(table, only)}")

    def _delete(self, table):
        only = self._only(table)
        self._run(f"delete from {only}{table.sql} where {self._where(table, only)}")

    def _merge(self, table):
        if self.values.version < 15 or not table.key or table.kind == "parent":
            return self._delete(table)
        others = [column for column in table.columns if column.writable and column.name not in table.key]
        if not others:
            return self._delete(table)
        column = self.rng.choice(others)
        same = " and ".join(f"s.{literal.name(name)} = t.{literal.name(name)}" for name in table.key)
        source = f"select {', '.join(map(literal.name, table.key))} from {table.sql} {self._order(table)} limit 3"
        change = f"update set {literal.name(column.name)} = {self._value(column)}"
        return self._run(f"merge into {table.sql} as t using ({source}) as s on {same} "
                         f"when matched and length(t::text) % 2 = 0 then delete when matched then {change}")

    def _truncate(self, table):
        if self.rng.random() < 0.5:
            return self._insert(table)
        several = [table] + [one for one in self.world.tables.values() if one.id != table.id and self.rng.random() < 0.2]
        if self.world.options.partition_root == "on":
            several = [one for one in several if one.kind not in ("leaf", "middle")]
        if several:
            self._run(
                f"truncate {', '.join(one.sql for one in several)}{self.rng.choice(('', ' restart identity', ' cascade'))}")
        return None
