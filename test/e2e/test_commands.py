"""The commands around `run`: tail, slot, help, signals."""

import json
import re
import signal
import subprocess
import threading

import pytest

from harness import wait
from harness.postgres import lsn_text
from harness.process import Process
from harness.streamer import clean_environment, waljet


@pytest.fixture
def running(postgres, nats, make_streamer):
    postgres.execute("create table t (id int primary key, note text)")
    postgres.execute("alter table t replica identity full")
    streamer = make_streamer(postgres, nats).start()
    streamer.wait_for_log("ready")
    return streamer


def three_changes(postgres, nats):
    postgres.psql("insert into t values (1, 'a'); update t set note = 'b'; delete from t")
    wait.until(lambda: nats.stream_messages("app") == 3)


def test_tail_in_a_pipe_prints_bodies_alone(postgres, nats, running):
    three_changes(postgres, nats)
    done = waljet("tail", "--nats", nats.url, "--stream", "app", "--from", "1", "--count", "3")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines() == [message.body.decode() for message in nats.read_stream("app")]
    assert [json.loads(line)["op"] for line in done.stdout.splitlines()] == ["c", "u", "d"]


def test_tail_of_one_subject(postgres, nats, running):
    three_changes(postgres, nats)
    done = waljet("tail", "app.public.t.delete", "--nats", nats.url, "--stream", "app", "--from", "1", "--count", "1")
    assert json.loads(done.stdout)["op"] == "d"


def test_tail_finds_the_stream_by_subject(postgres, nats, running):
    three_changes(postgres, nats)
    done = waljet("tail", "app.>", "--nats", nats.url, "--from", "2", "--count", "1")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["op"] == "u"


def test_tail_passes_over_fences(nats):
    """They are messages, and no events (docs/snapshot.md)."""
    nats.stream_create("app", ["app.>"])
    with nats.client() as client:
        client.js_publish("app.public.t.create", b'{"op":"c"}', {"Waljet-Id": "app.1234ABCD:0000000001000000:00000001.0000"})
        client.js_publish("app.=fence.=fence.=fence", b'{"waljet":"fence"}', {"Waljet-Id": "app.1234ABCD:fence"})
        client.js_publish("app.public.t.delete", b'{"op":"d"}', {"Waljet-Id": "app.1234ABCD:0000000002000000:00000001.0000"})
        client.js_publish("app.other", b'{"op":"nobody knows"}')
    done = waljet("tail", "--nats", nats.url, "--stream", "app", "--from", "1", "--count", "3")
    assert [json.loads(line)["op"] for line in done.stdout.splitlines()] == ["c", "d", "nobody knows"], done.stderr


def test_tail_from_a_time(postgres, nats, running):
    """Also within the first tenth of a second, whose fraction begins with a zero."""
    stored = 0

    def stored_just_after_a_second():
        nonlocal stored
        stored += 1
        postgres.execute("insert into t values (%s, 'a')", (stored,))
        wait.until(lambda: nats.stream_messages("app") == stored)
        with nats.client() as client:
            time = client.js_api("STREAM.MSG.GET.app", {"seq": stored})["message"]["time"]
        return time if re.search(r"\.0\d", time) else None

    between = wait.until(stored_just_after_a_second, 20)
    # one nanosecond later than the last message
    digits = re.fullmatch(r"(.*?)\.(\d+)Z", between)
    later = f"{digits[1]}.{int(digits[2].ljust(9, '0')) + 1:09d}Z"
    postgres.execute("update t set note = 'b' where id = 1")
    wait.until(lambda: nats.stream_messages("app") == stored + 1)
    done = waljet("tail", "--nats", nats.url, "--stream", "app", "--from", later, "--count", "1")
    assert json.loads(done.stdout)["op"] == "u", done.stderr


def test_tail_from_now_waits(postgres, nats, running):
    three_changes(postgres, nats)
    tail = subprocess.Popen([*Process(["x"], "/dev/null").prefix, "--", running.process.command[0], "tail", "--nats", nats.url,
                             "--stream", "app", "--count", "1"], stdout=subprocess.PIPE, text=True,
                            env=clean_environment())
    try:
        wait.until(lambda: nats.js_api("CONSUMER.NAMES.app")["consumers"], message="tail has its consumer")
        postgres.execute("insert into t values (7, 'z')")
        out, _ = tail.communicate(timeout=20)
    finally:
        tail.kill()
    assert json.loads(out)["after"]["id"] == 7
    assert tail.returncode == 0


def test_tail_of_a_missing_stream(nats):
    done = waljet("tail", "--nats", nats.url, "--stream", "absent")
    assert done.returncode == 1
    assert "absent" in done.stderr


def test_tail_retries_while_nats_is_away(postgres, nats, running):
    three_changes(postgres, nats)
    nats.stop()
    result = {}
    thread = threading.Thread(target=lambda: result.update(done=waljet(
        "tail", "--nats", nats.url, "--stream", "app", "--from", "1", "--count", "3", timeout=60)))
    thread.start()
    nats.start()
    thread.join()
    assert result["done"].returncode == 0
    assert len(result["done"].stdout.splitlines()) == 3


def test_tail_on_a_terminal_is_for_people(postgres, nats, running):
    three_changes(postgres, nats)
    command = f"{running.process.command[0]} tail --nats {nats.url} --stream app --from 1 --count 3"
    done = subprocess.run(["script", "-qec", command, "/dev/null"], capture_output=True, text=True, timeout=30,
                          stdin=subprocess.DEVNULL, env=clean_environment(TERM="xterm"), check=False)
    plain = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)
    assert "\x1b[" in done.stdout
    assert plain.count("public.t") == 3
    assert "note" in plain and '"before"' not in plain


def test_slot_create_and_drop(postgres):
    arguments = ["--postgres", postgres.conninfo(), "--slot", "mine"]
    assert waljet("slot", "create", *arguments).returncode == 0
    assert postgres.slot("mine")["plugin"] == "waljet"
    again = waljet("slot", "create", *arguments)
    assert again.returncode == 1 and "mine" in again.stderr
    assert waljet("slot", "drop", *arguments).returncode == 0
    assert postgres.slot("mine") is None
    gone = waljet("slot", "drop", *arguments)
    assert gone.returncode == 1 and "mine" in gone.stderr


def test_slot_command_does_not_wait_for_a_server(make_postgres):
    postgres = make_postgres()
    postgres.stop()
    done = waljet("slot", "create", "--postgres", postgres.conninfo(), "--slot", "mine", timeout=15)
    assert done.returncode == 1


def test_slot_of_another_plugin_is_not_dropped(postgres):
    postgres.execute("select pg_create_logical_replication_slot('theirs', 'test_decoding')")
    done = waljet("slot", "drop", "--postgres", postgres.conninfo(), "--slot", "theirs")
    assert done.returncode == 1 and "theirs" in done.stderr
    assert postgres.slot("theirs")


def test_help_and_version():
    assert "waljet" in waljet("--version").stdout
    for arguments in (["--help"], ["run", "--help"], ["tail", "--help"], ["slot", "--help"]):
        done = waljet(*arguments)
        assert done.returncode == 0 and done.stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_signals_drain(postgres, nats, running, number):
    three_changes(postgres, nats)
    assert running.process.end(number)[0] == 0
    assert postgres.slot("waljet_app")["active"] is False


def test_settings_from_the_environment(postgres, nats, make_streamer, servers):
    env = {"WALJET_SOURCE_URI": postgres.conninfo(), "WALJET_SINK_URL": nats.url, "WALJET_SOURCE_SLOT": "from_env",
           "WALJET_SOURCE_NAME": "env"}
    done = Process([make_streamer(postgres, nats).process.command[0], "run"], "/tmp/waljet-env.log", env=clean_environment(**env))
    done.remove = lambda: (done.kill(), done.log.unlink())
    done.process = done
    servers.append(done)
    done.start().wait_for_log("ready")
    assert postgres.slot("from_env") and nats.stream_info("env")
    assert done.end(signal.SIGTERM)[0] == 0


def received(postgres):
    """Waits until the streamer has told that it has everything written so far; returns that position."""
    end = postgres.wal_lsn()
    wait.until(lambda: postgres.execute("select write_lsn >= %s::pg_lsn from pg_stat_replication",
                                        (lsn_text(end),)) == [(True,)])
    return end


def test_a_stop_ends_while_nats_hangs_and_confirms_nothing(postgres, nats, running):
    nats.freeze()
    postgres.execute("insert into t values (1, 'a')")
    end = received(postgres)
    assert running.process.end(signal.SIGTERM, 15)[0] == 0
    assert postgres.slot("waljet_app")["confirmed_flush_lsn"] < end
    nats.thaw()
    running.start()
    wait.until(lambda: nats.stream_messages("app") == 1)


def test_a_second_signal_ends_at_once(postgres, nats, running):
    nats.freeze()
    postgres.execute("insert into t values (1, 'a')")
    received(postgres)
    running.process.signal(signal.SIGTERM)
    running.wait_for_log("stopping")
    assert running.process.end(signal.SIGTERM, 2)[0] == 1
