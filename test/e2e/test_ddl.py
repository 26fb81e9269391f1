"""Tables that change while others write to them: each event shows its row as of its change.

What one session shows is in test/sql/ddl_*.sql; here several sessions take turns, and what they did is read in several
ways: at once by the SQL function, at once by a walsender, by one that follows while it happens, and transaction by
transaction in sessions of their own. All must see the same.
"""

import json

import pytest

from harness import wait
from harness.paths import PG_BIN
from harness.postgres import PostgresServer, server_version
from harness.process import Process
from harness.recvlogical import events_of, make_slots, receive


class Follower:
    """pg_recvlogical that runs beside the test."""

    def __init__(self, server, slot, dbname, *options):
        self.file = server.directory / f"{slot}.out"
        words = [word for option in ("name=app", *options) for word in ("-o", option)]
        self.process = Process([PG_BIN / "pg_recvlogical", "-d", server.conninfo(dbname), "-S", slot, "--start", "-F", "0",
                                "-s", "1", "--no-loop", "-f", self.file, *words], server.directory / f"{slot}.log")
        self.process.start()
        self.server = server
        self.slot = slot
        wait.until(lambda: server.slot(slot)["active"], 20, message=self.process.log_tail)

    def remove(self):
        self.process.kill()

    def lines(self):
        return self.file.read_bytes().splitlines(True) if self.file.exists() else []

    def events(self, count):
        """Waits for so many events, which are all; ends it."""
        wait.until(lambda: len(self.lines()) >= count, 20, message=lambda: f"{self.lines()}\n{self.process.log_tail()}")
        self.process.kill()
        return events_of(b"".join(self.lines()))

    def caught_up(self):
        """Waits until all that is written is sent.

        A commit, in another database, flushes the WAL to the end of a record. Without it the walwriter may have flushed an
        open transaction's to the end of a page, amid a record, and no walsender gets that far before the rest comes.
        """
        self.server.execute("select pg_logical_emit_message(true, 'flush', '')")
        [[end]] = self.server.execute("select pg_current_wal_flush_lsn()")

        def sent():
            rows = self.server.execute("""select sent_lsn >= %s::pg_lsn from pg_stat_replication r join pg_replication_slots s
                                          on r.pid = s.active_pid where slot_name = %s""", (end, self.slot))
            return rows and rows[0][0]
        wait.until(sent, 20, message=self.process.log_tail)


class Sessions:
    """Connections by name; run() takes steps (name, SQL)."""

    def __init__(self, server, dbname):
        self.server = server
        self.dbname = dbname
        self.connections = {}

    def run(self, steps, after_each=lambda: None):
        try:
            for name, sql in steps:
                if name not in self.connections:
                    self.connections[name] = self.server.connect(self.dbname)
                with self.connections[name].cursor() as cursor:
                    cursor.execute(sql)
                after_each()
        finally:
            self.close()  # a transaction left open would keep the next test from making its slots

    def close(self):
        for connection in self.connections.values():
            connection.close()
        self.connections = {}


def shown(events):
    """(schema.table, op, new or old row) of each event."""
    return [(f"{event['source']['schema']}.{event['source']['table']}", event["op"], event["after"] or event["before"])
            for event in events]


def through_sql(server, dbname, slot, options):
    words = "".join(f", '{word}'" for option in ("name=app", *options) for word in option.split("=", 1))
    rows = server.execute(f"select data from pg_logical_slot_peek_changes('{slot}', null, null{words})", dbname=dbname)
    return [json.loads(line) for line, in rows]


def one_by_one(server, dbname, slot, options):
    """Each transaction in a session of its own, which knows nothing of those before."""
    words = "".join(f", '{word}'" for option in ("name=app", *options) for word in option.split("=", 1))
    events = []
    while rows := server.execute(f"select data from pg_logical_slot_get_changes('{slot}', null, 1{words})", dbname=dbname):
        events += [json.loads(line) for line, in rows]
    return events


def read_in_all_ways(server, dbname, setup, steps, options):
    """Does it and returns the events as the ways to read them agree on; they are checked to agree."""
    server.create_database(dbname)
    server.psql(setup, dbname)
    make_slots(server, f"{dbname}_once", f"{dbname}_live", f"{dbname}_single", dbname=dbname)
    follower = Follower(server, f"{dbname}_live", dbname, *options)
    try:
        Sessions(server, dbname).run(steps, follower.caught_up)
        sql = shown(through_sql(server, dbname, f"{dbname}_once", options))
        ways = {
            "walsender": shown(events_of(receive(server, f"{dbname}_once", *options, dbname=dbname))),
            "live": shown(follower.events(len(sql))),
            "single": shown(one_by_one(server, dbname, f"{dbname}_single", options)),
        }
    finally:
        follower.remove()
    for name, events in ways.items():
        assert events == sql, name
    return sql


SETUP = """
    create schema s;
    create type mood as enum ('low', 'high');
    create table s.t (id int primary key, m mood, note text not null default 'n');
    create table s.u (id int primary key);
"""


def insert(number, table="s.t", mood="low"):
    return f"insert into {table} values ({number}, '{mood}')"


def row(number, table="s.t", mood="low", **more):
    return table, "c", {"id": number, "m": mood, "note": "n", **more}


# name: (steps, events). One letter is one session; a transaction spans steps between begin and commit.
CASES = {
    "schema_renamed": (
        [("a", "begin"), ("a", insert(1)), ("b", "alter schema s rename to r"), ("a", insert(2, "r.t")),
         ("a", "commit")],
        [row(1), row(2, "r.t")]),
    "schema_renamed_and_seen": (
        [("a", "begin"), ("a", insert(1)), ("b", "alter schema s rename to r"), ("c", insert(2, "r.t")),
         ("a", insert(3, "r.t")), ("a", "commit")],
        [row(2, "r.t"), row(1), row(3, "r.t")]),
    "schema_renamed_twice_and_back": (
        [("a", "begin"), ("a", insert(1)), ("b", "alter schema s rename to r"), ("a", insert(2, "r.t")),
         ("b", "alter schema r rename to q"), ("c", insert(3, "q.t")), ("b", "alter schema q rename to s"),
         ("c", insert(4)),
         ("a", insert(5)), ("a", "commit")],
        [row(3, "q.t"), row(4), row(1), row(2, "r.t"), row(5)]),
    "schema_rename_rolled_back": (
        [("a", "begin"), ("a", insert(1)), ("b", "begin"), ("b", "alter schema s rename to r"), ("b", insert(9, "r.t")),
         ("a", insert(2)), ("b", "rollback"), ("c", insert(3)), ("a", insert(4)), ("a", "commit")],
        [row(3), row(1), row(2), row(4)]),
    "schema_renamed_in_savepoint": (
        [("a", "begin"), ("a", insert(1)), ("b", "begin"), ("b", "savepoint p"), ("b", "alter schema s rename to r"),
         ("b", "release p"), ("b", "commit"), ("c", insert(2, "r.t")), ("a", insert(3, "r.t")), ("a", "commit")],
        [row(2, "r.t"), row(1), row(3, "r.t")]),
    "label_renamed": (
        [("a", "begin"), ("a", insert(1)), ("b", "alter type mood rename value 'low' to 'minor'"),
         ("a", insert(2, mood="minor")), ("a", "commit")],
        [row(1), row(2, mood="minor")]),
    "label_renamed_and_seen": (
        [("a", "begin"), ("a", insert(1)), ("b", "alter type mood rename value 'low' to 'minor'"),
         ("c", insert(2, mood="minor")),
         ("a", insert(3, mood="minor")), ("a", "commit")],
        [row(2, mood="minor"), row(1), row(3, mood="minor")]),
    "labels_swapped": (
        [("a", "begin"), ("a", insert(1)), ("b", "begin"), ("b", "alter type mood rename value 'low' to 'x'"),
         ("b", "alter type mood rename value 'high' to 'low'"), ("b", "alter type mood rename value 'x' to 'high'"),
         ("b", "commit"),
         ("c", insert(2)), ("c", insert(3, mood="high")), ("a", insert(4)), ("a", "commit")],
        [row(2), row(3, mood="high"), row(1), row(4)]),
    "renamed_by_a_transaction_older_than_the_last_change": (
        [("b", "begin"), ("b", "select txid_current()"), ("c", "create table s.later (id int)"), ("a", "begin"),
         ("a", insert(1)),
         ("b", "alter schema s rename to r"), ("b", "commit"), ("c", insert(2, "r.t")), ("a", insert(3, "r.t")),
         ("a", "commit")],
        [row(2, "r.t"), row(1), row(3, "r.t")]),
    "label_added": (
        [("a", "begin"), ("a", insert(1)), ("b", "alter type mood add value 'new' before 'low'"),
         ("a", insert(2, mood="new")),
         ("c", insert(3, mood="new")), ("a", "commit")],
        [row(3, mood="new"), row(1), row(2, mood="new")]),
    "other_table_changed": (
        [("a", "begin"), ("a", "insert into s.u values (1)"),
         ("b", "alter table s.t add extra int default 5, drop note"),
         ("c", "insert into s.t values (2, 'low')"), ("a", "insert into s.t values (3, 'low', 6)"), ("a", "commit")],
        [("s.t", "c", {"id": 2, "m": "low", "extra": 5}), ("s.u", "c", {"id": 1}),
         ("s.t", "c", {"id": 3, "m": "low", "extra": 6})]),
    "table_renamed_and_replaced": (
        [("a", "begin"), ("a", "insert into s.u values (1)"), ("b", "begin"), ("b", "alter table s.t rename to old"),
         ("b", "create table s.t (id int primary key, m mood, note text not null default 'n', fresh int)"),
         ("b", "commit"),
         ("c", "insert into s.old values (2, 'low')"), ("a", "insert into s.t values (3, 'low', 'n', 4)"),
         ("a", "commit")],
        [row(2, "s.old"), ("s.u", "c", {"id": 1}), row(3, fresh=4)]),
    "identity_changed_while_another_waits": (
        [("a", "begin"), ("a", "insert into s.u values (1)"), ("c", "insert into s.t values (2, 'low')"),
         ("b", "alter table s.t replica identity full"), ("c", "delete from s.t"),
         ("c", "insert into s.t values (3, 'low')"),
         ("b", "alter table s.t replica identity default"), ("a", "delete from s.t"), ("a", "commit")],
        [row(2), ("s.t", "d", {"id": 2, "m": "low", "note": "n"}), row(3), ("s.u", "c", {"id": 1}),
         ("s.t", "d", {"id": 3, "m": None, "note": "n"})]),
    "domain_forbids_null": (
        [("b", "create domain width as int"), ("b", "alter table s.u add w width"),
         ("b", "insert into s.u values (1, 1), (2, 2), (3, 3)"),
         ("a", "begin"), ("a", "insert into s.t values (1, 'low')"), ("b", "delete from s.u where id = 1"),
         ("b", "alter domain width set not null"), ("c", "delete from s.u where id = 2"),
         ("a", "delete from s.u where id = 3"), ("a", "commit")],
        [*[("s.u", "c", {"id": number, "w": number}) for number in (1, 2, 3)], ("s.u", "d", {"id": 1, "w": None}),
         ("s.u", "d", {"id": 2, "w": 0}), row(1), ("s.u", "d", {"id": 3, "w": 0})]),
    "column_added_between": (
        [("a", insert(1)), ("b", "alter table s.t add extra int default 1"), ("a", insert(2)),
         ("b", "alter table s.t drop extra"),
         ("a", insert(3)), ("b", "alter table s.t add extra text"), ("a", insert(4)),
         ("b", "alter table s.t rename extra to more"),
         ("a", insert(5)), ("b", "alter table s.t alter more type int using 7"),
         ("a", "insert into s.t values (6, 'low', 'n', 8)"),
         ("b", "alter table s.t rename to v"), ("a", "insert into s.v values (7, 'low')"),
         ("b", "alter table s.v set schema public"),
         ("a", "insert into v values (8, 'low')"),
         ("b", "drop table v; create table s.t (id int primary key, m mood, note text not null default 'n')"),
         ("a", insert(9))],
        [row(1), row(2, extra=1), row(3), row(4, extra=None), row(5, more=None), row(6, more=8),
        row(7, "s.v", more=None),
         row(8, "public.v", more=None), row(9)]),
    "many_subtransactions": (
        [("a", "begin"), ("a", insert(1)), ("b", "begin"),
         ("b", """do $$ begin for n in 100..180 loop begin insert into s.t values (n, 'low');
                  exception when others then null; end; end loop; end $$"""),
         ("b", "alter schema s rename to r"), ("b", "commit"), ("c", insert(2, "r.t")), ("a", insert(3, "r.t")),
         ("a", "commit")],
        [*[row(number) for number in range(100, 181)], row(2, "r.t"), row(1), row(3, "r.t")]),
}


@pytest.fixture(scope="module")
def server(template):
    server = PostgresServer(template, max_replication_slots=200, max_wal_senders=50)
    yield server.start()
    server.remove()


@pytest.mark.parametrize("case", list(CASES))
def test_sessions_take_turns(server, case):
    steps, events = CASES[case]
    assert read_in_all_ways(server, case, SETUP, steps, []) == events


PARTITIONS = """
    create schema s;
    create table s.root (id int, at int, note text, primary key (id, at)) partition by range (at);
    create table s.low partition of s.root for values from (0) to (10);
    create table s.high (note text, at int not null, id int not null, primary key (id, at));
"""
PARTITION_CASES = {
    "attached": (
        [("a", "begin"), ("a", "insert into s.root values (1, 1, 'x')"),
         ("c", "insert into s.high values ('x', 11, 2)"),
         ("b", "alter table s.root attach partition s.high for values from (10) to (20)"),
         ("c", "insert into s.root values (3, 11, 'x')"), ("a", "insert into s.root values (4, 11, 'x')"),
         ("a", "commit")],
        [("s.high", "c", {"note": "x", "at": 11, "id": 2}), *[("s.root", "c", {"id": number, "at": at, "note": "x"})
                                                              for number, at in ((3, 11), (1, 1), (4, 11))]]),
    "detached": (
        [("b", "alter table s.root attach partition s.high for values from (10) to (20)"),
         ("c", "insert into s.root values (1, 1, 'x'), (2, 11, 'x')"),
         ("b", "alter table s.root detach partition s.high"),
         ("c", "insert into s.high values ('x', 11, 3)"), ("b", "alter table s.root rename to trunk"),
         ("c", "insert into s.trunk values (4, 1, 'x')"), ("b", "alter schema s rename to r"),
         ("c", "insert into r.trunk values (5, 1, 'x')"),
         ("b", "alter table r.trunk rename note to remark"), ("c", "insert into r.trunk values (6, 1, 'x')")],
        [("s.root", "c", {"id": 1, "at": 1, "note": "x"}), ("s.root", "c", {"id": 2, "at": 11, "note": "x"}),
         ("s.high", "c", {"note": "x", "at": 11, "id": 3}), ("s.trunk", "c", {"id": 4, "at": 1, "note": "x"}),
         ("r.trunk", "c", {"id": 5, "at": 1, "note": "x"}), ("r.trunk", "c", {"id": 6, "at": 1, "remark": "x"})]),
    "schema_of_the_root": (
        [("b", "create schema other; alter table s.root set schema other"),
         ("c", "insert into other.root values (1, 1, 'x')"),
         ("a", "begin"), ("a", "insert into s.low values (2, 1, 'x')"), ("b", "alter schema other rename to third"),
         ("c", "insert into s.low values (3, 1, 'x')"), ("a", "insert into s.low values (4, 1, 'x')"), ("a", "commit")],
        [("other.root", "c", {"id": 1, "at": 1, "note": "x"}), ("third.root", "c", {"id": 3, "at": 1, "note": "x"}),
         ("other.root", "c", {"id": 2, "at": 1, "note": "x"}), ("third.root", "c", {"id": 4, "at": 1, "note": "x"})]),
}
PARTITION_CASES["default_of_the_root"] = (
    [("b", "alter table s.root alter note set default 'old', alter note set not null"),
     ("c", "insert into s.root values (1, 1), (2, 1), (3, 1)"),
     ("c", "delete from s.root where id = 1"), ("b", "alter table only s.root alter note set default 'new'"),
     ("c", "delete from s.root where id = 2"), ("b", "alter table s.low alter note set default 'own'"),
     ("c", "delete from s.root where id = 3")],
    [*[("s.root", "c", {"id": number, "at": 1, "note": "old"}) for number in (1, 2, 3)],
     *[("s.root", "d", {"id": number, "at": 1, "note": note}) for number, note in ((1, "old"), (2, "new"), (3, "new"))]])
PARTITION_CASES["branch_attached_and_detached"] = (
    [("b", """create table s.branch (id int, at int, note text, primary key (id, at)) partition by range (id);
              create table s.leaf partition of s.branch for values from (0) to (10)"""),
     ("c", "insert into s.leaf values (1, 11)"),
     ("b", "alter table s.root attach partition s.branch for values from (10) to (20)"),
     ("c", "insert into s.leaf values (2, 11)"), ("b", "alter table s.root detach partition s.branch"),
     ("c", "insert into s.leaf values (3, 11)"), ("b", "drop table s.root"),
     ("c", "insert into s.leaf values (4, 11)")],
    [(table, "c", {"id": number, "at": 11, "note": None})
     for number, table in ((1, "s.branch"), (2, "s.root"), (3, "s.branch"), (4, "s.branch"))])
if server_version() >= 14:
    PARTITION_CASES["detached_concurrently"] = (
        [("b", "alter table s.root attach partition s.high for values from (10) to (20)"),
         ("c", "insert into s.root values (1, 11, 'x')"),
         ("b", "alter table s.root detach partition s.high concurrently"),
         ("c", "insert into s.high values ('x', 11, 2)")],
        [("s.root", "c", {"id": 1, "at": 11, "note": "x"}), ("s.high", "c", {"note": "x", "at": 11, "id": 2})])


@pytest.mark.parametrize("case", list(PARTITION_CASES))
def test_partitions_under_their_root(server, case):
    steps, events = PARTITION_CASES[case]
    assert read_in_all_ways(server, f"part_{case}", PARTITIONS, steps, ["partition_root=on"]) == events


# ---- what the plan of a table holds beside names ----

def schema_of_column(event, column):
    """Of a column, in the schema that travels with the event."""
    [after] = [field for field in event["schema"]["fields"] if field["field"] == "after"]
    return next((field for field in after["fields"] if field["field"] == column), None)


def test_schemas_tell_labels_and_types_of_then(server):
    steps = [
        ("a", insert(1)),
        ("b", "alter type mood add value 'new' before 'low'"), ("a", insert(2)),
        ("b", "alter type mood rename value 'new' to 'fresh'"), ("a", insert(3)),
        ("b", "begin"), ("b", "alter type mood rename value 'fresh' to 'never'"), ("b", "rollback"), ("a", insert(4)),
        ("b", "alter table s.t alter note drop not null"), ("a", insert(5)),
        ("b", "alter table s.t alter note set default 'other'"), ("a", "insert into s.t values (6, 'low', 'n')"),
        ("b", "alter table s.t add n numeric(10,2)"), ("a", "insert into s.t values (7, 'low', 'n')"),
        ("b", "alter table s.t alter n type numeric(12,4)"), ("a", "insert into s.t values (8, 'low', 'n')"),
        ("b", "create domain width as int; alter table s.t add w width"),
        ("a", "insert into s.t values (9, 'low', 'n', 1, 1)"),
        ("b", "delete from s.t where id < 9; alter domain width set not null"),
        ("a", "insert into s.t values (10, 'low', 'n', 1, 1)"),
    ]
    dbname = "with_schemas"
    server.create_database(dbname)
    server.psql(SETUP, dbname)
    make_slots(server, "schemas_once", "schemas_live", dbname=dbname)
    follower = Follower(server, "schemas_live", dbname, "schemas=on", "operations=insert")
    try:
        Sessions(server, dbname).run(steps, follower.caught_up)
        events = events_of(receive(server, "schemas_once", "schemas=on", "operations=insert", dbname=dbname))
        live = follower.events(10)
    finally:
        follower.remove()

    def told(event):
        scale = (schema_of_column(event, "n") or {}).get("parameters", {}).get("scale")
        note = schema_of_column(event, "note")
        width = schema_of_column(event, "w")
        labels = schema_of_column(event, "m")["parameters"]["allowed"]
        return (event["payload"]["after"]["id"], labels, note["optional"], note.get("default"), scale,
                width and width["optional"])
    expected = [
        (1, "low,high", False, "n", None, None),
        (2, "new,low,high", False, "n", None, None),
        (3, "fresh,low,high", False, "n", None, None),
        (4, "fresh,low,high", False, "n", None, None),
        (5, "fresh,low,high", True, "n", None, None),
        (6, "fresh,low,high", True, "other", None, None),
        (7, "fresh,low,high", True, "other", "2", None),
        (8, "fresh,low,high", True, "other", "4", None),
        (9, "fresh,low,high", True, "other", "4", True),
        (10, "fresh,low,high", True, "other", "4", False),
    ]
    assert [told(event) for event in events] == expected
    assert [told(event) for event in live] == expected


def test_labels_of_then_in_a_transaction_that_began_before(server):
    dbname = "older_schemas"
    server.create_database(dbname)
    server.psql(SETUP, dbname)
    make_slots(server, "older_schemas", dbname=dbname)
    Sessions(server, dbname).run([
        ("a", "begin"), ("a", insert(1)), ("b", "alter type mood rename value 'low' to 'minor'"),
        ("c", insert(2, mood="minor")),
        ("a", insert(3, mood="minor")), ("a", "commit")])
    events = events_of(receive(server, "older_schemas", "schemas=on", dbname=dbname))
    rows = [event["payload"]["after"] for event in events]
    labels = [schema_of_column(event, "m")["parameters"]["allowed"] for event in events]
    assert [(row["id"], row["m"], allowed) for row, allowed in zip(rows, labels)] == [
        (2, "minor", "minor,high"), (1, "low", "low,high"), (3, "minor", "minor,high")]
