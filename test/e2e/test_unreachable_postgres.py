"""The network to PostgreSQL is gone, which nobody says, or the reader of its tables is."""

import pytest

from harness import wait
from harness.postgres import server_version
from harness.snapshots import READERS, SnapshotPipeline
from test_snapshot_reader import database, make_reader  # noqa: F401 (fixtures)

DRAIN_MAX = 12.0  # seconds: source.h


def test_a_stop_does_not_wait_for_the_network(postgres, nats, make_proxy, make_streamer):
    """A request to cancel is a connection of its own, which is accepted here and never answered."""
    link = make_proxy(postgres)
    link.limit(200_000)
    app = SnapshotPipeline(make_streamer, postgres, nats, "--snapshot", "initial")
    postgres.psql("create table t (id int primary key, filler text);"
                  "insert into t select n, repeat('x', 2000) from generate_series(1, 5000) n")
    app.start(postgres=postgres.uri().replace(f":{postgres.port}/", f":{link.port}/"))
    app.rows_stored_some()
    link.hold()
    app.streamer.terminate(timeout=DRAIN_MAX + 2)


@pytest.fixture
def waiting_reader(database, make_reader):  # noqa: F811
    """A reader whose statement waits for a lock."""
    database.execute("create table t (id int primary key)")
    holder = database.connect(autocommit=False)
    holder.cursor().execute("lock table t")
    reader = make_reader(database)
    reader.send("chunk", 1, "public.t", "", "", 1, 1000, "low", "high")
    wait.until(lambda: reads(database))
    yield reader
    holder.close()


def reads(database):
    return database.execute(f"select pid from pg_stat_activity where {READERS} and wait_event_type = 'Lock'")


def test_a_statement_that_is_cancelled_ends(waiting_reader, database):  # noqa: F811
    waiting_reader.send("cancel")
    wait.until(lambda: not reads(database), 4)


@pytest.mark.skipif(server_version() < 14, reason="before 14 a server does not look whether its client is still there")
def test_a_statement_whose_reader_was_killed_ends(waiting_reader, database):  # noqa: F811
    waiting_reader.child.kill()
    wait.until(lambda: not reads(database), 20)
