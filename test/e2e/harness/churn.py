"""Tables of many shapes, filled, and a load of so many changes a second that touches their rows everywhere."""

import random
import threading
import time
from dataclasses import dataclass

import psycopg2



@dataclass(frozen=True)
class Shape:
    """A table whose rows are each made from a number `n`. Every table has the columns n and counter."""
    name: str  # in SQL
    columns: str  # but n and counter
    row: str  # values of these columns, of n
    rekey: str  # assignments that give a row the key of {n}
    part: float  # of all rows
    more: str = ""  # further SQL
    truncate: bool = False  # whether the load does that, too

    def fill(self, rows):
        return f"""
            create table {self.name} ({self.columns}, n bigint not null, counter int not null default 0) {self._partitions()};
            {self.more}
            create index on {self.name} (n);
            insert into {self.name} select {self.row}, n, 0 from generate_series(1, {rows}) n;
        """

    def _partitions(self):
        return "partition by range (id)" if "partition of" in self.more else ""


def _partitions(name, highest):
    ends = [1, highest // 4, highest // 2]
    parts = [f"create table {name}_{number} partition of {name} for values from ({since}) to ({to});"
             for number, (since, to) in enumerate(zip(ends, ends[1:]))]
    return "".join([*parts, f"create table {name}_rest partition of {name} default;"])


def shapes(rows):
    """Twenty: for `rows` rows in all, one with three fifths of them."""
    plain = "id bigint primary key, note text, at timestamptz"
    plain_row = "n, 'note ' || n, '2024-01-01 00:00Z'::timestamptz + n * interval '1 s'"
    some = [
        Shape("big", plain, plain_row, "id = {n}", 0.6),
        Shape("parted", "id bigint primary key, note text", "n, md5(n::text)", "id = {n}", 0.06,
              _partitions("parted", max(4, int(rows * 0.06)))),
        Shape("large", "id int primary key, value text", "n, repeat(md5(n::text), 2048)", "id = {n} % 2000000000", 0.0002,
              "alter table large alter value set storage external;"),
        Shape("pair", "a bigint, b text, note text, primary key (a, b)", "n / 100, (n % 100)::text, 'é\t\\x' || n",
              "a = {n} / 100, b = ({n} % 100)::text", 0.03),
        Shape("coded", "code text not null, note text", "'c/' || n, null", "code = 'c/' || {n}", 0.03,
              "create unique index coded_code on coded (code); alter table coded replica identity using index coded_code;"),
        Shape('"Odd Ta""ble/é"', '"Key Col" bigint primary key, "select" text', "n, E'\\n' || n", '"Key Col" = {n}', 0.01),
        Shape("whole", plain, plain_row, "id = {n}", 0.02, "alter table whole replica identity full;"),
        Shape("emptied", plain, plain_row, "id = {n}", 0.005, truncate=True),
        Shape("ids", "id uuid primary key, ok bool, doc jsonb",
              """md5(n::text)::uuid, n % 3 = 0, jsonb_build_object('n', n, 'a', array[n::text, 'x"y'])""",
              "id = md5(({n})::text)::uuid", 0.03),
        KEYLESS,
    ]
    many = 20 - len(some)
    rest = (1 - sum(shape.part for shape in some)) / many
    return some + [Shape(f"plain_{number}", plain, plain_row, "id = {n}", rest) for number in range(many)]


KEYLESS = Shape("bare", "note text, twin text", "'row ' || n / 2, md5((n / 2)::text)", "note = 'row ' || {n}", 0.02,
                "alter table bare replica identity full;")


def make_tables(postgres, chosen, rows, dbname="postgres"):
    """Creates and fills them; returns how many rows there are."""
    counts = [max(10, int(rows * shape.part)) for shape in chosen]
    postgres.psql("create sequence if not exists fresh start 1000000000 increment 1000;\n" +
                  "".join(shape.fill(count) for shape, count in zip(chosen, counts)) + "vacuum analyze;", dbname)
    return sum(counts)


class Churn:
    """`with Churn(postgres, shapes, rows, seed) as churn: …`: changes until the with statement ends.

    Every kind of change to rows everywhere, several tables in a transaction, some rolled back. Sessions survive a
    server that goes away.
    """

    def __init__(self, postgres, chosen, rows, seed, rate=2000, dbname="postgres", sessions=2):
        self.postgres = postgres
        self.dbname = dbname
        self.rate = rate
        self.chosen = chosen
        self.highest = [max(10, int(rows * shape.part)) for shape in chosen]
        self.weights = [max(shape.part, 0.01) for shape in chosen]
        self.changes = 0
        self.seconds = 0.0
        self._error = None
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._threads = [threading.Thread(target=self._session, args=(random.Random(f"{seed}/{number}"), rate / sessions),
                                          daemon=True) for number in range(sessions)]

    def __enter__(self):
        self._begin = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, kind, *_):
        self._stop.set()
        for thread in self._threads:
            thread.join()
        self.seconds = time.monotonic() - self._begin
        if self._error and not kind:
            raise self._error

    def check_rate(self, full):
        """That it has done what was asked for; beside other tests at least a good part of that."""
        print(f"{self.changes / self.seconds:.0f} of {self.rate} changes/s for {self.seconds:.0f} s")
        assert self.changes / self.seconds > (0.9 if full else 0.3) * self.rate, "the machine is too slow for this load"

    def _session(self, rng, rate):
        connection, done = None, 0
        try:
            while not self._stop.is_set():
                due = time.monotonic() - self._begin
                if done > rate * due:
                    self._stop.wait(done / rate - due)
                    continue
                try:
                    connection = connection or self.postgres.connect(self.dbname, autocommit=False)
                    changes = self._transaction(connection, rng)
                    done += changes
                    with self._lock:
                        self.changes += changes
                except psycopg2.Error as error:
                    if error.pgcode is None or error.pgcode.startswith("57"):  # the server went away
                        connection = None
                        self._stop.wait(0.1)
                    elif error.pgcode in ("23505", "40P01"):  # a key that is there already, a deadlock
                        connection.rollback()
                    else:
                        raise
        except Exception as error:  # noqa: BLE001: shown at the end
            self._error = error
        finally:
            if connection:
                connection.close()

    def _transaction(self, connection, rng):
        changes = 0
        with connection.cursor() as cursor:
            for _ in range(rng.choice((1, 1, 2, 4))):
                number = rng.choices(range(len(self.chosen)), self.weights)[0]
                cursor.execute(_statement(self.chosen[number], self.highest[number], rng))
                changes += max(1, cursor.rowcount)
        if rng.random() < 0.08:
            connection.rollback()
        else:
            connection.commit()
        return changes


def _statement(shape, highest, rng):
    first, size = rng.randint(1, highest), rng.randint(1, 15)
    some = f"n between {first} and {first + size - 1}"
    kind = rng.random()
    if kind < 0.2:
        return (f"insert into {shape.name} select {shape.row}, n, 0 from"
                f" (select nextval('fresh') + i as n from generate_series(1, {size}) i) s")
    if kind < 0.75:  # values out of line are left unchanged
        return f"update {shape.name} set counter = counter + 1 where {some}"
    if kind < 0.85:
        beyond = f"(n + {rng.randint(1, 10**5)}::bigint * 10000000)"
        return f"update {shape.name} set {shape.rekey.format(n=beyond)}, n = {beyond} where {some}"
    if kind < 0.86 and shape.truncate:
        return f"truncate {shape.name}"
    return f"delete from {shape.name} where n between {first} and {first + size // 3}"
