"""Several publishers: however they come to be, no event is missing, repeated or out of order in silence."""

import time

from harness import wait
from harness.numbers import check_numbers, number_of, numbers_of
from harness.pipeline import PATIENCE, Pipeline, freeze, thaw

TAKE_OVER = 5.0  # seconds, at most


def standing_by(app, *arguments, **where):
    """A second streamer for the same slot, once it has seen that the slot is taken; the first one is returned too."""
    first = app.streamer
    second = app.start(*arguments, **where)
    second.wait_for_log("standing by", PATIENCE)
    return first, second


def test_standby_takes_over(postgres, nats, make_streamer):
    """Within 5 s of a kill -9, and back again; waiting does not fill the server's log with errors."""
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    with app.numbers.writing(pause=0.01):
        active, waiting = standing_by(app)
        for _ in range(2):
            app.stored_some(50)
            active.kill()
            begin = time.monotonic()
            waiting.wait_for_log("ready: publishing", PATIENCE)
            app.stored_some()
            assert time.monotonic() - begin < TAKE_OVER
            active, waiting = standing_by(app)
        wait.always(lambda: not waiting.process.log_lines("ready: publishing"), 2)
        waiting.kill()
        app.streamer = active
    app.check()
    assert not postgres.process.log_lines(r"ERROR:.*replication slot")


def test_zombie_wakes_after_its_replacement_took_over(postgres, nats, make_streamer):
    """Stopped in the middle of its window, its walsender ended, replaced, woken: it publishes nothing, stands by."""
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    with app.numbers.writing(sizes=(1, 5, 2)):
        active, waiting = standing_by(app)
        for _ in range(2):
            app.stored_some(500)
            freeze(active)
            app.end_walsender()
            waiting.wait_for_log("ready: publishing", PATIENCE)
            app.stored_some(500)
            said = len(active.process.log_lines("standing by"))
            thaw(active)
            active.wait_for_log("standing by", PATIENCE, count=said + 1)
            active.kill()
            active, waiting = standing_by_of(waiting, app)
    waiting.kill()
    app.streamer = active
    for message in app.check():
        assert int(message.headers["Nats-Expected-Last-Sequence"]) == message.seq - 1


def standing_by_of(active, app):
    app.streamer = active
    return standing_by(app)


def test_streamer_cut_from_postgres_alone(postgres, nats, make_proxy, make_streamer):
    """It still reaches NATS and does not know that its slot has passed to another one."""
    link = make_proxy(postgres)
    uri = postgres.uri().replace(f":{postgres.port}/", f":{link.port}/")
    app = Pipeline(make_streamer, postgres, nats)
    app.run(postgres=uri)
    with app.numbers.writing(pause=0.001):
        cut, second = standing_by(app)
        app.stored_some(300)
        link.hold()
        app.end_walsender()
        second.wait_for_log("ready: publishing", PATIENCE)
        app.stored_some(300)
        link.heal()  # what was under way arrives now, on a connection that the server has ended
        cut.wait_for_log("standing by", PATIENCE)
        app.stored_some(300)
    cut.kill()
    app.check()


def test_zombie_with_an_older_filter(postgres, nats, make_streamer):
    """Its events are other ones than its replacement's: neither may stand where the other's belong.

    What the old filter left out and the slot sends again is stored by the new one, and told, being late.
    """
    postgres.execute("create table more (id bigint primary key)")
    app = Pipeline(make_streamer, postgres, nats)
    app.run("--tables", "numbers")
    with app.numbers.writing(sizes=(1, 5, 2)):
        old, new = standing_by(app, "--tables", "numbers,more")
        for number in range(5):
            app.stored_some(200)
            postgres.execute("insert into more select %s + i from generate_series(1, 100) i", (100 * number,))
            if number == 2:
                freeze(old)
                app.end_walsender()
                new.wait_for_log("ready: publishing", PATIENCE)
            if number == 3:
                thaw(old)
                old.wait_for_log("standing by", PATIENCE)
    last = app.write(1)
    app.stored(last)
    old.kill()
    app.stop()
    messages = app.messages()
    check_numbers([message for message in messages if ".numbers." in message.subject], last)
    more = [number_of(message) for message in messages if ".more." in message.subject]
    assert more == list(range(more[0], 501)) and more[0] in (1, 101, 201, 301)
    assert not list(out_of_order(messages)) or app.log("stored late")


def test_stray_publisher_under_load(postgres, nats, make_streamer):
    """Each of its messages makes the server refuse an event and take those behind it: each comes late, and is told."""
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    with app.numbers.writing(pause=0.005, sizes=(1, 20, 100)), nats.client() as client:
        for _ in range(10):
            app.stored_some(500)
            client.js_publish("app.stray", b"{}")
    app.write(1)
    app.confirmed()
    app.stop()
    own = own_messages(app)
    assert app.state()["last_seq"] == len(own) + 10
    assert sorted(numbers_of(own)) == list(range(1, app.numbers.last() + 1))
    assert app.log("another writer")
    late = set(out_of_order(own))
    print(f"{len(late)} stored late")
    assert bool(late) <= bool(app.log("stored late"))


def test_hole_is_found_at_the_next_start(postgres, nats, make_streamer):
    """An event missing while later ones are stored, as a refusal leaves it that nobody lived to read: stored late, told."""
    app = Pipeline(make_streamer, postgres, nats)
    victim = wait.until(lambda: stored_and_not_on_record(app), PATIENCE)
    nats.js_api("STREAM.MSG.DELETE.app", {"seq": victim.seq})
    app.run()
    app.write(1)
    app.confirmed()
    app.stop()
    messages = app.messages()
    assert sorted(numbers_of(messages)) == list(range(1, app.numbers.last() + 1))
    assert list(out_of_order(messages)) == [victim.headers["Waljet-Id"]]
    assert app.log("stored late")


def stored_and_not_on_record(app):
    """An event before the newest ones of a process that was killed before it could put them on record; or None."""
    app.run()
    last = app.write(20)
    app.stored(last)
    app.kill()
    victim = app.messages()[-10]
    record = app.record()
    return victim if record["read_from"] <= victim.seq and record["last_event"] < victim.headers["Waljet-Id"] else None


def own_messages(app):
    return [message for message in app.messages() if message.subject != "app.stray"]


def out_of_order(messages):
    """Ids of events behind one of a higher id."""
    highest = ""
    for message in messages:
        identity = message.headers["Waljet-Id"]
        if identity < highest:
            yield identity
        highest = max(highest, identity)
