"""Rows that are there before the streamer, and the commands that ask for them: what a trial of kind `snapshot` adds."""

import re
import subprocess
import time
from collections import deque

from harness.natsclient import NatsError
from harness.postgres import lsn
from harness.rebuilt import Rebuilt, is_discard, is_row, source_tables
from harness.snapshots import EXTENSION, OVER, Messages, read_job
from harness.streamer import clean_environment

from seat import Failure

TABLES = "load,other,unseen"
WITHOUT_KEY = """
    create table bare (note text, twin text);
    alter table bare replica identity full;
    insert into bare select 'row ' || n / 2, repeat('b', 100) from generate_series(1, 300) n;
"""
COMPLETE = 30.0  # seconds that a snapshot may take after the last fault


class Backlog:
    """Commands are carried out one after the other, beside the trial: call watch() all the time."""

    def __init__(self, rig, schedule, binary, source, note):
        self.rig = rig
        self.schedule = schedule
        self.binary = binary
        self.source = source
        self.note = note
        self._waiting = deque()
        self._running = None  # (what, process)

    def fill(self):
        server = self.rig.postgres
        server.execute(EXTENSION, dbname=self.source)
        for table in TABLES.split(","):
            server.execute(f"insert into {table} (session, note) select n % {self.schedule.work.sessions}, md5(n::text) from"
                           f" generate_series(1, {self.schedule.rows}) n", dbname=self.source)
        if self.schedule.without_key:
            server.execute(WITHOUT_KEY, dbname=self.source)

    # ---- commands ----

    def command(self, *words):
        self._waiting.append(words)

    def request(self, *more):
        tables = "load,other" if self.schedule.exclude else TABLES
        self.command("--tables", tables, "--no-wait", *more)

    def watch(self):
        if self._running:
            words, process = self._running
            if process.poll() is None:
                return
            told = process.communicate()[0].decode(errors="replace").strip()
            self.note(f"snapshot {' '.join(words)}: exit code {process.returncode} {told[-200:]}")
            self._running = None
        if self._waiting:
            words = self._waiting.popleft()
            self._running = words, subprocess.Popen(
                [self.binary, "snapshot", *words, "--postgres", self.rig.postgres.conninfo(self.source),
                 "--nats", self.rig.nats.url, "--name", self.source],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, env=clean_environment())

    def close(self):
        self._waiting.clear()
        if self._running:
            self._running[1].kill()
            self._running[1].communicate()
            self._running = None

    # ---- the job ----

    def finish(self, watch):
        """Everything is healed: the snapshot comes to its end. One that was never accepted is asked for now."""
        deadline = time.monotonic() + COMPLETE
        while (state := self._state()) != "complete" or self._running or self._waiting:
            watch()
            if state == "failed" or time.monotonic() > deadline:
                raise Failure(f"the snapshot does not end: {self._job()}")
            if not self._running and not self._waiting:
                if state == "paused":
                    self.command("resume")
                elif state in (None, *OVER):
                    self.request()
        self.note("snapshot complete")

    def _state(self):
        return (self._job() or {}).get("state")

    def _job(self):
        try:
            return read_job(self.rig.nats, self.source)
        except (OSError, NatsError, LookupError):
            return {"state": "unknown"}

    # ---- the verdict ----

    def streamed_from(self, messages):
        """The position from which the slot streams, as the server's log has it: what was committed before is in the rows
        alone. Where all started over, and an earlier slot may have streamed: from where the newest markers stand."""
        if self.schedule.snapshot != "initial":
            return 0
        places = [int(message.headers["Waljet-Position"].split(":")[0], 16) for message in messages if is_discard(message)]
        if places:
            return max(places) + 1
        found = re.findall(rf'starting logical decoding for slot "waljet_{self.source}"\n.*committing after ([0-9A-F]+/[0-9A-F]+),',
                           self.rig.postgres.process.log_text())
        return min(map(lsn, found))

    def judge(self, verdict, messages):
        tables = source_tables(self.rig.postgres, self.source)
        if self.schedule.exclude:
            tables.pop("public.unseen")
        if self.schedule.snapshot != "initial":
            tables.pop("public.bare", None)
        try:
            rebuilt = Rebuilt(tables).take(Messages(messages))
            verdict.rows = rebuilt.rows
            differences = rebuilt.differences(self.rig.postgres, self.source)
        except AssertionError as error:
            differences = [str(error)]
        verdict.fault("other", [f"rebuilt: {text}" for text in differences])


def events_from(begin, messages):
    """Without rows, and without what an earlier slot has streamed."""
    return [message for message in messages
            if not is_row(message) and int(message.headers["Waljet-Id"].split(":")[1], 16) >= begin]
