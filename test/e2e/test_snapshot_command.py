"""`waljet snapshot` itself: wrong uses, what it asks for, how it follows. What the pipeline makes of it is tested apart.

Where the test is to say how a snapshot goes, the pipeline is stopped by SIGSTOP: it keeps its slot, and the test writes
the job's key in its place.
"""

import base64
import json
import re
import signal
import subprocess

import pytest

from harness import wait
from harness.natsclient import NatsError
from harness.paths import WALJET
from harness.pipeline import Pipeline
from harness.process import Process
from harness.streamer import clean_environment, waljet
from harness.wait import pause

KEY = "$KV.waljet.app.*.snapshot"


def find(postgres, nats, user="postgres"):
    return ["--postgres", postgres.conninfo(user=user), "--nats", nats.url, "--name", "app"]


@pytest.fixture
def app(postgres, nats, make_streamer):
    app = Pipeline(make_streamer, postgres, nats)
    postgres.execute("create table public.orders (id int primary key, note text)")
    return app


@pytest.fixture
def running(app):
    app.postgres.execute("create extension waljet")
    app.run()
    return app


def snapshot(app, *arguments, user="postgres", timeout=40):
    return waljet("snapshot", *arguments, *find(app.postgres, app.nats, user), timeout=timeout)


def refused(done, *words, code=1):
    assert done.returncode == code, done.stdout + done.stderr
    for word in words:
        assert re.search(word, done.stderr), done.stderr
    assert len(done.stderr.splitlines()) == 1, done.stderr


# ---- the job's key ----

def read_job(app):
    """The job and its subject; (None, None) where there is none."""
    try:
        message = app.nats.js_api("STREAM.MSG.GET.KV_waljet", {"last_by_subj": KEY})["message"]
    except NatsError:
        return None, None
    return json.loads(base64.b64decode(message["data"])), message["subject"]


def write_job(app, **fields):
    """Changes the job that there is, or writes one."""
    job, subject = read_job(app)
    if job is None:
        source = app.nats.js_api("STREAM.MSG.GET.KV_waljet", {"last_by_subj": "$KV.waljet.app.*"})["message"]["subject"]
        subject = f"{source}.snapshot"
        job = {"version": 1, "id": "4f2a", "kind": "on_demand", "state": "running", "error": "", "wanted": ["public.orders"],
               "where": "", "rate": 0, "only": False, "discard": False, "tables": [], "rows": 0, "stream_created": "",
               "marks": [], "started_us": 1, "updated_us": 1}
    job.update(fields)
    with app.nats.client() as client:
        client.js_publish(subject, json.dumps(job).encode())
    return job


def table(name, expected, rows, done=False):
    return {"name": name, "keyed": True, "rows_expected": expected, "rows": rows, "begun": rows > 0 or done, "done": done,
            "cursor": "", "begun_at": 0, "done_at": 0}


# ---- usage ----

@pytest.mark.parametrize("arguments, words", [
    ([], "--tables"),
    (["--tables", ""], "--tables"),
    (["--tables", "public..orders"], "public..orders"),
    (["--tables", "a", "--rate", "0"], "--rate"),
    (["--tables", "a", "--rate", "fast"], "--rate"),
    (["--tables", "a", "--follow", "--no-wait"], "--no-wait"),
    (["pause", "--tables", "a"], "--tables"),
    (["resume", "--rate", "5"], "--rate"),
    (["cancel", "--where", "true"], "--where"),
    (["start"], "start"),
    (["pause", "resume"], "resume"),
    (["--tables", "a", "--slot", "No"], "--slot"),
])
def test_wrong_use(arguments, words):
    """Nothing is connected to."""
    done = waljet("snapshot", *arguments, "--postgres", "host=/nowhere", "--nats", "nats://127.0.0.1:1")
    assert done.returncode == 2, done.stderr
    assert words in done.stderr


def test_help():
    done = waljet("snapshot", "--help")
    assert done.returncode == 0
    for word in ("--tables", "--where", "--rate", "--no-wait", "pause", "resume", "cancel"):
        assert word in done.stdout


# ---- no pipeline ----

def test_no_slot(app):
    refused(snapshot(app, "--tables", "public.orders"), "no running pipeline for slot waljet_app", "waljet run")


def test_nobody_runs(running):
    running.stop()
    refused(snapshot(running, "--tables", "public.orders"), "no running pipeline for slot waljet_app", "waljet run")
    assert read_job(running) == (None, None)


def test_a_slot_of_another_plugin(app):
    app.postgres.execute("select pg_create_logical_replication_slot('waljet_app', 'test_decoding')")
    refused(snapshot(app, "--tables", "public.orders"), "waljet_app", "test_decoding")


def test_servers_away(running):
    running.nats.stop()
    refused(snapshot(running, "--tables", "public.orders"), "NATS")
    running.postgres.stop()
    refused(snapshot(running, "--tables", "public.orders"), "connection|server")


# ---- what the server says ----

def test_no_extension(app):
    app.run()
    refused(snapshot(app, "--tables", "public.orders"), "CREATE EXTENSION waljet")
    assert read_job(app) == (None, None)


def test_an_extension_of_another_version(running):
    running.postgres.psql("""set allow_system_table_mods = on;
                             update pg_extension set extversion = '0.0.1' where extname = 'waljet'""")
    refused(snapshot(running, "--tables", "public.orders"), r"0\.0\.1", "ALTER EXTENSION waljet UPDATE")


def test_a_plugin_of_another_version(running):
    running.postgres.execute("create or replace function waljet.version() returns text language sql as $$ select '0.0.1' $$")
    refused(snapshot(running, "--tables", "public.orders"), r"0\.0\.1", "install")


def test_an_unknown_table(running):
    refused(snapshot(running, "--tables", "public.orders,public.absent"), "no table public.absent")
    assert read_job(running) == (None, None)


def test_a_table_that_the_filter_drops(running, tmp_path):
    file = tmp_path / "waljet.yaml"
    file.write_text("filter: {tables: [public.numbers]}\n")
    refused(snapshot(running, "-c", file, "--tables", "public.orders"), "public.orders", "filter")


def test_a_schema_that_may_not_be_used(running):
    running.postgres.execute("create role reader login replication")
    running.postgres.execute("revoke all on schema waljet from public")
    refused(snapshot(running, "--tables", "public.orders", user="reader"), "GRANT USAGE ON SCHEMA waljet")


def test_a_table_that_may_not_be_read(running):
    running.postgres.execute("create role reader login replication")
    running.postgres.execute("grant usage on schema waljet to reader")
    refused(snapshot(running, "--tables", "public.orders", user="reader"), "GRANT SELECT ON public.orders TO reader")


def test_a_table_without_a_key(running):
    running.postgres.execute("create table heap (note text)")
    refused(snapshot(running, "--tables", "public.*"), "public.heap", "key")


# ---- the request ----

def start(app, *arguments, log):
    command = [WALJET, "snapshot", "--tables", "public.orders", *arguments, *find(app.postgres, app.nats)]
    return Process(command, log, env=clean_environment()).start()


@pytest.fixture
def asked(running, tmp_path):
    """asked("--flag", …): a `waljet snapshot` whose request nobody takes by itself."""
    started = []

    def ask(*arguments):
        running.streamer.process.freeze()
        process = start(running, *arguments, log=tmp_path / f"snapshot{len(started)}.log")
        started.append(process)
        wait.until(lambda: (read_job(running)[0] or {}).get("state") == "requested", message=process.log_tail)
        return process
    yield ask
    for process in started:
        process.kill()


def test_what_is_asked_for_is_in_the_key_and_the_log(running, asked):
    running.postgres.execute("select pg_create_logical_replication_slot('probe', 'test_decoding')")
    process = asked("--where", "id > 5", "--rate", "250")
    job, subject = read_job(running)
    assert re.fullmatch(r"\$KV\.waljet\.app\.[0-9A-F]{8}\.snapshot", subject)
    assert job["kind"] == "on_demand" and job["wanted"] == ["public.orders"] and job["where"] == "id > 5"
    assert job["rate"] == 250 and job["tables"] == [] and re.fullmatch("[0-9a-f]{16}", job["id"])
    changes = wait.until(lambda: running.postgres.execute("select data from pg_logical_slot_peek_changes('probe', null, null)"))
    assert ("message: transactional: 0 prefix: waljet, sz: 3 content:job",) in changes
    write_job(running, state="complete")
    assert process.wait() == 0


def test_nobody_takes_the_request(running, asked):
    process = asked()
    assert process.wait(30) == 1
    assert "withdrawn" in process.log_text()
    assert read_job(running)[0]["state"] == "cancelled"


def test_no_wait(running, asked):
    process = asked("--no-wait")
    wait.always(process.alive, 0.5)
    write_job(running, state="running", started_us=1)
    assert process.wait() == 0
    assert "under way" in process.log_text()


# ---- another one is under way ----

@pytest.mark.parametrize("state", ["requested", "running", "paused"])
def test_one_at_a_time(running, state):
    running.streamer.process.freeze()
    job = write_job(running, state=state)
    refused(snapshot(running, "--tables", "public.orders"), job["id"], state, "public.orders", "waljet snapshot cancel")
    assert read_job(running)[0] == job


# ---- following ----

def test_lines_in_a_pipe(running, asked):
    process = asked()
    write_job(running, state="running", started_us=1, tables=[table("public.orders", 400, 100)], rows=100)
    process.wait_for_log(r"^  public\.orders  \[#{5}-{15}\]  100 / 400   25 %")
    write_job(running, state="complete", tables=[table("public.orders", 400, 390, done=True)], rows=390)
    assert process.wait() == 0
    assert process.log_lines("snapshot complete .on demand., 1 table, 390 rows")
    assert process.log_lines(r"^  public\.orders  \[#{20}\]  390  100 %  done")
    assert "\x1b" not in process.log_text()


def test_json_lines(running, asked):
    process = asked("--json")
    write_job(running, state="running", started_us=1, tables=[table("public.orders", 400, 100)], rows=100)
    process.wait_for_log('"rows":100')
    write_job(running, state="complete", tables=[table("public.orders", 400, 390, done=True)], rows=390)
    assert process.wait() == 0
    objects = [json.loads(line) for line in process.log_text().splitlines()]
    assert [one["state"] for one in objects] == ["running", "complete"]
    assert objects[0]["percent"] == 25 and objects[0]["tables"][0]["table"] == "public.orders"
    assert objects[1]["percent"] == 100 and objects[1]["rows"] == 390


def test_bars_on_a_terminal(running, asked):
    process = asked("--no-wait")
    write_job(running, state="running", started_us=1, tables=[table("public.orders", 400, 100)], rows=100)
    assert process.wait() == 0
    job, _ = read_job(running)
    write_job(running, state="complete")
    command = " ".join(f"'{word}'" for word in map(str, [
        WALJET, "snapshot", "--tables", "public.orders", "--postgres", running.postgres.uri(), "--nats", running.nats.url,
        "--name", "app"]))
    terminal = subprocess.Popen(["script", "-qefc", command, "/dev/null"], stdout=subprocess.PIPE, stdin=subprocess.DEVNULL,
                                text=True, env=clean_environment(TERM="xterm"))
    try:
        wait.until(lambda: read_job(running)[0]["id"] != job["id"])
        write_job(running, state="running", started_us=1, tables=[table("public.orders", 400, 100)], rows=100)
        pause(2)  # for some looks
        write_job(running, state="complete", tables=[table("public.orders", 400, 390, done=True)], rows=390)
        shown, _ = terminal.communicate(timeout=20)
    finally:
        terminal.kill()
    assert terminal.returncode == 0
    assert "\x1b[2A" in shown and "[#####---------------]" in shown and "done" in shown


@pytest.mark.parametrize("state, error, words", [("failed", "table public.orders was dropped", "was dropped"),
                                                 ("cancelled", "", "cancelled")])
def test_an_end_that_is_not_complete(running, asked, state, error, words):
    process = asked()
    write_job(running, state="running", started_us=1)
    process.wait_for_log("snapshot running")
    write_job(running, state=state, error=error)
    assert process.wait() == 1
    assert words in process.log_tail(1)


def test_another_one_in_its_place(running, asked):
    process = asked()
    write_job(running, state="running", started_us=1)
    process.wait_for_log("snapshot running")
    write_job(running, id="other")
    assert process.wait() == 1
    assert "other" in process.log_tail(1)


def test_a_signal_leaves_the_snapshot_running(running, asked):
    process = asked()
    job = write_job(running, state="running", started_us=1)
    process.wait_for_log("snapshot running")
    assert process.end(signal.SIGINT)[0] == 0
    assert "goes on" in process.log_tail(1)
    assert read_job(running)[0] == job


def test_nats_away_while_it_follows(running, asked):
    process = asked()
    write_job(running, state="running", started_us=1)
    process.wait_for_log("snapshot running")
    running.nats.stop()
    process.wait_for_log("NATS")
    running.nats.start()
    process.wait_for_log("NATS is back", 20)
    write_job(running, state="complete")
    assert process.wait() == 0


# ---- pause, resume, cancel ----

def test_no_snapshot_to_change(running):
    for verb in ("pause", "resume", "cancel"):
        refused(snapshot(running, verb), "there is no snapshot")


@pytest.mark.parametrize("verb, before, after", [
    ("pause", "running", "paused"), ("pause", "requested", "paused"), ("resume", "paused", "running"),
    ("cancel", "running", "cancelled"), ("cancel", "paused", "cancelled"),
])
def test_change(running, verb, before, after):
    running.streamer.process.freeze()
    job = write_job(running, state=before)
    done = snapshot(running, verb)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"snapshot 4f2a is {after}\n"
    changed, _ = read_job(running)
    assert changed.pop("updated_us") > job.pop("updated_us")
    assert changed == {**job, "state": after}


@pytest.mark.parametrize("state", ["complete", "failed", "cancelled"])
def test_change_of_one_that_is_over(running, state):
    running.streamer.process.freeze()
    job = write_job(running, state=state)
    for verb in ("pause", "resume", "cancel"):
        refused(snapshot(running, verb), "no snapshot is under way", state)
    assert read_job(running)[0] == job


def test_change_while_nobody_runs(running):
    running.stop()
    write_job(running, state="running")
    done = snapshot(running, "pause")
    assert done.returncode == 0 and "no pipeline runs" in done.stdout
    again = snapshot(running, "pause")
    assert again.returncode == 0 and "paused already" in again.stdout


def test_the_flags_of_the_pipeline_may_stand_on_either_side(running):
    running.streamer.process.freeze()
    write_job(running, state="running")
    done = waljet("snapshot", *find(running.postgres, running.nats), "pause")
    assert done.returncode == 0, done.stderr


def test_status_shows_the_snapshot(running):
    running.streamer.process.freeze()
    write_job(running, tables=[table("public.orders", 400, 100)], rows=100)
    done = waljet("status", "--json", *find(running.postgres, running.nats))
    seen = json.loads(done.stdout)["snapshot"]
    assert seen["id"] == "4f2a" and seen["state"] == "running" and seen["percent"] == 25 and seen["rows"] == 100
    people = waljet("status", *find(running.postgres, running.nats))
    assert re.search(r"snapshot +running .on demand., 1 table, 100 of about 400 rows, 25 %", people.stdout)


def test_status_for_a_job_of_a_newer_version(running):
    running.streamer.process.freeze()
    write_job(running, version=99)
    refused(snapshot(running, "--tables", "public.orders"), "newer waljet")
    done = waljet("status", "--json", *find(running.postgres, running.nats))
    assert json.loads(done.stdout)["snapshot"] is None
    assert "newer waljet" in done.stderr
