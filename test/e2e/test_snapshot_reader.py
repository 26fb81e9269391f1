"""The streamer's reader of table rows, alone: build/tools/snapshot_reader drives it against a server."""

import queue
import subprocess
import threading
import time

import pytest

from harness import wait
from harness.paths import ROOT
from harness.postgres import lsn, server_version
from harness.streamer import clean_environment

PROGRAM = ROOT / "build" / "tools" / "snapshot_reader"
OPTIONS = ["output", "frames", "name", "app"]


class Reader:
    """Sends lines to the program and takes its lines, split into fields."""

    def __init__(self, conninfo, workers):
        self.child = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", "--", PROGRAM, conninfo, "waljet_app", str(workers)],
                                      stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=clean_environment())
        self.lines = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        self.send("options", *OPTIONS)

    def _read(self):
        for line in self.child.stdout:
            self.lines.put(line.rstrip("\n").split("\t"))

    def send(self, *words):
        self.child.stdin.write("\t".join(map(str, words)) + "\n")
        self.child.stdin.flush()

    def until(self, *kinds, timeout=30.0):
        """Lines up to the first of one of these kinds, that one included."""
        lines = []
        while not lines or lines[-1][0] not in kinds:
            lines.append(self.lines.get(timeout=timeout))
        return lines

    def events_until(self, kind):
        self.send("wait", kind)
        return self.until(kind, "failed")

    def remove(self):
        self.child.stdin.close()
        self.child.wait(10)


@pytest.fixture
def database(postgres):
    postgres.execute("create extension waljet")
    return postgres


@pytest.fixture
def make_reader(servers):
    def make(server, workers=2, user="postgres", **more):
        reader = Reader(server.conninfo(user=user, **more), workers)
        servers.append(reader)
        return reader
    return make


class Exporter:
    """A slot's exported snapshot, as long as the connection lives."""

    def __init__(self, server):
        import psycopg2
        from psycopg2.extras import LogicalReplicationConnection
        self.connection = psycopg2.connect(server.conninfo(), connection_factory=LogicalReplicationConnection)
        cursor = self.connection.cursor()
        grammar = "(SNAPSHOT 'export')" if server.execute("show server_version_num")[0][0] >= "150000" else "EXPORT_SNAPSHOT"
        cursor.execute(f"CREATE_REPLICATION_SLOT waljet_app LOGICAL pgoutput {grammar}")
        _, self.consistent_point, self.snapshot, _ = cursor.fetchone()

    def remove(self):
        self.connection.close()


@pytest.fixture
def export(servers):
    def make(server):
        exporter = Exporter(server)
        servers.append(exporter)
        return exporter
    return make


def rows_of(events, table):
    return [line for line in events if line[0] == "row" and line[1] == str(table)]


def names_of(events):
    """Tables by their place, from the event `tables`."""
    listed = next(line for line in events if line[0] == "tables")
    return listed[1::3]


def sessions(server):
    return server.execute("select count(*) from pg_stat_activity where application_name = 'waljet snapshot'")[0][0]


# ---- initial ----

def test_initial_reads_what_the_snapshot_shows(database, make_reader, export):
    database.psql("create table a (id int primary key, n int); create table b (id int primary key, n int); "
                  "create table empty (id int primary key); insert into a select g, 1 from generate_series(1, 5000) g; "
                  "insert into b values (7, 1)")
    exporter = export(database)
    database.psql("insert into a values (0, 2); update a set n = 2; delete from b")
    reader = make_reader(database)
    reader.send("initial", exporter.snapshot, exporter.consistent_point, "no")
    events = reader.events_until("finished")
    names = names_of(events)
    assert sorted(names) == ["public.a", "public.b", "public.empty"]
    a = rows_of(events, names.index("public.a"))
    assert len(a) == 5000
    assert all('"n":1' in line[-1].replace(" ", "") for line in a)
    assert len(rows_of(events, names.index("public.b"))) == 1
    # an identity for each row, and each table is done behind its rows
    identities = [tuple(line[2:5]) for line in events if line[0] == "row"]
    assert len(set(identities)) == 5001
    assert {lsn(line[2]) for line in events if line[0] == "row"} == {lsn(exporter.consistent_point)}
    done = [line[1] for line in events if line[0] == "table_done"]
    assert sorted(done) == ["0", "1", "2"]
    last_row = max(i for i, line in enumerate(events) if line[0] == "row" and line[1] == str(names.index("public.a")))
    assert events.index(["table_done", str(names.index("public.a"))]) > last_row


def test_initial_tells_of_rewritten_tables(database, make_reader, export):
    """Rule 26: through the snapshot they look empty. A table that is new since then has all its rows in the stream."""
    database.psql("create table kept (id int primary key); create table truncated (id int primary key); "
                  "create table rewritten (id int primary key); create table dropped (id int primary key); "
                  "create table renamed (id int primary key); create table replaced (id int primary key); "
                  "insert into kept values (1); insert into truncated values (1); insert into rewritten values (1); "
                  "insert into dropped values (1); insert into renamed values (1); insert into replaced values (1)")
    exporter = export(database)
    database.psql("truncate truncated; alter table rewritten alter id type bigint; drop table dropped; "
                  "drop table replaced; create table replaced (id int primary key); insert into replaced values (2); "
                  "create table newer (id int primary key); insert into newer values (1)")
    reader = make_reader(database)
    reader.send("initial", exporter.snapshot, exporter.consistent_point, "no")
    events = reader.events_until("finished")
    assert events[-1] == ["finished"]
    names = names_of(events)
    rewritten = {names[int(line[1])] for line in events if line[0] == "rewritten"}
    assert {"public.truncated", "public.rewritten"} <= rewritten
    with_rows = {names[int(line[1])] for line in events if line[0] == "row"}
    assert with_rows == {"public.kept", "public.renamed"}
    assert not rewritten & {names[int(line[1])] for line in events if line[0] == "table_done"}


def test_markers_come_before_all_rows(database, make_reader, export):
    database.psql("create table a (id int primary key); create table b (id int primary key); "
                  "insert into a values (1); insert into b values (1)")
    exporter = export(database)
    reader = make_reader(database)
    reader.send("initial", exporter.snapshot, exporter.consistent_point, "yes")
    events = reader.events_until("finished")
    batches = [line for line in events if line[0] == "batch"]
    assert [line[2] for line in batches] == ["0", "0", "1", "1"]  # markers are no rows
    identities = [tuple(line[2:5]) for line in events if line[0] == "row"]
    assert len(set(identities)) == 4


def test_a_snapshot_that_is_gone_may_work_another_time(database, make_reader, export):
    database.psql("create table a (id int primary key)")
    exporter = export(database)
    exporter.connection.close()
    reader = make_reader(database)
    reader.send("initial", exporter.snapshot, exporter.consistent_point, "no")
    failed = reader.events_until("finished")[-1]
    assert failed[:2] == ["failed", "retry"]


def test_a_large_table_is_read_by_all_workers(database, make_reader, export):
    """Each row once, although two of them read ranges of the same table. One reads it on 13, which does not split tables."""
    database.psql("create table large (id int primary key, filler text) with (fillfactor = 10); "
                  "alter table large alter filler set storage plain; "
                  "insert into large select g, repeat('x', 4000) from generate_series(1, 17000) g; analyze large")
    assert database.execute("select pg_relation_size('large') / 8192 > 16384")[0][0]
    exporter = export(database)
    reader = make_reader(database)
    reader.send("initial", exporter.snapshot, exporter.consistent_point, "no")
    events = reader.events_until("finished")
    rows = rows_of(events, 0)
    assert len(rows) == 17000
    assert len({line[-1] for line in rows}) == 17000
    assert len({tuple(line[2:5]) for line in rows}) == 17000
    assert {line[4] for line in rows} == ({"1", "2"} if server_version() >= 14 else {"1"})


def test_cancelling_ends_a_read_at_once(database, make_reader, export):
    """One that is held up by somebody's lock, and one whose rows nobody takes."""
    database.psql("create table a (id int primary key, t text); "
                  "insert into a select g, repeat('x', 1000) from generate_series(1, 20000) g")
    exporter = export(database)
    reader = make_reader(database)
    for held_up in (True, False):
        blocker = database.connect(autocommit=False)
        if held_up:
            blocker.cursor().execute("lock table a in access exclusive mode")
        reader.send("initial", exporter.snapshot, exporter.consistent_point, "no")
        waiting = "wait_event_type = 'Lock'" if held_up else "wait_event = 'ClientWrite'"
        wait.until(lambda: database.execute("select count(*) from pg_stat_activity where application_name = "
                                            f"'waljet snapshot' and {waiting}")[0][0] > 0)
        begin = time.monotonic()
        reader.send("cancel")
        wait.until(lambda: sessions(database) == 0)
        assert time.monotonic() - begin < 1
        reader.until("cancelled")
        reader.send("drain")
        assert reader.until("drained") == [["drained"]]
        blocker.close()
    reader.send("initial", exporter.snapshot, exporter.consistent_point, "no")
    assert sum(line[0] == "row" for line in reader.events_until("finished")) == 20000


def test_settings_of_the_role_do_not_count(database, make_reader):
    """A lock is waited for longer than any of its time-outs; quotes and backslashes mean what they say."""
    database.execute(r'create table "a\b" (id int primary key); insert into "a\b" values (1)')
    database.psql("alter role postgres set statement_timeout = '300ms'; alter role postgres set lock_timeout = '300ms'; "
                  "alter role postgres set idle_in_transaction_session_timeout = '300ms'; "
                  "alter role postgres set default_transaction_read_only = on; "
                  "alter role postgres set standard_conforming_strings = off")
    blocker = database.connect(autocommit=False, options="-c idle_in_transaction_session_timeout=0 -c transaction_read_only=off")
    blocker.cursor().execute(r'lock table "a\b" in access exclusive mode')
    reader = make_reader(database)
    reader.send("chunk", 1, r'public."a\b"', "", "", 5000, 1 << 20, "n low 1", "n high 1")
    wait.until(lambda: database.execute("select count(*) from pg_stat_activity where application_name = 'waljet snapshot' "
                                        "and wait_event_type = 'Lock' and query_start < now() - interval '1 s'")[0][0] == 1)
    blocker.close()
    assert reader.events_until("chunk")[-1][:2] == ["chunk", "1"]
    reader.send("drain")
    assert sum(line[0] == "row" for line in reader.until("drained")) == 1


# ---- chunks ----

def test_chunks_follow_each_other_by_their_cursor(database, make_reader):
    database.psql("create table a (id int primary key); insert into a select generate_series(1, 250)")
    reader = make_reader(database)
    cursor, more, number, bodies = "", "yes", 0, []
    while more == "yes":
        number += 1
        reader.send("chunk", number, "public.a", cursor, "", 100, 1 << 20, f"n low {number}", f"n high {number}")
        chunk = reader.events_until("chunk")[-1]
        assert chunk[1] == str(number), chunk
        cursor, more = chunk[2], chunk[3]
        reader.send("drain")
        bodies += [line[-1] for line in reader.until("drained") if line[0] == "row"]
    assert len(bodies) == len(set(bodies)) == 250
    assert number == 3
    reader.send("open")
    assert reader.events_until("open")[-1][0] == "open"
    assert sessions(database) == 1  # one for all of them


def test_watermarks_are_in_the_log_around_the_read(database, make_reader):
    """And their snapshot with them; a synchronous standby that is away holds nothing up."""
    database.psql("create table a (id int primary key); insert into a values (1); "
                  "select pg_create_logical_replication_slot('s', 'test_decoding')")
    database.configure(synchronous_standby_names="nobody")
    reader = make_reader(database)
    reader.send("chunk", 5, "public.a", "", "", 10, 1000, "n low 5", "n high 5")
    chunk = reader.events_until("chunk")[-1]
    database.configure(synchronous_standby_names="")
    messages = wait.until(lambda: _messages(database))
    assert [content for _, content in messages] == ["n low 5", "n high 5 " + chunk[4]]
    reader.send("drain")
    row = next(line for line in reader.until("drained") if line[0] == "row")
    assert lsn(messages[0][0]) <= lsn(row[2]) < lsn(messages[1][0])  # that of the low watermark, which names the read


def test_the_key_is_the_same_up_to_the_high_watermark(database, make_reader, make_proxy):
    """Rows are compared with the keys of the events before it, and who wants another key may be waiting already."""
    database.psql("create table a (id int primary key, other int unique not null); insert into a values (1, 1); "
                  "select pg_create_logical_replication_slot('s', 'test_decoding')")
    link = make_proxy(database)
    link.delay(0.1)  # each answer of the reader's, so that there is time between two
    reader = make_reader(database, host="127.0.0.1", port=link.port, password=database.password)
    waiting = "select count(*) from pg_locks where relation = 'a'::regclass and not granted"
    holder = database.connect(autocommit=False)
    holder.cursor().execute("lock table a")
    reader.send("chunk", 1, "public.a", "", "", 10, 1000, "n low 1", "n high 1")
    wait.until(lambda: database.execute(waiting) == [(1,)])
    change = threading.Thread(target=database.psql, args=(
        "alter table a replica identity using index a_other_key; update a set other = 2",))
    change.start()
    wait.until(lambda: database.execute(waiting) == [(2,)])
    holder.rollback()
    holder.close()
    change.join()
    wait.until(lambda: _messages(database))
    log = [line for line, in database.execute("select data from pg_logical_slot_peek_changes('s', null, null) "
                                              "where data ~ 'n high|UPDATE'")]
    assert len(log) == 2 and "n high 1" in log[0], log


def _messages(server):
    rows = server.execute("select lsn, substring(data from 'content:(.*)$') from pg_logical_slot_peek_changes('s', null, null) "
                          "where data like '%prefix: waljet%'")
    return rows if len(rows) == 2 else None


def test_a_session_that_broke_is_made_anew(database, make_reader):
    database.psql("create table a (id int primary key); insert into a values (1)")
    reader = make_reader(database)
    reader.send("open")
    reader.events_until("open")
    database.execute("select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'waljet snapshot'")
    wait.until(lambda: sessions(database) == 0)
    reader.send("open")
    assert reader.events_until("open")[-1][:2] == ["failed", "retry"]
    reader.send("open")
    assert reader.events_until("open")[-1][0] == "open"


# ---- what is refused ----

def test_lists_are_checked(database, make_reader):
    database.psql("create table a (id int primary key); create table b (id int); create role reader login; "
                  "grant usage on schema waljet to reader")
    reader = make_reader(database)
    reader.send("list", "yes", "", "public.a")
    assert reader.events_until("tables")[-1][:3] == ["tables", "public.a", "yes"]
    reader.send("list", "no", "")
    assert reader.events_until("tables")[-1][1::3] == ["public.a", "public.b"]
    reader.send("list", "yes", "", "public.a", "public.b")
    assert_refused(reader, "public.b", "key")
    reader.send("list", "yes", "", "public.nowhere")
    assert_refused(reader, "public.nowhere")
    reader = make_reader(database, user="reader")
    reader.send("list", "yes", "", "public.a")
    assert_refused(reader, "public.a", "GRANT SELECT", "reader")


def assert_refused(reader, *words, kind="refused"):
    failed = reader.events_until("tables")[-1]
    assert failed[:2] == ["failed", kind], failed
    assert all(word in failed[2] for word in words), failed


def test_without_the_extension(postgres, make_reader):
    postgres.psql("create table a (id int primary key)")
    reader = make_reader(postgres)
    reader.send("check")
    failed = reader.until("failed", "fine")[-1]
    assert failed[:2] == ["failed", "refused"]
    assert "CREATE EXTENSION waljet" in failed[2]
    reader.send("list", "no", "")
    assert_refused(reader, "CREATE EXTENSION waljet")


def test_a_table_that_is_gone_is_refused(database, make_reader):
    reader = make_reader(database)
    reader.send("chunk", 1, "public.gone", "", "", 10, 1000, "low", "high")
    failed = reader.events_until("chunk")[-1]
    assert failed[:2] == ["failed", "refused"]
    assert "public.gone" in failed[2]


def test_predicates_are_checked_with_the_list(database, make_reader):
    database.psql("create table a (id int primary key); insert into a select generate_series(1, 9)")
    reader = make_reader(database)
    reader.send("list", "yes", "id > 5", "public.a")
    assert reader.events_until("tables")[-1][0] == "tables"
    reader.send("chunk", 1, "public.a", "", "id > 5", 100, 1 << 20, "low", "high")
    assert reader.events_until("chunk")[-1][3] == "no"
    reader.send("drain")
    assert sum(line[0] == "row" for line in reader.until("drained")) == 4
    reader.send("list", "yes", "nowhere > 5", "public.a")
    assert_refused(reader, "public.a", "nowhere", kind="configuration")


def test_the_check_wants_our_version_and_readable_tables(database, make_reader):
    database.psql("create table a (id int primary key); create table b (id int primary key); create role reader login; "
                  "grant usage on schema waljet to reader; grant select on b to reader")
    reader = make_reader(database)
    reader.send("check")
    assert reader.until("fine", "failed")[-1] == ["fine"]
    unprivileged = make_reader(database, user="reader")
    unprivileged.send("check")
    failed = unprivileged.until("fine", "failed")[-1]
    assert failed[:2] == ["failed", "refused"]
    assert "GRANT SELECT ON public.a TO" in failed[2]
    unprivileged.send("options", *OPTIONS, "exclude_tables", "public.a")
    unprivileged.send("check")
    assert unprivileged.until("fine", "failed")[-1] == ["fine"]
    database.execute("update pg_extension set extversion = '0.0.9' where extname = 'waljet'")
    reader.send("check")
    failed = reader.until("fine", "failed")[-1]
    assert failed[:2] == ["failed", "refused"]
    assert "0.0.9" in failed[2]
    assert "ALTER EXTENSION waljet UPDATE" in failed[2]
