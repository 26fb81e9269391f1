"""A streamer with links of its own to both servers, watched: it may only end when it was told to."""

import itertools
import signal
import time
from pathlib import Path

from harness.proxy import Proxy
from harness.streamer import Streamer

START = 1.0  # seconds after which it must be able to take a SIGTERM
DRAIN = 4.0  # seconds after SIGTERM; beyond, it is killed, as by a service manager (it may well wait for NATS)


class Failure(AssertionError):
    """What the trial must not show."""


class Seat:
    """`name` tells it from the other one: in logs, and as application_name in the server."""

    def __init__(self, name, postgres, brokers):
        self.name = name
        self.password = postgres.password
        self.postgres_link = Proxy(postgres.port)
        self.nats_links = [Proxy(broker.port) for broker in brokers]
        self.streamer = None
        self.wanted = False  # whether it is to run
        self.note = print
        self._started = 0.0
        self._kill_at = None  # after SIGTERM
        self._point = None  # a Failpoint
        self._frozen = False
        self._since = 0.0  # when the failpoint was seen to be reached

    # ---- one trial ----

    def open(self, binary, source, dbname, arguments, note, settings=()):
        """`note` is called with what happens to the process without the schedule's doing. `settings` are variables of
        the environment: those of each start, over and over again."""
        postgres = (f"postgresql://postgres:{self.password}@127.0.0.1:{self.postgres_link.port}/{dbname}"
                    f"?application_name={self.name}")
        nats = ",".join(f"nats://127.0.0.1:{link.port}" for link in self.nats_links)
        self.streamer = Streamer(postgres, nats, *arguments, name=source, binary=binary)
        self.wanted = False
        self.note = note
        self._kill_at = self._point = None
        self._settings = itertools.cycle(settings or [{}])

    def close(self):
        """Ends the process; returns its log."""
        self.thaw()
        self.streamer.kill()
        log = self.streamer.log_text()
        self.streamer.remove()
        self.streamer = None
        return log

    def remove(self):
        if self.streamer:
            self.close()
        for link in (self.postgres_link, *self.nats_links):
            link.close()

    # ---- faults ----

    def start(self):
        self.wanted = True
        if not self._kill_at and not self.streamer.alive():  # otherwise when the old one has ended
            self._start()

    def kill(self):
        self.wanted = False
        self._kill_at = self._point = None
        self.streamer.kill()

    def terminate(self):
        """SIGTERM; watch() sees to the rest."""
        self.wanted = False
        if self.streamer.alive() and not self._kill_at:  # a second one would end it at once
            self.thaw()
            self.streamer.process.signal(signal.SIGTERM)
            self._kill_at = time.monotonic() + DRAIN

    def freeze(self):
        self._frozen = True  # whatever stops, it is not at its failpoint
        self.streamer.process.freeze()

    def thaw(self):
        self._frozen = False
        self.streamer.process.thaw()

    def arm(self, failpoint):
        """The next start gets it, and as many after that as it says."""
        self._point = failpoint

    def disarm(self):
        """A process that is frozen at its failpoint goes on at the next watch()."""
        if self._point:
            self._point.again = 0
            self._point.after = 0.0

    # ---- watching ----

    def watch(self):
        """Call it every few milliseconds: restarts after failpoints, ends a drain that takes too long."""
        process = self.streamer.process
        if self._kill_at:
            self._watch_drain(process)
        elif process.alive():
            may_be_there = self._point and self._point.stops and not self._frozen
            if may_be_there and is_stopped(process.pid) and self._reached():
                self._point = None
                process.thaw()
        elif self.wanted:
            self._watch_death(process)

    def _watch_drain(self, process):
        if process.alive():
            if self._point and self._point.stops and is_stopped(process.pid):
                process.thaw()
            if time.monotonic() < self._kill_at:
                return
            self.note(f"{self.name} is still draining: killed")
            process.kill()
        elif process.exit_code not in self._good_ends():
            raise Failure(f"{self.name}: exit code {process.exit_code} after SIGTERM\n{process.log_tail()}")
        self._kill_at = None
        self._point = None
        if self.wanted:
            self._start()

    def _good_ends(self):
        codes = [0]
        if self._point:
            codes.append(-signal.SIGKILL)
        if self._kill_at - DRAIN < self._started + START:
            codes.append(-signal.SIGTERM)  # it came before there was a handler for it
        return codes

    def _watch_death(self, process):
        if not self._point or process.exit_code != -signal.SIGKILL:
            raise Failure(f"{self.name} ended by itself: exit code {process.exit_code}\n{process.log_tail()}")
        if self._reached():
            self._since = 0.0
            if self._point.again > 0:
                self._point.again -= 1
            else:
                self._point = None
            self._start()

    def _reached(self):
        """The failpoint was reached; true when its pause is over."""
        if not self._since:
            self._since = time.monotonic()
            self.note(f"{self.name} has reached {self._point.order}")
        if time.monotonic() < self._since + self._point.after:
            return False
        return True

    def _start(self):
        self._since = 0.0
        self._frozen = False
        environment = self.streamer.process.env
        environment.pop("WALJET_FAILPOINT", None)
        environment.update(next(self._settings))
        if self._point:
            environment["WALJET_FAILPOINT"] = self._point.order
        self.streamer.start()
        self._started = time.monotonic()


class Failpoint:
    """`order` as in WALJET_FAILPOINT; the process goes on, or is started again, `after` seconds after it was reached."""

    def __init__(self, order, again=0, after=0.1):
        self.order = order
        self.again = again
        self.after = after

    @property
    def stops(self):
        return self.order.endswith(":stop")


def is_stopped(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] == "T"
    except (FileNotFoundError, ProcessLookupError):
        return False
