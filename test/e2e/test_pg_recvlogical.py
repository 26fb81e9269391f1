"""The plugin needs no client but pg_recvlogical."""

import json
import struct
import subprocess

import pytest

from harness.decoding import Oracle
from harness.paths import PG_BIN
from harness.postgres import lsn_text

HEADER = struct.Struct("<IBBHQQIIQHHIIIQQ")

CHANGES = """
    create table d (id int primary key, note text, big text);
    create table f (id int primary key, note text);
    alter table f replica identity full;
    create table n (id int, note text);
    alter table n replica identity nothing;
    create table i (id int, code text not null unique);
    alter table i replica identity using index i_code_key;
    begin;
    insert into d values (1, null, (select string_agg(md5(g::text), '') from generate_series(1, 500) g));
    update d set note = E'line\\nbreak "quoted"';
    update d set id = 2;
    insert into f values (1, 'a'); update f set note = 'b'; delete from f;
    insert into n values (1, 'a'); update n set note = 'b'; delete from n;
    insert into i values (1, 'a'); update i set id = 2; update i set code = 'b'; delete from i;
    delete from d;
    commit;
    insert into d values (3, 'next transaction', null);
"""


def recvlogical(postgres, slot, *arguments):
    return subprocess.run([PG_BIN / "pg_recvlogical", "-d", postgres.conninfo(), "-S", slot, *arguments],
                          capture_output=True, check=True, timeout=60).stdout


@pytest.fixture
def changed(postgres):
    recvlogical(postgres, "lines", "--create-slot", "-P", "waljet")
    recvlogical(postgres, "frames", "--create-slot", "-P", "waljet")
    postgres.psql(CHANGES)
    return postgres


def receive(postgres, slot, *options):
    end = lsn_text(postgres.wal_lsn())
    return recvlogical(postgres, slot, "--start", "-f", "-", "--endpos", end, "--no-loop", "-o", "name=app", *options)


def take_frames(data):
    """Frames end to end; pg_recvlogical puts a newline behind each message."""
    at = 0
    while at < len(data):
        if data[at:at + 1] == b"\n":
            at += 1
            continue
        size, kind, op, flags, commit, ordinal, part, xid, end, subject, table, key, headers, *_ = HEADER.unpack_from(data, at)
        texts = data[at + HEADER.size:at + size]
        yield kind, chr(op), (commit, ordinal, part), end, texts[:subject].decode(), texts[subject + table + key + headers:]
        at += size


OPS = ["c", "u", "d", "c", "c", "u", "d", "c", "u", "d", "c", "u", "d", "c", "d", "d", "c"]


def test_every_line_is_an_event(changed):
    events = [json.loads(line) for line in receive(changed, "lines").decode().splitlines()]
    assert [event["op"] for event in events] == OPS
    assert events[1]["after"]["big"] == "__debezium_unavailable_value"
    assert events[2]["before"] == {"id": 1, "note": None, "big": None}
    assert events[5]["before"] == {"id": 1, "note": "a"}
    assert [events[index]["before"] for index in (8, 9)] == [None, None]
    assert events[12]["before"] == {"id": None, "code": "a"}


@pytest.mark.parametrize("batch_bytes", [0, 1, 700, 65536])
def test_batches_change_no_byte(changed, batch_bytes):
    def without_time(data):
        return [{**json.loads(line), "ts_ms": 0, "ts_us": 0, "ts_ns": 0} for line in data.decode().splitlines()]
    changed.execute("select pg_copy_logical_replication_slot('lines', 'other')")
    assert without_time(receive(changed, "other", "-o", f"batch_bytes={batch_bytes}")) == without_time(receive(changed, "lines"))


def test_commit_frames_carry_the_end_of_the_transaction(postgres):
    """The slot may be confirmed to one past the commit record, not to the record itself."""
    recvlogical(postgres, "frames", "--create-slot", "-P", "waljet")
    oracle = Oracle(postgres)
    postgres.psql(CHANGES)
    frames = list(take_frames(receive(postgres, "frames", "-o", "output=frames")))
    ends = [transaction.end_lsn for transaction in oracle.read()]
    assert [frame[3] for frame in frames if frame[0] == 3] == ends
    assert all(frame[3] == 0 for frame in frames if frame[0] != 3)
    starts = sorted({frame[2][0] for frame in frames if frame[0] == 2})
    assert all(start < end for start, end in zip(starts, ends))


def test_frames_hold_what_lines_show(changed):
    lines = [json.loads(line) for line in receive(changed, "lines").decode().splitlines()]
    frames = list(take_frames(receive(changed, "frames", "-o", "output=frames")))
    assert [frame[0] for frame in frames] == [1] + [2] * 16 + [3, 2, 3]
    events = [frame for frame in frames if frame[0] == 2]
    bodies = [json.loads(frame[5]) for frame in events]
    for body in bodies + lines:
        body.update(ts_ms=0, ts_us=0, ts_ns=0)
    assert bodies == lines
    assert [frame[1] for frame in events] == OPS
    assert events[0][4] == "app.public.d.insert" and events[-2][4] == "app.public.d.delete"
    positions = [frame[2] for frame in frames[1:]]
    assert positions == sorted(positions) and len(set(positions)) == len(positions)
    commits = [frame for frame in frames if frame[0] == 3]
    assert all(frame[3] > frame[2][0] for frame in commits)


def test_silent_transaction_keeps_a_quiet_client_alive(make_postgres):
    """Up to PostgreSQL 15 only the plugin can ask a client that says nothing by itself (-s 0) whether it lives."""
    postgres = make_postgres(wal_sender_timeout="400ms", logical_decoding_work_mem="64kB")
    postgres.psql("create table hidden (id bigint, note text); create table shown (id int primary key)")
    recvlogical(postgres, "quiet", "--create-slot", "-P", "waljet")
    postgres.execute("insert into hidden select i, md5(i::text) from generate_series(1, 500000) i")
    postgres.execute("insert into shown values (1)")
    lines = receive(postgres, "quiet", "-s", "0", "-o", "tables=shown").decode().splitlines()
    assert [json.loads(line)["after"]["id"] for line in lines] == [1]
    assert not postgres.process.log_lines("replication timeout")
