"""`waljet status`: each number is what it is said to be, whatever state the pipeline is in."""

import json
import re
import signal
import subprocess
import time

import pytest

from harness import wait
from harness.paths import WALJET
from harness.pipeline import Pipeline
from harness.process import Process
from harness.streamer import clean_environment, waljet

FIELDS = {
    "source": (str, type(None)), "slot": (str, type(None)), "stream": (str, type(None)), "role": (str, type(None)),
    "lag_bytes": (int, type(None)), "lag_seconds": (int, float, type(None)), "unacked_bytes": (int, type(None)),
    "held_back_bytes": (int, type(None)), "wal_status": (str, type(None)), "retained_bytes": (int, type(None)),
    "stream_seq": (int, type(None)), "last_event": (str, type(None)), "last_event_time": (str, type(None)),
    "snapshot": (dict, type(None)),
}


def find(postgres, nats, name="app", user="postgres"):
    """The flags by which a pipeline is found."""
    return ["--postgres", postgres if isinstance(postgres, str) else postgres.conninfo(user=user), "--nats", nats.url,
            "--name", name]


def status(postgres, nats, code=0, **more):
    """The object that `waljet status --json` prints, and what it says on stderr under "reasons"."""
    done = waljet("status", "--json", *find(postgres, nats, **more))
    assert done.returncode == code, done.stderr
    shown = json.loads(done.stdout)
    assert {name: isinstance(value, FIELDS[name]) for name, value in shown.items()} == dict.fromkeys(FIELDS, True)
    return {**shown, "reasons": done.stderr}


@pytest.fixture
def app(postgres, nats, make_streamer):
    return Pipeline(make_streamer, postgres, nats)


def idle(app, *more):
    """Waits until status says that nothing is left to do, and 0 of these fields too; returns it."""
    def seen():
        now = status(app.postgres, app.nats)
        return now if all(now[field] == 0 for field in ("lag_bytes", *more)) else None
    return wait.until(seen, 30, message=app.log_tail)


def test_idle(app):
    app.run()
    app.write(10)
    app.stored()
    seen = idle(app, "held_back_bytes")  # the record comes before the confirmation
    last = app.messages()[-1]
    assert seen["role"] == "active"
    assert seen["lag_seconds"] == 0 and seen["unacked_bytes"] == 0 and seen["held_back_bytes"] == 0
    assert seen["wal_status"] == "reserved" and seen["retained_bytes"] >= 0
    assert seen["stream"] == "app" and seen["stream_seq"] == last.seq == 10
    assert seen["slot"] == "waljet_app" and seen["last_event"] == last.headers["Waljet-Id"]
    assert seen["last_event"].startswith(seen["source"] + ":")
    assert seen["snapshot"] is None and seen["reasons"] == ""


def test_idle_after_a_quiet_time_no_old_event_counts_as_lag(app):
    """Other databases' changes move the log, and the event of long ago is no measure of them."""
    app.run()
    app.write(1)
    app.stored()
    app.postgres.create_database("other")
    app.postgres.execute("create table busy (note text)", dbname="other")
    begin = time.monotonic()
    wait.pause(3)  # the event is older than any look
    for _ in range(5):
        app.postgres.execute("insert into busy select repeat('x', 1000) from generate_series(1, 100)", dbname="other")
        seen = status(app.postgres, app.nats)
        assert seen["lag_seconds"] < min(2.5, time.monotonic() - begin), seen


def test_the_record_counts_in_a_stream_that_was_updated(app):
    """nats-server 2.9 then says that it was created when it was updated; no event tells that there is nothing to do."""
    app.run()
    app.write(10)
    app.confirmed()
    app.nats.restart()
    app.nats.js_api("STREAM.UPDATE.app", {**app.nats.stream_info("app")["config"], "max_age": 3600 * 10**9})
    app.write(10)
    app.recorded()
    app.nats.restart()
    app.postgres.create_database("other")
    seen = idle(app, "held_back_bytes")
    assert seen["stream_seq"] == 20 and seen["reasons"] == ""


def test_a_process_that_hangs(app):
    app.run()
    app.write(1)
    app.stored()
    idle(app)
    begin = app.postgres.wal_lsn()
    app.streamer.process.freeze()
    app.write(100)
    written = app.postgres.wal_lsn() - begin
    assert written > 10_000
    seen = status(app.postgres, app.nats)
    assert seen["role"] == "active" and seen["stream_seq"] == 1
    assert written <= seen["lag_bytes"] <= app.postgres.wal_lsn() - begin + 1000
    assert seen["retained_bytes"] >= seen["lag_bytes"] and seen["unacked_bytes"] == 0
    first = seen["lag_seconds"]
    wait.until(lambda: status(app.postgres, app.nats)["lag_seconds"] > first + 1, 20)
    app.streamer.process.thaw()
    app.stored()
    assert idle(app)["stream_seq"] == 101


def test_under_load_the_lag_is_that_of_the_last_commit(app):
    app.run()
    with app.numbers.writing():
        app.stored_some(200)
        for _ in range(5):
            seen = status(app.postgres, app.nats)
            assert seen["role"] == "active" and seen["lag_seconds"] < 5, seen
            assert seen["held_back_bytes"] is not None and seen["unacked_bytes"] is not None
    app.stored()
    idle(app)


def test_nats_away_for_the_process(app, make_proxy):
    """What it holds and cannot store is unacknowledged, and not held back."""
    proxy = make_proxy(app.nats)
    app.start(nats=f"nats://127.0.0.1:{proxy.port}")
    app.ready()
    app.write(1)
    app.stored()
    idle(app, "held_back_bytes")
    proxy.hold()
    app.write(100)
    seen = wait.until(lambda: (now := status(app.postgres, app.nats))["unacked_bytes"] > 10_000 and now, 20,
                      message=app.log_tail)
    assert seen["unacked_bytes"] <= seen["lag_bytes"]
    assert seen["held_back_bytes"] == 0 and seen["stream_seq"] == 1
    proxy.heal()
    app.stored()
    seen = idle(app)
    assert seen["unacked_bytes"] == 0 and seen["stream_seq"] == 101


def test_held_back_by_the_delay(app):
    """What is stored and not confirmed is held back: it is no lag, and keeps WAL."""
    app.run("--confirm-delay", "10m")
    app.write(100)
    app.stored()
    seen = idle(app)
    assert seen["held_back_bytes"] > 10_000 and seen["unacked_bytes"] == 0
    assert seen["retained_bytes"] >= seen["held_back_bytes"]
    assert seen["lag_seconds"] == 0


def test_nobody_runs(app):
    app.run()
    app.write(1)
    app.stored()
    idle(app)
    app.stop()
    app.write(100)
    seen = status(app.postgres, app.nats)
    assert seen["role"] == "none" and seen["lag_bytes"] > 10_000
    assert seen["unacked_bytes"] == 0 and seen["stream_seq"] == 1


def test_a_process_that_waits_is_a_standby(app):
    app.run()
    app.write(1)
    app.stored()
    app.stop()
    app.nats.stop()
    app.start()
    wait.until(lambda: app.log("NATS"), 30)
    seen = status(app.postgres, app.nats, code=1)
    assert seen["role"] == "standby", seen
    app.kill()
    wait.until(lambda: status(app.postgres, app.nats, code=1)["role"] == "none", 20)


def test_a_lost_slot(make_postgres, nats, make_streamer):
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
    seen = status(postgres, nats)
    assert seen["wal_status"] == "lost" and seen["retained_bytes"] is None and seen["role"] == "none"
    assert seen["lag_bytes"] > 0 and seen["stream_seq"] == 5
    assert "waljet_app is lost" in seen["reasons"]


def test_no_slot(app):
    seen = status(app.postgres, app.nats, code=1)
    assert seen["role"] == "none" and seen["slot"] == "waljet_app"
    assert seen["lag_bytes"] is None and seen["wal_status"] is None and seen["stream_seq"] is None
    assert "no slot waljet_app" in seen["reasons"] and "no stream app" in seen["reasons"]


def test_nats_away(app):
    app.run()
    app.write(1)
    app.stored()
    app.nats.stop()
    seen = status(app.postgres, app.nats, code=1)
    assert seen["role"] == "active" and seen["retained_bytes"] is not None and seen["wal_status"] == "reserved"
    assert seen["lag_bytes"] is None and seen["stream_seq"] is None
    assert "NATS" in seen["reasons"]


def test_postgres_away(app):
    app.run()
    app.write(3)
    app.stored()
    app.postgres.stop()
    seen = status(app.postgres, app.nats, code=1)
    assert seen["role"] is None and seen["lag_bytes"] is None
    assert seen["stream_seq"] == 3 and seen["last_event"] == app.messages()[-1].headers["Waljet-Id"]
    assert "PostgreSQL" in seen["reasons"]


def test_a_server_that_does_not_answer_is_not_waited_for_long(app, make_proxy):
    proxy = make_proxy(app.postgres)
    proxy.hold()
    begin = time.monotonic()
    seen = status(f"postgresql://postgres@127.0.0.1:{proxy.port}/postgres", app.nats, code=1)
    assert time.monotonic() - begin < 15
    assert seen["lag_bytes"] is None and "did not answer" in seen["reasons"]


def test_a_role_that_sees_less(app):
    app.postgres.execute("create role watcher login")
    app.run()
    app.write(1)
    app.stored()
    idle(app)
    seen = status(app.postgres, app.nats, user="watcher")
    assert seen["role"] == "active" and seen["lag_bytes"] == 0 and seen["retained_bytes"] is not None
    assert seen["unacked_bytes"] is None and "pg_read_all_stats" in seen["reasons"]


@pytest.mark.parametrize("more", [["--format", "wal-listener"], ["--grouping", "run"], ["--schemas", "on"],
                                  ["--transactions", "on"]])
def test_the_time_of_the_last_commit_is_found_in_each_format(app, more):
    app.run(*more)
    app.write(5)
    wait.until(lambda: app.nats.stream_messages("app") > 0)
    idle(app)
    app.streamer.process.freeze()
    app.write(100)
    begin = time.monotonic()
    first = status(app.postgres, app.nats)["lag_seconds"]
    assert first is not None
    second = status(app.postgres, app.nats)["lag_seconds"]
    assert first < second < first + (time.monotonic() - begin) + 1
    app.streamer.process.thaw()


def test_a_stream_with_other_writers(app):
    """With fencing off others may have written the newest message."""
    app.run("--fencing", "off")
    app.write(3)
    app.stored()
    with app.nats.client() as client:
        client.js_publish("app.stray", b"{}")
    app.confirmed()
    seen = idle(app)
    assert seen["last_event"] is None and seen["stream_seq"] == 4 and seen["lag_bytes"] == 0


# ---- for people ----

def test_for_people(app):
    app.run()
    app.write(1)
    app.stored()
    idle(app)
    done = waljet("status", *find(app.postgres, app.nats))
    assert done.returncode == 0 and done.stderr == ""
    lines = dict(re.fullmatch(r"(\S+(?: \S+)*) {2,}(\S.*)", line).groups() for line in done.stdout.splitlines())
    assert lines["slot"] == "waljet_app" and lines["role"].startswith("active")
    assert lines["not stored yet"] == "0 B, 0.0 s" and lines["stream"] == "app, sequence 1"
    assert lines["last event"].startswith(app.messages()[0].headers["Waljet-Id"])
    assert lines["snapshot"] == "none"


def watching(app, log, *more):
    return Process([WALJET, "status", "--watch", *find(app.postgres, app.nats), *more], log, env=clean_environment())


def test_watch_in_a_pipe_repeats_until_stopped(app, tmp_path):
    app.run()
    watch = watching(app, tmp_path / "watch.log", "--json").start()
    try:
        wait.until(lambda: len(watch.log_lines("^{")) >= 2, 20, message=watch.log_tail)
        app.write(5)
        wait.until(lambda: json.loads(watch.log_lines("^{")[-1])["stream_seq"] == 5, 20, message=watch.log_tail)
        assert watch.end(signal.SIGINT)[0] == 0
    finally:
        watch.kill()


def test_watch_goes_on_when_a_side_goes_away(app, tmp_path):
    app.run()
    watch = watching(app, tmp_path / "watch.log").start()
    try:
        watch.wait_for_log("^role +active", 20)
        app.nats.stop()
        watch.wait_for_log("^waljet: NATS", 20)
        app.nats.start()
        count = len(watch.log_lines("^stream +app, sequence"))
        watch.wait_for_log("^stream +app, sequence", 30, count=count + 1)
        assert watch.end(signal.SIGTERM)[0] == 0
    finally:
        watch.kill()


def test_watch_on_a_terminal_draws_over_itself(app):
    app.run()
    app.write(1)
    idle(app)
    command = " ".join(f"'{word}'" for word in map(str, [WALJET, "status", "--watch", "--postgres", app.postgres.uri(),
                                                         "--nats", app.nats.url, "--name", "app"]))
    done = subprocess.run(["script", "-qec", f"timeout -s INT 5 {command}", "/dev/null"], capture_output=True, text=True,
                          timeout=30, stdin=subprocess.DEVNULL, env=clean_environment(TERM="xterm"), check=False)
    assert "\x1b[10A" in done.stdout, done.stdout  # up by as many lines as were drawn
    assert done.stdout.count("waljet_app") >= 2


# ---- usage ----

@pytest.mark.parametrize("flags, words", [
    (["--jason"], "--jason"),
    (["--name", "x" * 65], "--name"),
    (["--slot", "No"], "--slot"),
    (["--stream", "a b"], "--stream"),
])
def test_wrong_use(postgres, flags, words):
    done = waljet("status", "--postgres", postgres.conninfo(), *flags)
    assert done.returncode == 2 and words in done.stderr
