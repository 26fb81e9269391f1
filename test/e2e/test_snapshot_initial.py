"""Existing rows, then the stream: a consumer that reads all of it has what the tables have."""

import json
import random
from dataclasses import replace

import pytest

from harness import wait
from harness.churn import KEYLESS, Churn, make_tables, shapes
from harness.postgres import server_version
from harness.rebuilt import is_row
from harness.rss import peak_kb, within
from harness.snapshots import MEMORY_KB, READERS, SnapshotPipeline, harmful_locks, simple_tables
from harness.tap import Tap
from harness.victims import VICTIMS
from test_rules import SALT, leaks


@pytest.fixture
def make_tap(servers):
    def make(server):
        tap = Tap(server.port)
        servers.append(tap)
        return tap
    return make


# ---- the rebuilt tables equal the source ----

WAYS = {
    "debezium": ((), 1.0, True),
    "wal-listener, grouped, partition root": (("--format", "wal-listener", "--grouping", "run", "--partition-root", "on"), 0.2, False),
    "key subjects, four workers": (("--subject", "{name}.{table}.{key}.{action}", "--snapshot-workers", "4",
                                    "--max-pending", "50"), 0.05, True),
}


@pytest.mark.parametrize("way", WAYS)
def test_rebuilt_tables_equal_the_source(make_app, postgres, full, seed, way):
    """Twenty tables under load; rows come before changes, each marked with its place and a unique id.

    But for those of a table that is truncated before it is read: another test has such.
    """
    arguments, part, leaves = WAYS[way]
    rows = int((5_000_000 if full else 500_000) * part)
    app = make_app("--snapshot", "initial", *arguments)
    chosen = [replace(shape, truncate=False) for shape in shapes(rows)]
    count = make_tables(postgres, chosen, rows)
    with harmful_locks(postgres) as locks, Churn(postgres, chosen, rows, seed) as load:
        app.start()
        app.complete(timeout=600)
        app.ready()
        behind = load.changes + 2000
        wait.until(lambda: load.changes >= behind, 60)
    load.check_rate(full)
    rebuilt = app.check_rebuilt(strict=True, leaves=leaves)
    assert not locks.values, locks.values
    assert within(peak_kb(app.streamer.pid), MEMORY_KB)
    messages = rebuilt.messages
    messages.check_ends()
    assert messages.last_row < messages.first_event
    assert rebuilt.rows >= 0.95 * count
    assert messages.subjects["read"] == messages.row_messages and messages.subjects["update"] > 0
    job = app.job()
    assert job["rows"] == rebuilt.rows
    app.stop()


def test_a_row_says_that_it_was_read(make_app, postgres):
    simple_tables(postgres, "t", rows=3)
    for name, arguments in (("app", ()), ("wal", ("--format", "wal-listener"))):
        app = make_app("--snapshot", "initial", *arguments, name=name)
        app.run()
        app.complete()
        postgres.execute("update t set note = 'new' where id = 2")
        app.confirmed()
        *rows, change = app.messages()
        assert [message.subject for message in rows] == [f"{name}.public.t.read"] * 3
        assert [is_row(message) for message in (*rows, change)] == [True] * 3 + [False]
        app.stop()
    bodies = [json.loads(message.body) for message in rows]
    assert {body["action"] for body in bodies} == {"READ"}
    assert all("dataOld" not in body or body["dataOld"] in (None, {}) for body in bodies)
    assert len({body["id"] for body in bodies}) == 3


def test_only(make_app, postgres):
    """Everything is stored, nothing is streamed, no slot is left, exit code 0."""
    simple_tables(postgres, "one", "two", rows=3000)
    app = make_app("--snapshot", "only")
    app.start()
    assert app.streamer.wait(60) == 0, app.log_tail()
    assert app.slot() is None
    assert app.job_state() == "complete"
    rebuilt = app.rebuild(strict=True)
    assert not rebuilt.differences(postgres)
    assert rebuilt.rows == 6000 and rebuilt.events == 0
    rebuilt.messages.check_ends()


def test_a_second_start_reads_nothing(make_app, postgres):
    simple_tables(postgres, "t", rows=100)
    app = make_app("--snapshot", "initial")
    app.run()
    app.complete()
    app.stop()
    postgres.execute("insert into t values (101, 'between')")
    app.run()
    postgres.execute("insert into t values (102, 'behind')")
    rebuilt = app.check_rebuilt(strict=True)
    assert (rebuilt.rows, rebuilt.events) == (100, 2)


def test_no_tables_and_no_rows(make_app, postgres):
    """There may be nothing to read: it is complete, and streaming begins."""
    app = make_app("--snapshot", "initial")  # the table `numbers` is empty
    app.run()
    app.complete()
    app.write(10)
    assert app.check_rebuilt(strict=True).events == 10


def test_filters_apply_to_rows(make_app, postgres):
    """Tables, columns and predicates: a row is shown as its changes are."""
    simple_tables(postgres, "kept", "left_out", rows=100)
    postgres.psql("create table masked (id int primary key, secret text, shown text);"
                  "insert into masked select n, 'secret', 'shown' from generate_series(1, 10) n;")
    rules = ('[{"table":"kept","where":"id > 90"},'
             '{"table":"masked","columns":{"exclude":["shown"],"mask":["secret"]}}]')
    app = make_app("--snapshot", "initial", "--rules", rules)
    app.run()
    app.complete()
    bodies = [json.loads(message.body) for message in app.messages()]
    assert {body["source"]["table"] for body in bodies} == {"kept", "masked"}
    assert sorted(body["after"]["id"] for body in bodies if body["source"]["table"] == "kept") == list(range(91, 101))
    assert {tuple(body["after"].items())[1:] for body in bodies if body["source"]["table"] == "masked"} == {(("secret", "****"),)}


# ---- whatever dies ----

@pytest.mark.parametrize("keyless", [False, True], ids=["keyed", "keyless"])
@pytest.mark.parametrize("victim", VICTIMS)
def test_killed_at_any_moment(make_app, postgres, seed, victim, keyless, full):
    """Finished by chunks; begun anew where a table has no key, and consumers are told to discard."""
    rng = random.Random(f"{seed}/{victim}/{keyless}")
    rows = 60_000 if full else 20_000
    chosen = [shape for shape in shapes(rows) if keyless or shape is not KEYLESS]
    app = make_app("--snapshot", "initial", "--max-pending", "64")
    count = make_tables(postgres, chosen, rows)
    with Churn(postgres, chosen, rows, seed, rate=400):
        app.start()
        for _ in range(2):
            moment = app.rows_stored() + rng.randint(0, count // 3)
            wait.until(lambda moment=moment: app.job_state() == "complete" or app.rows_stored() >= moment, 60,
                       retry=(OSError, LookupError, ValueError), message=app.log_tail)
            VICTIMS[victim](app)
        app.ready()
        app.complete(timeout=120)
    rebuilt = app.check_rebuilt()
    assert rebuilt.rows >= 0.9 * count
    if not keyless:
        assert not rebuilt.messages.discards
    app.stop()


def interrupted_without_key(make_app, postgres, link, rows):
    """Killed while it reads tables of which one has no key: that one cannot be read in chunks."""
    simple_tables(postgres, "keyed", rows=200)
    postgres.psql("create table bare (note text); alter table bare replica identity full;"
                  f"insert into bare select repeat('x', 200) || n / 3 from generate_series(1, {rows}) n;")
    link.limit(1_000_000)
    app = make_app()
    app.start("--snapshot", "initial", nats=f"nats://127.0.0.1:{link.port}")
    app.rows_stored_some(500)
    app.kill()
    assert app.job_state() == "running"
    return app


def test_a_keyless_table_starts_over(make_app, postgres, make_proxy, nats):
    """What was stored of all tables is to be discarded."""
    app = interrupted_without_key(make_app, postgres, make_proxy(nats), 30_000)
    postgres.execute("insert into bare values ('meanwhile')")
    app.run("--snapshot", "initial")
    app.complete()
    rebuilt = app.check_rebuilt()
    assert sorted(subject.split(".")[2] for subject in rebuilt.messages.discards) == ["bare", "keyed", "numbers"]
    assert rebuilt.rows > 30000 + 500
    assert rebuilt.messages.ends[0][0] == "first" and rebuilt.messages.ends[-1][0] == "last"


def test_nobody_wants_it_any_more(make_app, postgres, make_proxy, nats):
    """`--snapshot never`: that rows are missing is said, and changes go on from where the slot begins."""
    app = interrupted_without_key(make_app, postgres, make_proxy(nats), 10_000)
    postgres.execute("update keyed set note = 'meanwhile' where id <= 100")
    app.run("--snapshot", "never")
    postgres.execute("insert into bare select 'later' from generate_series(1, 50)")
    app.confirmed()
    warning, = app.log("did not come to its end")
    assert "warning" in warning and "rows of its tables are missing" in warning
    rebuilt = app.rebuild()
    assert (rebuilt.messages.subjects["update"], rebuilt.messages.subjects["insert"]) == (100, 50)
    assert not rebuilt.messages.discards and 500 <= rebuilt.rows < 10_000
    app.stop()
    app.run("--snapshot", "initial")  # it can still be had
    app.complete()
    assert app.check_rebuilt().messages.discards


def test_two_processes_begin_at_once(make_app, postgres, make_proxy, nats):
    """One of them reads the rows, the other stands by and takes over: the slot is nobody's while rows are read."""
    simple_tables(postgres, "t", rows=5000, size=200)
    gate, link = make_proxy(postgres), make_proxy(nats)
    gate.hold()
    link.limit(1_000_000)
    app = make_app("--snapshot", "initial")
    uri = postgres.uri().replace(f":{postgres.port}/", f":{gate.port}/")
    both = [app.start(postgres=uri, nats=f"nats://127.0.0.1:{link.port}") for _ in range(2)]
    wait.until(lambda: gate.connections() == 2)
    gate.heal()
    first = wait.until(lambda: [one for one in both if one.process.log_lines("created slot")], message=app.log_tail)[0]
    second, = (one for one in both if one is not first)
    second.wait_for_log("standing by", 20)
    assert app.job_state() != "complete", "it is too late"
    link.heal()
    app.complete()
    first.wait_for_log("ready: publishing", 30)
    assert not second.process.log_lines("created slot|ready: publishing")
    app.write(5)
    app.stored()
    first.kill()
    app.streamer = second
    app.ready()
    app.write(5)
    rebuilt = app.check_rebuilt(strict=True)
    assert (rebuilt.rows, rebuilt.events) == (5000, 10)
    rebuilt.messages.check_ends()


def test_a_lost_slot_starts_over(make_app, postgres, make_proxy, nats):
    """What was not read cannot be finished beside a stream that has a gap."""
    simple_tables(postgres, "t", rows=5000, size=200)
    link = make_proxy(nats)
    link.limit(1_000_000)
    app = make_app("--snapshot", "initial")
    app.start(nats=f"nats://127.0.0.1:{link.port}")
    app.rows_stored_some(200)
    app.kill()
    wait.until(lambda: not app.slot()["active"])
    postgres.execute("select pg_drop_replication_slot('waljet_app')")
    postgres.execute("delete from t where id <= 100")
    app.run()
    app.complete()
    rebuilt = app.check_rebuilt()
    assert rebuilt.messages.discards


# ---- pause, resume, cancel ----

@pytest.fixture
def stuck(make_app, postgres, make_proxy, nats):
    """An initial snapshot that waits for a table that somebody has locked, and the session that has."""
    simple_tables(postgres, "bulk_1", "bulk_2", rows=400, size=40_000)
    simple_tables(postgres, "locked", rows=10)
    link = make_proxy(nats)
    link.limit(2_000_000)
    app = make_app("--snapshot", "initial")
    app.start(nats=f"nats://127.0.0.1:{link.port}")
    app.rows_stored_some(3)
    session = postgres.connect(autocommit=False)
    session.cursor().execute("lock table locked in access exclusive mode")
    assert app.rows_stored("*.*.locked.read") == 0, "it is too late"
    link.heal()
    wait.until(lambda: postgres.execute("select 1 from pg_locks where not granted") and app.rows_stored() > 700, 60,
               message=app.log_tail)
    yield app, session
    session.close()


def test_cancelled_while_no_row_comes(stuck, postgres):
    """It is heard at once; the changes follow, and the reader is gone."""
    app, _ = stuck
    assert app.command("cancel").returncode == 0
    app.ready()
    app.write(3)
    app.stored()
    assert app.job_state() == "cancelled"
    wait.until(lambda: not app.readers())
    assert app.rows_stored("*.*.locked.read") == 0


def test_paused_while_no_row_comes(stuck):
    app, session = stuck
    assert app.command("pause").returncode == 0
    app.streamer.wait_for_log("snapshot [0-9a-f]+ paused", 30)
    session.rollback()
    assert app.command("resume").returncode == 0
    app.complete()
    assert app.check_rebuilt(strict=True).rows == 810


# ---- what happens to a table between export and read ----

def test_rewritten_and_emptied_tables_are_read_all_the_same(make_app, postgres, make_proxy, nats):
    """Through the exported snapshot they would look empty, with nothing in the stream to say so (rule 26)."""
    simple_tables(postgres, "bulk_1", "bulk_2", rows=400, size=40_000)
    simple_tables(postgres, "rewritten", "emptied", "refilled", "dropped", "renamed", rows=500)
    postgres.psql("alter table bulk_1 alter note set storage external; update bulk_1 set note = note;"
                  "alter table bulk_2 alter note set storage external; update bulk_2 set note = note; vacuum full analyze;")
    link = make_proxy(nats)
    link.limit(2_000_000)
    app = make_app("--snapshot", "initial")
    app.start(nats=f"nats://127.0.0.1:{link.port}")
    app.rows_stored_some(3)
    locked = {name for name, in postgres.execute(
        f"select relation::regclass::text from pg_locks join pg_stat_activity using (pid) where {READERS} and relation is not null")}
    assert not locked & {"rewritten", "emptied", "refilled", "dropped", "renamed"}, "it is too late"
    postgres.psql("alter table rewritten add stamp timestamptz default clock_timestamp();"
                  "truncate emptied; begin; truncate refilled; insert into refilled values (1, 'new'); commit;"
                  "drop table dropped; alter table renamed rename to named;")
    assert app.rows_stored("app.public.*.read") < 800, "it is too late"
    link.heal()
    app.ready()
    app.complete()
    rebuilt = app.check_rebuilt()
    assert len(rebuilt.copies["public.rewritten"].rows) == 500
    assert len(rebuilt.copies["public.refilled"].rows) == 1
    assert not rebuilt.copies["public.emptied"].rows


# ---- no harm ----

def test_time_outs_are_survived(make_app, postgres, make_proxy, nats):
    """Of the role: statements and transactions are short; a snapshot is not."""
    simple_tables(postgres, "t", rows=20_000, size=200)
    settings = ["statement_timeout = '300ms'", "idle_in_transaction_session_timeout = '300ms'", "lock_timeout = '300ms'"]
    if server_version() >= 14:
        settings.append("idle_session_timeout = '300ms'")
    if server_version() >= 17:
        settings.append("transaction_timeout = '300ms'")
    link = make_proxy(nats)
    link.limit(2_000_000)  # some seconds
    app = make_app("--snapshot", "initial")
    postgres.psql("create role hasty superuser login;" + "".join(f"alter role hasty set {setting};" for setting in settings))
    app.start(postgres=postgres.conninfo(user="hasty"), nats=f"nats://127.0.0.1:{link.port}")
    app.rows_stored_some(5000)
    link.heal()
    app.ready()
    app.complete()
    rebuilt = app.check_rebuilt(strict=True)
    assert rebuilt.rows == 20_000
    rebuilt.messages.check_ends()


SECRETS = """
    create table t (id int primary key, excluded text, masked text, hashed text, number int, large text, shown text);
    alter table t alter large set storage external;
    insert into t select n, 's3cr3t', 's3cr3t', 's3cr3t', 918273645, repeat('s3cr3t', 2000), 'shown' from generate_series(1, 50) n;
"""
RULES = '[{"table":"t","columns":{"exclude":["excluded","large"],"mask":["masked","number"],"hash":["hashed"]}}]'


@pytest.mark.parametrize("how", ["initial", "on demand"])
def test_what_is_hidden_does_not_cross_the_connection(make_postgres, nats, make_streamer, make_tap, how):
    postgres = make_postgres(**{"waljet.hash_salt": SALT})
    postgres.psql(SECRETS)
    for name, arguments in (("open", ()), ("closed", ("--rules", RULES))):
        tap = make_tap(postgres)
        app = SnapshotPipeline(make_streamer, postgres, nats, *arguments, name=name)
        uri = f"{postgres.uri().replace(f':{postgres.port}/', f':{tap.port}/')}?sslmode=disable"
        app.start(*(("--snapshot", "initial") if how == "initial" else ()), postgres=uri)
        app.ready()
        if how == "on demand":
            app.request("t")
        app.complete()
        assert app.rows_stored() == 50
        assert b"shown" in tap.received
        assert bool(leaks(tap.received)) == (name == "open")
        app.stop()


# ---- wrong uses ----

def refused(app, code, *words):
    """It ends with this exit code and one sentence that has all the words; nothing is left in the server."""
    app.start()
    assert app.streamer.wait(30) == code, app.log_tail()
    log = app.streamer.log_text()
    assert any(all(word in line for word in words) for line in log.splitlines()), log
    assert app.slot() is None


def test_without_the_extension(make_app, postgres):
    app = make_app("--snapshot", "initial")
    postgres.execute("drop extension waljet")
    refused(app, 1, "CREATE EXTENSION waljet")


def test_with_the_extension_of_another_version(make_app, postgres):
    app = make_app("--snapshot", "initial")
    postgres.execute("update pg_extension set extversion = '0.0.9' where extname = 'waljet'")
    refused(app, 1, "0.0.9", "waljet")


def test_without_the_right_to_read(make_app, postgres):
    simple_tables(postgres, "readable", "secret", rows=3)
    app = make_app("--snapshot", "initial")
    postgres.psql("create role reader replication login; grant select on readable, numbers to reader;")
    app.start(postgres=postgres.conninfo(user="reader"))
    assert app.streamer.wait(30) == 1, app.log_tail()
    assert app.log("public.secret.*GRANT SELECT|GRANT SELECT.*public.secret"), app.log_tail()
    assert app.slot() is None


def test_rows_hidden_by_row_security_are_an_error(make_app, postgres):
    """A snapshot without them would be wrong, and nobody would know."""
    simple_tables(postgres, "t", rows=3)
    app = make_app("--snapshot", "initial")
    postgres.psql("create role reader replication login; grant select on t, numbers to reader;"
                  "alter table t enable row level security; create policy one_row on t using (id = 1);")
    app.start(postgres=postgres.conninfo(user="reader"))
    assert app.streamer.wait(30) == 1, app.log_tail()
    assert app.log("public.t.*row.level security|row.level security.*public.t"), app.log_tail()
    assert app.slot() is None


def test_with_a_slot_that_somebody_made(make_app, postgres):
    app = make_app("--snapshot", "initial")
    postgres.execute("select pg_create_logical_replication_slot('waljet_app', 'waljet')")
    app.start()
    assert app.streamer.wait(30) == 1, app.log_tail()
    assert app.log("waljet_app.*(drop|snapshot)"), app.log_tail()
