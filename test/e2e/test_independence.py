"""Events depend on nobody's settings: not on those of the role, the database, the server or the caller."""

import re
import subprocess

import pytest

from harness.paths import PG_BIN
from harness.recvlogical import make_slots, receive

# Every mode of every option at least once.
OPTIONS = [
    [],
    ["decimal=double", "time=connect", "interval=string", "binary=hex", "hstore=map"],
    ["decimal=string", "time=isostring", "binary=base64"],
    ["time=nanoseconds", "binary=base64-url-safe"],
    ["time=microseconds"],
    ["time=adaptive_time_microseconds"],
    ["format=wal-listener"],
]

# A column for each type: its values.
VALUES = {
    "boolean": ["true"],
    "smallint": ["-32768"],
    "integer": ["7"],
    "bigint": ["9007199254740993"],
    "real": ["0.1", "1e-45", "'-Infinity'", "16777216"],
    "double precision": ["0.30000000000000004", "1e-7", "123456789.123456789", "'NaN'"],
    "numeric": ["1234567.890", "1e30", "'NaN'"],
    "numeric(12,2)": ["1234567.89"],
    "money": ["'1234567.89'", "'-0.01'"],
    "text": ["'größer'"],
    "varchar(9)": ["'x'"],
    "char(3)": ["'x'"],
    "name": ["'x'"],
    '"char"': ["'x'"],
    "bytea": [r"'\x00ff5c27'"],
    "date": ["'2020-03-04'", "'0044-03-15 BC'", "'infinity'"],
    "time": ["'03:04:05.678901'", "'24:00'"],
    "time(2)": ["'03:04:05.67'"],
    "timetz": ["'03:04:05.678901+05:30'"],
    "timestamp": ["'2020-03-04 05:06:07.891234'", "'0044-03-15 01:02:03 BC'", "'-infinity'"],
    "timestamp(3)": ["'2020-03-04 05:06:07.891'"],
    "timestamptz": ["'2020-03-04 05:06:07.891234+00'", "'1850-01-01 00:00+00'", "'infinity'"],
    "interval": ["'1 year 2 mons -3 days 04:05:06.789'", "'-1 mon'"],
    "uuid": ["'6f1d3b9e-8f0a-4c52-9b63-0d8a6f1d3b9e'"],
    "json": ["'{\"a\": 1.50, \"t\": \"x\"}'"],
    "jsonb": ["'{\"a\": 1.50, \"t\": \"x\"}'"],
    "xml": ["'<a>x</a>'"],
    "inet": ["'10.0.0.1/8'"],
    "cidr": ["'10.0.0.0/8'"],
    "macaddr": ["'08:00:2b:01:02:03'"],
    "macaddr8": ["'08:00:2b:01:02:03:04:05'"],
    "bit(1)": ["'1'"],
    "bit(9)": ["'101010101'"],
    "bit varying": ["'101'"],
    "point": ["'(0.30000000000000004,1e-7)'"],
    "line": ["'{0.30000000000000004,1,2}'"],
    "lseg": ["'[(0.1,0.30000000000000004),(1,2)]'"],
    "box": ["'(0.30000000000000004,1),(0.1,0)'"],
    "path": ["'[(0.30000000000000004,1),(2,3)]'"],
    "polygon": ["'((0.30000000000000004,1),(2,3))'"],
    "circle": ["'<(0.30000000000000004,1),2>'"],
    "tsvector": ["'a:1 b'"],
    "tsquery": ["'a & b'"],
    "int4range": ["'[1,5)'"],
    "numrange": ["'[1.50,2)'"],
    "daterange": ["'[2020-03-04,2020-05-06)'"],
    "tsrange": ["'[2020-03-04 05:06:07.8,)'"],
    "tstzrange": ["'[2020-03-04 05:06:07.8+00,)'"],
    "oid": ["4294967295"],
    "regclass": ["'shown.sample'::regclass", "'pg_class'"],
    "regtype": ["'shown.mood'::regtype", "'int4'"],
    "regproc": ["'pg_catalog.now'", "'shown.once'"],
    "regprocedure": ["'shown.now(int)'::regprocedure"],
    "regoperator": ["'+(int,int)'"],
    "regnamespace": ["'shown'"],
    "regrole": ["'postgres'"],
    "regcollation": ["'\"C\"'"],
    "regconfig": ["'simple'"],
    "pg_lsn": ["'1/2A'"],
    "aclitem": ["'postgres=r/postgres'"],
    "txid_snapshot": ["'1:2:1'"],
    "shown.mood": ["'sad'"],
    "shown.pair": ["row(0.30000000000000004, '2020-03-04 05:06:07+00', '\\x00ff', '1 mon', 1.5)"],
    "shown.day": ["'2020-03-04'"],
    "shown.cash": ["'1.50'"],
    "real[]": ["'{0.1,1e-45}'"],
    "double precision[]": ["'{0.30000000000000004,1e-7}'"],
    "numeric(12,2)[]": ["'{1.50}'"],
    "money[]": ["'{1234.50,-1}'"],
    "bytea[]": [r"""'{"\\x00ff"}'"""],
    "date[]": ["'{2020-03-04}'", "'[2:2]={2020-03-04}'"],
    "time[]": ["'{03:04:05.6}'"],
    "timetz[]": ["'{03:04:05.6+05:30}'"],
    "timestamp[]": ["'{2020-03-04 05:06:07.8}'"],
    "timestamptz[]": ["'{2020-03-04 05:06:07.8+00}'", "'[0:0]={2020-03-04 05:06:07.8+00}'"],
    "interval[]": ["'{1 mon -2 days}'"],
    "point[]": ["'{\"(0.30000000000000004,1)\"}'"],
    "tstzrange[]": ["'{\"[2020-03-04 05:06:07.8+00,)\"}'"],
    "regclass[]": ["array['shown.sample'::regclass]"],
    "jsonb[]": ["array['{\"a\": 1.50}'::jsonb]"],
    "shown.mood[]": ["'{sad}'"],
    "shown.pair[]": ["array[row(0.1, '2020-03-04 05:06:07+00', '\\x00ff', '1 mon', 1.5)::shown.pair]"],
}

SCHEMA = """
    create schema shown;
    create type shown.mood as enum ('sad', 'glad');
    create type shown.pair as (f float8, t timestamptz, b bytea, i interval, m money);
    create domain shown.day as date;
    create domain shown.cash as money;
    create function shown.now(int) returns int language sql as 'select 1';
    create function shown.once() returns int language sql as 'select 1';
    create table shown.sample (id int primary key, note text default 'none');
"""

# All that a user could put in front of what the plugin might call by name.
SHADOWS = """
    create schema shadows;
    create type shadows.int4 as (a int);
    create type shadows.text as (a int);
    create domain shadows.numeric as pg_catalog.text;
    create function shadows.trap() returns pg_catalog.int4 language plpgsql as $$ begin raise exception 'called'; end $$;
    create function shadows.numeric_out(pg_catalog.numeric) returns cstring language internal immutable strict as 'numeric_in';
    create function shadows.array_out(anyarray) returns cstring language internal immutable strict as 'array_in';
    create function shadows.format_type(oid, pg_catalog.int4) returns pg_catalog.text language sql as $$ select 'wrong' $$;
    create function shadows.now() returns timestamptz language sql as $$ select '2000-01-01'::timestamptz $$;
    create function shadows.same(pg_catalog.int4, pg_catalog.int4) returns bool language sql as $$ select false $$;
    create operator shadows.= (leftarg = pg_catalog.int4, rightarg = pg_catalog.int4, function = shadows.same);
    create operator shadows.+ (leftarg = pg_catalog.int4, rightarg = pg_catalog.int4, function = shadows.same);
    create table shadows.sample (id pg_catalog.int4);
    create table shadows.pg_class (oid oid, relname name);
    create table shadows.pg_type (oid oid, typname name);
    create table shadows.pg_enum (oid oid, enumlabel name);
    create table shadows.pg_namespace (oid oid, nspname name);
    create collation shadows."C" (locale = 'C');
    create text search configuration shadows.simple (copy = pg_catalog.simple);
"""

SETTINGS = {
    "DateStyle": "SQL, DMY",
    "IntervalStyle": "iso_8601",
    "TimeZone": "Asia/Kolkata",
    "timezone_abbreviations": "India",
    "bytea_output": "escape",
    "extra_float_digits": "-15",
    "search_path": "shadows, shown, pg_catalog",
    "xmlbinary": "hex",
    "xmloption": "document",
    "client_encoding": "LATIN1",
    "quote_all_identifiers": "on",
    "array_nulls": "off",
    "standard_conforming_strings": "off",
    "escape_string_warning": "off",
    "backslash_quote": "off",
    "transform_null_equals": "on",
    "default_text_search_config": "pg_catalog.german",
    "default_transaction_isolation": "serializable",
    "default_transaction_read_only": "on",
    "session_replication_role": "replica",
    "row_security": "off",
    "enable_indexscan": "off",
    "force_parallel_mode": "on",
    "debug_parallel_query": "on",
}
LOCALES = ["lc_monetary", "lc_numeric", "lc_time"]
HIDDEN = re.compile(r'"ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+\}$|^\{"id":"[^"]*"')  # when it was written; whose slot it was


def fill(postgres):
    postgres.psql(SCHEMA)
    known = [name for name in VALUES if "." in name or postgres.execute("select to_regtype(%s) is not null", (name,))[0][0]]
    columns = ", ".join(f"c{number} {name}" for number, name in enumerate(known))
    postgres.psql(f"create table shown.t (id int primary key, {columns}); alter table shown.t replica identity full")
    make_slots(postgres, "one", "plain")
    for row in range(max(len(VALUES[name]) for name in known)):
        values = ", ".join(VALUES[name][row] if row < len(VALUES[name]) else "null" for name in known)
        postgres.psql(f"insert into shown.t values ({row}, {values})")
    postgres.psql("update shown.t set id = id + 10; delete from shown.t; insert into shown.sample values (1)")
    return known


def locale_of_this_machine():
    """One in which money looks different, if there is one."""
    names = subprocess.run(["locale", "-a"], capture_output=True, text=True, check=True).stdout.split()
    return next((name for name in names if re.match(r"[a-z]{2}_[A-Z]{2}\.utf-?8$", name, re.I)), None)


def hostile_settings(postgres):
    known = {name for name, in postgres.execute("select lower(name) from pg_settings")}
    settings = {name: value for name, value in SETTINGS.items() if name.lower() in known}
    locale = locale_of_this_machine()
    return {**settings, **dict.fromkeys(LOCALES, locale)} if locale else settings


def set_for(postgres, whom, settings):
    """`alter {whom} set …` for sessions to come."""
    script = ""
    for name, value in settings.items():
        items = value.split(", ") if name == "search_path" else [value]
        script += f"alter {whom} set {name} to " + ", ".join(f"'{item}'" for item in items) + ";\n"
    postgres.psql(script)


def hide(text):
    return HIDDEN.sub("", text)


def through_sql(postgres, options, settings=None):
    """What the SQL function returns; with `settings` in a session that is to have and to keep them."""
    words = "".join(f", '{word}'" for option in ("name=app", *options) for word in option.split("=", 1))
    now = """select pg_catalog.string_agg(name || ': ' || setting, '; ') from pg_catalog.pg_settings
             where name <> 'transaction_read_only';"""
    script = f"{now} select data from pg_catalog.pg_logical_slot_peek_changes('one', null, null{words}); {now}"
    # No driver that sets things on its own; with psql as it comes, the role's client_encoding holds.
    command = [PG_BIN / "psql", "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", postgres.conninfo()]
    done = subprocess.run(command, input=script.encode(), capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    before, *lines, after = done.stdout.decode("latin-1" if settings else "utf-8").splitlines()
    assert before == after
    for name in settings or ():
        assert f"{name}: {settings[name]}".lower() in before.lower()
    return [hide(line) for line in lines]


def current(cursor, names):
    cursor.execute("select name, setting from pg_catalog.pg_settings")
    known = {name.lower(): setting for name, setting in cursor.fetchall()}
    return {name.lower(): known[name.lower()] for name in names}


def through_walsender(postgres, options, slot):
    postgres.execute("select pg_catalog.pg_copy_logical_replication_slot('plain', %s)", (slot,))
    try:
        return [hide(line) for line in receive(postgres, slot, *options).decode().splitlines()]
    finally:
        postgres.execute("select pg_catalog.pg_drop_replication_slot(%s)", (slot,))


def differences(plain, hostile):
    """Where events differ, told by option and line, shortened to what differs."""
    for (options, *ways), (_, *hostile_ways) in zip(plain, hostile, strict=True):
        for way, lines, hostile_lines in zip(("SQL", "walsender"), ways, hostile_ways):
            if len(lines) != len(hostile_lines):
                yield options, way, f"{len(lines)} events, {len(hostile_lines)} events"
            for line, hostile_line in zip(lines, hostile_lines):
                if line != hostile_line:
                    begin = next((at for at, (one, other) in enumerate(zip(line, hostile_line)) if one != other), 0)
                    yield options, way, line[max(0, begin - 40):begin + 60], hostile_line[max(0, begin - 40):begin + 60]


def everything(postgres, settings=None):
    return [(options, through_sql(postgres, options, settings), through_walsender(postgres, options, "copy"))
            for options in OPTIONS]


@pytest.mark.parametrize("whom", ["role postgres", "database postgres", "role postgres in database postgres"])
def test_settings_of_role_and_database(postgres, whom):
    fill(postgres)
    plain = everything(postgres)
    for options, sql, walsender in plain:
        assert sql == walsender, options
        assert len(sql) >= 3 + 3 + 3 + 1, options
    postgres.psql(SHADOWS)
    settings = hostile_settings(postgres)
    set_for(postgres, whom, settings)
    assert list(differences(plain, everything(postgres, settings))) == []


def test_settings_of_the_server(postgres):
    """Also where they change while a walsender runs, which a reload does not undo."""
    fill(postgres)
    plain = everything(postgres)
    settings = hostile_settings(postgres)
    postgres.configure(**{name: value for name, value in settings.items() if name not in ("search_path", "client_encoding")})
    assert list(differences(plain, everything(postgres))) == []


def test_the_callers_settings_stay_his_own(postgres):
    """After success, after an error that is caught, and within a transaction that set them for itself."""
    fill(postgres)
    connection = postgres.connect(autocommit=False)
    cursor = connection.cursor()
    cursor.execute("""set timezone = 'Asia/Kolkata'; set local datestyle = 'SQL, DMY'; set local search_path = shown, public;
                      create temp table here (x int)""")
    names = ["TimeZone", "DateStyle", "search_path", "bytea_output", "extra_float_digits"]
    before = current(cursor, names)
    cursor.execute("select count(*) from pg_logical_slot_peek_changes('one', null, null, 'name', 'app')")
    assert cursor.fetchone()[0] >= 10
    assert current(cursor, names) == before
    cursor.execute("savepoint s")
    with pytest.raises(Exception, match="unrecognized option"):
        cursor.execute("select count(*) from pg_logical_slot_peek_changes('one', null, null, 'nmae', 'app')")
    cursor.execute("rollback to s")
    assert current(cursor, names) == before
    cursor.execute("select count(*) from pg_logical_slot_peek_changes('one', null, 3, 'name', 'app'), here")
    assert current(cursor, names) == before
    connection.commit()
    after = current(cursor, names)
    assert (after["timezone"], after["datestyle"]) == ("Asia/Kolkata", "ISO, MDY")
    connection.close()
