"""`--grouping run`: consecutive events of a transaction that share a subject are one message; each event is stored once,
in order, however groups change over restarts."""

import itertools
import json
import random

import pytest

from harness import groups, verify, wait
from harness.decoding import Oracle
from harness.load import Load
from harness.pipeline import PATIENCE, Pipeline, freeze, thaw
from harness.recvlogical import COMMIT, EVENT, MARKER, MESSAGE, STUB, make_slots, receive, take_frames
from harness.streamer import waljet

RUN = ("--grouping", "run")


def ids_of(messages):
    return [json.loads(body)["after"]["id"] for body in groups.bodies_of(messages)]


def stored(app, last):
    """Waits until number `last` is stored; returns all messages."""
    def newest():
        end = app.state()["last_seq"]
        return end > 0 and ids_of(app.messages(end))[-1] == last
    wait.until(newest, PATIENCE, interval=0.05, message=app.log_tail)
    return app.messages()


def check_numbers(app, first=1):
    """All numbers are there, once each, in order."""
    last = app.numbers.last()
    messages = stored(app, last)
    assert ids_of(messages) == list(range(first, last + 1))
    verify.check_ids(messages)
    assert not app.log("stored late|another writer|--accept"), app.log_tail()
    return messages


# ---- what the plugin sends ----

def frames_of(postgres, slot, *options):
    """What is stored of all there is."""
    # pg_recvlogical stops at the first message that ends where the log does: it is to end behind them, and be flushed.
    postgres.execute("do $$ begin create table behind_all (); drop table behind_all; end $$")
    frames = [frame for frame in take_frames(receive(postgres, slot, "output=frames", *options))
              if frame.kind in (EVENT, MESSAGE, STUB, MARKER, COMMIT)]
    return [frame for frame in frames if frame.kind != COMMIT]


def timeless(body):
    """Without the time at which the plugin wrote it."""
    value = json.loads(body)
    return {name: value[name] for name in value if not name.startswith("ts_")}


def events_of(frames):
    """(subject, position, body) of each event."""
    return [(frame.subject, position, timeless(body)) for frame in frames
            for position, body in (frame.events or [(frame.position, frame.body)])]


def shape_of(frames):
    """Where groups begin and end."""
    return [(frame.subject, frame.position, len(frame.events)) for frame in frames]


CHANGES = """
    create table a (id int primary key, note text);
    create table b (id int primary key, note text);
    begin;
    insert into a select i, repeat('x', i % 50) from generate_series(1, 300) i;
    insert into b select i, 'b' from generate_series(1, 40) i;
    update a set note = 'moved', id = id + 1000 where id <= 20;
    update a set note = 'same' where id between 100 and 180;
    insert into a values (5000, repeat('large', 10000));
    insert into a values (5001, 'small');
    select pg_logical_emit_message(true, 'p', 'message ' || i) from generate_series(1, 5) i;
    truncate a, b;
    commit;
    insert into b values (1, 'alone');
"""
ALL = ("operations=insert,update,delete,truncate", "messages=*", "transactions=on")


@pytest.fixture(scope="module")
def changed(template):
    from harness.postgres import PostgresServer
    server = PostgresServer(template, logical_decoding_work_mem="64kB")
    server.start()
    make_slots(server, "origin")
    server.psql(CHANGES)
    yield server
    server.remove()


copies = 0


def sent(server, *options):
    """All frames from the beginning."""
    global copies
    copies += 1
    server.execute(f"select pg_copy_logical_replication_slot('origin', 'copy{copies}')")
    frames = frames_of(server, f"copy{copies}", *ALL, *options)
    server.execute(f"select pg_drop_replication_slot('copy{copies}')")
    return frames


def grouped_by_hand(events, group_bytes):
    """Sizes of the groups that single frames amount to."""
    sizes, before, size = [], None, 0
    for frame in events:
        key = (frame.kind, frame.subject, frame.xid)
        size += 1 + len(frame.body)
        if key == before and frame.kind in (EVENT, MESSAGE) and size <= group_bytes:
            sizes[-1] += 1
        else:
            sizes.append(1)
            size = len(frame.body)
        before = key if frame.kind != STUB else None
    return sizes


@pytest.mark.parametrize("group_bytes", [1, 1500, 8192, 65536, 8388608])
def test_groups_hold_the_events_of_single_frames(changed, group_bytes):
    single = sent(changed)
    together = sent(changed, f"group_bytes={group_bytes}")
    assert all(not frame.events for frame in single)
    assert events_of(together) == events_of(single)
    assert [max(1, len(frame.events)) for frame in together] == grouped_by_hand(single, group_bytes)
    for frame in together:
        assert len(frame.body) <= group_bytes or not frame.events
        assert len(frame.events) != 1
        assert not frame.events or (frame.headers == "" and frame.position == frame.events[-1][0])


@pytest.mark.parametrize("batch_bytes", [0, 1, 5000, 65536, 10_000_000])
def test_groups_do_not_depend_on_batches(changed, batch_bytes):
    assert shape_of(sent(changed, "group_bytes=4000", f"batch_bytes={batch_bytes}")) == \
        shape_of(sent(changed, "group_bytes=4000"))


def test_groups_do_not_depend_on_where_decoding_begins(changed):
    changed.execute("select pg_copy_logical_replication_slot('origin', 'later')")
    receive(changed, "later", "output=frames")  # confirms what is there
    changed.psql("insert into b select i, 'later' from generate_series(100, 180) i")
    late = frames_of(changed, "later", "group_bytes=4000", *ALL)
    assert len(late) > 5
    assert shape_of(late) == shape_of(sent(changed, "group_bytes=4000"))[-len(late):]


@pytest.mark.parametrize("work_mem", ["64kB", "64MB"])
def test_groups_do_not_depend_on_memory(changed, work_mem):
    changed.configure(logical_decoding_work_mem=work_mem)
    assert shape_of(sent(changed, "group_bytes=4000")) == shape_of(sent(changed, "group_bytes=4000", "batch_bytes=0"))


def test_a_stub_stands_alone(changed):
    frames = sent(changed, "group_bytes=65536", "max_event_bytes=20000")
    stubs = [number for number, frame in enumerate(frames) if frame.kind == STUB]
    assert len(stubs) == 1
    stub = frames[stubs[0]]
    assert not stub.events and "Waljet-Oversize" in stub.headers
    assert json.loads(stub.body)["after"] == {"id": 5000}
    assert json.loads(frames[stubs[0] + 1].body)["after"]["id"] == 5001
    assert events_of(frames)[0][1] < stub.position


def test_what_events_do_not_share_a_group_does_not_have(changed):
    frames = sent(changed, "group_bytes=1000000", "subject={name}.events")
    first = next(frame for frame in frames if frame.events and frame.kind == EVENT)
    assert len(first.events) == 300 + 40 + 2 * 20 + 81 + 2
    assert (first.op, first.table, first.key) == ("\0", "", "")
    by_key = [frame for frame in sent(changed, "group_bytes=1000000", "subject={name}.{table}.{key}") if frame.events]
    assert {(frame.table, frame.key) for frame in by_key if frame.kind == EVENT} <= {("public.a", str(i)) for i in range(6000)}


@pytest.mark.parametrize("options, words", [
    (["group_bytes=1000"], ["group_bytes", "output frames only"]),
    (["output=frames", "group_bytes=8388609"], ["group_bytes", "0 to 8388608"]),
    (["output=frames", "group_bytes=64KiB"], ["group_bytes", "0 to 8388608"]),
])
def test_sizes_that_are_refused(changed, options, words):
    with pytest.raises(AssertionError) as error:
        receive(changed, "origin", *options)
    assert all(word in str(error.value) for word in words)


# ---- what is stored ----

def test_orders_in_groups(postgres, nats, make_streamer):
    app = Pipeline(make_streamer, postgres, nats, *RUN)
    app.run()
    app.write(1000)
    app.write(7, per_transaction=1)
    messages = check_numbers(app)
    together = [message for message in messages if groups.is_group(message)]
    assert 5 < len(together) < 20  # about 560 bytes an event
    assert all(len(message.body) <= 65536 for message in messages)
    assert [len(groups.lines_of(message)) for message in messages][-7:] == [1] * 7
    assert all(set(message.headers) == {"Waljet-Id", "Nats-Expected-Last-Sequence"} for message in messages[-7:])
    # The last event of a group is as far as its lines, from the beginning of the transaction, reach.
    ordinals = [int(verify.parse_id(message.headers["Waljet-Id"])["ordinal"], 16) for message in together]
    counts = [len(groups.lines_of(message)) for message in together]
    assert ordinals == list(itertools.accumulate(counts))
    app.confirmed()
    app.stop()
    assert app.record()["group_bytes"] == 65536 and app.record()["settled"]


def test_tail_prints_each_event_on_its_line(postgres, nats, make_streamer):
    app = Pipeline(make_streamer, postgres, nats, *RUN, "--group-bytes", "2KiB")
    app.run()
    app.write(10)
    messages = stored(app, 10)
    assert groups.is_group(messages[1])

    def tail(*arguments):
        done = waljet("tail", "--nats", nats.url, "--stream", "app", *arguments)
        assert done.returncode == 0, done.stderr
        return [json.loads(line)["after"]["id"] for line in done.stdout.splitlines()]
    assert tail("--from", "1", "--count", "10") == list(range(1, 11))
    assert tail("--from", "1", "--count", "4") == [1, 2, 3, 4]  # ends inside of a group
    second = ids_of(messages[1:2])[0]
    assert tail("--from", "2", "--count", str(11 - second)) == list(range(second, 11))


def test_a_server_that_takes_less_than_a_group(postgres, make_nats, make_streamer):
    nats = make_nats("max_payload: 8KB")
    app = Pipeline(make_streamer, postgres, nats, *RUN, "--group-bytes", "1MiB")
    app.run()
    app.write(500)
    messages = check_numbers(app)
    assert max(len(message.body) for message in messages) > 5000
    assert max(len(message.body) for message in messages) < 8192
    # Less still, while it runs: groups are formed anew.
    freeze(app.streamer)
    app.write(200)
    nats.reconfigure("max_payload: 4KB")
    nats.restart()
    thaw(app.streamer)
    app.write(500)
    check_numbers(app)
    app.stop()


def test_an_event_too_large_stops_or_leaves_as_a_stub(postgres, make_nats, make_streamer):
    nats = make_nats("max_payload: 16KB")
    app = Pipeline(make_streamer, postgres, nats, *RUN)
    app.run()
    app.write(20)
    stored(app, 20)
    postgres.execute("insert into numbers select i, repeat('y', case i when 25 then 20000 else 10 end) "
                     "from generate_series(21, 30) i")
    app.streamer.wait_for_log("is larger .* than NATS takes")
    assert ids_of(app.messages()) == list(range(1, 25))
    app.kill()
    app.run("--oversize", "stub")
    messages = check_numbers(app)
    assert [ids_of([message]) for message in messages if "Waljet-Oversize" in message.headers] == [[25]]


def test_a_mixed_load_is_stored_once_in_order(postgres, nats, make_streamer):
    oracle = Oracle(postgres)
    app = Pipeline(make_streamer, postgres, nats, *RUN, "--group-bytes", "4KiB", "--subject", "{name}.{table}",
                   "--exclude-tables", "numbers")
    app.run()
    with Load(postgres, 20_000, seed=random.randrange(10**6)) as load:
        wait.until(lambda: load.progress() > 0.3, 60)
        app.kill()
        app.run()
        wait.until(lambda: load.progress() > 0.6, 60)
        app.stop()
        app.start()
        load.finish()
    app.confirmed()
    messages = app.messages()
    transactions = oracle.read()
    expected = list(verify.expected_events(transactions))
    assert len(messages) < len(expected) / 2
    verify.check_stream(transactions, list(groups.take_apart(messages, expected)))


def test_messages_and_markers(postgres, nats, make_streamer):
    app = Pipeline(make_streamer, postgres, nats, *RUN, "--messages", "*", "--transactions", "on",
                   "--operations", "insert,update,delete,truncate")
    app.run()
    postgres.psql("""
        begin;
        select pg_logical_emit_message(true, 'p', i::text) from generate_series(1, 3) i;
        insert into numbers values (1, 'a'), (2, 'b');
        select pg_logical_emit_message(true, 'q', 'x');
        insert into numbers values (3, 'c');
        truncate numbers;
        commit;
        select pg_logical_emit_message(false, 'p', 'alone');
        select pg_logical_emit_message(false, 'p', 'alone too');
    """)
    wait.until(lambda: app.state()["messages"] >= 9, PATIENCE, message=app.log_tail)
    sizes = [(message.subject, int(message.headers.get("Waljet-Count", 1))) for message in app.messages()]
    numbers = "app.public.numbers"
    assert sizes == [("app.=transaction", 1), ("app.=message.p", 3), (f"{numbers}.insert", 2), ("app.=message.q", 1),
                     (f"{numbers}.insert", 1), (f"{numbers}.truncate", 1), ("app.=transaction", 1), ("app.=message.p", 1),
                     ("app.=message.p", 1)]


# ---- other groups than before ----

GROUPINGS = {"event": (), "1k": (*RUN, "--group-bytes", "1500"), "64k": RUN}


@pytest.mark.parametrize("first, second", [("event", "64k"), ("64k", "event"), ("1k", "64k"), ("64k", "1k")])
def test_restarts_with_other_groups(postgres, nats, make_streamer, first, second):
    """Of transactions that are not confirmed: each start finds the stream's end at another place in them."""
    held_back = ("--confirm-delay", "60s", "--max-pending", "7")
    app = Pipeline(make_streamer, postgres, nats, *held_back)
    app.run(*GROUPINGS[first])
    app.numbers.size = 400
    for number in range(6):
        end = app.state()["last_seq"]
        app.write(1000)
        wait.until(lambda end=end: app.state()["last_seq"] > end, PATIENCE, interval=0.001, message=app.log_tail)
        app.kill()
        app.run(*GROUPINGS[second if number % 2 == 0 else first])
    check_numbers(app)


def test_a_clean_stop_lets_groups_change_at_once(postgres, nats, make_streamer):
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    app.write(50)
    stored(app, 50)
    app.stop()
    assert app.record()["settled"]
    app.run(*RUN)
    app.write(50)
    messages = check_numbers(app)
    assert [int(message.headers.get("Waljet-Count", 1)) for message in messages] == [1] * 50 + [50]
    app.stop()
    app.run()
    app.write(50)
    messages = check_numbers(app)
    assert [int(message.headers.get("Waljet-Count", 1)) for message in messages] == [1] * 50 + [50] + [1] * 50
    assert not app.log("grouped as before")


def test_after_a_crash_groups_change_when_nothing_can_arrive_any_more(postgres, nats, make_streamer):
    app = Pipeline(make_streamer, postgres, nats, "--max-pending", "10")
    app.run()
    app.write(30)
    stored(app, 30)
    app.kill()
    app.run(*RUN)
    assert app.log("grouped as before")
    app.write(5)
    assert not any(groups.is_group(message) for message in stored(app, 35))
    app.write(5)
    app.streamer.wait_for_log("replication starts again")
    app.streamer.wait_for_log("PostgreSQL: replication goes on")
    app.write(50)
    messages = check_numbers(app)
    assert [int(message.headers.get("Waljet-Count", 1)) for message in messages] == [1] * 40 + [50]


def test_what_a_killed_process_had_under_way_arrives_late(postgres, nats, make_streamer, make_proxy):
    """Its successor groups events otherwise, and so does not take the other's messages for its own."""
    proxy = make_proxy(nats)
    app = Pipeline(make_streamer, postgres, nats, "--max-pending", "40")
    app.run(nats=f"nats://127.0.0.1:{proxy.port}")
    app.write(10)
    stored(app, 10)
    for _ in range(5):
        proxy.hold("up")
        app.write(100)
        proxy.cut_late(0.4)
        app.kill()
        proxy.heal()
        app.start(*random.choice(((), RUN, (*RUN, "--group-bytes", "1500"))), nats=f"nats://127.0.0.1:{proxy.port}")
        wait.until(lambda: not proxy.late(), PATIENCE)
    check_numbers(app)
