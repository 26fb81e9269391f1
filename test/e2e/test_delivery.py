"""What is committed is stored: once each, in order, whatever fails."""

from harness import verify, wait
from harness.decoding import Oracle
from harness.load import Load
from harness.sampler import Sampler

DUPLICATE_WINDOW_NS = 3600 * 10**9  # longer than any test


def make_stream(nats):
    nats.stream_create("app", ["app.>"], duplicate_window=DUPLICATE_WINDOW_NS)


def drained(nats, streamer, postgres):
    """Waits until the slot is confirmed to where the log ended when asked; returns the whole stream."""
    end = postgres.wal_lsn()
    wait.until(lambda: (postgres.slot("waljet_app")["confirmed_flush_lsn"] or 0) >= end, 120, interval=0.1,
               message=lambda: f"{postgres.slot('waljet_app')}\n{streamer.process.log_tail()}")
    return nats.read_stream("app")


def test_load_arrives_once_in_order(postgres, nats, make_streamer, full, seed):
    oracle = Oracle(postgres)
    make_stream(nats)
    streamer = make_streamer(postgres, nats).start()
    streamer.wait_for_log("ready")
    changes = 100_000 if full else 40_000
    with Load(postgres, changes, seed) as load:
        load.finish()
    messages = drained(nats, streamer, postgres)
    count = verify.check_stream(oracle.read(), messages)
    assert count >= changes / 2
    assert streamer.terminate() == 0


def test_load_survives_every_crash(postgres, nats, make_streamer, full, seed):
    oracle = Oracle(postgres)
    make_stream(nats)
    streamer = make_streamer(postgres, nats).start()
    streamer.wait_for_log("ready")
    changes = 200_000 if full else 100_000

    def confirmed_then_stored():
        confirmed = postgres.slot("waljet_app")["confirmed_flush_lsn"]
        return confirmed, nats.stream_info("app")["state"]["last_seq"]

    def confirmed_more(since):
        """Or nothing is left to confirm."""
        confirmed = confirmed_then_stored()[0]
        return confirmed > since or (load.progress() >= 1 and confirmed >= postgres.wal_lsn())

    def kill_streamer():
        streamer.kill()
        streamer.start()

    def kill_nats():
        nats.kill()
        nats.start()

    faults = [kill_streamer, kill_nats, kill_streamer, lambda: postgres.restart("immediate"), kill_streamer]
    with Sampler(confirmed_then_stored, 0.02) as sampler, Load(postgres, changes, seed) as load:
        for number, fault in enumerate(faults, 1):
            since = confirmed_then_stored()[0]
            wait.until(lambda due=number / (len(faults) + 1): load.progress() >= due, 120, message="the load goes on")
            wait.until(lambda since=since: confirmed_more(since), 30, message=streamer.process.log_tail)
            fault()
        load.finish()
        messages = drained(nats, streamer, postgres)

    transactions = oracle.read()
    count = verify.check_stream(transactions, messages)
    assert count >= changes / 2
    assert len({confirmed for confirmed, _ in sampler.values}) >= 3  # it was seen on its way
    verify.check_confirmed(sampler.values, transactions, messages)


def test_clean_restart_publishes_nothing_twice(postgres, nats, make_streamer, seed):
    """Seen without the duplicate window: every message published is counted by its arrival at a plain subscriber."""
    oracle = Oracle(postgres)
    make_stream(nats)
    restarts = 5
    streamer = make_streamer(postgres, nats).start()
    streamer.wait_for_log("ready")
    with nats.client() as client:
        arrivals = client.subscribe("app.>")
        client.ping()
        with Load(postgres, 6000, seed, rows_max=300) as load:
            for part in range(1, restarts + 1):
                wait.until(lambda due=part / (restarts + 1): load.progress() >= due, 60)
                assert streamer.terminate() == 0
                streamer.start().wait_for_log("ready", count=part + 1)
            load.finish()
        messages = drained(nats, streamer, postgres)
        client.ping()
        published = [message.headers["Waljet-Id"] for message in client.queues[arrivals]]
    verify.check_stream(oracle.read(), messages)
    assert len(published) == len(set(published)) == len(messages)


def test_rows_of_a_transaction_keep_their_ids_under_a_filter(postgres, nats, make_streamer):
    """An id depends on the log alone: with some tables and operations left out, the others keep theirs."""
    postgres.psql("""
        create table wanted (id int primary key);
        create table other (id int primary key);
        select pg_create_logical_replication_slot('waljet_all', 'waljet');
        select pg_copy_logical_replication_slot('waljet_all', 'waljet_some');
        begin;
        insert into other values (1), (2);
        insert into wanted values (1);
        select pg_logical_emit_message(true, 'p', 'counted');
        update wanted set id = 2;
        update other set id = id + 10;
        truncate other, wanted;
        insert into wanted values (3);
        delete from wanted;
        commit;
    """)
    ids = {}
    for slot, arguments in (("waljet_all", ["--operations", "insert,update,delete,truncate"]),
                            ("waljet_some", ["--tables", "wanted", "--operations", "update,delete,truncate"])):
        streamer = make_streamer(postgres, nats, "--slot", slot, "--stream", slot, "--subject", slot + ".{table}.{action}",
                                 *arguments).start()
        wait.until(lambda slot=slot: nats.stream_messages(slot) > 0, 20, message=streamer.process.log_tail)
        end = postgres.wal_lsn()
        wait.until(lambda slot=slot, end=end: postgres.slot(slot)["confirmed_flush_lsn"] >= end, 20)
        ids[slot] = [(message.subject.split(".", 1)[1], message.headers["Waljet-Id"].split(":", 1)[1])
                     for message in nats.read_stream(slot)]
        assert streamer.terminate() == 0
    tails = [(subject, identity.split(":")[1]) for subject, identity in ids["waljet_all"]]
    assert tails == [
        ("other.insert", "00000001.0000"), ("other.insert", "00000002.0000"),
        ("wanted.insert", "00000003.0000"),
        ("wanted.delete", "00000005.0000"), ("wanted.insert", "00000005.0001"),
        ("other.delete", "00000006.0000"), ("other.insert", "00000006.0001"),
        ("other.delete", "00000007.0000"), ("other.insert", "00000007.0001"),
        ("other.truncate", "00000008.0000"), ("wanted.truncate", "00000008.0001"),
        ("wanted.insert", "00000009.0000"), ("wanted.delete", "0000000A.0000")]
    assert ids["waljet_some"] == [pair for pair in ids["waljet_all"]
                                  if pair[0].startswith("wanted") and not pair[1].endswith(("00000003.0000", "00000009.0000"))]


def test_an_event_too_large_stops_nothing_before_it(postgres, make_nats, make_streamer):
    nats = make_nats("max_payload: 64KB")
    postgres.execute("create table t (id int primary key, note text)")
    streamer = make_streamer(postgres, nats).start()
    streamer.wait_for_log("ready")
    for number, size in enumerate([10, 10, 100_000, 10], 1):
        postgres.execute("insert into t values (%s, repeat('x', %s))", (number, size))
        if number == 2:
            before = postgres.wal_lsn()
    streamer.wait_for_log("max_payload")
    assert "public.t" in streamer.log_text()
    wait.until(lambda: postgres.slot("waljet_app")["confirmed_flush_lsn"] >= before, 20)
    assert nats.stream_messages("app") == 2
    nats.reconfigure("max_payload: 1MB")
    wait.until(lambda: nats.stream_messages("app") == 4, 30, message=streamer.process.log_tail)
