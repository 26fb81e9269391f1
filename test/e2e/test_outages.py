"""One side is away, hangs, is slow or full: waljet waits, and goes on where it was."""

import subprocess
import tempfile
from pathlib import Path

import pytest

from harness import wait
from harness.nats import NatsServer
from harness.natsclient import NatsError
from harness.numbers import check_numbers
from harness.pipeline import Pipeline
from harness.rss import RssSampler, within

SILENCE = 10.0  # seconds after which a silent NATS is given up
MEMORY_KB = 64 * 1024


class Disk:
    """A file system of its own in memory, small enough to be filled."""

    def __init__(self, size):
        self.path = Path(tempfile.mkdtemp(prefix="waljet-disk.", dir="/tmp"))
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", self.path], check=False,
                              capture_output=True)
        if done.returncode != 0:
            self.path.rmdir()
            pytest.skip(f"a file system cannot be mounted: {done.stderr.decode().strip()}")

    def grow(self, size):
        subprocess.run(["mount", "-o", f"remount,size={size}", self.path], check=True)

    def remove(self):
        subprocess.run(["umount", "-l", self.path], check=True)
        self.path.rmdir()


# ---- NATS ----

def test_nats_restarts_under_load(postgres, nats, make_streamer):
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    with app.numbers.writing(pause=0.001):
        for restart in (nats.restart, lambda: (nats.kill(), nats.start()), nats.restart):
            app.stored_some(300)
            restart()
        app.stored_some(300)
    app.check()


def test_silent_nats_is_given_up(postgres, make_nats, make_proxy, make_streamer):
    """Three links that stay open: to a frozen server, one that passes nothing, one on which no answer comes back.

    Each is given up after 10 s without an acknowledgement. What was under way on the old link arrives after all, when
    there is a new one.
    """
    servers = [make_nats() for _ in range(3)]
    links = [make_proxy(server) for server in servers[1:]]
    urls = [servers[0].url, *(f"nats://127.0.0.1:{link.port}" for link in links)]
    apps = []
    for name, server, url in zip(("frozen", "cut", "deaf"), servers, urls):
        postgres.create_database(name)
        app = Pipeline(make_streamer, postgres, server, name=name, dbname=name)
        app.run(nats=url)
        apps.append(app)
    with apps[0].numbers.writing(), apps[1].numbers.writing(), apps[2].numbers.writing():
        for app in apps:
            app.stored_some(100)
        servers[0].freeze()
        links[0].hold()
        links[1].hold("down")
        for app in apps:
            app.streamer.wait_for_log("has not acknowledged", SILENCE + 10)
        servers[0].thaw()
        for link in links:
            link.heal()
        for app in apps:
            app.stored_some(100)
    for app in apps:
        app.check()


def test_idle_link_that_died_is_noticed(postgres, nats, make_streamer, full):
    """Nothing is to be published, so that only pings can tell."""
    if not full:
        pytest.skip("takes a silence of 15 s: make test-full")
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    app.write(10)
    app.stored()
    app.recorded()
    nats.freeze()
    app.streamer.wait_for_log("does not answer pings", 30)
    nats.thaw()
    app.streamer.wait_for_log("NATS is back", 30)
    app.write(10)
    app.check()


def test_slow_network(postgres, nats, make_proxy, make_streamer):
    """Delayed by 50 ms each way and narrow: memory stays bounded, the order stays what it is."""
    link = make_proxy(nats)
    app = Pipeline(make_streamer, postgres, nats)
    app.run(nats=f"nats://127.0.0.1:{link.port}")
    link.delay(0.05, jitter=0.02)
    link.limit(2_000_000)
    app.numbers.size = 1000
    with RssSampler(app.streamer.process) as memory:
        app.write(100, per_transaction=1)
        app.write(2000)
        app.write(100, per_transaction=10)
        app.stored()
        link.cut()
        app.write(100, per_transaction=10)
        app.stored()
    assert within(memory.peak_kb, MEMORY_KB)
    app.check()


@pytest.mark.parametrize("limit", [{"max_msgs": 500}, {"max_bytes": 300_000}])
def test_stream_full(postgres, nats, make_streamer, limit):
    """discard=new: refused, not dropped. It waits, and goes on when there is room: after an update, after a purge."""
    app = Pipeline(make_streamer, postgres, nats, discard="new", **limit)
    app.run()
    app.write(2000, per_transaction=20)
    app.streamer.wait_for_log("10077|maximum", 30)
    full = app.messages()
    assert 100 < len(full) < 2000
    wait.always(lambda: app.streamer.alive() and app.state()["last_seq"] == len(full), 0.5)
    app.purge_stream()
    wait.until(lambda: app.state()["last_seq"] >= 2 * len(full) - 1, 30, message=app.streamer.process.log_tail)  # full again
    nats.js_api("STREAM.UPDATE.app", {**nats.stream_info("app")["config"], **dict.fromkeys(limit, -1)})
    app.write(5)
    app.check(first=len(full) + 1)
    check_numbers(full, len(full))


@pytest.mark.parametrize("noticed_by", ["nats-server", "the file system"])
def test_disk_full(postgres, servers, make_streamer, noticed_by, full):
    """nats-server switches JetStream off by its own reckoning, or hangs over a failed write (2.9 does).

    With room, and after its restart, everything comes, once.
    """
    if noticed_by == "the file system" and not full:
        pytest.skip("takes a silence of 10 s: make test-full")
    disk = Disk("6m")
    servers.append(disk)
    limit = "max_file_store: 1GB" if noticed_by == "the file system" else ""
    nats = NatsServer(f'jetstream {{ store_dir: "{disk.path}/store", {limit} }}', jetstream=False)
    servers.append(nats)
    nats.start()
    wait.until(lambda: "error" not in nats.js_api("INFO", check=False), retry=(NatsError,))
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    app.numbers.size = 2000
    app.write(200, per_transaction=10)
    app.stored()
    app.write(4000, per_transaction=20)
    app.streamer.wait_for_log("trying again", 30)
    wait.always(app.streamer.alive, 1)
    assert app.confirmed_position() < postgres.wal_lsn()
    nats.kill()
    disk.grow("200m")
    nats.start()
    app.check()


# ---- PostgreSQL ----

def test_postgres_goes_away_with_events_in_flight(postgres, nats, make_streamer):
    """Sent, not acknowledged, when the server is killed, restarted or stopped: each is stored once all the same."""
    app = Pipeline(make_streamer, postgres, nats)
    app.run()
    with app.numbers.writing(pause=0.001):
        for restart in (lambda: (postgres.kill(), postgres.start()), lambda: postgres.restart("immediate"),
                        lambda: postgres.restart("fast")):
            app.stored_some(200)
            nats.freeze()
            before = app.numbers.last()
            wait.until(lambda before=before: app.numbers.last() > before + 50)
            restart()
            nats.thaw()
            app.stored_some(200)
    app.check()


def test_half_open_link_to_postgres(make_postgres, nats, make_proxy, make_streamer):
    """Nothing comes through and nobody says so: the time-out of the connection ends it, the next one works."""
    postgres = make_postgres(wal_sender_timeout="4s")
    link = make_proxy(postgres)
    app = Pipeline(make_streamer, postgres, nats)
    app.run(postgres=postgres.uri().replace(f":{postgres.port}/", f":{link.port}/"))
    with app.numbers.writing():
        app.stored_some(100)
        link.cut(keep_server=True)
        app.stored_some(100)
    link.heal()
    app.check()
