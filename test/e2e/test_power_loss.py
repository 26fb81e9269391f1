"""A broker that comes back without what it had acknowledged last, as after a power loss: an older copy of its store."""

import time

import pytest

from harness import verify, wait
from harness.pipeline import Pipeline
from harness.record import BUCKET
from harness.store import restore_store, save_store
from test_grouping import ids_of


@pytest.mark.parametrize("streamer, lost", [
    ("running", None), ("running", "app"), ("killed", None), ("killed", "app"), ("killed", BUCKET), ("stopped", None)])
def test_lost_messages_are_sent_again(postgres, nats, make_streamer, streamer, lost):
    """The slot is held back for longer than the loss reaches: everything is there again, once, in order.

    `lost`: the stream that falls back, both where it is None: files reach the disk one by one.
    """
    app = Pipeline(make_streamer, postgres, nats, "--confirm-delay", "30s")
    app.run()
    with app.numbers.writing():
        app.stored_some(200)
        wait.until(lambda: app.record()["stream_sequence"] > 0, 20)
        nats.kill()
        saved = save_store(nats)
        nats.start()
        app.stored_some(500)
        if streamer == "killed":
            app.kill()
        elif streamer == "stopped":
            app.stop()
        lost_from = app.state()["last_seq"]
        nats.kill()
        restore_store(nats, saved, lost)
        nats.start()
        if streamer != "running":
            assert lost == BUCKET or app.state()["last_seq"] < lost_from
            app.run()
        wait.until(lambda: app.state()["last_seq"] > lost_from + 100, 60, message=app.log_tail)
    app.check()
    assert not app.log("--accept-")


def test_a_record_of_what_was_written_anew(postgres, nats, make_streamer, make_proxy):
    """Lost twice: the stream, then the latest records. The one that comes back says that all is stored up to a sequence
    which the stream has reached again, with messages that hold less."""
    def reached(sequence):
        wait.until(lambda: app.state()["last_seq"] >= sequence, 30, message=app.log_tail)

    def power_loss(saved=None, stream=None):
        nats.stop()
        newest = save_store(nats)
        restore_store(nats, saved or newest, stream)
        nats.start()
        return newest

    app = Pipeline(make_streamer, postgres, nats, "--confirm-delay", "60s")
    app.run("--grouping", "run")
    app.write(10, per_transaction=2)
    reached(5)
    app.stop()
    early = power_loss()
    app.run("--grouping", "run")
    last = app.write(200, per_transaction=20)
    reached(15)
    app.recorded()
    app.kill()
    late = power_loss(early)
    link = make_proxy(nats)
    link.delay(0.05)
    app.start("--grouping", "event", "--max-pending", "1", nats=f"nats://127.0.0.1:{link.port}")
    reached(16)
    app.kill()
    power_loss(late, BUCKET)
    assert app.record()["newest_sequence"] == 15 and ids_of(app.messages())[-1] < last, "it does not say too much"
    app.run("--grouping", "event")
    last = app.write(1)
    wait.until(lambda: ids_of(app.messages())[-1] == last, 30, message=app.log_tail)
    app.stop()
    messages = app.messages()
    assert ids_of(messages) == list(range(1, last + 1))
    verify.check_ids(messages)
    assert not app.log("--accept-")


def test_confirmed_as_late_as_told(postgres, nats, make_streamer):
    """Events wait for the delay; where nothing was stored, a busy or idle database waits for nothing."""
    delay = 3.0
    app = Pipeline(make_streamer, postgres, nats, "--confirm-delay", f"{delay:g}s", "--tables", "numbers")
    app.run()
    postgres.execute("create table other (id int)")
    begin = time.monotonic()
    postgres.execute("insert into other select generate_series(1, 1000)")
    app.confirmed()
    assert time.monotonic() - begin < delay
    begin = time.monotonic()
    app.write(10)
    app.confirmed()
    assert delay < time.monotonic() - begin
    app.check()


@pytest.mark.parametrize("streamer", ["running", "killed"])
def test_power_loss_in_a_quiet_time(postgres, nats, make_streamer, streamer):
    """Only the record falls back, behind what is confirmed without delay while no events are stored.

    A process that runs knows better; one that starts cannot, and asks. Nothing is lost or repeated in either case.
    """
    app = Pipeline(make_streamer, postgres, nats, "--confirm-delay", "1s", "--tables", "numbers")
    postgres.execute("create table other (id int)")
    app.run()
    app.write(20, per_transaction=2)
    app.confirmed()
    nats.kill()
    saved = save_store(nats)
    nats.start()
    postgres.execute("insert into other select generate_series(1, 1000)")
    app.confirmed()
    if streamer == "killed":
        app.kill()
    nats.kill()
    restore_store(nats, saved)
    nats.start()
    if streamer == "killed":
        app.start()
        app.blocked("--accept-gap")
        app.kill()
        app.run("--accept-gap")
    app.write(5)
    app.check()
    assert streamer == "killed" or not app.log("--accept-")


def test_loss_beyond_what_the_slot_can_send(postgres, nats, make_streamer):
    """Confirmed at once: what is lost cannot be read again. Said, and gone on from the slot at the operator's word."""
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    app.write(100, per_transaction=5)
    app.confirmed()
    nats.kill()
    saved = save_store(nats)
    nats.start()
    last = app.write(100, per_transaction=5)
    app.confirmed()
    nats.kill()
    restore_store(nats, saved)
    nats.start()
    app.write(1)
    app.blocked("--accept-gap")
    wait.always(lambda: app.streamer.alive() and app.state()["last_seq"] == 100, 1)
    app.kill()
    app.run("--accept-gap")
    app.write(5)
    app.stored()
    app.kill()
    app.run()
    app.write(5)
    app.check(first=last + 1, start=101)


def test_fast_stop_of_postgres_while_confirming_is_delayed(postgres, nats, make_streamer):
    """The server waits for what it has sent to be confirmed; it must not wait for the delay."""
    app = Pipeline(make_streamer, postgres, nats, "--confirm-delay", "60s")
    app.run()
    app.write(500, per_transaction=5)
    app.stored()
    assert postgres.stop("fast") < 5
    postgres.start()
    app.write(5)
    app.stored()
    with app.numbers.writing():
        app.stored_some(100)
        assert postgres.stop("fast") < 5
        postgres.start()
        app.stored_some(100)
    app.check()
