"""Bad input: one clear error, the documented exit code, nothing started, nothing lost."""

import subprocess

import pytest

from harness import wait
from harness.paths import PG_BIN
from harness.port import free_port
from harness.postgres import known_settings
from harness.streamer import waljet

REFUSED = 1
USAGE = 2


def run(postgres, nats, *arguments, timeout=60, **conninfo):
    where = postgres if isinstance(postgres, str) else postgres.conninfo(**conninfo)
    return waljet("run", "--postgres", where, "--nats", nats if isinstance(nats, str) else nats.url, "--name", "app",
                  *arguments, timeout=timeout)


def check_refused(done, code, *words):
    assert done.returncode == code, f"{done.returncode}\n{done.stderr}"
    for word in words:
        assert word in done.stderr, f"{word!r} is not in:\n{done.stderr}"


def check_nothing_started(postgres, nats, slot="waljet_app"):
    assert postgres.slot(slot) is None
    if nats:
        assert nats.stream_info("app") is None


# ---- plugin options ----

@pytest.mark.parametrize("options, words", [
    (["-o", "bogus=1"], ["bogus", "unrecognized option"]),
    (["-o", "name=a", "-o", "name=b"], ["name", "more than once"]),
    (["-o", "output=xml"], ["output", "lines, frames"]),
    (["-o", "batch_bytes=-1"], ["batch_bytes", "0 to 67108864"]),
    (["-o", "batch_bytes"], ["batch_bytes", "needs a value"]),
    (["-o", "tables=a.b.c"], ["tables", "more than two names"]),
    (["-o", "operations=insert,merge"], ["operations", "insert, update, delete, truncate"]),
    (["-o", "subject={table}.x"], ["subject", "must begin with"]),
    (["-o", "name="], ["name", "1 to 64 characters"]),
    (["-o", "format=avro"], ["format", "debezium, wal-listener"]),
    (["-o", "format=wal-listener", "-o", "schemas=on"], ["schemas", "format debezium only"]),
    (["-o", "messages=*,audit"], ["messages", "beside prefixes"]),
    (["-o", "subject=x.{partition:0}"], ["subject", "1 to 65536"]),
])
def test_plugin_options(postgres, options, words):
    command = [PG_BIN / "pg_recvlogical", "-d", postgres.conninfo(), "-S", "s"]
    subprocess.run([*command, "--create-slot", "-P", "waljet"], check=True, capture_output=True)
    before = postgres.slot("s")["confirmed_flush_lsn"]
    done = subprocess.run([*command, "--start", "-f", "-", "--no-loop", *options], capture_output=True, text=True,
                          check=False, timeout=30)
    assert done.returncode == 1
    for word in words:
        assert word in done.stderr, done.stderr
    assert done.stdout.strip() == ""
    assert postgres.slot("s")["confirmed_flush_lsn"] == before
    state = postgres.psql(r"\set VERBOSITY verbose" "\n"
                          "select * from pg_logical_slot_peek_changes('s', null, null, 'bogus', '1')", check=False)
    assert "22023" in state.stderr


@pytest.mark.parametrize("arguments, words", [
    (["--operations", "insert,merge"], ["operations", "insert, update, delete, truncate"]),
    (["--tables", "a.b.c"], ["tables", "more than two names"]),
    (["--subject", "{table}.x"], ["subject", "must begin with"]),
    (["--subject", "{name}..x"], ["subject", "empty token"]),
    (["--format", "xml"], ["format", "debezium"]),
])
def test_streamer_options_that_the_plugin_refuses(postgres, nats, arguments, words):
    check_refused(run(postgres, nats, *arguments), USAGE, *words)
    check_nothing_started(postgres, nats)


@pytest.mark.parametrize("arguments", [
    ["run", "--bogus"], ["run", "--max-pending", "many"], ["run", "--max-pending", "0"], ["bogus"], ["slot"],
    ["tail", "--count", "-1"], ["run", "--log-level", "loud"], ["run", "--slot", "Not Valid"], ["run", "--name", ""],
])
def test_usage(arguments):
    done = waljet(*arguments)
    assert done.returncode == USAGE, done.stderr
    assert done.stderr.strip()


# ---- PostgreSQL ----

@pytest.mark.skipif("output_plugin_libraries" not in known_settings(), reason="the server has no such setting")
def test_plugin_not_allowed(make_postgres, nats):
    postgres = make_postgres(output_plugin_libraries="pgoutput, test_decoding")
    check_refused(run(postgres, nats), REFUSED, "output_plugin_libraries = 'pgoutput, test_decoding, waljet'",
                  "pg_reload_conf")
    check_nothing_started(postgres, nats)


def test_plugin_not_installed(make_postgres, nats):
    postgres = make_postgres(dynamic_library_path="$libdir")
    check_refused(run(postgres, nats), REFUSED, "waljet", "install")
    check_nothing_started(postgres, nats)


def test_wal_level_too_low(make_postgres, nats):
    postgres = make_postgres(wal_level="replica")
    check_refused(run(postgres, nats), REFUSED, "wal_level", "logical", "restart")
    check_nothing_started(postgres, nats)


def test_slot_of_another_plugin(postgres, nats):
    postgres.execute("select pg_create_logical_replication_slot('waljet_app', 'test_decoding')")
    before = postgres.slot("waljet_app")
    check_refused(run(postgres, nats), REFUSED, "waljet_app", "test_decoding")
    assert postgres.slot("waljet_app")["confirmed_flush_lsn"] == before["confirmed_flush_lsn"]
    assert nats.stream_info("app") is None


def test_slot_of_another_database(postgres, nats):
    postgres.create_database("other")
    postgres.execute("select pg_create_logical_replication_slot('waljet_app', 'waljet')", dbname="other")
    check_refused(run(postgres, nats), REFUSED, "waljet_app", "other")
    assert nats.stream_info("app") is None


def test_role_without_replication(postgres, nats):
    postgres.execute("create role cdc login")
    check_refused(run(postgres, nats, user="cdc"), REFUSED, "cdc", "REPLICATION")
    check_nothing_started(postgres, nats)


def test_wrong_password(postgres, nats):
    check_refused(run(postgres.uri(password="wrong"), nats), REFUSED, "password")
    check_nothing_started(postgres, nats)


# ---- NATS ----

def test_nats_without_jetstream(postgres, make_nats):
    nats = make_nats(jetstream=False)
    check_refused(run(postgres, nats, timeout=90), REFUSED, "JetStream")
    assert postgres.slot("waljet_app") is None


def test_stream_that_does_not_cover_the_subjects(postgres, nats):
    nats.stream_create("app", ["app.public.users.>"])
    check_refused(run(postgres, nats), REFUSED, "app.public.users.>", "app.*.*.*")
    assert postgres.slot("waljet_app") is None


def test_wrong_nats_password(postgres, make_nats):
    nats = make_nats('authorization { user: "u", password: "p" }', jetstream=False)
    done = run(postgres, f"nats://u:wrong@127.0.0.1:{nats.port}")
    check_refused(done, REFUSED, "uthorization")
    assert "wrong" not in done.stderr
    assert postgres.slot("waljet_app") is None


# ---- unreachable: retried for ever, said once ----

def test_unreachable_nats_is_said_once_and_retried(postgres, make_nats, make_streamer):
    nats = make_nats()
    nats.stop()
    streamer = make_streamer(postgres, nats).start()
    streamer.wait_for_log(f"127.0.0.1:{nats.port}")
    wait.always(streamer.alive, 4)
    lines = [line for line in streamer.log_text().splitlines() if str(nats.port) in line]
    assert len(lines) == 1, streamer.log_text()
    assert postgres.slot("waljet_app") is None
    nats.start()
    streamer.wait_for_log("ready", 30)
    assert streamer.terminate() == 0


def test_unreachable_postgres_is_said_once_and_retried(make_postgres, nats, make_streamer):
    postgres = make_postgres()
    postgres.stop()
    streamer = make_streamer(postgres, nats).start()
    streamer.wait_for_log("PostgreSQL")
    wait.always(streamer.alive, 4)
    warnings = [line for line in streamer.log_text().splitlines() if "PostgreSQL" in line]
    assert len(warnings) == 1, streamer.log_text()
    postgres.start()
    streamer.wait_for_log("ready", 30)
    assert streamer.terminate() == 0


def test_database_that_comes_later(postgres, nats, make_streamer):
    streamer = make_streamer(postgres, nats, dbname="later").start()
    streamer.wait_for_log("later")
    postgres.create_database("later")
    streamer.wait_for_log("ready", 30)


def test_nobody_listens_there_ever(nats, make_streamer):
    streamer = make_streamer(f"host=127.0.0.1 port={free_port()} dbname=postgres user=postgres", nats).start()
    streamer.wait_for_log("PostgreSQL")
    assert streamer.terminate() == 0
