"""One PostgreSQL and one nats-server, and drains of a backlog from the one into a stream of the other.

A backlog is written once. The slot that was made before it is copied for each drain, so that all of them read the same.
"""

import calendar
import json
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field

from harness import wait
from harness.natsclient import NatsError
from harness.postgres import lsn
from harness.streamer import Streamer, waljet

from measure.context import tool
from measure.cpu import cpu_seconds, peak_rss_kb
from measure.result import NotVerified

STREAM = "app"
BACKLOG = "backlog"  # the slot from before a backlog
POLL = 0.02  # seconds between looks at a drain under way
QUIET = 0.4  # seconds without a new message after which a drain is done, once the walsender has sent everything
PATIENCE = 900.0
CLIENT = "client"  # who publishes, in the shares of the CPU: the streamer, or the bare publisher
MODES = {"event": (), "run": ("--grouping", "run")}


def modes():
    """Those that this build of waljet knows: {name: arguments}."""
    known = "--grouping" in waljet("run", "--help").stdout
    return {name: arguments for name, arguments in MODES.items() if known or not arguments}


@dataclass
class Drain:
    """A backlog in the stream. `seconds` are those of nats-server's clock, from the first stored message to the last;
    CPU seconds are from the start of the program on, since a walsender works before anything is stored."""
    messages: int
    seconds: float
    startup_seconds: float
    cpu: dict = field(default_factory=dict)  # process: seconds, user and system
    peak_rss_kb: dict = field(default_factory=dict)

    def raw(self, **more):
        return {**more, **vars(self)}


class Rig:
    def __init__(self, postgres, nats):
        self.postgres = postgres
        self.nats = nats
        self.streamers = []
        self.slots = 0

    # ---- slots ----

    @contextmanager
    def backlog(self, workload, size):
        """Writes the workload; yields what was written and the position behind it. Until the end its slot can be drained."""
        connection = self.postgres.connect()
        workload.create(connection)
        self.create_slot(BACKLOG)
        written = workload.write(connection, size)
        connection.close()
        yield written, self.postgres.wal_lsn()
        self.drop_slot(BACKLOG)

    def create_slot(self, name, plugin="waljet"):
        self.postgres.execute("select pg_create_logical_replication_slot(%s, %s)", (name, plugin))
        return name

    def fresh_slot(self, plugin="waljet"):
        """Of a name that was never used: the stream's events of an earlier slot would belong to it."""
        self.slots += 1
        return self.create_slot(f"bench_{self.slots}", plugin)

    def copy_slot(self, name=BACKLOG):
        self.slots += 1
        copy = f"bench_{self.slots}"
        self.postgres.execute("select pg_copy_logical_replication_slot(%s, %s)", (name, copy))
        return copy

    def drop_slot(self, name):
        wait.until(lambda: not self.walsender(name), 30)
        self.postgres.execute("select pg_drop_replication_slot(%s)", (name,))

    def walsender(self, slot):
        """The process that reads the slot, or None."""
        return (self.postgres.slot(slot) or {}).get("active_pid")

    # ---- the stream ----

    def delete_stream(self):
        self.nats.js_api(f"STREAM.DELETE.{STREAM}", check=False)

    def create_stream(self, config):
        """A fresh one; where nats-server is still busy with deleting the one before, once more."""
        def create():
            try:
                return self.nats.js_api(f"STREAM.CREATE.{STREAM}", config)
            except NatsError as error:
                if error.code == 10049:
                    return None
                raise
        self.delete_stream()
        wait.until(create, 30)

    def stream_config(self):
        return self.nats.stream_info(STREAM)["config"]

    def stream_state(self):
        info = self.nats.stream_info(STREAM)
        return info["state"] if info else {"messages": 0, "last_seq": 0}

    def read_back(self, messages, key="id", recording=None):
        """What bench/tools/stream_reader.cpp says of the stream's first messages; records them for publish_bare()."""
        command = [tool("stream_reader"), "verify", self.nats.url, STREAM, messages, key, *([recording] if recording else [])]
        return json.loads(_output_of(command))

    # ---- processes ----

    @contextmanager
    def streamer(self, slot, *arguments):
        """`waljet run` with the program's own defaults, not started yet."""
        if "--confirm-delay" not in arguments:
            arguments = ("--confirm-delay", "auto", *arguments)
        streamer = Streamer(self.postgres, self.nats, "--slot", slot, "--stream", STREAM, *arguments)
        try:
            yield streamer
        finally:
            streamer.remove()

    @staticmethod
    def end(streamer):
        """A clean end: exit 0 means that everything published was acknowledged."""
        code = streamer.terminate(120)
        if code != 0:
            raise NotVerified(f"waljet run ended with {code}:\n{streamer.log_text()}")

    # ---- drains ----

    def drain(self, end, *arguments):
        """`waljet run` brings the backlog up to the position `end` into a stream of its own making."""
        slot = self.copy_slot()
        self.delete_stream()
        with self.streamer(slot, *arguments) as streamer:
            nats_before = cpu_seconds(self.nats.process.pid)
            begin = time.time()
            streamer.start()
            walsender = wait.until(lambda: self.walsender(slot), 30, message=streamer.log_text)
            state = self.drained(walsender, end, streamer)
            drain = Drain(state["messages"], seconds_of(state), timestamp(state["first_ts"]) - begin)
            drain.cpu = {"walsender": cpu_seconds(walsender), CLIENT: cpu_seconds(streamer.pid),
                         "nats-server": cpu_seconds(self.nats.process.pid) - nats_before}
            drain.peak_rss_kb = {"streamer": peak_rss_kb(streamer.pid)}
            self.end(streamer)
        self.drop_slot(slot)
        return drain

    def drained(self, walsender, end, streamer):
        """The stream's state once the walsender has sent everything up to `end` and no more messages come."""
        connection = self.postgres.connect()
        with self.nats.client() as client, connection.cursor() as cursor:
            deadline = time.monotonic() + PATIENCE
            last, since = 0, time.monotonic()
            while True:
                time.sleep(POLL)
                now = time.monotonic()
                if not streamer.alive() or now > deadline:
                    raise NotVerified(f"the drain stopped:\n{streamer.log_text()}")
                info = client.stream_info(STREAM)
                state = info["state"] if info else {"last_seq": 0}
                if state["last_seq"] != last:
                    last, since = state["last_seq"], now
                elif last and now - since > QUIET:
                    cursor.execute("select sent_lsn from pg_stat_replication where pid = %s", (walsender,))
                    sent = cursor.fetchone()
                    if sent and lsn(sent[0]) >= end:
                        connection.close()
                        return state

    def publish_bare(self, recording, config):
        """The bare publisher alone brings the like of a recorded drain into a fresh stream of the same configuration."""
        self.create_stream(config)
        nats_before = cpu_seconds(self.nats.process.pid)
        printed = json.loads(_output_of([tool("bare_publisher"), self.nats.url, recording]))
        state = self.stream_state()
        if state["messages"] != printed["messages"]:
            raise NotVerified(f"the bare publisher published {printed}, and the stream is {state}")
        cpu = {CLIENT: printed["cpu_seconds"], "nats-server": cpu_seconds(self.nats.process.pid) - nats_before}
        return Drain(state["messages"], seconds_of(state), 0.0, cpu)


@contextmanager
def rig(context, **settings):
    """Both servers. Replication times out as PostgreSQL ships it: what waljet does about that is part of what it costs."""
    with context.postgres(wal_sender_timeout="60s", **settings) as postgres, context.nats() as nats:
        yield Rig(postgres, nats)


def verify(sums, written):
    """Raises NotVerified unless each change that was written is in the stream, and nothing else."""
    for operation in "cud":
        found = sums["operations"].get(operation, {"count": 0, "sum": 0})
        expected = {"count": written.by_operation[operation], "sum": written.key_sums[operation]}
        if found != expected:
            raise NotVerified(f"operation {operation}: {found} in the stream, {expected} written")
    if sums["events"] != written.events:
        raise NotVerified(f"{sums['events']} events in the stream, {written.events} written")


def timestamp(text):
    """Seconds since 1970 of nats-server's time: RFC 3339, in UTC, up to nanoseconds."""
    whole, _, fraction = text.rstrip("Z").partition(".")
    return calendar.timegm(time.strptime(whole, "%Y-%m-%dT%H:%M:%S")) + float(f"0.{fraction or 0}")


def seconds_of(state):
    return timestamp(state["last_ts"]) - timestamp(state["first_ts"])


def _output_of(command):
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotVerified(f"{command[0]}: {done.stderr}")
    return done.stdout
