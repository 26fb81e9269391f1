"""The extension: rows of tables as frames, over the connection on which a snapshot reads them.

What frames hold and what is refused is in test/sql/snapshot_*.sql.
"""

import io
import json
import struct
import threading
from pathlib import Path

import psycopg2.errors
import pytest

from harness import wait
from harness.recvlogical import HEADER, events_of, make_slots, receive
from test_encodings import SAMPLES, make_database, server  # noqa: F401: fixtures
from test_rules import NUMBER, SALT, SECRET, leaks

ROW, READ_END = 7, 9


def read(table, options=(), more=""):
    words = ",".join(f"'{word}'" for word in ("name", "app", *options))
    return f"select waljet.read('{table}', 's', array[{words}], 'true', '0/1743E238', 0{more})"


def copied(cursor, query):
    """The messages of a binary COPY, and all its bytes."""
    target = io.BytesIO()
    cursor.copy_expert(f"copy ({query}) to stdout (format binary)", target)
    data = target.getvalue()
    messages, at = [], 19
    while struct.unpack_from(">h", data, at)[0] == 1:
        size = struct.unpack_from(">i", data, at + 2)[0]
        messages.append(data[at + 6:at + 6 + size])
        at += 6 + size
    return messages, data


def rows_in(messages):
    """The rows of frames that hold one each, by the kind of the frame."""
    rows = []
    for message in messages:
        while message:
            size, kind = struct.unpack_from("<IB", message)
            fields = dict(zip(("subject", "table", "key", "headers"), HEADER.unpack_from(message)[9:13], strict=True))
            if kind == ROW:
                rows.append(json.loads(message[HEADER.size + sum(fields.values()):size]))
            message = message[size:]
    return rows


def kilobytes(pid):
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Anonymous:"):
            return int(line.split()[1])
    raise AssertionError("the kernel does not tell")


@pytest.fixture
def postgres(make_postgres):
    made = make_postgres(**{"waljet.hash_salt": SALT})
    made.execute("create extension waljet")
    return made


@pytest.fixture
def connect(postgres):
    """connect(): a cursor of a connection of its own."""
    connections = []

    def make(**options):
        connections.append(postgres.connect(**options))
        return connections[-1].cursor()
    yield make
    for connection in connections:
        connection.close()


def test_rows_are_those_of_an_exported_snapshot(postgres, connect):
    """A table that was rewritten since cannot be read through it, and the listing tells."""
    postgres.execute("create table kept (id int primary key, t text); create table emptied (id int primary key);"
                     "create table rewritten (id int primary key); insert into kept values (1, 'old');"
                     "insert into emptied values (1); insert into rewritten values (1)")
    keeper, reader = connect(), connect()
    keeper.execute("begin isolation level repeatable read; select pg_export_snapshot()")
    snapshot = keeper.fetchone()[0]
    postgres.execute("update kept set t = 'new'; insert into kept values (2, 'late'); truncate emptied;"
                     "alter table rewritten alter id type bigint; create table late (id int primary key)")
    reader.execute("begin isolation level repeatable read read only")
    reader.execute(f"set transaction snapshot '{snapshot}'")
    reader.execute("select name, file = file_now from waljet.tables('{}') order by name")
    assert reader.fetchall() == [("public.emptied", False), ("public.kept", True), ("public.rewritten", False)]
    assert [row["after"] for row in rows_in(copied(reader, read("kept"))[0])] == [{"id": 1, "t": "old"}]
    assert rows_in(copied(reader, read("emptied"))[0]) == []


def test_what_rules_hide_is_in_no_byte_of_the_copy(postgres, connect):
    postgres.execute(f"""create table users (id int primary key, email text, phone text, ssn text, note text);
                         insert into users select i, '{SECRET}' || i, '{SECRET}', '{SECRET}', repeat('{SECRET}', 9000)
                         from generate_series(1, 20) i""")
    rules = json.dumps([{"table": "users", "columns": {"mask": ["email"], "hash": ["phone"], "exclude": ["ssn", "note"]}}])
    messages, data = copied(connect(), read("users", ["rules", rules]))
    assert len(rows_in(messages)) == 20
    assert not leaks(data)
    hidden_keys = json.dumps([{"table": "users", "columns": {"hash": ["id"], "exclude": ["email", "phone", "ssn", "note"]}}])
    postgres.execute(f"update users set id = {NUMBER} where id = 1")
    assert not leaks(copied(connect(), read("users", ["rules", hidden_keys]))[1])


@pytest.mark.parametrize("by_key", ["", ", after => ''"])
def test_a_read_ends_when_it_is_cancelled(postgres, connect, by_key):
    postgres.execute("create table many (id int primary key, t text); insert into many select i, 'x' from generate_series(1, 300000) i")
    cursor = connect()
    cursor.execute("select pg_backend_pid()")
    pid = cursor.fetchone()[0]
    failures = []

    def go_on_reading():
        try:
            while True:
                cursor.execute(f"select count(*) from ({read('many', more=by_key)}) messages")
        except psycopg2.errors.QueryCanceled as error:
            failures.append(error)
    thread = threading.Thread(target=go_on_reading)
    thread.start()
    wait.until(lambda: postgres.execute("select state = 'active' from pg_stat_activity where pid = %s", (pid,))[0][0])
    postgres.execute("select pg_cancel_backend(%s)", (pid,))
    thread.join(5)
    assert failures and not thread.is_alive()
    cursor.execute(f"select count(*) > 1 from ({read('many', more=by_key)}) messages")
    assert cursor.fetchone() == (True,)


@pytest.mark.parametrize("options", [[], ["group_bytes", "1000000"]])
@pytest.mark.parametrize("by_key", ["", ", after => ''"])
def test_memory_is_that_of_a_message(postgres, connect, options, by_key):
    """Values of 64 kB, a hundred megabytes of them."""
    postgres.execute("create table pages (id int primary key, t text); alter table pages alter t set storage external;"
                     "insert into pages select i, repeat(md5(i::text), 2048) from generate_series(1, 1600) i")
    cursor = connect()
    cursor.execute("select pg_backend_pid()")
    pid = cursor.fetchone()[0]
    cursor.execute(f"copy ({read('pages', options, by_key)} limit 20) to '/dev/null' (format binary)")
    before = kilobytes(pid)
    cursor.execute(f"copy ({read('pages', options, by_key)}) to '/dev/null' (format binary)")
    assert kilobytes(pid) < before + 4096


def test_a_piece_is_read_by_the_index(postgres, connect):
    """However much the planner would like to sort."""
    postgres.execute("create table users (id uuid primary key, t text) with (autovacuum_enabled = off);"
                     "insert into users select md5(i::text)::uuid, 'x' from generate_series(1, 50000) i; analyze users")
    cursor = connect()
    cursor.execute("load 'auto_explain'; set auto_explain.log_min_duration = 0; set auto_explain.log_nested_statements = on;"
                   "set client_min_messages = log; set random_page_cost = 1000")
    cursor.execute(read("users", more=", after => '', rows_max => 16384"))
    place = [frame for frame in (bytes(row[0]) for row in cursor.fetchall()) if frame[4] == READ_END][0]
    cursor.connection.notices.clear()
    key_bytes = HEADER.unpack_from(place)[11]
    cursor.execute(read("users", more=f", after => '\\x{place[HEADER.size:HEADER.size + key_bytes].hex()}', rows_max => 16384"))
    plans = [notice for notice in cursor.connection.notices if "FROM ONLY public.users" in notice]
    assert len(plans) == 1
    assert "Index Scan using users_pkey" in plans[0] and "Index Cond: (id > " in plans[0] and "Sort" not in plans[0]


def test_the_owner_of_a_database_creates_the_extension(postgres):
    postgres.execute("create role owner login")
    postgres.create_database("owned", "owner owner")
    postgres.execute("create extension waljet", dbname="owned", user="owner")
    postgres.execute("create table t (id int primary key); insert into t values (1)", dbname="owned", user="owner")
    assert postgres.execute("select name, readable from waljet.tables('{}')", dbname="owned", user="owner") == [("public.t", True)]
    assert postgres.execute(f"select count(*) from ({read('t')}) messages", dbname="owned", user="owner") == [(2,)]


@pytest.mark.parametrize("encoding", SAMPLES)
def test_rows_are_utf8_in_every_encoding(make_database, encoding):  # noqa: F811: the fixture
    """As from the stream, names included."""
    database = make_database(encoding)
    database.psql(f'create extension waljet; create table "{database.text}" (id int primary key, t text)')
    make_slots(database.server, "streamed", dbname=database.name)
    database.psql(f"""insert into "{database.text}" values (1, '{database.text}')""")
    streamed = events_of(receive(database.server, "streamed", dbname=database.name))
    relation = database.psql("select relation from waljet.tables('{}')").decode().strip()
    lines = database.psql(f"select encode(read, 'hex') from ({read(relation)}) messages").decode().split()
    rows = rows_in(bytes.fromhex(line) for line in lines)
    assert [row["after"] for row in rows] == [event["after"] for event in streamed]
    assert [row["source"]["table"] for row in rows] == [event["source"]["table"] for event in streamed]
