"""`waljet snapshot`: rows of tables that changes go on in, read in chunks between these changes."""

import json
import random
import threading
import time

import pytest

from harness import wait
from harness.churn import KEYLESS, Churn, make_tables, shapes
from harness.rebuilt import is_row
from harness.rss import peak_kb, within
from harness.sampler import Sampler
from harness.snapshots import MEMORY_KB, READERS, harmful_locks, simple_tables
from harness.victims import VICTIMS


def keyed(rows):
    return [shape for shape in shapes(rows) if shape is not KEYLESS]


def names_of(chosen):
    return ",".join(shape.name for shape in chosen)


def chunky_table(postgres, name="t", rows=5000):
    """Some chunks: with 2 kB a row one has about 1000 (director: 2 MiB)."""
    simple_tables(postgres, name, rows=rows, size=2000)


# ---- the rebuilt tables equal the source ----

WAYS = {
    "debezium": ((), 1.0, True),
    "wal-listener, grouped, partition root": (("--format", "wal-listener", "--grouping", "run", "--partition-root", "on"), 0.2, False),
}


@pytest.mark.parametrize("way", WAYS)
def test_rebuilt_tables_equal_the_source(make_app, postgres, full, seed, way):
    """A consumer that has seen nothing of what was there before the slot."""
    arguments, part, leaves = WAYS[way]
    rows = int((5_000_000 if full else 500_000) * part)
    app = make_app(*arguments)
    chosen = keyed(rows)
    count = make_tables(postgres, chosen, rows)
    app.run()
    with harmful_locks(postgres) as locks, Churn(postgres, chosen, rows, seed) as load:
        behind = load.changes + 1000
        wait.until(lambda: load.changes >= behind, 60)
        app.request(names_of(chosen))
        app.complete(timeout=600)
        behind = load.changes + 1000
        wait.until(lambda: load.changes >= behind, 60)
    load.check_rate(full)
    rebuilt = app.check_rebuilt(leaves=leaves)
    assert not locks.values, locks.values
    assert within(peak_kb(app.streamer.pid), MEMORY_KB)
    rebuilt.messages.check_ends()
    assert rebuilt.messages.first_event < rebuilt.messages.last_row
    assert rebuilt.rows >= 0.9 * count
    app.stop()


def test_a_row_is_like_a_change(make_app, postgres):
    """The same row: the same `after`."""
    postgres.psql("create table t (id int primary key, note text, at timestamptz default now(), n numeric, j jsonb)")
    app = make_app()
    app.run()
    postgres.psql("insert into t select n, 'note', now(), n / 3.0, '[1, {\"a\": null}]' from generate_series(1, 3) n")
    app.request("t")
    app.complete()
    app.confirmed()
    bodies = [(is_row(message), json.loads(message.body)) for message in app.messages()]
    changes = [body["after"] for row, body in bodies if not row]
    assert [body["after"] for row, body in bodies if row] == changes and len(changes) == 3
    for row, body in bodies:
        assert (body["op"], body["source"]["snapshot"]) == (("r", "incremental") if row else ("c", "false"))


def test_rows_twice(make_app, postgres):
    """Each job reads what is there then, with ids of its own."""
    simple_tables(postgres, "t", rows=100)
    app = make_app()
    app.run()
    for _ in range(2):
        app.request("t")
        app.complete()
        postgres.execute("delete from t where id <= 10")
    rebuilt = app.check_rebuilt()
    assert rebuilt.rows == 100 + 90
    assert [what for what, _ in rebuilt.messages.ends] == ["first", "last"] * 2


def test_tables_are_named_as_in_the_filter(make_app, postgres):
    simple_tables(postgres, "one", "two", '"Odd.Table"', rows=10)
    postgres.psql("create schema s; create table s.one (id int primary key); insert into s.one values (1);"
                  "create table parted (id int primary key) partition by range (id);"
                  "create table parted_1 partition of parted for values from (1) to (6);"
                  "create table parted_2 partition of parted for values from (6) to (11);"
                  "insert into parted select generate_series(1, 10);")
    app = make_app()
    app.run()
    for tables, count in (("one", 11), ("public.one", 10), ('"Odd.Table",public.t*', 20), ("parted", 10)):
        before = app.rows_stored()
        app.request(tables)
        app.complete()
        assert app.rows_stored() == before + count, tables


def test_where(make_app, postgres):
    simple_tables(postgres, "t", rows=1000)
    app = make_app()
    app.run()
    app.request("t", "--where", "id % 10 = 0")
    app.complete()
    assert sorted(json.loads(message.body)["after"]["id"] for message in app.messages()) == list(range(10, 1001, 10))


def test_the_command_waits_and_shows_progress(make_app, postgres):
    simple_tables(postgres, "one", "two", rows=50)
    app = make_app()
    app.run()
    done = app.command("--tables", "one,two")
    assert done.returncode == 0, done.stderr
    assert "complete" in done.stdout and "100 rows" in done.stdout and "public.one" in done.stdout, done.stdout
    assert app.job_state() == "complete" and app.rows_stored() == 100
    done = app.command("--tables", "one", "--json")
    assert done.returncode == 0, done.stderr
    last = [json.loads(line) for line in done.stdout.splitlines()][-1]
    assert last["state"] == "complete"


# ---- rate, pause, resume, cancel ----

def test_rate(make_app, postgres):
    """Rows a second over a while, neither far more nor far less."""
    chunky_table(postgres, rows=12_000)
    app = make_app()
    app.run()
    app.request("t", "--rate", "2000")
    app.rows_stored_some(1)
    begin, first = time.monotonic(), app.rows_stored()
    wait.until(lambda: app.rows_stored() >= first + 6000, 30)
    seconds = time.monotonic() - begin
    assert 1.5 < seconds < 6, "2000 rows a second"  # a chunk at a time
    app.complete()
    assert app.check_rebuilt().rows == 12_000


def test_pause_and_resume(make_app, postgres):
    """Also over a restart."""
    chunky_table(postgres, rows=6000)
    app = make_app()
    app.run()
    app.request("t", "--rate", "3000")
    app.rows_stored_some(1)
    assert app.command("pause").returncode == 0
    app.job_becomes("paused")
    app.confirmed()
    stored = app.rows_stored()
    assert 0 < stored < 6000
    wait.always(lambda: app.rows_stored() == stored and not app.readers(), 1.5)
    postgres.execute("update t set note = 'meanwhile' where id % 7 = 0")
    app.stop()
    app.run()
    wait.always(lambda: app.rows_stored() == stored, 1)
    assert app.command("resume").returncode == 0
    app.complete()
    rebuilt = app.check_rebuilt()
    assert 6000 <= rebuilt.rows < 6000 + stored, "it went on from where it was"


def test_cancel(make_app, postgres):
    chunky_table(postgres, rows=6000)
    app = make_app()
    app.run()
    app.request("t", "--rate", "2000")
    app.rows_stored_some(1)
    second = app.command("--tables", "t", "--no-wait")
    assert second.returncode == 1 and "cancel" in second.stderr, second
    assert app.command("cancel").returncode == 0
    app.job_becomes("cancelled")
    app.confirmed()
    stored = app.rows_stored()
    wait.always(lambda: app.rows_stored() == stored and not app.readers(), 1.5)
    assert stored < 6000
    postgres.execute("update t set note = 'streamed' where id = 1")
    app.confirmed()
    app.request("t")  # another one
    app.complete()
    assert app.check_rebuilt().rows == 6000 + stored


def test_a_command_that_waits_ends_with_the_job(make_app, postgres):
    chunky_table(postgres, rows=6000)
    app = make_app()
    app.run()
    done = {}
    waiting = threading.Thread(target=lambda: done.update(command=app.command("--tables", "t", "--rate", "2000")))
    waiting.start()
    app.rows_stored_some(1)
    assert app.command("cancel").returncode == 0
    waiting.join(30)
    assert done["command"].returncode == 1
    assert "cancel" in done["command"].stdout + done["command"].stderr


# ---- whatever dies ----

@pytest.mark.parametrize("victim", VICTIMS)
def test_killed_at_any_moment(make_app, postgres, seed, victim, full):
    """It goes on behind the last chunk that was stored."""
    rng = random.Random(f"{seed}/{victim}")
    rows = 60_000 if full else 20_000
    chosen = keyed(rows)
    app = make_app("--max-pending", "64")
    count = make_tables(postgres, chosen, rows)
    app.run()
    with Churn(postgres, chosen, rows, seed, rate=400):
        app.request(names_of(chosen))
        for _ in range(2):
            moment = app.rows_stored() + rng.randint(0, count // 3)
            wait.until(lambda moment=moment: app.job_state() == "complete" or app.rows_stored() >= moment, 60,
                       retry=(OSError, LookupError, ValueError), message=app.log_tail)
            VICTIMS[victim](app)
        app.complete(timeout=120)
    rebuilt = app.check_rebuilt()
    assert 0.9 * count <= rebuilt.rows < 2.5 * count
    app.stop()


def test_requested_while_the_pipeline_is_away(make_app, postgres):
    """Nobody would do it: it is not left behind, to be done at some other time."""
    simple_tables(postgres, "t", rows=10)
    app = make_app()
    app.run()
    app.kill()
    wait.until(lambda: not app.slot()["active"])
    done = app.command("--tables", "t")
    assert done.returncode == 1 and "waljet run" in done.stderr, done
    app.run()
    wait.always(lambda: app.rows_stored() == 0, 1)


# ---- a synchronous standby that is away (rule 27) ----

class Hanging:
    """A writer whose commit waits for a standby that is not there: in the log, and seen by nobody."""

    def __init__(self, postgres, sql):
        self.postgres = postgres
        self.sql = sql
        self.thread = threading.Thread(target=self._run, daemon=True)

    def start(self):
        self.thread.start()
        wait.until(lambda: self.postgres.execute("select 1 from pg_stat_activity where wait_event = 'SyncRep'"), 20)
        return self

    def _run(self):
        self.postgres.execute(self.sql)

    def ended(self):
        self.thread.join(20)
        assert not self.thread.is_alive()


def notes(app, number):
    """What the stream says of this row, in its order."""
    bodies = [json.loads(message.body) for message in app.messages()]
    return [body["after"]["note"] for body in bodies if body["after"] and body["after"]["id"] == number]


def test_an_old_row_does_not_follow_a_newer_change(make_app, postgres):
    """The change is stored before the snapshot is asked for, and no snapshot shows it until the standby is back."""
    simple_tables(postgres, "t", rows=50)
    app = make_app()
    app.run()
    postgres.configure(synchronous_standby_names="away")
    writer = Hanging(postgres, "update t set note = 'new' where id = 5").start()
    wait.until(lambda: notes(app, 5) == ["new"], 20, message=app.log_tail)
    assert postgres.execute("select note from t where id = 5") != [("new",)], "it is seen already: this test shows nothing"
    app.request("t")
    wait.always(lambda: set(notes(app, 5)) == {"new"}, 2)
    postgres.configure(synchronous_standby_names="")
    writer.ended()
    app.complete()
    assert set(notes(app, 5)) == {"new"}
    assert app.check_rebuilt().rows >= 50


@pytest.mark.parametrize("change, last", [
    ("update {table} set note = 'new' where id % 50 = 1", "new"), ("delete from {table} where id % 50 = 1", None),
    ("update {table} set id = -id where id % 50 = 1", None), ("truncate {table}", None)])
def test_changes_that_no_snapshot_shows_win_over_chunks(make_app, postgres, change, last):
    """The standby goes away in the middle of a job."""
    chunky_table(postgres, rows=8000)
    app = make_app()
    app.run()
    app.request("t", "--rate", "4000")
    app.rows_stored_some(1)
    postgres.configure(synchronous_standby_names="away")
    writer = Hanging(postgres, change.format(table="t")).start()
    assert app.job_state() == "running", "it is too late"
    app.confirmed()  # what hangs is stored
    wait.always(app.streamer.alive, 1)
    postgres.configure(synchronous_standby_names="")
    writer.ended()
    app.complete()
    rebuilt = app.check_rebuilt()
    row = rebuilt.copies["public.t"].rows.get((1,))
    assert (row and row[1]) == last


# ---- no harm ----

def test_time_outs_are_survived(make_app, postgres):
    """Of the role: they are switched off where rows are read, and nobody else's transaction is held up."""
    chunky_table(postgres, rows=6000)
    app = make_app()
    postgres.psql("create role hasty superuser login; alter role hasty set statement_timeout = '20ms';"
                  "alter role hasty set lock_timeout = '20ms';"
                  "alter role hasty set idle_in_transaction_session_timeout = '20ms';")
    app.run(postgres=postgres.conninfo(user="hasty"))
    app.request("t")
    app.complete()
    assert app.check_rebuilt().rows == 6000


def test_no_transaction_is_longer_than_its_chunk(make_app, postgres):
    chunky_table(postgres, rows=20_000)
    app = make_app()
    app.run()
    oldest = f"select extract(epoch from max(now() - xact_start)) from pg_stat_activity where {READERS}"
    with Sampler(lambda: postgres.execute(oldest)[0][0], 0.02) as ages, harmful_locks(postgres) as locks:
        app.request("t", "--rate", "8000")
        app.complete()
    assert ages.values and max(ages.values) < 1.0
    assert not locks.values


def test_a_table_that_is_locked_is_waited_for(make_app, postgres):
    """And what happened to it meanwhile is respected."""
    chunky_table(postgres, rows=6000)
    app = make_app()
    app.run()
    app.request("t", "--rate", "4000")
    app.rows_stored_some(1)
    connection = postgres.connect(autocommit=False)
    with connection.cursor() as cursor:
        cursor.execute("lock table t in access exclusive mode")
        wait.until(lambda: postgres.execute(f"select 1 from pg_stat_activity where {READERS} and wait_event_type = 'Lock'"), 20)
        cursor.execute("truncate t")
        cursor.execute("insert into t values (1, 'new')")
    connection.commit()
    connection.close()
    app.complete()
    assert list(app.check_rebuilt().copies["public.t"].rows) == [(1,)]


def test_a_table_that_is_dropped(make_app, postgres):
    """It does not stop the others, or the job fails in words; the stream goes on."""
    chunky_table(postgres, "gone", rows=6000)
    simple_tables(postgres, "stays", rows=10)
    app = make_app()
    app.run()
    app.request("gone,stays", "--rate", "2000")
    app.rows_stored_some(1)
    postgres.execute("drop table gone")
    app.job_becomes("complete", "failed")
    if app.job_state() == "failed":
        assert "gone" in app.job()["error"]
    app.write(10)
    app.confirmed()


ALTERATIONS = (
    "vacuum full {0}",
    "alter table {0} alter counter type bigint",
    "alter table {0} alter counter type int",
    "alter table {0} add column more int default 7; alter table {0} drop column more",
    "reindex table {0}",
    "begin; alter table {0} rename to elsewhere; alter table elsewhere rename to {0}; "
    "update {0} set counter = counter + 1 where n < 10; commit",
)


def test_tables_are_altered_meanwhile(make_app, postgres, seed):
    """Rewritten, renamed there and back, with other columns: a chunk has the rows that its snapshot shows."""
    rng = random.Random(seed)
    chosen = [shape for shape in keyed(20_000) if not shape.truncate]
    app = make_app()
    count = make_tables(postgres, chosen, 20_000)
    app.run()
    with Churn(postgres, chosen, 20_000, seed, rate=400):
        app.request(names_of(chosen), "--rate", "4000")
        altered = 0
        while app.job_state() != "complete":
            app.job_becomes("requested", "running", "complete")
            names = [shape.name for shape in chosen[:8] if shape.name != "parted"]  # those that take most of the time
            done = postgres.psql(rng.choice(ALTERATIONS).format(rng.choice(names)), check=False)
            assert done.returncode == 0 or "deadlock" in done.stderr, done.stderr
            altered += done.returncode == 0
    assert altered > 10
    assert app.check_rebuilt().rows >= 0.9 * count


def test_a_table_that_gets_another_key(make_app, postgres):
    """How far it was read by the one says nothing of the other, though both are numbers."""
    postgres.psql("create table t (id int primary key, back int unique not null); "
                  "insert into t select i, 6000 - i from generate_series(1, 6000) i")
    app = make_app()
    app.run()
    app.request("t", "--rate", "2000")
    app.rows_stored_some(1)
    postgres.execute("alter table t replica identity using index t_back_key")
    app.job_becomes("complete", "failed")
    assert app.job_state() == "failed" and "key has changed" in app.job()["error"], app.job()
    app.request("t")
    app.complete()
    assert len(app.check_rebuilt().copies["public.t"].rows) == 6000


# ---- wrong uses (more of them in test_snapshot_command.py) ----

@pytest.fixture
def running(make_app, postgres):
    simple_tables(postgres, "t", rows=10)
    postgres.psql("""
        create table masked_key (id int primary key, note text);
    """)
    app = make_app()
    app.run()
    return app


def check_refused(app, done, *words, code=1):
    assert done.returncode == code, done
    assert all(word in done.stderr for word in words), done.stderr
    assert "Traceback" not in done.stderr and len(done.stderr.splitlines()) <= 3, done.stderr
    assert app.job() is None


def test_masked_key(running):
    rules = '{"masked_key": {"columns": {"mask": ["id"]}}}'
    check_refused(running, running.command("--tables", "masked_key", env={"WALJET_FILTER_TABLES": rules}), "masked_key", "key")


@pytest.mark.parametrize("where", ["id =", "now() > '2000-01-01'", "nosuch = 1", "id in (select 1)"])
def test_bad_predicate(running, where):
    """Whether the command sees it or the one who reads."""
    done = running.command("--tables", "t", "--where", where)
    assert done.returncode == 1 and "predicate" in done.stderr, done
    assert running.job_state() in (None, "failed")
    running.request("t")  # nothing is in the way of the next one
    running.complete()
