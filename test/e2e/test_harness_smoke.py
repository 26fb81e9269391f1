"""The harness itself: both servers, the oracle, the NATS client."""

import time

from harness import wait
from harness.decoding import Oracle
from harness.postgres import known_settings
from harness.rss import RssSampler


def test_oracle_reads_what_was_committed(postgres):
    oracle = Oracle(postgres)
    postgres.psql("""
        create table "odd: name" (id int primary key, note text);
        begin;
        insert into "odd: name" values (1, E'a\\nb');
        savepoint s;
        insert into "odd: name" values (2, 'rolled back');
        rollback to s;
        update "odd: name" set note = 'c';
        commit;
        truncate "odd: name";
    """)
    first, second = oracle.read()
    assert first.xid < second.xid and first.end_lsn < second.end_lsn
    assert first.changes == [
        ('public."odd: name"', "INSERT", "id[integer]:1 note[text]:'a\nb'"),
        ('public."odd: name"', "UPDATE", "id[integer]:1 note[text]:'c'")]
    assert second.changes == [('public."odd: name"', "TRUNCATE", "(no-flags)")]
    assert oracle.read() == []


def test_postgres_survives_every_stop(postgres):
    postgres.execute("create table t (id int)")
    for mode in ("fast", "immediate"):
        postgres.execute("insert into t values (1)")
        postgres.restart(mode)
    postgres.execute("insert into t values (1)")
    postgres.kill()
    postgres.start()
    assert postgres.execute("select count(*) from t") == [(3,)]
    connection = postgres.connect(tcp=True)
    connection.close()
    postgres.configure(work_mem="5MB")
    assert postgres.execute("show work_mem") == [("5MB",)]
    if "output_plugin_libraries" in known_settings():
        assert "waljet" in postgres.execute("show output_plugin_libraries")[0][0]


def test_nats_keeps_a_stream_over_kill(nats):
    nats.stream_create("s", ["a.>"])
    with nats.client() as client:
        client.js_publish("a.one", b"first", {"Waljet-Id": "x:1", "Empty": ""})
        client.js_publish("a.two", "café".encode())
    nats.kill()
    nats.start()
    first, second = nats.read_stream("s")
    assert first == (1, "a.one", {"Waljet-Id": "x:1", "Empty": ""}, b"first")
    assert (second.seq, second.body.decode()) == (2, "café")
    assert nats.read_stream("s", start=2) == [second]
    assert nats.stream_info("absent") is None


def test_reading_a_stream_is_fast(nats):
    nats.stream_create("s", ["a.>"])
    count = 30000
    with nats.client() as client:
        for number in range(count):
            client.publish("a.b", b"x" * 200, {"Waljet-Id": number})
        client.ping()
        wait.until(lambda: nats.stream_messages("s") == count, 30)
        with RssSampler(nats.process) as memory:
            begin = time.monotonic()
            stored = client.read_stream("s")
            seconds = time.monotonic() - begin
    assert [message.headers["Waljet-Id"] for message in stored] == [str(number) for number in range(count)]
    assert memory.peak_kb > 1000
    assert seconds < count / 10000, f"{count / seconds:.0f} messages a second"


def test_frozen_nats_answers_after_thaw(nats):
    nats.freeze()
    assert not nats.is_ready()
    nats.thaw()
    assert nats.is_ready()
