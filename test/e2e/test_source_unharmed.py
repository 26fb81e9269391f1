"""The database takes no harm: no time-out, no log kept for nothing, memory bounded, a stop that ends."""

import time

from harness import wait
from harness.rss import RssSampler, within
from harness.sampler import Sampler

MB = 1024


def walsender(postgres):
    """Process id and start of the replication connection, or None."""
    rows = postgres.execute("select pid, backend_start from pg_stat_replication")
    return rows[0] if rows else None


def confirmed_to(postgres, position, slot="waljet_app", timeout=120):
    wait.until(lambda: (postgres.slot(slot)["confirmed_flush_lsn"] or 0) >= position, timeout, interval=0.1,
               message=lambda: str(postgres.slot(slot)))


def write_for(postgres, seconds):
    """Commits 4,000 rows a second, more bytes than the streamer may hold; returns how many rows it were."""
    rows = 0
    connection = postgres.connect()
    with connection.cursor() as cursor:
        begin = time.monotonic()
        while time.monotonic() < begin + seconds:
            cursor.execute("insert into t (note) select repeat('x', 1000) from generate_series(1, 200)")
            rows += 200
            wait.pause(max(0.0, begin + rows / 4000 - time.monotonic()))
    connection.close()
    return rows


def test_outage_of_nats_is_survived_and_a_fast_stop_ends(make_postgres, nats, make_streamer, full):
    postgres = make_postgres(wal_sender_timeout="5s")
    postgres.execute("create table t (id bigserial primary key, note text)")
    streamer = make_streamer(postgres, nats).start()
    streamer.wait_for_log("ready")
    before = wait.until(lambda: walsender(postgres))

    nats.kill()
    with RssSampler(streamer.process) as memory, Sampler(lambda: walsender(postgres)) as connection:
        rows = write_for(postgres, 60 if full else 12)
    assert set(connection.samples[index][1] for index in range(len(connection.samples))) == {before}
    assert not postgres.process.log_lines("replication timeout")
    assert within(memory.peak_kb, 64 * MB)

    nats.start()
    wait.until(lambda: nats.stream_messages("app") == rows, 120, interval=0.2,
               message=lambda: f"{nats.stream_messages('app')} of {rows} stored\n{streamer.process.log_tail()}")
    assert walsender(postgres) == before

    nats.kill()
    rows += write_for(postgres, 3)
    assert postgres.stop("fast") < 5
    nats.start()
    postgres.start()
    wait.until(lambda: nats.stream_messages("app") == rows, 60, interval=0.2, message=streamer.process.log_tail)


def test_fast_stop_ends_while_nats_hangs(postgres, nats, make_streamer):
    postgres.execute("create table t (id bigserial primary key, note text)")
    streamer = make_streamer(postgres, nats).start()
    streamer.wait_for_log("ready")
    nats.freeze()
    rows = write_for(postgres, 2)
    assert postgres.stop("fast") < 5
    nats.thaw()
    postgres.start()
    wait.until(lambda: nats.stream_messages("app") == rows, 60, interval=0.2, message=streamer.process.log_tail)


def test_fast_stop_ends_when_idle_or_busy(postgres, nats, make_streamer):
    postgres.execute("create table t (id bigserial primary key, note text)")
    streamer = make_streamer(postgres, nats).start()
    streamer.wait_for_log("ready")
    assert postgres.stop("fast") < 5
    postgres.start()
    rows = write_for(postgres, 2)
    assert postgres.stop("fast") < 10  # everything sent is acknowledged and confirmed first
    postgres.start()
    wait.until(lambda: nats.stream_messages("app") == rows, 60, interval=0.2, message=streamer.process.log_tail)
    assert streamer.alive()


def test_busy_neighbour_does_not_hold_log(make_postgres, nats, make_streamer, full):
    postgres = make_postgres(checkpoint_timeout="30s", max_wal_size="64MB", min_wal_size="32MB", wal_keep_size="0")
    postgres.create_database("neighbour")
    postgres.execute("create table noise (note text)", dbname="neighbour")
    streamer = make_streamer(postgres, nats).start()
    streamer.wait_for_log("ready")
    start = postgres.wal_lsn()
    while postgres.wal_lsn() - start < (1024 if full else 160) * MB * MB:
        postgres.execute("insert into noise select repeat(md5(i::text), 30) from generate_series(1, 20000) i",
                         dbname="neighbour")

    def retained():
        return postgres.execute("""select pg_current_wal_lsn() - restart_lsn from pg_replication_slots
                                   where slot_name = 'waljet_app'""")[0][0]
    wait.until(lambda: retained() < 32 * MB * MB, 30, interval=0.2, message=lambda: f"{retained()} bytes retained")
    assert nats.stream_messages("app") == 0


def test_large_filtered_transaction_does_not_time_out(make_postgres, nats, make_streamer, full):
    postgres = make_postgres(wal_sender_timeout="2s", logical_decoding_work_mem="64kB")
    postgres.psql("create table hidden (id bigint primary key, note text); create table shown (id int primary key)")
    streamer = make_streamer(postgres, nats, "--tables", "shown").start()
    streamer.wait_for_log("ready")
    before = wait.until(lambda: walsender(postgres))
    rows = 1_000_000 if full else 300_000
    postgres.execute("insert into hidden select i, md5(i::text) from generate_series(1, %s) i", (rows,))
    postgres.execute("insert into shown values (1)")
    confirmed_to(postgres, postgres.wal_lsn())
    assert walsender(postgres) == before
    assert not postgres.process.log_lines("replication timeout")
    assert nats.stream_messages("app") == 1


def test_large_transaction_needs_little_memory(postgres, nats, make_streamer, full):
    postgres.execute("create table big (id bigint primary key, note text)")
    streamer = make_streamer(postgres, nats).start()
    streamer.wait_for_log("ready")
    rows = 2_000_000 if full else 200_000
    with RssSampler(streamer.process) as memory:
        postgres.execute("insert into big select i, md5(i::text) from generate_series(1, %s) i", (rows,))
        confirmed_to(postgres, postgres.wal_lsn(), timeout=400)
    print(f"peak {memory.peak_kb} KiB")
    assert nats.stream_messages("app") == rows
    assert within(memory.peak_kb, 64 * MB)
