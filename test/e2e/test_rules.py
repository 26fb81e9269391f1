"""Filters in the server: what a rule hides is in no byte that leaves the walsender, and nothing blocks the slot.

What rules let through is in test/sql/rules*.sql.
"""

import base64
import hashlib
import json
import threading

import psycopg2.errors
import pytest

from harness import wait
from harness.postgres import server_version
from harness.recvlogical import COMMIT, EVENT, HELLO, STUB, events_of, make_slots, receive, take_frames
from harness.wire import Wire, WireError
from test_ddl import read_in_all_ways

SECRET = "s3cr3t"  # in every value that must not leave
NUMBER = "918273645"  # a number that must not
SALT = "pepper"


def spellings(text):
    """How a value may be spelled in an event: as it is, in hex, in base64 at any offset."""
    data = text.encode()
    yield data
    yield data.hex().encode()
    for offset in range(3):
        encoded = base64.b64encode(b"\0" * offset + data)
        yield encoded[4 if offset else 0:-4]  # whole groups of the text alone


def leaks(data):
    return [spelling for text in (SECRET, NUMBER) for spelling in spellings(text) if spelling in bytes(data)]


def test_spellings_are_found():
    """The search finds what it looks for."""
    for offset in range(5):
        text = b"x" * offset + SECRET.encode() + b"y"
        assert leaks(text) and leaks(text.hex().encode()) and leaks(base64.b64encode(text)), offset
    assert leaks(NUMBER.encode())
    assert not leaks(b"nothing of the kind")


# A type whose output function fails and tells the value; a predicate that fails on some rows and would tell it.
SETUP = f"""
    create type teller;
    create function teller_in(cstring) returns teller language internal immutable strict as 'namein';
    create function teller_out(teller) returns cstring language internal immutable strict as 'int4in';
    create type teller (input = teller_in, output = teller_out, like = name);
    create table t (id int primary key, excluded text, masked text not null default '{SECRET}', hashed text, number int not null,
                    bytes bytea, blank text, told teller, large text, shown text);
    alter table t alter masked set storage external, alter hashed set storage external, alter large set storage external;
    create unique index t_identity on t (number, id);
    create table by_key (secret_key text, number int, shown text, primary key (secret_key, number));
    create table loose (excluded text, masked text, shown text);
    alter table loose replica identity full;
"""
COLUMNS = {"exclude": ["excluded", "blank"], "mask": ["masked", "number", "bytes"], "hash": ["hashed", "told", "large"]}
RULES = [
    {"table": "t", "columns": COLUMNS, "where": "decode(blank, 'hex') <> '\\x00'"},
    {"table": "by_key", "columns": {"hash": ["secret_key"], "mask": ["number"]}},
    {"table": "loose", "columns": {"exclude": ["excluded"], "mask": ["masked"]}},
]


def changes(told):
    """Inserts, updates, moves and deletes with secrets everywhere; `blank` is no hex where the predicate is to fail."""
    value = f"'{SECRET}'" if told else "null"
    row = f"'{SECRET}', '{SECRET}', '{SECRET}', {NUMBER}, '{SECRET}'"
    return f"""
        insert into t values (1, {row}, '11', {value}, '{SECRET}', 'a'), (2, {row}, '{SECRET}', {value}, null, 'b'),
                             (3, {row}, '33', {value}, repeat('{SECRET}', 2000), 'c');
        update t set masked = repeat('{SECRET}', 1000), hashed = repeat('{SECRET}', 1000);
        update t set shown = 'x';
        update t set excluded = '{SECRET} too', blank = '00' where id = 1;
        update t set blank = '22' where id = 1;
        update t set id = id + 10;
        delete from t where id = 11;
        begin;
        alter table t rename masked to unmasked;
        insert into t values (4, {row}, '44', {value}, '{SECRET}', 'a');
        alter table t rename unmasked to masked;
        insert into t values (5, {row}, '55', {value}, '{SECRET}', 'a');
        commit;
        delete from t;
        insert into by_key values ('{SECRET}', {NUMBER}, 'a'), ('other {SECRET}', {NUMBER}, 'b');
        update by_key set shown = 'c';
        update by_key set secret_key = secret_key || 'x';
        update by_key set number = number - 1;
        delete from by_key;
        insert into loose values ('{SECRET}', '{SECRET}', 'a');
        update loose set shown = 'b';
        delete from loose;
    """


@pytest.mark.parametrize("identity", ["default", "full", "using index t_identity", "nothing"])
def test_what_is_hidden_is_in_no_byte_on_the_wire(make_postgres, identity):
    """Both formats and outputs, keys in subjects, events too large, values without text, predicates that fail."""
    postgres = make_postgres(**{"waljet.hash_salt": SALT, "log_min_messages": "debug1"})
    postgres.psql(SETUP + "alter role postgres set client_min_messages = debug5;")
    postgres.psql(f"alter table t replica identity {identity};")
    ways = [
        {"format": "debezium"},
        {"format": "debezium", "schemas": "on"},
        {"format": "wal-listener"},
        {"format": "debezium", "output": "frames", "subject": "{name}.{table}.{key}.{partition:9}"},
        {"format": "wal-listener", "output": "frames", "subject": "{name}.{key}", "batch_bytes": 0},
        {"format": "debezium", "max_event_bytes": 150},
        {"format": "wal-listener", "max_event_bytes": 150},
        {"format": "debezium", "output": "frames", "max_event_bytes": 600, "transactions": "on"},
        {"format": "debezium", "output": "frames", "group_bytes": 65536, "subject": "{name}.{partition:2}"},
    ]
    make_slots(postgres, "plain", *(f"way{number}" for number in range(len(ways))))
    postgres.psql(changes(told=False) + changes(told=True))
    assert leaks(receive(postgres, "plain", "tables=by_key,loose")), "there is something to hide"
    for number, options in enumerate(ways):
        with Wire(postgres) as wire:
            payloads = wire.stream(f"way{number}", postgres.wal_lsn(), {"name": "app", "rules": json.dumps(RULES), **options})
        assert len(b"".join(payloads)) > 2000
        assert b"loose" in wire.received
        assert not leaks(wire.received), options
    assert postgres.process.log_lines("has no text")
    assert not leaks(postgres.process.log.read_bytes())


def test_the_hash_is_that_of_salt_and_text(make_postgres):
    postgres = make_postgres(**{"waljet.hash_salt": SALT})
    postgres.psql("create table t (id int primary key, note text);")
    make_slots(postgres, "s")
    postgres.psql("insert into t values (1, 'größe 😀'), (2, ''), (3, null);")
    [first, second, third] = events_of(receive(postgres, "s", 'rules=[{"table":"t","columns":{"hash":["id","note"]}}]'))

    def hashed(text):
        return hashlib.sha256((SALT + text).encode()).hexdigest()
    assert first["after"] == {"id": hashed("1"), "note": hashed("größe 😀")}
    assert second["after"] == {"id": hashed("2"), "note": hashed("")}
    assert third["after"] == {"id": hashed("3"), "note": None}


def test_a_hash_is_of_utf8_in_every_encoding(make_postgres):
    postgres = make_postgres(**{"waljet.hash_salt": SALT})
    postgres.create_database("latin", "encoding 'LATIN1' locale 'C' template template0")
    postgres.psql("set client_encoding = 'UTF8'; create table t (id int primary key, größe text);", "latin")
    make_slots(postgres, "s", dbname="latin")
    postgres.psql("set client_encoding = 'UTF8'; insert into t values (1, 'weiß'), (2, 'schwarz');", "latin")
    rules = [{"table": "t", "columns": {"hash": ["größe"]}, "where": "größe = 'weiß'"}]
    with Wire(postgres, "latin") as wire:
        [message] = wire.stream("s", postgres.wal_lsn(), {"rules": json.dumps(rules, ensure_ascii=False)})
    event = json.loads(message)
    assert event["after"] == {"id": 1, "größe": hashlib.sha256((SALT + "weiß").encode()).hexdigest()}


def test_where_lowers_what_is_sent_in_proportion(postgres):
    postgres.psql("create table t (id int primary key, note text);")
    make_slots(postgres, "all", "some")
    postgres.psql("insert into t select g, repeat('x', 100) from generate_series(1, 20000) g;")
    whole = receive(postgres, "all")
    tenth = receive(postgres, "some", 'rules=[{"table":"t","where":"id % 10 = 0"}]')
    assert len(events_of(whole)) == 20000
    assert [event["after"]["id"] for event in events_of(tenth)] == list(range(10, 20001, 10))
    assert 0.099 < len(tenth) / len(whole) < 0.102


@pytest.mark.parametrize("where", ["100 / n > 1", "row(n) is not null and 100 / n > 1"])  # without and with a subtransaction
def test_a_predicate_that_fails_blocks_nothing(postgres, where):
    """In one large transaction and in many, over subtransactions and a spilled transaction; memory stays flat."""
    postgres.configure(logical_decoding_work_mem="64kB")
    postgres.psql("create table t (id int primary key, n int, note text);")
    make_slots(postgres, "frames", "lines")
    postgres.psql("""
        insert into t values (0, 1, 'before');
        insert into t select g, case when g % 3 = 0 then 0 when g % 3 = 1 then 5 else 1000 end, 'hidden' from generate_series(1, 3000) g;
        insert into t values (3001, 0, 'alone');
        insert into t values (3002, 2, 'behind');
    """)
    option = "rules=" + json.dumps([{"table": "t", "where": where}])
    frames = list(take_frames(receive(postgres, "frames", "output=frames", option)))
    expected = [STUB if g % 3 == 0 else EVENT for g in range(1, 3001) if g % 3 != 2]
    assert [frame.kind for frame in frames] == [HELLO, EVENT, COMMIT, *expected, COMMIT, STUB, COMMIT, EVENT, COMMIT]
    stubs = [frame for frame in frames if frame.kind == STUB]
    assert {frame.headers for frame in stubs} == {"Waljet-Unjudged: where\n"}
    assert all(list(json.loads(frame.body)["after"]) == ["id"] for frame in stubs)
    assert [frame.position[1] for frame in frames if frame.kind in (EVENT, STUB)][1:-2] == [g for g in range(1, 3001) if g % 3 != 2]
    rows = [event["after"] for event in events_of(receive(postgres, "lines", option))]
    assert [row["id"] for row in rows if "note" not in row] == [*range(3, 3001, 3), 3001]
    assert postgres.slot("frames")["confirmed_flush_lsn"] == postgres.slot("lines")["confirmed_flush_lsn"]


def test_nothing_of_a_filtered_load_holds_the_slot(make_postgres, make_nats, make_streamer):
    """Rows that no rule lets through are confirmed all the same."""
    postgres, nats = make_postgres(), make_nats()
    postgres.psql("create table t (id int primary key); create table hidden (id int primary key);")
    rules = '[{"table":"t","operations":["insert"],"where":"id > 0"}]'
    streamer = make_streamer(postgres, nats, "--rules", rules).start()
    streamer.wait_for_log("ready")
    postgres.psql("insert into hidden select generate_series(1, 1000); insert into t values (-1); insert into t values (1);")
    postgres.psql("delete from t; insert into hidden values (0);")
    end = postgres.wal_lsn()
    wait.until(lambda: postgres.slot("waljet_app")["confirmed_flush_lsn"] >= end, 20, message=streamer.process.log_tail)
    assert [json.loads(message.body)["after"] for message in nats.read_stream("app")] == [{"id": 1}]
    assert streamer.terminate() == 0


def test_a_column_renamed_under_load_is_never_unmasked(make_postgres, make_nats, make_streamer):
    postgres, nats = make_postgres(), make_nats()
    postgres.psql("create table users (id serial primary key, email text, note text);")
    rules = '[{"table":"users","columns":{"mask":["email"]}}]'
    streamer = make_streamer(postgres, nats, "--rules", rules).start()
    streamer.wait_for_log("ready")
    stop = threading.Event()
    written = []

    def load():
        connection = postgres.connect()
        with connection.cursor() as cursor:
            while not stop.is_set():
                cursor.execute("select attname from pg_attribute where attrelid = 'users'::regclass and attnum = 2")
                [[column]] = cursor.fetchall()
                try:
                    cursor.execute(f"insert into users ({column}, note) values ('{SECRET}', 'n') returning id")
                except psycopg2.errors.UndefinedColumn:
                    continue  # renamed between the two statements
                written.extend(cursor.fetchall())
        connection.close()
    writers = [threading.Thread(target=load, daemon=True) for _ in range(2)]
    for writer in writers:
        writer.start()
    for _ in range(10):
        for old, new in (("email", "mail"), ("mail", "email")):
            goal = len(written) + 20
            wait.until(lambda: len(written) >= goal, 20)
            postgres.execute(f"alter table users rename {old} to {new}")
    stop.set()
    for writer in writers:
        writer.join()
    wait.until(lambda: nats.stream_messages("app") == len(written), 30, message=streamer.process.log_tail)
    rows = [json.loads(message.body)["after"] for message in nats.read_stream("app")]
    assert sorted(row["id"] for row in rows) == sorted(number for number, in written)
    shapes = {tuple(row) for row in rows}
    assert shapes == {("id", "email", "note"), ("id",)}
    assert {row["email"] for row in rows if "email" in row} == {"****"}
    assert postgres.process.log_lines("sends only the key of table public.users")
    assert streamer.terminate() == 0


@pytest.mark.parametrize("grouping", ["event", "run"])
def test_a_stub_of_a_failed_predicate_is_stored(make_postgres, make_nats, make_streamer, grouping):
    """In its place, and alone in its message."""
    postgres, nats = make_postgres(), make_nats()
    postgres.psql("create table t (id int primary key, n int, note text);")
    streamer = make_streamer(postgres, nats, "--rules", '[{"table":"t","where":"100 / n > 1"}]', "--grouping", grouping).start()
    streamer.wait_for_log("ready")
    postgres.psql("insert into t values (1, 5, 'a'), (2, 6, 'b'), (3, 0, 'c'), (4, 500, 'd'), (5, 7, 'e'), (6, 8, 'f');")
    count = 5 if grouping == "event" else 3
    wait.until(lambda: nats.stream_messages("app") == count, 20, message=streamer.process.log_tail)
    messages = nats.read_stream("app")
    rows = [json.loads(line)["after"] for message in messages for line in message.body.splitlines()]
    assert [row["id"] for row in rows] == [1, 2, 3, 5, 6]
    assert [row for row in rows if "note" not in row] == [{"id": 3}]
    [stub] = [message for message in messages if "Waljet-Unjudged" in message.headers]
    assert stub.headers["Waljet-Unjudged"] == "where" and json.loads(stub.body)["after"] == {"id": 3}
    assert streamer.terminate() == 0


def test_what_a_walsender_refuses(postgres):
    postgres.psql("create table t (id int primary key, note text);")
    make_slots(postgres, "s")
    for rules, told in (
            ('[{"table":"t","operation":["insert"]}]', 'Rule 1: "operation" is no key of a rule.'),
            ('[{"table":"x"},{"table":"t","columns":{"exclude":["id"]}}]', 'Rule 2: "columns" leaves out column "id"'),
            ('[{"table":"t","columns":{"hash":["note"]}}]', "waljet.hash_salt is empty"),
            ('[{"table":"t","where":"note ="}]', 'Rule 1: "where" cannot be read'),
            ('[{"table":"t","where":"note = now()"}]', 'Rule 1: "where" is refused for table public.t')):
        with Wire(postgres) as wire, pytest.raises(WireError) as refusal:
            wire.stream("s", 0, {"rules": rules})
        assert "C22023" in str(refusal.value) and told in str(refusal.value)


def test_what_was_not_sent_is_counted(make_postgres):
    postgres = make_postgres(log_min_messages="debug1")
    postgres.psql("create table t (id int primary key, n int); create table other (id int primary key);")
    make_slots(postgres, "s")
    postgres.psql("""
        insert into t values (1, 1), (2, 2), (3, 0), (4, 3);
        update t set n = 5 where id = 1;
        truncate t;
        insert into other values (1), (2);
    """)
    receive(postgres, "s", 'rules=[{"table":"t","operations":["insert"],"where":"6 / n > 2"}]')
    [of_t] = postgres.process.wait_for_log(r"waljet: of table public\.t not sent")
    assert "0 by table, 2 by operation, 1 by predicate; sent with the key alone: 1 where the predicate failed, 0" in of_t
    [of_other] = postgres.process.wait_for_log(r"waljet: of table public\.other not sent")
    assert "2 by table, 0 by operation" in of_other


STEPS = [
    ("a", "insert into t values (1, 'one', 'hidden'), (11, 'two too', 'hidden')"),
    ("b", "alter table t rename secret to renamed"),
    ("a", "insert into t values (2, 'two', 'hidden')"),
    ("b", "alter table t rename renamed to secret"),
    ("a", "insert into t values (3, 'three', 'hidden')"),
]


def test_rules_follow_the_table_in_all_ways_to_read(postgres):
    setup = "create table t (id int primary key, note text, secret text);"
    options = ('rules=[{"table":"t","columns":{"exclude":["secret"]},"where":"length(secret) > id"}]',)
    rows = [row for _, _, row in read_in_all_ways(postgres, "follow_rules", setup, STEPS, options)]
    assert rows == [{"id": 1, "note": "one"}, {"id": 2}, {"id": 3, "note": "three"}]


@pytest.mark.skipif(server_version() < 15, reason="row filters of publications came with 15")
def test_publications_are_followed_in_all_ways_to_read(postgres):
    setup = """
        create table t (id int primary key, note text, secret text);
        create table u (id int primary key);
        create publication p for table t (id, note) where (id > 0);
    """
    steps = [
        ("a", "insert into t values (-1, 'a', 'hidden'), (1, 'a', 'hidden')"),
        ("b", "alter publication p set table t (id) where (id > 1)"),
        ("a", "insert into t values (1001, 'a', 'hidden'), (-2, 'a', 'hidden')"),
        ("b", "alter publication p add table u"),
        ("a", "insert into u values (1)"),
        ("b", "alter publication p drop table u"),
        ("a", "insert into u values (2)"),
        ("b", "drop publication p"),
        ("a", "insert into t values (3, 'a', 'hidden')"),
        ("b", "create publication p for all tables with (publish = 'insert')"),
        ("a", "insert into u values (4)"),
        ("a", "delete from u"),
    ]
    rows = [row for _, _, row in read_in_all_ways(postgres, "follow_publications", setup, steps, ("publications=p",))]
    assert rows == [{"id": 1, "note": "a"}, {"id": 1001}, {"id": 1}, {"id": 4}]


@pytest.mark.skipif(server_version() >= 15, reason="of older servers")
def test_publications_need_15(postgres):
    postgres.psql("create publication p for all tables;")
    make_slots(postgres, "s")
    with Wire(postgres) as wire, pytest.raises(WireError) as refusal:
        wire.stream("s", 0, {"publications": "p"})
    assert "C22023" in str(refusal.value) and "needs PostgreSQL 15" in str(refusal.value)
