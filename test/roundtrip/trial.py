"""One seed: a random database, a random workload, its events, the tables rebuilt from them, the comparison."""

import random
import time
import traceback
from dataclasses import dataclass, field

import capture
import debezium
import literal
import rebuild
import run_options
import wal_listener
from event import BadEvent
from harness.postgres import server_version
from schema import EXTENSIONS, SCHEMAS, World
from strict_json import BadJson
from values import Values
from workload import MARKS, Workload

ENCODINGS = ("UTF8",) * 7 + ("LATIN1", "EUC_JP", "SQL_ASCII")
SLOT = "roundtrip"
NEUTRAL = {
    "datestyle": "ISO, YMD",
    "intervalstyle": "postgres",
    "timezone": "UTC",
    "bytea_output": "hex",
    "extra_float_digits": "1",
    "lc_monetary": "C",
    "xmloption": "content",
    "search_path": '""',
}
# Settings that change how values are printed; events must not depend on them.
STYLES = {
    "datestyle": ("ISO, MDY", "German, DMY", "SQL, DMY", "Postgres, MDY"),
    "intervalstyle": ("sql_standard", "iso_8601", "postgres_verbose", "postgres"),
    "timezone": ("Asia/Kolkata", "America/St_Johns", "UTC"),
    "bytea_output": ("escape", "hex"),
    "extra_float_digits": ("-15", "0", "3"),
    "xmlbinary": ("hex", "base64"),
    "search_path": ("public", '"Other schema", public', "pg_catalog"),
    "quote_all_identifiers": ("on", "off"),
}


@dataclass
class Result:
    seed: int
    options: object
    by: str
    encoding: str
    events: int = 0
    rows: int = 0
    statements: int = 0
    failed_statements: dict = field(default_factory=dict)
    projected: dict = field(default_factory=dict)  # columns compared through a projection, by its reason
    differences: list = field(default_factory=list)
    seconds: float = 0.0
    journal: list = field(default_factory=list)
    lines: list = field(default_factory=list)


def prepare(server):
    """The databases that those of the seeds are copied from; returns the extensions that are in them."""
    known = {row[0] for row in server.execute("select name from pg_available_extensions")}
    extensions = [name for name in EXTENSIONS if name in known]
    for encoding in set(ENCODINGS):
        template = server.create_database(encoding, f"encoding {encoding} locale 'C' template template0")
        for name in extensions:
            server.execute(f"create extension {name} schema pg_catalog", dbname=template)
        server.execute(f'create schema "{SCHEMAS[1]}"', dbname=template)
        server.execute(f"create table {MARKS} (id int primary key); alter table {MARKS} replica identity full", dbname=template)
    return extensions


def run(server, extensions, seed, format, identity, plain=False):
    """A database of its own, which is dropped afterwards."""
    begin = time.monotonic()
    rng = random.Random(f"{seed}/{format}/{identity}")
    encoding = rng.choice(ENCODINGS)
    options = run_options.draw(rng, format, identity, encoding, plain)
    result = Result(seed, options, rng.choice(("function", "walsender")), encoding)
    dbname = f"seed{seed}"
    server.execute(f'create database {dbname} template "{result.encoding}"')
    try:
        _run(server, dbname, rng, extensions, result)
    except (BadEvent, BadJson, AssertionError) as error:
        result.differences.append(str(error))
    except Exception:  # noqa: BLE001: a trial tells what went wrong, whatever it was
        result.differences.append(traceback.format_exc())
    finally:
        server.execute("select pg_drop_replication_slot(slot_name) from pg_replication_slots")
        server.execute(f"drop database {dbname} with (force)")
    result.seconds = time.monotonic() - begin
    return result


def _run(server, dbname, rng, extensions, result):
    options = result.options
    styles = {name: rng.choice(values) for name, values in STYLES.items()}
    for name, value in styles.items():
        server.execute(f"alter database {dbname} set {name} = {value if name == 'search_path' else literal.string(value)}")
    server.execute("select pg_create_logical_replication_slot(%s, 'waljet')", (SLOT,), dbname)
    reader = (debezium if options.is_debezium else wal_listener).Reader(options)
    workload = _work(server, dbname, rng, extensions, options, reader, result)
    if result.by == "function":
        result.lines = capture.by_function(server, dbname, SLOT, options.for_plugin(), styles, rng.random() < 0.3)
    else:
        result.lines = capture.by_walsender(server, dbname, SLOT, options.for_plugin())
    _compare(server, dbname, workload, reader, result)


def _work(server, dbname, rng, extensions, options, reader, result):
    worlds, connections = [], []
    try:
        for prefix in ("a", "b"):
            labels = {}
            own = random.Random(rng.random())
            worlds.append(
                World(own, options, Values(own, labels, server_version(), result.encoding), labels, prefix, extensions, reader))
            connections.append(_connect(server, dbname))
        workload = Workload(rng, worlds, connections)
        result.journal = workload.journal
        workload.run(rng.randint(10, 40))
        result.statements, result.failed_statements = workload.statements, workload.failures
        return workload
    finally:
        for connection in connections:
            connection.close()


def _connect(server, dbname):
    settings = {**NEUTRAL, "client_encoding": "UTF8", "lock_timeout": "200ms"}
    escaped = {name: value.replace(" ", "\\ ") for name, value in settings.items()}
    return server.connect(dbname, options=" ".join(f"-c {name}={value}" for name, value in escaped.items()))


def _compare(server, dbname, workload, reader, result):
    options = result.options
    connection = _connect(server, dbname)
    try:
        with connection.cursor() as cursor:
            rebuilt = rebuild.Rebuild(reader, workload.steps, rebuild.Converter(cursor, options))
            for line in result.lines:
                rebuilt.take(line)
            result.events = rebuilt.events
            for session in workload.sessions:
                for table in session.world.tables.values():
                    _compare_table(cursor, table, rebuilt, options, result)
    finally:
        connection.close()


def _compare_table(cursor, table, rebuilt, options, result):
    merged = options.partition_root == "on"
    if table.kind in (("leaf", "middle") if merged else ("root", "middle")):
        return
    shadow = rebuilt.tables.get(table.id)
    if shadow is None:
        raise BadEvent(f"nothing tells of {table.id}")
    result.rows += len(shadow.rows)
    result.differences += rebuild.compare(cursor, table, shadow, options, table.kind != "root")
    for type in table.types().values():
        projection = rebuild.projections.find(type, options)
        if projection:
            result.projected[projection.reason] = result.projected.get(projection.reason, 0) + 1
