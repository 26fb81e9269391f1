"""Rows of a snapshot that a broker acknowledged and loses with its power: they are read again."""

import pytest

from harness import wait
from harness.record import BUCKET
from harness.snapshots import simple_tables
from harness.store import restore_store, save_store

ROWS = 4000
HELD_BACK = ("--confirm-delay", "60s")


def change_some(postgres, salt):
    postgres.execute(f"update t set note = note || '{salt}' where id % 50 = {salt}; delete from t where id % 700 = {salt};"
                     f"insert into t values ({ROWS + 1 + salt}, 'new')")


def begin(app, kind, link):
    """A snapshot that is under way, and slow."""
    nats = f"nats://127.0.0.1:{link.port}"
    if kind == "initial":
        link.limit(1_000_000)
        app.start("--snapshot", "initial", nats=nats)
    else:
        app.run(nats=nats)
        link.limit(1_000_000)
        app.request("t,small")
    app.rows_stored_some(500)


def lose_power(app, saved, lost):
    app.nats.kill()
    restore_store(app.nats, saved, lost)
    app.nats.start()


def end(app, postgres):
    """Nothing is confirmed before its delay is over, so what is stored is looked at behind a clean end."""
    change_some(postgres, 4)
    app.complete()
    app.ready()
    app.write(1)
    wait.until(lambda: app.rows_stored("*.*.numbers.insert") == 1, 60, message=app.log_tail)
    app.stop()
    return app.check_copies()


@pytest.mark.parametrize("kind, moment, streamer, lost", [
    ("initial", "reading", "running", None), ("initial", "reading", "killed", "app"),
    ("initial", "complete", "running", "app"), ("initial", "complete", "killed", None),
    ("demand", "reading", "running", "app"), ("demand", "reading", "killed", None),
    ("demand", "complete", "running", None), ("demand", "complete", "killed", "app"),
    ("demand", "reading", "running", BUCKET), ("demand", "complete", "killed", BUCKET)])
def test_lost_rows_are_read_again(make_app, make_proxy, postgres, nats, kind, moment, streamer, lost):
    """`lost`: the stream that falls back, both where it is None: files reach the disk one by one."""
    simple_tables(postgres, "t", "small", rows=ROWS, size=1000)
    link = make_proxy(nats)
    app = make_app(*HELD_BACK)
    begin(app, kind, link)
    change_some(postgres, 1)
    nats.kill()
    saved = save_store(nats)
    nats.start()
    change_some(postgres, 2)
    if moment == "reading":
        app.rows_stored_some(1500)
    else:
        link.heal()
        app.complete()
    change_some(postgres, 3)
    if streamer == "killed":
        app.kill()
    had = app.rows_stored()
    lose_power(app, saved, lost)
    link.heal()
    if streamer == "killed":
        assert lost == BUCKET or app.rows_stored() < had
        app.run()
    if lost == "app" or (lost is None and streamer == "running"):
        wait.until(lambda: app.log("the stream has lost rows of snapshot"), 60, message=app.log_tail)
    rebuilt = end(app, postgres)
    assert rebuilt.rows >= 0.9 * 2 * ROWS
    assert not rebuilt.messages.discards
    assert not app.log("--accept-")


def test_rows_of_a_table_without_a_key_are_lost(make_app, make_proxy, postgres, nats):
    """They cannot be told apart: all starts over, and consumers discard what they have."""
    simple_tables(postgres, "t", rows=ROWS, size=1000)
    postgres.psql("create table bare (note text); alter table bare replica identity full;"
                  "insert into bare select 'row ' || n / 2 from generate_series(1, 1000) n;")
    link = make_proxy(nats)
    app = make_app(*HELD_BACK)
    begin(app, "initial", link)
    nats.kill()
    saved = save_store(nats)
    nats.start()
    link.heal()
    app.complete()
    change_some(postgres, 1)
    lose_power(app, saved, "app")
    wait.until(lambda: app.log("it starts over"), 60, message=app.log_tail)
    rebuilt = end(app, postgres)
    assert sorted(subject.split(".")[2] for subject in rebuilt.messages.discards) == ["bare", "numbers", "t"]


def test_a_snapshot_of_long_ago_is_not_repeated_in_a_new_stream(make_app, postgres, nats):
    """Its operator has deleted the one before, and said so."""
    simple_tables(postgres, "t", rows=100)
    app = make_app("--confirm-delay", "0s")
    app.run("--snapshot", "initial")
    app.complete()
    change_some(postgres, 1)
    app.confirmed()
    app.stop()
    nats.js_api("STREAM.DELETE.app")
    app.run("--accept-gap")
    change_some(postgres, 2)
    app.confirmed()
    assert app.job_state() == "complete"
    assert app.rows_stored() == 0
