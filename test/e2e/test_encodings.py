"""Events are UTF-8 JSON whatever the database's encoding, with the values that the database holds."""

import base64
import itertools
import os
import re
import subprocess

import pytest

from harness import wait
from harness.paths import PG_BIN
from harness.postgres import PostgresServer
from harness.recvlogical import EVENT, HELLO, events_of, make_slots, receive, strict_json, take_frames

# What each encoding has that ASCII has not; SQL_ASCII takes any bytes.
SAMPLES = {
    "LATIN1": "Grüße ÿ¡",
    "WIN1251": "Дом ещё №",
    "EUC_JP": "日本ｱ丂。",  # characters of two and three bytes
    "SQL_ASCII": "été 😀",
}
PYTHON_NAMES = {"LATIN1": "latin-1", "WIN1251": "cp1251", "EUC_JP": "euc_jp"}
FORMATS = ["debezium", "wal-listener"]


@pytest.fixture(scope="module")
def server(template):
    """One for all tests: each makes a database of its own."""
    server = PostgresServer(template, max_replication_slots=100)
    yield server.start()
    server.remove()


@pytest.fixture
def make_database(server):
    databases = []

    def make(encoding):
        databases.append(Database(server, encoding))
        return databases[-1]
    yield make
    for database in databases:
        database.drop_slots()


@pytest.fixture(params=list(SAMPLES))
def database(request, make_database):
    return make_database(request.param)


class Database:
    """A database in an encoding, whose name is in that encoding too; talked to in UTF-8, or in bytes for SQL_ASCII."""

    numbers = itertools.count(1)

    def __init__(self, server, encoding):
        self.server = server
        self.encoding = encoding
        self.text = SAMPLES[encoding]
        self.shown_name = f"db{next(self.numbers)} {self.text}"
        # The cluster keeps a name in the encoding of the database in which it was made.
        bootstrap = f"plain_{encoding.lower()}"
        terms = f"encoding '{encoding}' lc_collate 'C' lc_ctype 'C' template template0"
        if not server.execute("select 1 from pg_database where datname = %s", (bootstrap,)):
            server.execute(f"create database {bootstrap} {terms}")
        self.name = bootstrap
        self.psql(f'create database "{self.shown_name}" {terms}')
        self.name = os.fsdecode(self.encode(self.shown_name))

    def encode(self, text):
        """As the database holds it."""
        return text.encode(PYTHON_NAMES.get(self.encoding, "utf-8"))

    def drop_slots(self):
        self.psql("""select pg_drop_replication_slot(slot_name) from pg_replication_slots
                     where database = current_database() and slot_name !~ '^waljet_'""")

    def psql(self, script):
        """Runs a script, text or bytes; returns what came, bytes."""
        return run_psql(self.server, self.name, script, "SQL_ASCII" if self.encoding == "SQL_ASCII" else "UTF8")

    def events(self, slot, *options):
        """All that is new through the SQL function and through a walsender, which must be the same."""
        words = "".join(f", '{word}'" for option in ("name=app", *options) for word in option.split("=", 1))
        through_sql = events_of(self.psql(f"select data from pg_logical_slot_peek_changes('{slot}', null, null{words});"))
        through_walsender = events_of(receive(self.server, slot, *options, dbname=self.name))
        assert timeless(through_sql) == timeless(through_walsender)
        return through_walsender

    def has_extension(self, name):
        return bool(self.psql(f"select 1 from pg_available_extensions where name = '{name}'"))


def run_psql(server, dbname, script, client_encoding):
    script = script if isinstance(script, bytes) else os.fsencode(script)
    command = [PG_BIN / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", server.conninfo(dbname)]
    done = subprocess.run(command, input=f"set client_encoding = '{client_encoding}';\n".encode() + script, check=False,
                          capture_output=True)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


def timeless(events):
    return [{name: value for name, value in event.items() if not name.startswith("ts_")} for event in events]


def after(event):
    return event["after"] if "after" in event else event["data"]


SCHEMA = """
    create schema "s {t}";
    create type "s {t}"."e {t}" as enum ('{t}', 'other');
    create type pair as (a text, b text);
    create table "s {t}"."t {t}" (
      id int, "c {t}" text, v varchar(30), c char(12), n name, j json, b jsonb, a text[], aa varchar[], e "s {t}"."e {t}",
      ea "s {t}"."e {t}"[], p pair, x xml, u unknown_name, primary key (id, "c {t}"));
    alter table "s {t}"."t {t}" replica identity full;
"""
CHANGES = """
    select pg_replication_origin_create('{origin}');
    select pg_replication_origin_session_setup('{origin}');
    begin;
    insert into "s {t}"."t {t}" values (1, '{t}', '{t}', '{t}', '{t}', '{{"k {t}":\n"{t}"}}', '{{"k {t}": "{t}"}}',
      array['{t}', null, '"{t}"'], array[['{t}'], ['x']], '{t}', array['{t}']::"s {t}"."e {t}"[], row('{t}', '"{t}"'),
      '<x>{t}</x>', '{t}');
    update "s {t}"."t {t}" set v = 'x';
    update "s {t}"."t {t}" set "c {t}" = 'x';
    delete from "s {t}"."t {t}";
    commit;
    select pg_replication_origin_session_reset();
"""


@pytest.mark.parametrize("form", FORMATS)
def test_names_and_values(database, form):
    t = database.text
    database.psql("create domain unknown_name as text;" + SCHEMA.format(t=t))
    make_slots(database.server, "slot", dbname=database.name)
    database.psql(CHANGES.format(t=t, origin=database.shown_name))
    events = database.events("slot", f"format={form}")
    row = {"id": 1, f"c {t}": t, "v": t, "c": t.ljust(padded(database)), "n": t, "j": f'{{"k {t}":\n"{t}"}}',
           "b": f'{{"k {t}": "{t}"}}', "a": [t, None, f'"{t}"'], "aa": [[t], ["x"]], "e": t, "ea": [t],
           "p": composite(t), "x": f"<x>{t}</x>", "u": t}
    if form == "wal-listener":
        row["b"] = {f"k {t}": t}
    assert after(events[0]) == row
    assert [name for event in events for name in (event.get("source") or event)["schema"]] == list(f"s {t}" * len(events))
    assert all((event.get("source") or event)["table"] == f"t {t}" for event in events)
    if form == "debezium":
        assert [event["op"] for event in events] == ["c", "u", "d", "c", "d"]
        assert events[1]["before"] == row and events[2]["before"] == {**row, "v": "x"}
        assert all(event["source"]["db"] == database.shown_name for event in events)
        assert all(event["source"]["origin"] == database.shown_name for event in events)
    else:
        assert [event["action"] for event in events] == ["INSERT", "UPDATE", "UPDATE", "DELETE"]
        assert events[1]["dataOld"] == row and events[3]["dataOld"] == {**row, "v": "x", f"c {t}": "x"}


def padded(database):
    """A char(12) has twelve characters; where characters mean nothing, twelve bytes."""
    if database.encoding == "SQL_ASCII":
        return 12 - len(database.text.encode()) + len(database.text)
    return 12


def composite(text):
    """As record_out writes it: what holds blanks in double quotes."""
    first = f'"{text}"' if " " in text else text
    return f'({first},"""{text}""")'


def test_hstore(database):
    if not database.has_extension("hstore"):
        pytest.skip("the server has no hstore")
    t = database.text
    database.psql("create extension hstore; create table t (id int primary key, h hstore)")
    make_slots(database.server, "json", "map", "natural", dbname=database.name)
    database.psql(f"insert into t values (1, hstore('k {t}', '\"{t}\"') || hstore('n', null))")
    pairs = {f"k {t}": f'"{t}"', "n": None}
    assert strict_json(after(database.events("json")[0])["h"].encode()) == pairs
    assert after(database.events("map", "hstore=map")[0])["h"] == pairs


def test_tables_are_chosen_by_their_names(database):
    t = database.text
    database.psql(f'create table "a {t}" (id int primary key); create table "b {t}" (id int primary key)')
    make_slots(database.server, "slot", dbname=database.name)
    database.psql(f'insert into "a {t}" values (1); insert into "b {t}" values (2)')
    # A walsender takes options in the database's encoding, like any other client's words.
    option = os.fsdecode(database.encode(f'tables="a {t}"'))
    assert [after(event) for event in events_of(receive(database.server, "slot", option, dbname=database.name))] == [{"id": 1}]


def test_messages(database):
    t = database.text
    make_slots(database.server, "slot", dbname=database.name)
    database.psql(f"select pg_logical_emit_message(true, 'p {t}', '{t}'), pg_logical_emit_message(false, 'p {t}', '{t}')")
    for event in events_of(receive(database.server, "slot", "messages=*", dbname=database.name)):
        content = base64.b64encode(database.encode(t)).decode()
        assert event["message"] == {"prefix": f"p {t}", "content": content}


# ---- long values, converted piece by piece ----

PIECE = 1 << 20


@pytest.mark.parametrize("encoding, character", [("LATIN1", "ü"), ("EUC_JP", "本"), ("EUC_JP", "丂"), ("SQL_ASCII", "é"),
                                                 ("SQL_ASCII", "本"), ("SQL_ASCII", "😀")])
def test_a_cut_falls_between_characters(make_database, encoding, character):
    """A character at each place around a cut, among others of its size."""
    database = make_database(encoding)
    size = len(database.encode(character))
    count = PIECE * 5 // 2 // size
    database.psql("create table t (id int primary key, x text, a text[])")
    make_slots(database.server, "slot", dbname=database.name)
    for shift in range(size):
        text = f"repeat('x', {shift}) || repeat('{character}', {count})"
        database.psql(f"insert into t select {shift}, x, array[x] from (values ({text})) v(x)")
    for shift, event in enumerate(events_of(receive(database.server, "slot", dbname=database.name))):
        text = "x" * shift + character * count
        assert after(event) == {"id": shift, "x": text, "a": [text]}, shift


# ---- what has no equivalent ----

@pytest.mark.parametrize("encoding, code", [("WIN1251", b"\x98"), ("EUC_JP", b"\xa2\xaf"), ("EUC_JP", b"\x8f\xa2\xa1")])
def test_a_character_without_equivalent(make_database, encoding, code):
    database = make_database(encoding)
    t = database.text
    database.psql("create table t (id int primary key, x text)")
    make_slots(database.server, "slot", dbname=database.name)
    character = f"convert_from('\\x{code.hex()}', '{encoding}')"
    texts = [f"{character}", f"'{t}' || {character} || '{t}' || {character} || {character}",
             *(f"repeat('x', {PIECE - distance}) || repeat({character}, 3) || '{t}'" for distance in range(5)),
             f"repeat({character}, 100000)"]
    for number, text in enumerate(texts):
        database.psql(f"insert into t select {number}, {text}")
    events = database.events("slot")
    mark = "\N{REPLACEMENT CHARACTER}"
    wanted = [mark, t + mark + t + mark * 2, *("x" * (PIECE - distance) + mark * 3 + t for distance in range(5)), mark * 100000]
    for event, text in zip(events, wanted, strict=True):
        assert after(event)["x"] == text, after(event)["id"]


# ---- bytes that mean nothing ----

def as_documented(data):
    """Valid UTF-8 as such, any other byte as the private-use character U+EF80 + (byte - 0x80)."""
    def private_use(match):
        return chr(ord(match.group()) - 0xDC80 + 0xEF80)
    return re.sub("[\udc80-\udcff]", private_use, data.decode("utf-8", "surrogateescape"))


STRAY_BYTES = [
    *(bytes([byte]) for byte in range(0x80, 0x100)),
    *(b"a" + bytes([byte]) + b"b" for byte in range(0xC0, 0x100)),
    bytes(range(0x80, 0x100)),
    b"\xff\xfe", b"\xc3", b"\xc3\xa9\xc3", b"\xe6\x97", b"\xe6\x97\xa5\xe6\x97", b"\xf0\x9f\x98", b"\xf0\x9f\x98\x80\x80",
    b"\xc0\x80", b"\xc1\xbf", b"\xe0\x80\x80", b"\xf0\x80\x80\x80", b"\xed\xa0\x80", b"\xed\xa0\xbd\xed\xb8\x80",
    b"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80", b"\xef\xbf\xbf", b"\xee\xbe\x80", b"\xe6\x97a", b"\xf0\x9f\xc3\xa9",
    b"\x01\x7f\xff\"\\\n\xc3\xa9",
]


@pytest.mark.parametrize("form", FORMATS)
def test_stray_bytes_in_sql_ascii(make_database, form):
    database = make_database("SQL_ASCII")
    database.psql("""create table t (id int primary key, x text, v varchar, n name, a text[], b jsonb);
                     alter table t replica identity full""")
    make_slots(database.server, "slot", dbname=database.name)
    literals = ", ".join(f"({number}, '\\x{data.hex()}'::bytea)" for number, data in enumerate(STRAY_BYTES))
    database.psql(f"""insert into t select n, x, x, x, array[x], jsonb_build_array(x)
                      from (select n, convert_from(bytes, 'SQL_ASCII') from (values {literals}) v(n, bytes)) v(n, x);
                      delete from t""")
    events = database.events("slot", f"format={form}")
    before = [event.get("before") or event.get("dataOld") for event in events[len(STRAY_BYTES):]]
    for data, event, old in zip(STRAY_BYTES, events, before):
        text = as_documented(data)
        shown = after(event)
        assert old == shown
        assert [shown["x"], shown["v"], shown["a"]] == [text, text, [text]], data
        assert shown["n"] == as_documented(data[:63]), data
        assert (strict_json(shown["b"].encode()) if form == "debezium" else shown["b"]) == [text], data
    assert len(before) == len(STRAY_BYTES)


def test_stray_bytes_in_names(make_database):
    database = make_database("SQL_ASCII")
    name = b"n\xff\xc3" + "é".encode() + b"\xe6\x97"
    database.psql(b"""create schema "@"; create type "@"."e@" as enum ('@');
                      create table "@"."@" ("@" int primary key, e "@"."e@")""".replace(b"@", name))
    make_slots(database.server, "slot", "frames", dbname=database.name)
    database.psql(b'insert into "' + name + b'"."' + name + b"\" values (1, '" + name + b"')")
    text = as_documented(name)
    [event] = database.events("slot")
    assert after(event) == {text: 1, "e": text}
    assert (event["source"]["schema"], event["source"]["table"]) == (text, text)
    frames = list(take_frames(receive(database.server, "frames", "output=frames", dbname=database.name)))
    token = "".join(chr(byte) if chr(byte).isalnum() and byte < 128 else f"={byte:02X}" for byte in text.encode())
    assert [frame.subject for frame in frames if frame.kind == EVENT] == [f"app.{token}.{token}.insert"]
    assert frames[0].kind == HELLO and frames[1].table == f"{text}.{text}"


def test_identifiers_cut_inside_a_character(make_database):
    """Where characters mean nothing, the server cuts a long name at its 63rd byte."""
    database = make_database("SQL_ASCII")
    name = ("x" * 62 + "é").encode()
    database.psql(b'create table "' + name + b'" (id int primary key)')
    make_slots(database.server, "slot", dbname=database.name)
    database.psql(b'insert into "' + name + b'" values (1)')
    [event] = database.events("slot")
    assert event["source"]["table"] == as_documented(name[:63])


@pytest.mark.parametrize("lead", [b"\xc3", b"\xe2", b"\xf0", b"\xe2\x82", b"\xf0\x9f\x98"])
def test_stray_bytes_around_a_cut(make_database, lead):
    """What a stray byte announces does not decide where the text is cut."""
    database = make_database("SQL_ASCII")
    database.psql("create table t (id int primary key, x text)")
    make_slots(database.server, "slot", dbname=database.name)
    tail = lead + "aé本😀".encode()
    database.psql(f"""insert into t select n, repeat('x', {PIECE} - n) || convert_from('\\x{tail.hex()}', 'SQL_ASCII')
                      from generate_series(0, 11) n""")
    events = events_of(receive(database.server, "slot", dbname=database.name))
    assert len(events) == 12
    for event in events:
        distance = after(event)["id"]
        assert after(event)["x"][PIECE - distance:] == as_documented(tail), distance


# ---- names that another database wrote ----

@pytest.fixture
def named_in_latin1(server, make_database):
    """A database in UTF8, the cluster's names of which were made in a database in LATIN1."""
    latin = make_database("LATIN1")
    latin.psql("""
        create database "größe" encoding 'UTF8' lc_collate 'C' lc_ctype 'C' template template0;
        create role "rôle"; select pg_replication_origin_create('ürsprung')""")
    name = os.fsdecode("größe".encode("latin-1"))
    yield name
    run_psql(server, name, "select pg_drop_replication_slot('slot')", "UTF8")
    latin.psql("""drop database "größe"; drop role "rôle"; select pg_replication_origin_drop('ürsprung')""")


@pytest.mark.parametrize("form", FORMATS)
def test_names_of_the_cluster_in_another_encoding(server, named_in_latin1, form):
    """Names of databases, roles and origins are the cluster's, in the encoding of the database that wrote them."""
    run_psql(server, named_in_latin1, """
        create table t (id int primary key, r regrole, n name, x text, a regrole[], acl aclitem[])""", "UTF8")
    make_slots(server, "slot", dbname=named_in_latin1)
    run_psql(server, named_in_latin1, """
        do $$ declare origin text; begin
          select roname into origin from pg_replication_origin order by roident desc limit 1;
          perform pg_replication_origin_session_setup(origin);
        end $$;
        insert into t select 1, oid, rolname, rolname, array[oid], array[makeaclitem(oid, 10, 'SELECT', false)]
        from pg_roles order by oid desc limit 1""", "SQL_ASCII")
    [event] = events_of(receive(server, "slot", f"format={form}", dbname=named_in_latin1))
    role = as_documented("rôle".encode("latin-1"))
    row = after(event)
    assert (row["n"], row["x"]) == (role, role)
    assert row["r"] in (role, f'"{role}"')
    assert role in "".join(row["a"]) and role in "".join(row["acl"])
    if form == "debezium":
        assert event["source"]["db"] == as_documented("größe".encode("latin-1"))
        assert event["source"]["origin"] == as_documented("ürsprung".encode("latin-1"))


# ---- databases that cannot be decoded ----

def test_an_encoding_without_conversion_is_refused(server):
    if not server.execute("select 1 from pg_catalog.generate_series(0, 41) n where pg_encoding_to_char(n) = 'MULE_INTERNAL'"):
        pytest.skip("the server has no encoding without a conversion to UTF8")
    server.execute("create database mule encoding 'MULE_INTERNAL' lc_collate 'C' lc_ctype 'C' template template0")
    with pytest.raises(AssertionError, match="waljet cannot decode a database in encoding MULE_INTERNAL"):
        make_slots(server, "slot", dbname="mule")
        receive(server, "slot", dbname="mule")


# ---- into a stream ----

def test_a_stream_of_a_database_in_another_encoding(database, nats, make_streamer):
    t = database.text
    database.psql(f"""create schema "s {t}"; create table "s {t}"."t {t}" (id int primary key, "c {t}" text);
                      create table other (id int)""")
    streamer = make_streamer(database.server, nats, "--tables", f'"s {t}"."t {t}"', "--format", "wal-listener",
                             "--slot", f"waljet_{database.encoding.lower()}", dbname=database.name).start()
    streamer.wait_for_log("ready: publishing", 30)
    database.psql(f"""insert into other values (1); insert into "s {t}"."t {t}" values (1, '{t}');
                      update "s {t}"."t {t}" set id = 2""")
    wait.until(lambda: nats.stream_messages("app") >= 2, 30, message=streamer.process.log_tail)
    assert streamer.terminate() == 0
    messages = nats.read_stream("app")
    token = "".join(chr(byte) if byte < 128 and chr(byte).isalnum() else f"={byte:02X}" for byte in t.encode())
    assert [message.subject for message in messages] == [
        f"app.s=20{token}.t=20{token}.{action}" for action in ("insert", "update")]
    events = [strict_json(message.body) for message in messages]
    assert [event["data"] for event in events] == [{"id": 1, f"c {t}": t}, {"id": 2, f"c {t}": t}]
    assert [event["dataOld"] for event in events] == [{}, {"id": 1}]
