"""Events too large, as a replication connection shows them: something leaves in their place, nothing is held up."""

import json

import pytest

from harness.postgres import lsn_text
from harness.recvlogical import COMMIT, EVENT, HELLO, STUB, make_slots, recvlogical, take_frames

MARKER = "__waljet_value_too_large"


def receive(postgres, slot, *options, timeout=60):
    """All there is, confirmed to its end."""
    end = postgres.wal_lsn()
    words = [word for option in ("name=app", *options) for word in ("-o", option)]
    data = recvlogical(postgres, slot, "--start", "-f", "-", "--endpos", lsn_text(end), "--no-loop", *words, timeout=timeout)
    assert postgres.slot(slot)["confirmed_flush_lsn"] >= end
    return data


CHANGES = """
    create table t (id int primary key, note text, body text);
    create table loose (body text);
    alter table loose replica identity full;
    begin;
    insert into t select g, 'small', 'x' from generate_series(1, 50) g;
    insert into t values (51, 'large', repeat('y', 9000));
    insert into t select g, 'small', repeat('x', g) from generate_series(52, 99) g;
    update t set id = 100, body = repeat('z', 9000) where id = 2;
    update t set body = repeat('z', 9000) where id = 3;
    insert into loose values (repeat('l', 9000));
    delete from loose;
    delete from t where id = 51;
    commit;
    insert into t values (101, 'large', repeat('y', 9000));
    insert into t values (102, 'small', 'x');
"""


@pytest.mark.parametrize("batch_bytes", [0, 700, 65536])
def test_a_stub_takes_the_place_of_its_event(postgres, batch_bytes):
    make_slots(postgres, "whole", "limited")
    postgres.psql(CHANGES)
    whole = list(take_frames(receive(postgres, "whole", "output=frames")))
    limited = list(take_frames(receive(postgres, "limited", "output=frames", "max_event_bytes=5000",
                                       f"batch_bytes={batch_bytes}")))
    assert len(limited) == len(whole)
    for event, frame in zip(whole[1:], limited[1:]):  # the sources of the two slots differ
        place = ("op", "position", "xid", "end_lsn", "subject", "table", "key")
        assert [getattr(frame, name) for name in place] == [getattr(event, name) for name in place]
        if event.kind != EVENT or len(event.body) <= 5000:
            assert (frame.kind, frame.headers, len(frame.body)) == (event.kind, "", len(event.body))
            continue
        assert frame.kind == STUB
        assert frame.headers == f"Waljet-Oversize: {len(event.body)}\n"
        check_stub(json.loads(event.body), json.loads(frame.body))
    assert [frame.kind for frame in limited].count(STUB) == 6
    assert [frame.kind for frame in limited].count(COMMIT) == 3


def check_stub(event, stub):
    assert list(stub) == list(event)
    for side in ("before", "after"):
        row = event[side]
        assert stub[side] == (None if row is None else {"id": row["id"]} if "id" in row else {})
    assert {**event, "before": 0, "after": 0, "ts_ms": 0, "ts_us": 0, "ts_ns": 0} == \
        {**stub, "before": 0, "after": 0, "ts_ms": 0, "ts_us": 0, "ts_ns": 0}


@pytest.mark.parametrize("batch_bytes", [0, 700, 65536])
def test_lines_without_their_largest_values(postgres, batch_bytes):
    make_slots(postgres, "whole", "limited")
    postgres.psql(CHANGES)
    whole = [json.loads(line) for line in receive(postgres, "whole").splitlines()]
    lines = receive(postgres, "limited", "max_event_bytes=5000", f"batch_bytes={batch_bytes}").splitlines()
    assert len(lines) == len(whole)
    for event, line in zip(whole, lines):
        assert len(line) <= 5000
        shown = json.loads(line)
        for side in ("before", "after"):
            row = event[side]
            if row and len(row["body"] or "") > 4000:
                row["body"] = MARKER
            assert shown[side] == row


FAULTY = """
    create type faulty;
    create function faulty_in(cstring) returns faulty language internal immutable strict as 'textin';
    create function faulty_out(faulty) returns cstring language internal immutable strict as 'anyelement_out';
    create type faulty (input = faulty_in, output = faulty_out, like = text);
    create table t (id int primary key, note text, thing faulty);
    insert into t values (1, 'null', null);
    begin;
    insert into t values (2, 'before', null);
    insert into t select g, 'faulty', 'x' from generate_series(3, 500) g;
    insert into t values (501, 'behind', null);
    commit;
    insert into t values (502, 'null', null);
"""


def test_a_value_that_has_no_text_does_not_block_the_slot(postgres):
    make_slots(postgres, "frames", "lines")
    postgres.psql(FAULTY)
    kinds = [frame.kind for frame in take_frames(receive(postgres, "frames", "output=frames"))]
    assert kinds == [HELLO, EVENT, COMMIT, EVENT] + [STUB] * 498 + [EVENT, COMMIT, EVENT, COMMIT]
    rows = [json.loads(line)["after"] for line in receive(postgres, "lines").splitlines()]
    assert [row["id"] for row in rows] == list(range(1, 503))
    assert all(row["thing"] == (MARKER if row["note"] == "faulty" else None) for row in rows)
    assert postgres.process.log_lines('leaves out a value of column "thing"')


def test_messages_as_large_as_they_get(postgres, full):
    """An event that fills a message, behind others that would not fit beside it; one that is larger than a message."""
    if not full:
        pytest.skip("WALJET_FULL=1: takes several gigabytes of memory")
    columns = [chr(ord("a") + number) for number in range(11)]
    postgres.psql(f"""
        create table source (big text, rest text);
        insert into source values (repeat('x', 100000000), repeat('x', 40000000));
        create table t (id int primary key, {', '.join(f'{column} text' for column in columns)});
    """)
    make_slots(postgres, "frames", "lines")
    postgres.psql(f"""
        begin;
        insert into t (id, a) select 1, rest from source;
        insert into t select 2, {', '.join(['big'] * 10)}, rest from source;
        insert into t (id, a) values (3, 'small');
        insert into t select 4, {', '.join(['big'] * 11)} from source;
        insert into t (id, a) values (5, 'small');
        commit;
    """)
    frames = list(take_frames(receive(postgres, "frames", "output=frames", "batch_bytes=67108864", timeout=300)))
    assert [frame.kind for frame in frames] == [HELLO, EVENT, EVENT, EVENT, STUB, EVENT, COMMIT]
    assert len(frames[2].body) > 1_040_000_000
    assert frames[4].headers.startswith("Waljet-Oversize: 66000")
    del frames
    lines = receive(postgres, "lines", "batch_bytes=67108864", timeout=300).splitlines()
    assert [line[:40].startswith(b'{"before":null,"after":{"id":%d,' % (number + 1)) for number, line in enumerate(lines)] == [True] * 5
    assert lines[3].count(MARKER.encode()) == 1
    assert len(lines[3]) > 1_000_000_000
