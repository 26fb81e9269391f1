"""What happens in a trial: settings, load and faults, all drawn from a seed."""

import random
from dataclasses import dataclass, field

KINDS = ("default", "window", "cluster", "grouped", "snapshot")
HELD_BACK = "8s"
POINTS = ("published", "acknowledged", "recorded", "confirmed", "reconnecting")  # draining has a fault of its own


@dataclass(frozen=True)
class Fault:
    """From second `at` on for `lasts` seconds; `target` is a seat, a server, a link ("A-nats") or "" (found out then)."""
    at: float
    lasts: float
    what: str
    target: str
    more: str = ""

    def __str__(self):
        return f"{self.at:5.2f} s  for {self.lasts:4.2f} s  {self.what:<9} {self.target}  {self.more}".rstrip()


@dataclass
class Work:
    """The load: transactions of several sessions until `seconds` have passed or `rows` are written."""
    sessions: int = 3
    rows: int = 6000
    rows_max: int = 300  # of one transaction
    large: bool = False  # whether all transactions are at least half as large
    pause: float = 0.015  # between transactions of a session, on average
    seconds: float = 2.5
    spread: int = 0  # rows to change are looked for from ids up to this one on; 0: the newest, or the oldest


@dataclass
class Schedule:
    seed: int
    kind: str = "default"
    flags: list = field(default_factory=lambda: ["--confirm-delay", "0s"])
    truncate: bool = False  # whether TRUNCATE is streamed; it happens in any case
    exclude: bool = False  # whether the table `unseen` is left out
    seats: tuple = ("A",)  # the second one is a hot standby
    strays: int = 0  # messages that somebody else puts into the stream
    groupings: tuple = ()  # of each start of a streamer, over and over again: --group-bytes, "" for --grouping event
    window: float = 0.0  # the stream's duplicate window in seconds; 0: waljet creates the stream
    snapshot: str = ""  # "initial", or "demand": by the command, while faults happen; of rows that were there before
    rows: int = 0  # that many of each table
    chunk: int = 0  # rows that are read at a time on demand
    without_key: bool = False  # whether there is a table without a key, too
    work: Work = field(default_factory=Work)
    faults: list = field(default_factory=list)

    def arguments(self):
        words = list(self.flags)
        if self.truncate:
            words += ["--operations", "insert,update,delete,truncate"]
        if self.exclude:
            words += ["--exclude-tables", "public.unseen"]
        if self.snapshot == "initial":
            words += ["--snapshot", "initial"]
        return words

    def settings(self):
        chunk = {"WALJET_TEST_CHUNK_ROWS": str(self.chunk)} if self.chunk else {}
        groups = [{"WALJET_SINK_GROUPING": "run" if size else "event", "WALJET_SINK_GROUP_BYTES": size or "64KiB"}
                  for size in self.groupings]
        return [{**group, **chunk} for group in groups or [{}]]

    def __str__(self):
        work = self.work
        strays = f"; {self.strays} strays" if self.strays else ""
        lines = [f"{self.kind} seed {self.seed}: waljet {' '.join(self.arguments())}{strays}",
                 f"  {work.sessions} sessions for {work.seconds:.1f} s, at most {work.rows} rows, "
                 f"{work.rows_max} in a transaction"]
        if len(self.seats) > 1:
            lines.append("  a second streamer stands by")
        if self.groupings:
            lines.append(f"  groups: {', '.join(size or 'none' for size in self.groupings)}")
        if self.snapshot:
            lines.append(f"  snapshot {self.snapshot} of {self.rows} rows a table, {self.chunk} at a time"
                         + (", one table without a key" if self.without_key else ""))
        if self.window:
            lines.append(f"  the stream's duplicate window is {self.window * 1000:.0f} ms")
        return "\n".join([*lines, *(f"  {fault}" for fault in self.faults)])


def generate(kind, seed):
    """The same schedule for the same seed."""
    rng = random.Random(f"{kind}/{seed}")
    schedule = Schedule(seed, kind)
    schedule.work.seconds = {"default": 2.5, "window": 4.0, "cluster": 4.0, "grouped": 2.5, "snapshot": 2.5}[kind]
    _settings(schedule, rng)
    _workload(schedule, rng)
    if kind == "grouped":
        _grouping(schedule, rng)
    if kind == "snapshot":
        _snapshot(schedule, rng)
    _Faults(schedule, rng).draw()
    return schedule


def _settings(schedule, rng):
    flags = ["--confirm-delay", "1s" if rng.random() < 0.12 else "0s"]
    pending = rng.choice((0, 0, 0, 0, 1, 4, 17, 64, 64, 300))
    if pending:
        flags += ["--max-pending", str(pending)]
        schedule.work.rows = min(schedule.work.rows, 400 + pending * 300)
    if rng.random() < 0.15:
        flags += ["--max-pending-bytes", rng.choice(("4k", "64k"))]
        schedule.work.rows = min(schedule.work.rows, 2000)
    if rng.random() < 0.1:
        flags += ["--msg-id"]
    schedule.flags = flags
    schedule.truncate = rng.random() < 0.4
    schedule.exclude = rng.random() < 0.5
    if rng.random() < 0.4:
        schedule.seats = ("A", "B")
    if schedule.kind == "default" and rng.random() < 0.06:
        schedule.strays = rng.randint(1, 5)
    if schedule.kind == "window":
        schedule.window = 0.1


def _workload(schedule, rng):
    schedule.work.sessions = rng.randint(2, 4)
    schedule.work.rows_max = rng.choice((40, 150, 150, 600, 2500))
    schedule.work.pause = rng.choice((0.004, 0.015, 0.015, 0.04))


def _grouping(schedule, rng):
    """In every second schedule each start of a streamer has its own size of groups."""
    sizes = ("", "1KiB", "2500", "8KiB", "64KiB", "512KiB")
    schedule.groupings = (rng.choice(sizes[1:]),) if rng.random() < 0.5 else tuple(rng.choices(sizes, k=rng.randint(2, 5)))
    subject = rng.choice(("", "", "{name}.events", "{name}.{table}", "{name}.{partition:2}.{key}"))
    if subject:
        schedule.flags += ["--subject", subject]
    if "--max-pending" not in schedule.flags and rng.random() < 0.6:
        schedule.flags += ["--max-pending", str(rng.choice((2, 5, 20, 60)))]


def _snapshot(schedule, rng):
    """Tables are compared, so that whatever empties one is streamed."""
    schedule.truncate = True
    schedule.snapshot = rng.choice(("initial", "demand", "demand"))
    schedule.rows = rng.choice((60, 300, 1000))
    schedule.chunk = rng.choice((10, 30, 100)) if schedule.rows < 1000 else rng.choice((100, 400))
    schedule.work.rows = min(schedule.work.rows, 3000)
    schedule.without_key = schedule.snapshot == "initial" and rng.random() < 0.3
    if "--max-pending" in schedule.flags:  # so that a snapshot of many rows ends in time
        schedule.rows = min(schedule.rows, 300)
    schedule.work.spread = schedule.rows
    if rng.random() < 0.4:
        _grouping(schedule, rng)


class _Faults:
    """Draws faults such that no target has two at a time."""

    def __init__(self, schedule, rng):
        self.schedule = schedule
        self.rng = rng
        self.end = schedule.work.seconds
        self.busy = {}  # target: [(from, to), …]
        standby = len(schedule.seats) > 1
        self.weights = {
            self.kill: 3, self.stop: 2, self.freeze: 2, self.failpoint: 4, self.drainpoint: 1.5,
            self.postgres: 3, self.terminate: 1.5,
            self.cut: 2, self.half_open: 1.5, self.hold: 3, self.slow: 2, self.refuse: 1, self.late: 3,
            # nats-server 2.9 can lose acknowledged messages when a stream is changed while one of its nodes restarts.
            self.full: 0 if schedule.kind == "cluster" else 1,
            self.nats: 0 if schedule.kind == "cluster" else 4,
            self.power_loss: 0 if schedule.kind == "cluster" else 1.5,
            self.node: 5 if schedule.kind == "cluster" else 0,
            self.step_down: 5 if schedule.kind == "cluster" else 0,
            self.zombie: 4 if standby else 0,
            self.cut_off: 3 if standby else 0,
            self.reader: 3 if schedule.snapshot else 0,
            self.away: 4 if schedule.snapshot else 0,
            self.pause: 1 if schedule.snapshot == "demand" else 0,
        }

    def draw(self):
        if self.schedule.kind == "window":
            self.outage()
        if self.schedule.kind == "cluster":
            self.rng.choice((self.node, self.step_down))()
        if self.schedule.snapshot:
            self.snapshot()
        for draw in self.rng.choices(list(self.weights), self.weights.values(), k=self.rng.randint(2, 6)):
            draw()
        self.schedule.faults.sort(key=lambda fault: (fault.at, fault.target, fault.what))

    # ---- one of each ----

    def outage(self):
        """Of 0.5 to 3 s: many times the duplicate window."""
        what, target = self.rng.choice((("kill -9", "nats"), ("freeze", "nats"), ("restart", "nats"), ("kill -9", "A"),
                                        ("freeze", "A"), ("hold", "A-nats"), ("hold up", "A-nats"), ("hold down", "A-nats"),
                                        ("half-open", "A-nats")))
        self.add(what, target, self.rng.uniform(0.5, 3.0))

    def kill(self):
        self.add("kill -9", self.seat(), self.short())

    def stop(self):
        self.add("stop", self.seat(), self.short())

    def freeze(self):
        self.add("freeze", self.seat(), self.short())

    def failpoint(self):
        """The streamer is killed, started with a failpoint, and again as often as told after the failpoint was reached."""
        point = self.rng.choice(POINTS + (("job_written",) if self.schedule.snapshot else ()))
        highest = {"published": 3.0, "acknowledged": 3.0, "confirmed": 1.0, "job_written": 1.0, "recorded": 0.5,
                   "reconnecting": 0.35}[point]
        number = int(10 ** self.rng.uniform(0, highest))
        seat = self.seat()
        order = f"{point}:{number}:{self.rng.choice(('kill', 'kill', 'stop'))}"
        at = self.add("failpoint", seat, self.short(), f"{order} x{self.rng.choice((1, 1, 2, 4))}")
        if at is not None and point == "reconnecting":
            self.add("cut", f"{seat}-nats", 0.0, at=at + 0.4)

    def drainpoint(self):
        """Killed or frozen while it drains."""
        self.add("drain", self.seat(), 0.4, f"draining:1:{self.rng.choice(('kill', 'stop'))} x1")

    def nats(self):
        self.add(self.rng.choice(("kill -9", "freeze", "restart")), "nats", self.short())

    def power_loss(self):
        """A broker that comes back without what it acknowledged last; the slot is held back for longer than that. Not
        beside a full stream: that it is full no longer would be lost as well."""
        if self.has("full"):
            return
        lost = self.rng.choice(("stream", "bucket", "both"))
        if self.add("power loss", "nats", self.rng.uniform(0.1, 1.0), lost) is not None:
            self.schedule.flags[:2] = ["--confirm-delay", HELD_BACK]

    def node(self):
        self.add(self.rng.choice(("kill -9", "freeze", "restart")), self.rng.choice(("leader", "leader", "follower")),
                 self.rng.uniform(0.2, 2.0))

    def step_down(self):
        self.add("step down", "leader", 0.0, self.rng.choice(("stream", "stream", "stream", "record")))

    def postgres(self):
        self.add(self.rng.choice(("immediate", "immediate", "fast")), "postgres", self.rng.choice((0.0, 0.1, 0.5)))

    def terminate(self):
        self.add("terminate", "walsender", 0.0)

    def cut(self):
        self.add("cut", self.link(), 0.0)

    def half_open(self):
        self.add("half-open", self.link(), self.short())

    def hold(self):
        self.add(self.rng.choice(("hold", "hold up", "hold down")), self.link(), self.short())

    def slow(self):
        if self.rng.random() < 0.6:
            self.add("delay", self.link(), self.short(), f"{self.rng.choice((2, 20, 100))} ms")
        else:
            self.add("limit", self.link(), self.short(), f"{self.rng.choice((20, 200, 1000))} kB/s")

    def late(self):
        """The connection is cut, and what was on its way arrives when the streamer is back on a new one."""
        seconds = self.rng.choice((0.02, 0.1, 0.3, 0.6, 1.0))
        self.add("late", f"{self.seat()}-nats", self.rng.uniform(0.02, 0.3), f"{seconds} s later")

    def full(self):
        if self.has("power loss"):
            return
        self.add("full", "stream", self.rng.uniform(0.2, 1.5), f"{self.rng.choice((300, 600))} more")

    def refuse(self):
        self.add("refuse", self.link(), self.short())

    def zombie(self):
        """The active streamer is frozen and its walsender ended; it goes on after the other one has taken over."""
        self.add("zombie", "seats", self.rng.uniform(0.3, 1.0))

    def cut_off(self):
        """The active streamer loses PostgreSQL, but not NATS, until the other one has taken over."""
        self.add("cut off", "seats", self.rng.uniform(0.1, 0.8))

    def snapshot(self):
        """What an initial one is for happens in its first moments; on demand it is in the middle of other things."""
        if self.schedule.snapshot == "initial":
            what, target = self.rng.choice((("kill -9", "A"), ("freeze", "A"), ("terminate", "readers"), ("kill -9", "nats"),
                                            ("immediate", "postgres"), ("cut", "A-nats"), ("cut", "A-postgres"), ("stop", "A")))
            self.add(what, target, self.short(), at=10 ** self.rng.uniform(-2, 0))
        else:
            rate = self.rng.choice(("", "", "500 rows/s", "2000 rows/s"))
            self.add("request", "job", 0.0, rate, at=self.rng.uniform(0.1, self.end / 2))
        if self.rng.random() < 0.5:
            self.away()

    def reader(self):
        self.add("terminate", "readers", 0.0)

    def away(self):
        """A synchronous standby: what is committed meanwhile is in the log, and no snapshot shows it."""
        self.add("away", "standby", self.rng.uniform(0.1, 0.8))

    def pause(self):
        self.add("pause", "job", self.short())

    # ---- when and where ----

    def has(self, what):
        return any(fault.what == what for fault in self.schedule.faults)

    def short(self):
        return round(min(1.5, self.rng.expovariate(1 / 0.35)), 2)

    def seat(self):
        return self.rng.choice(self.schedule.seats)

    def link(self):
        return f"{self.seat()}-{self.rng.choice(('nats', 'nats', 'postgres'))}"

    def add(self, what, target, lasts, more="", at=None):
        """Returns when it begins; None where no place was found."""
        for _ in range(5):
            begin = self.rng.uniform(0.2, self.end - 0.2) if at is None else at
            taken = self.busy.setdefault(target, [])
            if not any(begin < to + 0.1 and begin + lasts + 0.1 > since for since, to in taken):
                taken.append((begin, begin + lasts))
                self.schedule.faults.append(Fault(round(begin, 2), round(lasts, 2), what, target, more))
                return begin
        return None
