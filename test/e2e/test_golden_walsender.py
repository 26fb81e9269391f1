"""What golden tests look at through the SQL functions, a walsender sends byte for byte.

The scripts of the golden tests run in one database; everything that they log is decoded again in each mode.
"""

import json
import re
import struct
import subprocess
import uuid

import pytest

from harness import wait
from harness.paths import PG_BIN, ROOT
from harness.postgres import PostgresServer, lsn_text, server_version

SCRIPTS = ("types_*", "arrays*", "extensions*", "modes*", "toast*", "wal_listener*", "nulls", "domains", "identity_*", "messages*",
           "transactions*", "partition_root*", "large_transaction")

MODES = {
    "default": {},
    "double": {"decimal": "double", "time": "adaptive_time_microseconds", "interval": "string", "binary": "base64", "hstore": "map"},
    "string": {"decimal": "string", "time": "connect", "binary": "base64-url-safe", "unavailable_value": "größer \"or\" not"},
    "isostring": {"time": "isostring", "binary": "hex", "messages": "*", "batch_bytes": "0"},
    "microseconds": {"time": "microseconds", "transactions": "on", "messages": "app", "operations": "insert,update,delete,truncate"},
    "nanoseconds": {"time": "nanoseconds", "partition_root": "on", "operations": "insert,truncate", "batch_bytes": "100"},
    "schemas": {"schemas": "on", "transactions": "on", "messages": "*"},
    "schemas-modes": {"schemas": "on", "decimal": "string", "time": "isostring", "interval": "string", "binary": "hex", "hstore": "map"},
    "wal-listener": {"format": "wal-listener"},
    "wal-listener-roots": {"format": "wal-listener", "partition_root": "on", "operations": "insert,update", "batch_bytes": "0"},
    "small": {"max_event_bytes": "2000", "messages": "*"},
}

FRAME = struct.Struct("<IBBHQQIIQHHIIIQQ")
HELLO, EVENT, STUB = 1, 2, 5


def can_run(script):
    """A script that is named for a major, NAME_15, needs that PostgreSQL or a newer one."""
    major = re.fullmatch(r".*_(\d\d)", script.stem)
    return not major or int(major.group(1)) <= server_version()


@pytest.fixture(scope="module")
def logged(template):
    """A server in which all scripts have run behind the start of slots lines and ids."""
    server = PostgresServer(template, max_replication_slots=40, logical_decoding_work_mem="64kB")
    try:
        server.start()
        server.psql((ROOT / "test" / "sql" / "00_setup.sql").read_text())
        for slot in ("lines", "ids"):
            server.execute("select pg_create_logical_replication_slot(%s, 'waljet')", (slot,))
        scripts = sorted(script for pattern in SCRIPTS for script in (ROOT / "test" / "sql").glob(f"{pattern}.sql") if can_run(script))
        assert len(scripts) > 40, scripts
        for script in scripts:
            server.psql(script.read_text())
        yield server
    finally:
        server.remove()


def through_sql(server, slot, options, settings=""):
    """Events of a slot, which keeps them, through the SQL functions."""
    words = [word for option in {"name": "app", **options}.items() for word in option]
    connection = server.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute(settings + "select data from pg_logical_slot_peek_changes(%s, null, null, variadic %s)", (slot, words))
            return [line.encode() for line, in cursor.fetchall()]
    finally:
        connection.close()


def through_walsender(server, slot, options, *arguments):
    """What pg_recvlogical writes of a slot, which is at the end afterwards."""
    command = [PG_BIN / "pg_recvlogical", "-d", server.conninfo(), "-S", slot, "--start", "-f", "-", "--no-loop",
               "--endpos", lsn_text(server.wal_lsn()), *arguments]
    for option, value in {"name": "app", **options}.items():
        command += ["-o", f"{option}={value}"]
    return subprocess.run(command, capture_output=True, check=True, timeout=120).stdout


@pytest.fixture
def copy_slot(logged):
    """copy_slot(): the name of a slot at the place of slot lines."""
    copies = []

    def copy():
        name = f"copy_{len(copies)}"
        logged.execute("select pg_copy_logical_replication_slot('lines', %s)", (name,))
        copies.append(name)
        return name
    yield copy
    for name in copies:
        logged.execute("select pg_drop_replication_slot(%s)", (name,))


def parsed(line):
    return json.loads(line, parse_int=str)  # a numeric may have more digits than Python turns into a number


def timeless(line):
    """Without the time of writing, and without what differs from slot to slot: the id of format wal-listener."""
    is_message = b'{"op":"m",' in line
    if is_message:
        return re.sub(rb'"ts_([mun])s":\d+', rb'"ts_\1s":0', line)
    line = re.sub(rb',"ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+(\}+)$', rb"\1", line)
    return re.sub(rb'^\{"id":"[0-9a-f-]{36}"', b'{"id":""', line)


def assert_same(lines, others):
    for number, (line, other) in enumerate(zip(lines, others)):
        assert timeless(line) == timeless(other), f"line {number}"
    assert len(lines) == len(others)


@pytest.mark.parametrize("mode", MODES)
def test_same_bytes_through_both(logged, copy_slot, mode):
    lines = through_sql(logged, "lines", MODES[mode])
    assert len(lines) > 200
    assert_same(lines, through_walsender(logged, copy_slot(), MODES[mode]).splitlines())
    for line in lines:
        parsed(line)


@pytest.mark.parametrize("mode", ["default", "schemas", "wal-listener"])
def test_same_bytes_again(logged, mode):
    lines = through_sql(logged, "lines", MODES[mode])
    again = through_sql(logged, "lines", MODES[mode])
    assert_same(lines, again)
    if mode == "wal-listener":
        assert lines == again  # id and time included


@pytest.mark.parametrize("mode", ["default", "schemas-modes"])
def test_same_bytes_from_any_start(logged, copy_slot, mode):
    def commit_lsn(line):
        event = parsed(line)
        return int(json.loads(event.get("payload", event)["source"]["sequence"])[0])

    lines = through_sql(logged, "lines", MODES[mode])
    commits = sorted({commit_lsn(line) for line in lines})
    assert len(commits) > 50
    for share in (0.1, 0.35, 0.5, 0.8, 0.99):
        start = commits[int(len(commits) * share)]
        rest = [line for line in lines if commit_lsn(line) >= start]
        assert 0 < len(rest) < len(lines)
        slot = copy_slot()
        logged.execute("select pg_replication_slot_advance(%s, %s)", (slot, lsn_text(start)))
        assert_same(rest, through_sql(logged, slot, MODES[mode]))
        assert_same(rest, through_walsender(logged, copy_slot(), MODES[mode], "--startpos", lsn_text(start)).splitlines())


@pytest.mark.parametrize("mode", ["default", "wal-listener"])
def test_same_bytes_with_any_memory(logged, copy_slot, mode):
    slot = copy_slot()
    plenty = through_sql(logged, slot, MODES[mode], "set logical_decoding_work_mem = '1GB';")
    little = through_sql(logged, slot, MODES[mode], "set logical_decoding_work_mem = '64kB';")
    assert_same(plenty, little)
    if server_version() >= 14:  # it did spill
        query = "select spill_txns from pg_stat_replication_slots where slot_name = %s"
        wait.until(lambda: logged.execute(query, (slot,))[0][0] > 0, message="no transaction was spilled")


def frames_through_sql(server, slot, options):
    """(kind, position, body) of each frame of a slot, which keeps them."""
    words = [word for option in {"name": "app", "output": "frames", **options}.items() for word in option]
    connection = server.connect()
    try:
        with connection.cursor() as cursor:
            cursor.execute("select data from pg_logical_slot_peek_binary_changes(%s, null, null, variadic %s)", (slot, words))
            messages = [bytes(message) for message, in cursor.fetchall()]
    finally:
        connection.close()
    for message in messages:
        at = 0
        while at < len(message):
            size, kind, _, _, commit, ordinal, part, _, _, subject, table, key, headers, *_ = FRAME.unpack_from(message, at)
            yield kind, (commit, ordinal, part), message[at + FRAME.size + subject + table + key + headers:at + size]
            at += size


def test_id_is_made_of_the_event_id(logged):
    """UUID v5 of the event id under the URL namespace, the same in a line and in a frame."""
    options = MODES["wal-listener"]
    frames = list(frames_through_sql(logged, "ids", options))
    lines = through_walsender(logged, "ids", options).splitlines()
    assert frames[0][0] == HELLO
    source = frames[0][2].decode().splitlines()[0]
    assert re.fullmatch(r"app\.[0-9A-F]{8}", source)
    events = [frame for frame in frames if frame[0] in (EVENT, STUB)]
    assert len(events) == len(lines) > 200
    for (kind, (commit, ordinal, part), body), line in zip(events, lines):
        expected = uuid.uuid5(uuid.NAMESPACE_URL, f"{source}:{commit:016X}:{ordinal:08X}.{part:04X}")
        assert parsed(body)["id"] == parsed(line)["id"] == str(expected)
        assert kind == STUB or body == line
    assert len({parsed(line)["id"] for line in lines}) == len(lines)
