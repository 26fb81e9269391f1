"""One trial: a schedule carried out on a rig, and the verdict."""

import heapq
import re
import shutil
import time
from pathlib import Path

from harness import groups, verify, wait
from harness.decoding import Oracle
from harness.paths import ROOT
from harness.rebuilt import is_event

import judge
from backlog import Backlog, events_from
from faults import Faults
from rig import NATS_ERRORS, current
from seat import Failure
from watcher import Watcher
from workload import SCHEMA, TABLES, Workload

KEPT = ROOT / "build" / "fault"  # what is known of failed trials
TAKE_OVER = 5.0  # seconds after which a zombie goes on even if nobody has taken over
CATCH_UP = 30.0  # seconds that everything may take after the last fault; a cluster elects leaders meanwhile
FORBIDDEN = r"stored late\b|another writer|--accept-gap|--accept-divergence"


class Trial:
    def __init__(self, rig, schedule, binary, name, keep=False):
        self.rig = rig
        self.schedule = schedule
        self.binary = binary
        self.keep = keep  # logs of a good trial, too
        self.source = name  # also of database and stream
        self.verdict = judge.Verdict()
        self.seconds = 0.0
        self.diary = []  # what was done when
        self._begin = 0.0
        self._logs = {}
        self._log_start = {log: log.stat().st_size for log in self._server_logs()}

    def run(self):
        """Returns the verdict; what a failed trial leaves is kept under build/fault/."""
        begin = time.monotonic()
        try:
            self._prepare()
            try:
                self._play()
                self._finish()
            finally:
                self._logs = {name: self.rig.seats[name].close() for name in self.schedule.seats}
                if self.backlog:
                    self.backlog.close()
            self._judge()
            self._clean_up()
        except (Failure, wait.Timeout) as error:
            self.verdict.fault("other", [str(error)])
            self._judge_rest()
        self.seconds = time.monotonic() - begin
        if self.keep or not self.verdict.passed:
            self._keep()
        return self.verdict

    # ---- before ----

    def _prepare(self):
        self.rig.postgres.create_database(self.source)
        self.rig.postgres.execute(SCHEMA, dbname=self.source)
        self.backlog = None
        if self.schedule.snapshot:
            self.backlog = Backlog(self.rig, self.schedule, self.binary, self.source, self._note)
            self.backlog.fill()
        self.oracle = Oracle(self.rig.postgres, self.source, slot=f"oracle_{self.source}")
        self._make_stream()
        for name in self.schedule.seats:
            self.rig.seats[name].open(self.binary, self.source, self.source, self.schedule.arguments(), self._note,
                                      self.schedule.settings())
        first = self.rig.seats[self.schedule.seats[0]]
        first.start()
        if self.schedule.snapshot != "initial":  # its faults come while it goes on
            first.streamer.wait_for_log("ready", timeout=30)
        for name in self.schedule.seats[1:]:
            self.rig.seats[name].start()

    def _make_stream(self):
        config = {}
        if self.schedule.window:
            config["duplicate_window"] = int(self.schedule.window * 1e9)
        if self.rig.clustered:
            config["num_replicas"] = 3
        if config:
            self.rig.nats.stream_create(self.source, [f"{self.source}.>"], **config)

    # ---- the faults ----

    def _play(self):
        self.load = Workload(self.rig.postgres, self.source, self.schedule.work, self.schedule.seed)
        with Watcher(self.rig, self.source) as self.watcher:
            self.load.start()
            self._begin = time.monotonic()
            faults = Faults(self.rig, self.source, self.schedule.seats, self.backlog)
            try:
                self._carry_out(faults)
            finally:
                self._note("heal")
                self.rig.heal(self.schedule.seats)
                faults.finish()
                self.load.stop()
            if self.backlog:
                self.backlog.finish(self._watch)
            self._drain()

    def _carry_out(self, faults):
        """Begins and ends each fault in its time; returns when the load's time is over as well."""
        agenda = [(fault.at, number, "begin", fault) for number, fault in enumerate(self.schedule.faults)]
        agenda += [(at, len(agenda) + number, "stray", None) for number, at in enumerate(self._stray_times())]
        heapq.heapify(agenda)
        while agenda or self._now() < self.schedule.work.seconds or not self.rig.settled():
            while agenda and agenda[0][0] <= self._now():
                at, number, part, fault = heapq.heappop(agenda)
                if part == "stray":
                    self._stray(number)
                elif part == "begin":
                    self._note(f"begin {fault}")
                    faults.begin(fault)
                    heapq.heappush(agenda, (at + fault.lasts, number, "end", fault))
                elif faults.ready(fault) or self._now() > fault.at + fault.lasts + TAKE_OVER:
                    self._note(f"end   {fault}")
                    faults.end(fault)
                else:
                    heapq.heappush(agenda, (self._now() + 0.01, number, "end", fault))
                    break
            self._watch()

    def _watch(self):
        """Call it all the time: sees to processes that end, and that end when they must not."""
        for name in self.schedule.seats:
            self.rig.seats[name].watch()
        self.rig.watch()
        if self.backlog:
            self.backlog.watch()
        wait.pause(0.01)

    def _stray_times(self):
        count = self.schedule.strays
        return [self.schedule.work.seconds * (number + 0.5) / count for number in range(count)]

    def _stray(self, number):
        try:
            with self.rig.nats.client(timeout=1.0) as client:
                client.js_publish(f"{self.source}.stray", f"stray {number}")
        except NATS_ERRORS:
            pass

    # ---- after ----

    def _drain(self):
        """Waits until all that was committed is confirmed."""
        end = self.rig.postgres.wal_lsn()
        slot = f"waljet_{self.source}"
        deadline = time.monotonic() + CATCH_UP * (2 if self.rig.clustered else 1)
        while ((self.rig.postgres.slot(slot) or {}).get("confirmed_flush_lsn") or 0) < end:
            self._watch()
            self._check_words()
            if time.monotonic() > deadline:
                logs = "\n".join(self.rig.seats[name].streamer.process.log_tail(15) for name in self.schedule.seats)
                raise Failure(f"not confirmed up to {end:X}: {self.rig.postgres.slot(slot)}\n{logs}")
        self._note("drained")

    def _check_words(self):
        """No operator is needed where nothing is lost."""
        for name in self.schedule.seats:
            lines = self.rig.seats[name].streamer.process.log_lines("--accept-")
            if lines:
                raise Failure(f"{name} asks for an operator: {lines[0]}")

    def _finish(self):
        """SIGTERM ends each streamer with exit code 0."""
        for name in reversed(self.schedule.seats):
            self.rig.seats[name].terminate()
        for name in self.schedule.seats:
            wait.until(lambda seat=self.rig.seats[name]: seat.watch() or not seat.streamer.alive(), 10)
            self.rig.seats[name].watch()
        wait.until(self.rig.nothing_late, 10)
        self._note("ended")

    def _judge(self):
        self.transactions = self.oracle.read()
        self.messages, = wait.until(self._whole_stream, 60, interval=0.2, retry=NATS_ERRORS)
        strays = [message for message in self.messages if "Waljet-Id" not in message.headers]
        own = [message for message in self.messages if is_event(message)]
        if self.backlog:
            self.backlog.judge(self.verdict, own)
            begin = self.backlog.streamed_from(own)
            self.transactions = [one for one in self.transactions if one.end_lsn > begin]
            own = events_from(begin, own)
        tables = [table for table in TABLES if not (self.schedule.exclude and table == "public.unseen")]
        try:
            own = list(groups.take_apart(own, list(verify.expected_events(self.transactions, tables, self.schedule.truncate))))
        except AssertionError as error:
            self.verdict.fault("other", [f"a group: {error}"])
        judge.compare(self.verdict, self.transactions, own, tables, self.schedule.truncate,
                      late_max=self.schedule.strays)
        judge.check_confirmed(self.verdict, self.watcher.samples, self.transactions, own, tables, self.schedule.truncate)
        if len(strays) > self.schedule.strays:
            self.verdict.fault("other", [f"a message without Waljet-Id: {message.subject}" for message in strays])
        if not self.schedule.strays:
            self.verdict.fault("other", [f"in the log of {name}: {line}" for name, log in self._logs.items()
                                         for line in log.splitlines() if re.search(FORBIDDEN, line)])
        self._note("judged")

    def _whole_stream(self):
        """As much as its leader says it holds: a consumer may be on a node that has not caught up."""
        with self.rig.nats.client() as client:
            info = client.stream_info(self.source)
            if self.rig.clustered and not current(info):
                return None
            messages = client.read_stream(self.source)
        return (messages,) if len(messages) == info["state"]["messages"] else None

    def _judge_rest(self):
        """After a failure: what can be said about the stream all the same."""
        try:
            self.rig.heal(())
            self._judge()
        except Exception as error:  # noqa: BLE001: the failure is told already
            self.verdict.words.append(f"not compared: {error}")

    def _clean_up(self):
        server = self.rig.postgres
        active = "from pg_replication_slots where active and database = %s"
        server.execute(f"select pg_terminate_backend(active_pid) {active}", (self.source,))
        wait.until(lambda: not server.execute(f"select 1 {active}", (self.source,)))
        server.execute("select pg_drop_replication_slot(slot_name) from pg_replication_slots where database = %s", (self.source,))
        server.execute(f'drop database "{self.source}" with (force)')
        self.rig.nats.js_api(f"STREAM.DELETE.{self.source}", check=False)

    # ---- records ----

    def _now(self):
        return time.monotonic() - self._begin

    def _note(self, text):
        self.diary.append(f"{self._now():6.2f} {text}")

    def _server_logs(self):
        processes = [self.rig.postgres.process, *(broker.process for broker in self.rig.brokers)]
        return [process.log for process in processes if process.log.exists()]

    def _keep(self):
        directory = KEPT / f"{self.schedule.kind}-{self.schedule.seed}"
        shutil.rmtree(directory, ignore_errors=True)
        directory.mkdir(parents=True)
        (directory / "schedule.txt").write_text("\n".join([str(self.schedule), "", *self.diary, ""]))
        (directory / "verdict.txt").write_text("\n".join([*self.verdict.words, ""]))
        for name, log in self._logs.items():
            (directory / f"waljet-{name}.log").write_text(log)
        for number, (log, start) in enumerate(self._log_start.items()):
            with open(log, "rb") as file:
                file.seek(start)
                (directory / f"{number}-{log.name}").write_bytes(file.read())
        if hasattr(self, "watcher"):
            (directory / "samples.txt").write_text("".join(f"{at - self._begin:.2f} {confirmed:X} {stored}\n"
                                                           for at, confirmed, stored in self.watcher.timed))
        _write_events(directory, getattr(self, "transactions", []), getattr(self, "messages", []))


def _write_events(directory: Path, transactions, messages):
    with open(directory / "committed.txt", "w", encoding="utf-8") as file:
        for transaction in transactions:
            for ordinal, (table, operation, text) in enumerate(transaction.changes, 1):
                print(transaction.xid, f"{transaction.end_lsn:X}", ordinal, operation, table, text[:100], file=file)
    with open(directory / "stored.txt", "w", encoding="utf-8") as file:
        for message in messages:
            print(message.seq, message.headers.get("Waljet-Id", "-"), message.subject, file=file)
