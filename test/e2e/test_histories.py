"""Positions of the log repeat where a server's history forks: skipped by only where they mean the same, else said."""

from harness import wait
from harness.numbers import check_numbers, number_of, numbers_of
from harness.pipeline import Pipeline


def either(*servers):
    """A connection string that finds the primary among them."""
    hosts = ",".join(str(server.socket) for server in servers)
    ports = ",".join(str(server.port) for server in servers)
    return f"host={hosts} port={ports} dbname=postgres user=postgres target_session_attrs=read-write"


def test_promotion_of_a_complete_standby(postgres, nats, make_standby, make_streamer):
    """Its slot is an old copy, so it sends again what is stored: skipped. Nobody has to say anything."""
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    app.write(5)
    app.confirmed()
    app.stop()
    standby = make_standby(postgres)
    where = either(postgres, standby)
    app.run(postgres=where)
    app.write(2000, per_transaction=20)
    app.confirmed()
    postgres.stop()  # a primary that ends cleanly sends its standby everything
    standby.promote()
    assert standby.timeline() == 2
    new = Pipeline(make_streamer, standby, nats)
    new.streamer = app.streamer
    new.write(5)
    new.stored()
    new.kill()
    new.run(postgres=where)
    new.write(5)
    new.confirmed()
    assert new.record()["timeline"] == 2
    new.check()
    assert not new.log("--accept-")


def test_promotion_of_a_lagging_standby(postgres, nats, make_standby, make_streamer):
    """Events are stored that the new history does not have; its own positions overlap with theirs."""
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    app.write(5)
    app.confirmed()
    app.stop()
    standby = make_standby(postgres)
    where = either(postgres, standby)
    app.run(postgres=where)
    app.write(10)
    standby.wait_for(postgres)
    standby.disconnect()
    lost = app.write(300, per_transaction=3)
    app.stored()
    stored = app.state()["last_seq"]
    postgres.kill()
    standby.promote()
    assert standby.timeline() == 2
    new = Pipeline(make_streamer, standby, nats)
    new.streamer = app.streamer
    assert new.write(20) < lost
    new.blocked("--accept-divergence", r"timeline 1\b", r"timeline 2\b")
    new.write(2000, per_transaction=10)  # by now it is where the old history was, and beyond
    wait.always(lambda: new.streamer.alive() and new.state()["last_seq"] == stored, 4)
    new.stop()
    new.run("--accept-divergence", postgres=where)
    new.write(5)
    new.stored()
    new.kill()
    new.run(postgres=where)  # the word is not asked for again
    new.write(5)
    first = number_of(new.messages(start=stored + 1)[0])
    assert first <= 16  # the first row of the new history, or of what its slot sends again before that
    new.check(first=first, start=stored + 1)
    assert numbers_of(new.messages()[:stored]) == list(range(1, lost + 1))


def test_server_put_back_in_time(postgres, nats, make_streamer):
    """An older copy of the data directory, same system, same timeline: the stream is ahead of the server's log.

    It stays said when the server's log has grown past the newest event: neither waiting nor a restart mends it.
    """
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    app.write(5)
    app.confirmed()
    app.stop()
    postgres.stop()
    saved = postgres.save()
    postgres.start()
    app.run()
    app.write(300, per_transaction=3)
    app.confirmed()
    stored = app.state()["last_seq"]
    postgres.kill()
    postgres.restore(saved)
    postgres.start()
    app.blocked("--accept-divergence")
    last = app.write(2000, per_transaction=1)
    wait.always(lambda: app.streamer.alive() and app.state()["last_seq"] == stored, 4)
    assert len(app.log("--accept-divergence")) == 1
    app.stop()
    app.start()
    app.blocked("--accept-divergence")
    assert app.state()["last_seq"] == stored
    app.stop()
    app.run("--accept-divergence")
    app.stored(last)
    app.kill()
    app.run()
    app.write(5)
    first = number_of(app.messages(start=stored + 1)[0])
    assert first <= 6  # the first row of the new history, or of what its slot sends again before that
    app.check(first=first, start=stored + 1)
    check_numbers(app.messages()[:stored], 305)
