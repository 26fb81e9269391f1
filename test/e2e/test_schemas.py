"""Every event fits the Kafka Connect schema that it carries."""

import base64
import json
import re
import subprocess
import uuid

import pytest

from harness.paths import PG_BIN
from harness.postgres import lsn_text

# ---- what a schema promises ----

MEMBERS = ["type", "items", "keys", "values", "fields", "optional", "name", "version", "doc", "parameters", "default", "field"]
INTEGER_BITS = {"int8": 8, "int16": 16, "int32": 32, "int64": 64}
NO_NUMBERS = ("NaN", "Infinity", "-Infinity")
UNAVAILABLE = "__debezium_unavailable_value"
DATE = r"[-+]?\d+-\d\d-\d\d"
TIME = r"\d\d:\d\d:\d\d(\.\d+)?"
TEXTS = {
    "io.debezium.time.ZonedTimestamp": rf"{DATE}T{TIME}Z|-?infinity",
    "io.debezium.time.ZonedTime": rf"{TIME}Z",
    "io.debezium.time.IsoDate": rf"{DATE}Z|-?infinity",
    "io.debezium.time.IsoTime": rf"{TIME}Z",
    "io.debezium.time.IsoTimestamp": rf"{DATE}T{TIME}Z|-?infinity",
    "io.debezium.time.Interval": r"P-?\d+Y-?\d+M-?\d+DT-?\d+H-?\d+M-?[\d.]+S",
}
EMPTY_IN_OLD_IMAGES = ("io.debezium.data.Uuid", "io.debezium.data.Json", "io.debezium.data.Enum")


class Mismatch(AssertionError):
    pass


def require(condition, path, what):
    if not condition:
        raise Mismatch(f"{path}: {what}")


def check(schema, value, path="$"):
    """Raises Mismatch where `value` is not what `schema`, as the JSON converter writes it, declares."""
    check_members(schema, path)
    if "default" in schema:
        check({name: member for name, member in schema.items() if name != "default"}, schema["default"], path + " default")
    if value is None:
        return require(schema["optional"], path, "null where there must be a value")
    CHECKS.get(schema["type"], check_number)(schema, value, path)


def check_members(schema, path):
    known = [member for member in MEMBERS if member in schema]
    require(list(schema) == known, path, f"members {list(schema)}")
    require(isinstance(schema["optional"], bool), path, "optional is no boolean")
    require("version" not in schema or "name" in schema, path, "a version of no name")
    require(all(isinstance(text, str) for text in schema.get("parameters", {}).values()), path, "parameters are strings")


def check_boolean(schema, value, path):
    require(isinstance(value, bool), path, f"{value!r} is no {schema['type']}")


def check_number(schema, value, path):
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    if schema["type"] in INTEGER_BITS:
        limit = 1 << INTEGER_BITS[schema["type"]] - 1
        require(isinstance(value, int) and is_number and -limit <= value < limit, path, f"{value!r} is no {schema['type']}")
    else:
        require(schema["type"] in ("float", "double"), path, f"type {schema['type']}")
        require(is_number or value in NO_NUMBERS, path, f"{value!r} is no {schema['type']}")


def check_string(schema, value, path):
    require(isinstance(value, str), path, f"{value!r} is no string")
    name = schema.get("name")
    if value == UNAVAILABLE or (value == "" and name in EMPTY_IN_OLD_IMAGES):
        return
    if name == "io.debezium.data.Enum":
        require(value in schema["parameters"]["allowed"].split(","), path, f"{value!r} is no label")
    elif name == "io.debezium.data.Uuid":
        require(str(uuid.UUID(value)) == value, path, f"{value!r} is no UUID")
    elif name == "io.debezium.data.Json":
        json.loads(value)
    elif name in TEXTS:
        require(re.fullmatch(TEXTS[name], value), path, f"{value!r} is no {name}")


def check_bytes(schema, value, path):
    require(isinstance(value, str), path, f"{value!r} is no string")
    decoded = base64.b64decode(value, validate=True)
    if schema.get("name") == "org.apache.kafka.connect.data.Decimal":
        require(int(schema["parameters"]["scale"]) >= 0 and decoded, path, f"{value!r} is no decimal")


def check_array(schema, value, path):
    require(isinstance(value, list), path, f"{value!r} is no array")
    for index, element in enumerate(value):
        check(schema["items"], element, f"{path}[{index}]")


def check_map(schema, value, path):
    text_keys = schema["keys"]["type"] == "string"
    require(isinstance(value, dict if text_keys else list), path, f"{value!r} is no map")
    for key, element in value.items() if text_keys else value:
        check(schema["keys"], key, path + " key")
        check(schema["values"], element, f"{path}[{key!r}]")


def check_struct(schema, value, path):
    require(isinstance(value, dict), path, f"{value!r} is no struct")
    names = [field["field"] for field in schema["fields"]]
    require(list(value) == names, path, f"members {list(value)}, declared {names}")
    for field in schema["fields"]:
        check(field, value[field["field"]], f"{path}.{field['field']}")


CHECKS = {"boolean": check_boolean, "string": check_string, "bytes": check_bytes, "array": check_array, "map": check_map,
          "struct": check_struct}


@pytest.mark.parametrize("value", [{}, {"a": 1, "b": 2}, {"a": "1"}, {"a": None}, {"a": 1 << 31}, {"a": True}, None])
def test_the_check_finds_what_does_not_fit(value):
    schema = {"type": "struct", "fields": [{"type": "int32", "optional": False, "field": "a"}], "optional": False}
    check(schema, {"a": -1 << 31})
    with pytest.raises(Mismatch):
        check(schema, value)


# ---- events ----

# Column type and a value. There are two columns of each, one of which may be null.
COLUMNS = [
    ("boolean", "true"), ("smallint", "-32768"), ("int", "2147483647"), ("bigint", "-9223372036854775808"),
    ("oid", "4294967295"), ("real", "'NaN'"), ("double precision", "1e21"),
    ("numeric", "-1.50"), ("numeric(10,2)", "12.3"), ("numeric(3)", "5"), ("money", "-1.5"),
    ("char(3)", "'a'"), ("varchar(9)", "'b'"), ("text", "'ä'"), ("name", "'c'"), ('"char"', "'d'"), ("citext", "'e'"),
    ("bytea", r"'\xfbff'"), ("bit", "B'1'"), ("bit(7)", "B'1000000'"), ("varbit(1)", "B'0'"), ("varbit", "B'101'"),
    ("date", "'2017-09-15'"), ("time", "'04:05:11.789'"), ("time(3)", "'24:00'"), ("timetz", "'04:05:11.789+02'"),
    ("timestamp", "'2019-07-09 02:28:57.123456'"), ("timestamp(3)", "'-infinity'"),
    ("timestamptz", "'infinity'"), ("timestamptz(2)", "'2019-07-09 02:28:57.12+02'"),
    ("interval", "'1 year -2 days 3.5 seconds'"), ("uuid", "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'"),
    ("json", "'{\"a\" : 1}'"), ("jsonb", "'[1]'"), ("xml", "'<a/>'"), ("mood", "'ok'"),
    ("tsvector", "'a b'"), ("tsquery", "'a & b'"), ("ltree", "'a.b'"), ("hstore", "'k=>v,n=>null'"),
    ("inet", "'192.168.2.0/12'"), ("macaddr", "'08-00-2b-01-02-03'"),
    ("int4range", "'[1,2)'"), ("tstzrange", "'[2019-03-31 15:30:00+00,)'"), ("point", "'(1,2)'"), ("box", "'(1,1),(0,0)'"),
    ("price", "1.5"), ("place", "'(a,1)'"), ("pg_lsn", "'0/1'"),
    ("int[]", "'{1,null}'"), ("bigint[]", "'{}'"), ("text[]", "'{a,null}'"),
    ("numeric[]", "'{1.5}'"), ("numeric(10,2)[]", "'{1.5}'"), ("real[]", "'{1.5,NaN}'"), ("boolean[]", "'{t}'"),
    ("date[]", "'{2017-09-15}'"), ("time[]", "'{04:05}'"), ("timestamp[]", "'{2019-07-09}'"),
    ("timestamptz[]", "'{2019-07-09}'"), ("uuid[]", "'{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'"), ("jsonb[]", "'{1}'"),
    ("bytea[]", r"""'{"\\x01"}'"""), ("hstore[]", """'{"k=>v"}'"""), ("mood[]", "'{ok,null}'"),
    ("interval[]", "'{1 day}'"), ("place[]", """'{"(a,1)"}'"""),
]
# Types of columns that are stored out of line.
LARGE = ["text", "varchar", "bytea", "json", "jsonb", "xml", "hstore",
         "int[]", "bigint[]", "text[]", "bytea[]", "uuid[]", "jsonb[]"]
LARGE_VALUES = {
    "json": "to_json(large)", "jsonb": "to_jsonb(large)", "xml": "xmlelement(name a, large)", "hstore": "hstore('k', large)",
    "bytea": "large::bytea", "int[]": "(select array_agg(i) from generate_series(1, 3000) i)",
    "bigint[]": "(select array_agg(i) from generate_series(1, 3000) i)",
    "text[]": "array[large]", "bytea[]": "array[large::bytea]",
    "uuid[]": "(select array_agg(gen_random_uuid()) from generate_series(1, 1000))", "jsonb[]": "array[to_jsonb(large)]",
}
MODES = [
    {},
    {"decimal": "double", "time": "adaptive_time_microseconds", "interval": "string", "binary": "base64", "hstore": "map"},
    {"decimal": "string", "time": "connect", "binary": "base64-url-safe"},
    {"time": "isostring", "binary": "hex", "messages": "*", "transactions": "on"},
    {"time": "microseconds"},
    {"time": "nanoseconds"},
]


def make_tables(postgres):
    optional = ", ".join(f"o{number} {kind}" for number, (kind, _) in enumerate(COLUMNS))
    required = ", ".join(f"r{number} {kind} not null" for number, (kind, _) in enumerate(COLUMNS))
    large = ", ".join(f"l{number} {kind}" for number, kind in enumerate(LARGE))
    external = "".join(f"alter table large alter l{number} set storage external;" for number in range(len(LARGE)))
    postgres.psql(f"""
        create extension hstore; create extension citext; create extension ltree;
        create type mood as enum ('sad', 'ok');
        create domain price as numeric(8, 3);
        create type place as (street text, number int);
        create table every_type (id serial primary key, {optional}, {required},
          late timestamptz(3) not null default now(), label mood not null default 'ok', impossible smallint default 100000);
        create table large (id int primary key, n int, {large}); {external}""")


def change(postgres):
    names = ", ".join(f"r{number}" for number in range(len(COLUMNS)))
    values = ", ".join(value for _, value in COLUMNS)
    large = ", ".join(LARGE_VALUES.get(kind, "large") for kind in LARGE)
    postgres.psql(f"""
        insert into every_type (impossible, {names}) values (1, {values});
        update every_type set {", ".join(f"o{number} = r{number}" for number in range(len(COLUMNS)))};
        delete from every_type;
        insert into large select 1, 1, {large}
        from (select string_agg(md5(i::text), '') as large from generate_series(1, 300) i) _;
        begin; update large set n = 2; select pg_logical_emit_message(true, 'greeting', 'hello'); commit;
        delete from large;
        truncate large;""")


def receive(postgres, slot, options, dbname="postgres"):
    command = [PG_BIN / "pg_recvlogical", "-d", postgres.conninfo(dbname), "-S", slot, "--start", "-f", "-", "--no-loop",
               "--endpos", lsn_text(postgres.wal_lsn()), "-o", "schemas=on"]
    for name, value in options.items():
        command += ["-o", f"{name}={value}"]
    return subprocess.run(command, capture_output=True, check=True, timeout=60).stdout


def make_slot(postgres, name, dbname="postgres"):
    postgres.execute("select pg_create_logical_replication_slot(%s, 'waljet')", (name,), dbname)


def test_payloads_fit_their_schemas(postgres):
    make_tables(postgres)
    for number in range(len(MODES)):
        make_slot(postgres, f"mode_{number}")
    change(postgres)
    for number, modes in enumerate(MODES):
        options = {"operations": "insert,update,delete,truncate", **modes}
        events = [json.loads(line) for line in receive(postgres, f"mode_{number}", options).splitlines()]
        operations = [event["payload"].get("op", event["payload"].get("status")) for event in events]
        rows = [event["payload"] for event, operation in zip(events, operations) if operation in "cudt"]
        assert [row["op"] for row in rows] == ["c", "u", "d", "c", "u", "d", "t"]
        assert len(events) - len(rows) == (15 if "transactions" in modes else 0), operations
        for event, operation in zip(events, operations):
            assert list(event) == ["schema", "payload"]
            try:
                check(event["schema"], event["payload"])
            except Mismatch as mismatch:
                raise AssertionError(f"{modes}, {operation}: {mismatch}") from mismatch
        assert rows[4]["after"]["n"] == 2 and rows[4]["after"]["l0"] == UNAVAILABLE


def test_schemas_are_ascii_where_the_database_is_not_utf8(postgres):
    postgres.create_database("latin", "encoding 'LATIN1' locale 'C' template template0")
    postgres.psql("""
        set client_encoding to utf8;
        create type humeur as enum ('gaieté', 'colère');
        create table "élèves" (
          "prénom" text primary key default 'Zoé', h humeur not null default 'gaieté', hs humeur[]);""", "latin")
    make_slot(postgres, "latin", "latin")
    postgres.psql("""
        set client_encoding to utf8;
        insert into "élèves" values ('Noël', 'colère', '{colère,null}')""", "latin")
    line = receive(postgres, "latin", {}, "latin")
    assert line.isascii()
    event = json.loads(line)
    check(event["schema"], event["payload"])
    assert event["payload"]["after"] == {"prénom": "Noël", "h": "colère", "hs": ["colère", None]}
    columns = event["schema"]["fields"][1]["fields"]
    assert columns[0] == {"type": "string", "optional": False, "default": "Zoé", "field": "prénom"}
    assert columns[1]["default"] == "gaieté" and columns[1]["parameters"] == {"allowed": "gaieté,colère"}
    assert event["schema"]["name"] == "latin.public._l_ves.Envelope"
