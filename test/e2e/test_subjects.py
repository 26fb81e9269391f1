"""Subjects of events, spelled here a second time: what arrives in the stream is that, and NATS's own partition() agrees."""

import json
import re
import string

import pytest

from harness import verify, wait
from harness.pipeline import PATIENCE, Pipeline
from harness.streamer import waljet

TEMPLATE = "{name}.{schema}.{table}.{partition:8}.{key}"
PLAIN = frozenset(string.ascii_letters.encode() + string.digits.encode() + b"_-")

LONG_KEYS = ["x" * 300, "y" * 255, "y" * 256, "ü" * 100, "z" * 244 + "." * 4, "a" * 243 + " " * 4, "a" * 245 + "é" * 4]
TEXT_KEYS = ["plain", "a.b", "a b", "größe", "日本語\U0001f600", "*", ">", "=41", "=", "", "a/b", "$JS.API", "\t\n", "\x7f",
             *LONG_KEYS]


# ---- what a subject must be, by the documentation ----

def fnv1a_32(data):
    value = 0x811C9DC5
    for byte in data:
        value = (value ^ byte) * 0x01000193 % 2**32
    return value


def pieces_of(value):
    return [chr(byte) if byte in PLAIN else f"={byte:02X}" for byte in value.encode()] or ["=00"]


def token_of(value):
    return "".join(pieces_of(value))


def key_token(key):
    """`key` None: there is none."""
    if key is None:
        return "="
    token = token_of(key)
    if len(token) <= 255:
        return token
    head = ""
    for piece in pieces_of(key):
        if len(head + piece) > 245:
            break
        head += piece
    return f"{head}=h{fnv1a_32(token.encode()):08x}"


def partition_of(count, schema, table, key):
    hashed = f"{schema}.{table}" if key is None else key_token(key)
    return fnv1a_32(hashed.encode()) % count


def subject_of(schema, table, key):
    return f"app.{token_of(schema)}.{token_of(table)}.{partition_of(8, schema, table, key)}.{key_token(key)}"


def test_the_spelling_itself():
    """The published test vectors of FNV-1a, and by hand what the functions above make of some keys."""
    assert [fnv1a_32(text) for text in (b"", b"a", b"foobar")] == [0x811C9DC5, 0xE40C292C, 0xBF9CF968]
    assert [key_token(key) for key in ("a.b", "", "é", None)] == ["a=2Eb", "=00", "=C3=A9", "="]
    assert re.fullmatch(r"z{244}=h[0-9a-f]{8}", key_token("z" * 244 + "." * 4))


# ---- what is written ----

SCHEMA = """
    create table one (id int primary key, note text);
    create table pair (region text, note text, id int, primary key (id, region));
    create table named (name text primary key, note text);
    create table plain (line text);
    create table full_rows (note text, id int primary key); alter table full_rows replica identity full;
    create table full_plain (line text); alter table full_plain replica identity full;
    create table chosen (id int primary key, code text not null unique, note text);
    alter table chosen replica identity using index chosen_code_key;
    create table unnamed (id int primary key); alter table unnamed replica identity nothing;
    create table typed (at timestamptz, u uuid, n numeric(8, 2), b bool, d date, y bytea, i interval,
                        primary key (at, u, n, b, d, y, i));
    create table wide (key text primary key, note text); alter table wide alter key set storage external;
    create schema "s.Ж"; create table "s.Ж"."T e" (id int primary key); create table "s.Ж"."=>" (line text);
"""
UUID = "6f1f6f0e-5a0b-4c36-9d7b-0d1a2b3c4d5e"
WIDE_KEY = "k" * 2600
ALL = "insert,update,delete,truncate"


class Script:
    """Statements and what each of them must yield: (schema, table, action, key as text or None)."""

    def __init__(self, connection, form):
        self.cursor = connection.cursor()
        self.form = form
        self.expected = []

    def __call__(self, sql, parameters, table, *events, schema="public"):
        self.cursor.execute(sql, parameters)
        self.expected += [(schema, table, action, key) for action, key in events]

    def life(self, table, key, *, insert, update=None, delete, parameters=(), schema="public"):
        """One row from its beginning to its end under one key."""
        self(insert, parameters, table, ("insert", key), schema=schema)
        if update:
            self(update, parameters[:1], table, ("update", key), schema=schema)
        self(delete, parameters[:1], table, ("delete", key), schema=schema)

    def move(self, sql, table, old, new):
        """A change of the key: debezium has two events, each under its key; wal-listener has one, under the new key."""
        events = [("update", new)] if self.form == "wal-listener" else [("delete", old), ("insert", new)]
        self(sql, None, table, *events)


def write_rows(script):
    script.life("one", "-7", insert="insert into one values (-7, 'a')", update="update one set note = 'b' where id = -7",
                delete="delete from one where id = -7")
    for key, region, number in (("3/e.u", "e.u", 3), ("4/", "", 4)):
        script.life("pair", key, insert=f"insert into pair values ('{region}', 'a', {number})",
                    update="update pair set note = 'b'", delete="delete from pair")
    for key in TEXT_KEYS:
        script.life("named", key, insert="insert into named values (%s, 'a')", parameters=(key,),
                    update="update named set note = 'b' where name = %s", delete="delete from named where name = %s")
    script.life("plain", None, insert="insert into plain values ('a')", update="update plain set line = 'b'",
                delete="delete from plain")
    script.life("full_plain", None, insert="insert into full_plain values ('a')", update="update full_plain set line = 'b'",
                delete="delete from full_plain")
    script.life("full_rows", "5", insert="insert into full_rows values ('a', 5)", update="update full_rows set note = 'b'",
                delete="delete from full_rows")
    script.life("chosen", "x.1", insert="insert into chosen values (1, 'x.1', 'a')", update="update chosen set note = 'b', id = 2",
                delete="delete from chosen")
    script.life("unnamed", None, insert="insert into unnamed values (1)", update="update unnamed set id = 2",
                delete="delete from unnamed")
    script.life("wide", WIDE_KEY, insert=f"insert into wide values ('{WIDE_KEY}', 'a')", update="update wide set note = 'b'",
                delete="delete from wide")


def write_types(script):
    key = f"2024-02-29 12:34:56.7+00/{UUID}/-1.50/t/0044-03-15 BC/\\x00ff/1 day 02:03:04"
    script.life("typed", key, delete="delete from typed", insert=f"""insert into typed values ('2024-02-29 14:34:56.7+02', '{UUID}',
                -1.5, true, '0044-03-15 BC', '\\x00ff', '1 day 2:03:04')""")


def write_moves(script):
    script("insert into one values (1), (2)", None, "one", ("insert", "1"), ("insert", "2"))
    script.move("update one set id = 3 where id = 1", "one", "1", "3")
    script("insert into full_rows values ('a', 1)", None, "full_rows", ("insert", "1"))
    script.move("update full_rows set id = 2", "full_rows", "1", "2")
    script("insert into chosen values (1, 'a')", None, "chosen", ("insert", "a"))
    script.move("update chosen set code = 'b'", "chosen", "a", "b")


def write_other_schemas(script):
    script.life("T e", "1", insert='insert into "s.Ж"."T e" values (1)', delete='delete from "s.Ж"."T e"', schema="s.Ж")
    script.life("=>", None, insert="""insert into "s.Ж"."=>" values ('a')""", delete='delete from "s.Ж"."=>"',
                schema="s.Ж")
    script("truncate one", None, "one", ("truncate", None))
    script("truncate plain", None, "plain", ("truncate", None))
    script('truncate "s.Ж"."T e"', None, "T e", ("truncate", None), schema="s.Ж")


def grown_to(app, count):
    wait.until(lambda: app.state()["last_seq"] >= count, PATIENCE, message=lambda: f"{count}: {app.state()}\n{app.log_tail()}")


def action_of(form, message):
    event = json.loads(message.body)
    if form == "wal-listener":
        return event["action"].lower()
    return {"c": "insert", "u": "update", "d": "delete", "t": "truncate"}[event["op"]]


@pytest.mark.parametrize("form", ["debezium", "wal-listener"])
def test_each_event_has_the_subject_that_is_documented(postgres, nats, make_streamer, form):
    app = Pipeline(make_streamer, postgres, nats, "--format", form, "--operations", ALL, "--subject", TEMPLATE)
    postgres.psql(SCHEMA)
    app.run()
    connection = postgres.connect()
    connection.cursor().execute("set datestyle = 'German'; set timezone = 'Asia/Tokyo'; set bytea_output = 'escape'")
    script = Script(connection, form)
    for write in (write_rows, write_types, write_moves, write_other_schemas):
        write(script)
    connection.close()
    grown_to(app, len(script.expected))
    app.stop()
    messages = app.messages()
    for message, (schema, table, action, key) in zip(messages, script.expected):
        assert (message.subject, action_of(form, message)) == (subject_of(schema, table, key), action)
    assert len(messages) == len(script.expected)
    verify.check_ids(messages)
    assert len({message.subject.split(".")[3] for message in messages}) == 8  # none left out


def test_the_events_of_a_row_share_a_partition(postgres, nats, make_streamer):
    """And stay in order there: a consumer of each partition sees each row's versions rise."""
    app = Pipeline(make_streamer, postgres, nats, "--subject", TEMPLATE)
    postgres.psql("create table counters (id text primary key, version int)")
    app.run()
    postgres.psql("""insert into counters select 'row ' || i, 0 from generate_series(1, 200) i;
                     update counters set version = version + 1; update counters set version = version + 1 where version = 1;""")
    grown_to(app, 600)
    app.stop()
    seen = {}
    for message in app.messages():
        row = json.loads(message.body)["after"]
        seen.setdefault(row["id"], []).append((message.subject, row["version"]))
    assert len(seen) == 200
    for row, events in seen.items():
        assert events == [(subject_of("public", "counters", row), version) for version in range(3)]


def test_a_row_that_moves_between_partitions_of_a_table(postgres, nats, make_streamer):
    """Shown under the root, it keeps its subject, whatever the order of the columns where it lies; and after DDL."""
    app = Pipeline(make_streamer, postgres, nats, "--subject", TEMPLATE, "--partition-root", "on")
    postgres.psql("""create table orders (place int, id text, year int, primary key (id, year, place)) partition by range (place);
                     create table near partition of orders for values from (0) to (10);
                     create table far (year int not null, dropped int, id text not null, place int not null);
                     alter table far drop dropped;
                     alter table orders attach partition far for values from (10) to (20)""")
    app.run()
    postgres.psql("""insert into orders values (1, 'a.b', 2024); update orders set place = 11; delete from orders;
                     alter table orders rename id to code; alter table orders rename to "Orders 2";
                     insert into "Orders 2" values (12, 'a.b', 2024)""")
    grown_to(app, 5)
    app.stop()
    places = [("orders", 1), ("orders", 1), ("orders", 11), ("orders", 11), ("Orders 2", 12)]
    assert [message.subject for message in app.messages()] == [
        subject_of("public", table, f"a.b/2024/{place}") for table, place in places]


# ---- the server's own partition() ----

def test_the_servers_own_partition_agrees(postgres, make_nats, make_streamer):
    """The key tokens are published to a subject that the server maps: the same numbers, for several N."""
    counts = (1, 2, 8, 10, 1000, 65536)
    mappings = "\n".join(f'"probe{count}.*": "landed.{count}.{{{{partition({count},1)}}}}"' for count in counts)
    nats = make_nats(f"mappings = {{\n{mappings}\n}}")
    partitions = ".".join(f"{{partition:{count}}}" for count in counts)
    app = Pipeline(make_streamer, postgres, nats, "--subject", f"{{name}}.{partitions}.{{key}}")
    postgres.psql("create table named (name text primary key)")
    app.run()
    connection = postgres.connect()
    for key in [*TEXT_KEYS, *map(str, range(50))]:
        connection.cursor().execute("insert into named values (%s)", (key,))
    connection.close()
    grown_to(app, len(TEXT_KEYS) + 50)
    app.stop()
    subjects = [message.subject.split(".") for message in app.messages()]
    with nats.client() as client:
        landed = client.subscribe("landed.>")
        for tokens in subjects:
            for count in counts:
                client.publish(f"probe{count}.{tokens[-1]}")
        client.ping()
        mapped = [message.subject for message in client.queues[landed]]
    ours = [f"landed.{count}.{number}" for tokens in subjects for count, number in zip(counts, tokens[1:])]
    assert mapped == ours
    assert len({subject for subject in ours if subject.startswith("landed.8.")}) == 8


# ---- templates ----

def test_templates_that_are_refused(postgres, nats):
    for template, problem in {
        "{table}.x": "must begin with a literal token or {name}",
        "x{table}.y": "must begin with a literal token or {name}",
        "{name}.{partition:0}": "1 to 65536",
        "{name}.{partition:65537}": "1 to 65536",
        "{name}.{partition:-1}": "1 to 65536",
        "{name}.{partition:}": "1 to 65536",
        "{name}.{partition}": "1 to 65536",
        "{name}.{nope}": "unknown variable",
        "{name}.{key:8}": "unknown variable",
        "{name}.{table": "opening brace",
        "{name}.table}": "closing brace",
        "$JS.x": "must not begin with $",
        "_INBOX.x": "must not begin with $ or _INBOX",
        "a..b": "empty token",
        ".a.b": "empty token",
        "a.b.": "empty token",
        "a.*.{table}": "wildcard",
        "a.>": "wildcard",
        "a.b{table}*": "wildcard",
        "a b.{table}": "space",
        "{name}": "single token",
        "": "empty",
    }.items():
        done = waljet("run", "--postgres", postgres.conninfo(), "--nats", nats.url, "--name", "app", "--subject",
                      template)
        assert done.returncode == 2, f"{template!r}: {done.returncode}\n{done.stderr}"
        assert "subject" in done.stderr and problem in done.stderr, f"{template!r}: {done.stderr}"
    assert postgres.slot("waljet_app") is None and nats.stream_info("app") is None


def test_a_variable_that_is_part_of_a_token_is_warned_of(postgres, nats, make_streamer):
    """It works all the same: two tables share a subject."""
    template = "topic.app_{schema}_{table}"
    app = Pipeline(make_streamer, postgres, nats, "--subject", template)
    postgres.psql("""create schema a; create table a.b_c (id int primary key);
                     create schema a_b; create table a_b.c (id int primary key)""")
    app.run()
    assert len(app.log(r"\bwarn.*--subject.*" + re.escape(template) + ".*part of a token")) == 1, app.log_tail()
    postgres.psql("insert into a.b_c values (1); insert into a_b.c values (2)")
    grown_to(app, 2)
    app.stop()
    assert [message.subject for message in app.messages()] == ["topic.app_a_b_c"] * 2
    assert nats.stream_info("app")["config"]["subjects"] == ["topic.>"]


@pytest.mark.parametrize("spelling", ["{name}.{schema}.{table}.{action}", TEMPLATE])
def test_a_template_of_whole_tokens_is_not_warned_of(postgres, nats, make_streamer, spelling):
    app = Pipeline(make_streamer, postgres, nats, "--subject", spelling)
    app.run()
    app.stop()
    assert not app.log("part of a token")
