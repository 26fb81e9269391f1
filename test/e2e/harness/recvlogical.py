"""pg_recvlogical: what a client of the replication protocol receives that knows nothing of waljet."""

import json
import struct
import subprocess
from collections import namedtuple

from .paths import PG_BIN
from .postgres import lsn_text

HEADER = struct.Struct("<IBBHQQIIQHHIIIQQ")
HELLO, EVENT, COMMIT, MESSAGE, STUB, MARKER, ROW, CONTROL, READ_END = range(1, 10)  # kinds of frames

ENTRY = struct.Struct("<QIIQ")  # one event of a group

# events: of a group (position, body) of each; empty where the frame is no group. key_hashes: of each event, one where it is no group.
Frame = namedtuple("Frame", "kind op position xid end_lsn subject table key headers body events key_hashes old_key_hash")


def recvlogical(postgres, slot, *arguments, dbname="postgres", timeout=60):
    """Runs it; returns what it wrote, bytes."""
    done = subprocess.run([PG_BIN / "pg_recvlogical", "-d", postgres.conninfo(dbname), "-S", slot, *arguments],
                          capture_output=True, timeout=timeout, check=False)
    assert done.returncode == 0, done.stderr.decode(errors="replace")
    return done.stdout


def make_slots(postgres, *slots, dbname="postgres"):
    for slot in slots:
        recvlogical(postgres, slot, "--create-slot", "-P", "waljet", dbname=dbname)


def receive(postgres, slot, *options, dbname="postgres", timeout=60):
    """All that there is, confirmed; options are texts such as format=debezium."""
    end = lsn_text(postgres.wal_lsn())
    words = [word for option in ("name=app", *options) for word in ("-o", option)]
    return recvlogical(postgres, slot, "--start", "-f", "-", "--endpos", end, "--no-loop", *words, dbname=dbname,
                       timeout=timeout)


def strict_json(line):
    """Parses what every parser must take: UTF-8, one value, no NaN, no member twice."""
    def refuse(constant):
        raise ValueError(f"{constant} is not JSON")

    def members(pairs):
        names = [name for name, _ in pairs]
        assert len(names) == len(set(names)), f"a member twice: {names}"
        return dict(pairs)
    return json.loads(line.decode("utf-8"), parse_constant=refuse, object_pairs_hook=members)


def events_of(data):
    """The events of output=lines; each is one physical line."""
    assert data == b"" or data.endswith(b"\n")
    return [strict_json(line) for line in data.split(b"\n")[:-1]]


def take_frames(data):
    """Messages of frames, end to end; pg_recvlogical puts a newline behind each message."""
    at = 0
    while at < len(data):
        if data[at:at + 1] == b"\n":
            at += 1
            continue
        size, kind, op, _, commit, ordinal, part, xid, end, *lengths, count, key_hash, old_key_hash = HEADER.unpack_from(data, at)
        rest = data[at + HEADER.size:at + size]
        texts = []
        for length in lengths:
            texts.append(rest[:length].decode("utf-8"))
            rest = rest[length:]
        body, index = rest[:len(rest) - count * ENTRY.size], rest[len(rest) - count * ENTRY.size:]
        entries = list(ENTRY.iter_unpack(index))
        events = [((commit, *place), size) for *place, size, _ in entries]
        key_hashes = [entry[-1] for entry in entries] or [key_hash]
        assert key_hashes[-1] == key_hash, "a group has its last event's key hash"
        yield Frame(kind, chr(op), (commit, ordinal, part), xid, end, *texts, body, _cut(body, events), key_hashes, old_key_hash)
        at += size


def _cut(body, events):
    """Bodies are separated by one newline each, and nothing is left over."""
    cut, at = [], 0
    for position, size in events:
        assert at == 0 or body[at - 1:at] == b"\n", f"no newline at {at - 1}"
        cut.append((position, body[at:at + size]))
        at += size + 1
    assert not events or at == len(body) + 1, f"{len(body)} bytes, {at - 1} in the index"
    return cut
