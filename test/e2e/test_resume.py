"""After whatever interruption the stream goes on where it ends: nothing lost, nothing repeated; or waljet says why not.

No test leans on the duplicate window: it is 100 ms, or the header that it works by is not sent at all.
"""

import re

import pytest

from harness import wait
from harness.numbers import check_numbers, number_of, numbers_of
from harness.pipeline import Pipeline, freeze, thaw
from harness.postgres import lsn_text
from harness.record import BUCKET, delete_record, read_record
from harness.sampler import Sampler
from harness.store import restore_store, save_store
from harness.streamer import waljet

SHORT_WINDOW = 100_000_000  # ns, the least that nats-server takes
SECOND = 1_000_000_000
HELD_BACK = ("--confirm-delay", "60s")  # the slot stays behind: what it sends again is to be skipped


def position_of(message):
    """The commit LSN in an event's id."""
    return int(re.search(r":([0-9A-F]{16}):", message.headers["Waljet-Id"]).group(1), 16)


# ---- interruptions ----

def test_outages_longer_than_the_duplicate_window(postgres, nats, make_streamer):
    """kill -9 of either side in the middle of a large transaction, for longer than any id is remembered."""
    app = Pipeline(make_streamer, postgres, nats, duplicate_window=SHORT_WINDOW)
    app.run()
    app.write(300, per_transaction=3)
    app.write(60_000)  # takes a second or two, so that a machine with other work sees it under way each time
    for _ in range(2):
        app.stored_some(1500)
        app.kill()
        wait.pause(0.5)
        app.start()
    app.stored_some(1500)
    nats.kill()
    wait.pause(0.5)
    nats.start()
    assert app.newest() < 60_300  # or it was not in the middle
    app.write(300, per_transaction=3)
    for message in app.check():
        assert "Nats-Msg-Id" not in message.headers
        assert int(message.headers["Nats-Expected-Last-Sequence"]) == message.seq - 1


def test_clean_restarts_publish_nothing_twice(postgres, nats, make_streamer, full):
    """Under load; seen by a plain subscriber, at which everything published arrives, stored or not."""
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    with nats.client() as client:
        arrivals = client.subscribe("app.>")
        client.ping()
        with app.numbers.writing():
            for _ in range(200 if full else 10):
                app.stored_some(20)
                app.stop()
                app.run()
                client.ping()  # takes what has arrived
        messages = app.check()
        client.ping()
        published = numbers_of(client.queues[arrivals])
    assert published == numbers_of(messages)


def test_record_is_never_behind_the_slot(postgres, nats, make_streamer):
    """What is confirmed was on record before: sampled all along, over a crash and a clean restart."""
    app = Pipeline(make_streamer, postgres, nats)
    app.run()

    def confirmed_then_recorded():
        return app.confirmed_position(), app.record()["position"]

    with Sampler(confirmed_then_recorded, 0.01) as sampler, app.numbers.writing():
        for end in (app.kill, app.stop, app.kill):
            before = app.confirmed_position()
            wait.until(lambda before=before: app.confirmed_position() > before, 20, message=app.log_tail)
            end()
            app.run()
    app.check()
    assert len({confirmed for confirmed, _ in sampler.values}) > 3
    for confirmed, recorded in sampler.values:
        assert confirmed <= recorded, f"{lsn_text(confirmed)} confirmed, {lsn_text(recorded)} on record"
    assert app.confirmed_position() <= app.record()["position"]


# ---- messages that are gone ----

def test_purge_under_load_then_restarts(postgres, nats, make_streamer):
    """The record takes the place of what was purged; after a crash at most what it does not cover comes again."""
    app = Pipeline(make_streamer, postgres, nats, *HELD_BACK)
    app.run()
    with app.numbers.writing():
        app.stored_some(200)
        app.purge_stream()
        app.stored_some(200)
        first = number_of(app.messages()[0])
        wait.until(lambda: app.record()["stream_sequence"] > first, 20)
        app.kill()
        recorded = app.record()["position"]
        app.purge_stream()
        start = app.state()["last_seq"] + 1
        app.run()
    app.stored()
    again = app.messages(start)
    assert numbers_of(again) == list(range(number_of(again[0]), app.numbers.last() + 1))
    assert start == number_of(again[0]) or position_of(again[0]) >= recorded

    app.stop()
    app.purge_stream()
    start = app.numbers.last() + 1
    app.run()
    app.write(10)
    app.check(first=start)


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_newest_messages_deleted(postgres, nats, make_streamer, end):
    """They were acknowledged and are on record: whoever deleted them does not want them back."""
    app = Pipeline(make_streamer, postgres, nats, *HELD_BACK)
    app.run()
    last = app.write(50, per_transaction=1)
    app.stored()
    app.recorded()
    getattr(app, end)()
    for sequence in range(app.state()["last_seq"], app.state()["last_seq"] - 5, -1):
        nats.js_api("STREAM.MSG.DELETE.app", {"seq": sequence})
    app.run()
    app.write(5, per_transaction=1)
    app.stored()
    app.stop()
    assert numbers_of(app.messages()) == [*range(1, last - 4), *range(last + 1, last + 6)]


def test_everything_expired(postgres, nats, make_streamer):
    """An outage longer than the stream keeps its messages. Seen by a plain subscriber: nothing is published again."""
    app = Pipeline(make_streamer, postgres, nats, *HELD_BACK, max_age=SECOND, duplicate_window=SHORT_WINDOW)
    with nats.client() as client:
        arrivals = client.subscribe("app.>")
        app.run()
        app.write(20, per_transaction=2)
        wait.until(lambda: app.state()["last_seq"] == 20, 20, message=app.log_tail)
        app.recorded()
        app.kill()
        wait.until(lambda: app.state()["messages"] == 0)
        app.run()
        last = app.write(5, per_transaction=1)
        wait.until(lambda: app.state()["last_seq"] >= last, message=app.log_tail)
        app.stop()
        client.ping()
        assert numbers_of(client.queues[arrivals]) == list(range(1, last + 1))


# ---- the record is gone ----

@pytest.mark.parametrize("what", ["record", "bucket"])
def test_record_deleted(postgres, nats, make_streamer, what):
    """The tail of the stream decides alone: what the slot sends again is skipped."""
    app = Pipeline(make_streamer, postgres, nats, *HELD_BACK)
    app.run()
    app.write(3000, per_transaction=100)
    app.stored()
    app.kill()
    if what == "record":
        delete_record(nats)
    else:
        nats.js_api(f"STREAM.DELETE.{BUCKET}")
    app.run()
    app.write(10)
    app.check()
    assert read_record(nats)["stream_sequence"] > 0


# ---- the stream is gone ----

@pytest.mark.parametrize("recreated", [True, False])
def test_stream_lost_while_stopped(postgres, nats, make_streamer, recreated):
    """Deleted, or deleted and created again: nobody else's to decide that the old events do not matter."""
    app = Pipeline(make_streamer, postgres, nats, storage="file")
    app.run()
    last = app.write(50)
    app.confirmed()
    app.stop()
    app.delete_stream()
    if recreated:
        app.create_stream()
    app.start()
    app.blocked("--accept-gap")
    app.write(5)
    wait.always(app.streamer.alive, 0.5)
    assert nats.stream_messages("app") == 0 and (recreated or nats.stream_info("app") is None)
    app.kill()
    app.run("--accept-gap")
    app.stored()
    app.kill()
    app.run()  # the word is not asked for again
    app.write(5)
    app.check(first=last + 1)


@pytest.mark.parametrize("streamer", ["running", "killed"])
def test_updated_stream_is_the_same(postgres, nats, make_streamer, streamer):
    """nats-server 2.9 says that it was created when it was updated, once it has been restarted before and behind that."""
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    created = nats.stream_info("app")["created"]
    app.write(10)
    app.confirmed()
    nats.restart()
    config = nats.stream_info("app")["config"]
    nats.js_api("STREAM.UPDATE.app", {**config, "max_age": 3600 * 10**9})
    app.write(10)
    app.recorded()
    if streamer == "killed":
        app.kill()
    nats.restart()
    print(created, nats.stream_info("app")["created"])
    if streamer == "killed":
        app.run()
    app.write(10)
    app.check()
    assert not app.log("created again|--accept-")


def test_stream_lost_under_load(postgres, nats, make_streamer):
    """Deleted while events are written: never created behind the operator's back; with the word it goes on."""
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    with app.numbers.writing():
        app.stored_some(300)
        wait.until(lambda: app.record()["stream_sequence"] > 0)
        confirmed = app.confirmed_position()
        app.delete_stream()
        app.blocked("--accept-gap")
        assert nats.stream_info("app") is None
        app.create_stream()
        wait.always(lambda: app.streamer.alive() and app.state()["messages"] == 0, 1)
        app.stop()
        app.run("--accept-gap")
        app.stored_some(100)
    first = number_of(app.messages()[0])
    assert position_of(app.messages()[0]) >= confirmed
    app.check(first=first)


def test_stream_restored_while_blocked(postgres, nats, make_streamer):
    """A cause that is mended needs neither the operator's word nor a restart."""
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    app.write(50)
    app.confirmed()
    app.stop()
    nats.stop()
    saved = save_store(nats)
    nats.start()
    app.delete_stream()
    app.start()
    app.blocked("--accept-gap")
    nats.stop()
    restore_store(nats, saved)
    nats.start()
    app.ready()
    app.write(5)
    app.check()


# ---- the slot is gone, or not what it was ----

def slot_dropped(app):
    app.stop()
    app.postgres.execute("select pg_drop_replication_slot('waljet_app')")
    app.write(5)
    app.start()


def slot_recreated(app):
    app.stop()
    app.write(5)
    app.postgres.execute("select pg_drop_replication_slot('waljet_app')")
    app.postgres.execute("select pg_create_logical_replication_slot('waljet_app', 'waljet')")
    app.start()


def slot_advanced(app):
    app.stop()
    app.write(5)
    app.postgres.execute("select pg_replication_slot_advance('waljet_app', pg_current_wal_lsn())")
    app.start()


def slot_dropped_under_it(app):
    freeze(app.streamer)
    app.end_walsender()
    wait.until(lambda: not app.slot()["active"])
    app.postgres.execute("select pg_drop_replication_slot('waljet_app')")
    app.write(5)
    thaw(app.streamer)


@pytest.mark.parametrize("change", [slot_dropped, slot_recreated, slot_advanced, slot_dropped_under_it])
def test_slot_is_not_what_it_was(postgres, nats, make_streamer, change):
    """What was written meanwhile cannot be read: said, not passed over; with the word it goes on behind that."""
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    last = app.write(50)
    app.confirmed()
    change(app)
    app.blocked("--accept-gap", "waljet_app")
    existed = app.slot() is not None
    wait.always(lambda: app.streamer.alive() and app.state()["messages"] == 50, 0.5)
    assert (app.slot() is not None) == existed
    app.kill()
    app.run("--accept-gap")
    app.write(5)
    app.stored()
    app.kill()
    app.run()
    app.write(5)
    app.stored()
    app.stop()
    found = numbers_of(app.messages())
    assert found[:50] == list(range(1, 51))
    assert found[50:] == list(range(last + 6, last + 16))


def test_slot_invalidated(make_postgres, nats, make_streamer):
    """The server has removed the log that the slot needs: named, not retried in silence."""
    postgres = make_postgres(max_slot_wal_keep_size="1MB", min_wal_size="32MB", max_wal_size="48MB")
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    app.write(5)
    app.confirmed()
    app.stop()
    for _ in range(3):
        postgres.execute("select pg_logical_emit_message(false, 'p', repeat('x', 1000)), pg_switch_wal()")
    postgres.execute("checkpoint")
    wait.until(lambda: app.slot()["wal_status"] == "lost", message=lambda: str(app.slot()))
    app.start()
    app.blocked("waljet_app", "(lost|invalidated|removed)")
    wait.always(app.streamer.alive, 0.5)


def test_slot_created_by_somebody_before(postgres, nats, make_streamer):
    """Neither record nor event: a fresh start, from where that slot begins."""
    app = Pipeline(make_streamer, postgres, nats)
    postgres.execute("select pg_create_logical_replication_slot('waljet_app', 'waljet')")
    app.write(5)
    app.run()
    app.write(5)
    app.check()


# ---- more than one source ----

def test_another_cluster_of_the_same_name(postgres, other_postgres, nats, make_streamer):
    """Dumped and restored elsewhere: its positions mean nothing in the old stream; the operator says so."""
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    app.write(50)
    app.confirmed()
    app.stop()
    new = Pipeline(make_streamer, other_postgres, nats)
    new.write(5)
    new.start()
    new.blocked("--accept-divergence")
    wait.always(new.streamer.alive, 0.5)
    assert new.state()["messages"] == 50
    new.kill()
    new.run("--accept-divergence")
    new.write(500, per_transaction=5)
    new.stored()
    new.kill()
    new.run()
    new.write(5)
    first = number_of(new.messages(start=51)[0])
    assert first in (1, 6)
    new.check(first=first, start=51)


def test_sources_in_streams_of_their_own(postgres, nats, make_streamer):
    """One NATS, one bucket, two databases of one server: neither is in the other's way."""
    postgres.create_database("two")
    pair = [Pipeline(make_streamer, postgres, nats, name=name, dbname=dbname)
            for name, dbname in (("one", "postgres"), ("two", "two"))]
    for app in pair:
        app.run()
    with pair[0].numbers.writing(), pair[1].numbers.writing():
        for app in (*pair, *pair):
            app.stored_some(100)
            app.kill()
            app.run()
    for app in pair:
        app.check()
        assert app.record()["stream"] == app.name


def test_two_sources_in_one_stream(postgres, nats, make_streamer):
    """With strict fencing the second one is told; the first one goes on as if nothing were."""
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    app.write(5)
    app.stored()
    second = Pipeline(make_streamer, postgres, nats, "--subject", "app.{table}.{action}", name="second", stream="app")
    second.start("--stream", "app")
    second.blocked("--accept-divergence")
    app.write(50, per_transaction=1)
    app.stored()
    assert second.streamer.alive()
    second.kill()
    app.check()
    assert not app.log("another writer")


def test_a_shared_stream_without_fencing(postgres, nats, make_streamer):
    """The weaker promise: ids and the duplicate window keep repeats out while an outage is shorter than the window."""
    nats.stream_create("shared", ["one.>", "two.>"])
    postgres.create_database("two")
    pair = [Pipeline(make_streamer, postgres, nats, "--fencing", "off", "--stream", "shared", name=name, dbname=dbname)
            for name, dbname in (("one", "postgres"), ("two", "two"))]
    for app in pair:
        app.run()
    with pair[0].numbers.writing(), pair[1].numbers.writing():
        for app in (*pair, *pair):
            before = nats.stream_messages("shared")
            wait.until(lambda before=before: nats.stream_messages("shared") > before + 200, 60)
            app.kill()
            app.run()
    for app in pair:
        app.confirmed()
        app.stop()
    messages = nats.read_stream("shared")
    for app in pair:
        own = [message for message in messages if message.subject.startswith(app.name + ".")]
        check_numbers(own, app.numbers.last())
    for message in messages:
        assert message.headers["Nats-Msg-Id"] == message.headers["Waljet-Id"]
        assert "Nats-Expected-Last-Sequence" not in message.headers


# ---- streams that strict fencing cannot work with ----

def test_streams_that_are_refused(postgres, nats):
    """Before anything is created, with a sentence that names what is wrong."""
    nats.stream_create("origin", ["origin.>"])
    for config, word in (({"retention": "workqueue"}, "workqueue"), ({"retention": "interest"}, "interest"),
                         ({"no_ack": True}, "no_ack"), ({"sealed": True}, "sealed"),
                         ({"sources": [{"name": "origin"}]}, "source"), ({"mirror": {"name": "origin"}}, "mirror")):
        if "mirror" in config:
            nats.js_api("STREAM.CREATE.app", {"name": "app", "storage": "file", **config})
        elif "sealed" in config:  # only an update can do that
            created = nats.stream_create("app", ["app.>"])["config"]
            nats.js_api("STREAM.UPDATE.app", {**created, **config})
        else:
            nats.stream_create("app", ["app.>"], **config)
        done = waljet("run", "--postgres", postgres.conninfo(), "--nats", nats.url, "--name", "app", timeout=60)
        assert done.returncode == 1, f"{config}: {done.stderr}"
        assert word in done.stderr
        assert postgres.slot("waljet_app") is None
        nats.js_api("STREAM.DELETE.app")
