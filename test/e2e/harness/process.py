"""A child process with its output in a file: what PostgreSQL, nats-server and waljet have in common."""

import os
import re
import signal
import subprocess
import time
from pathlib import Path

from . import wait


class Process:
    """Dies with the thread that started it (setpriv --pdeathsig), so that a killed test run leaves no servers."""

    def __init__(self, command, log, user=None, env=None, cwd="/", death_signal="KILL"):
        self.command = [str(word) for word in command]
        self.log = Path(log)
        self.env = env
        self.cwd = cwd
        self.prefix = ["setpriv", "--pdeathsig", death_signal]
        if user:
            self.prefix += [f"--reuid={user}", f"--regid={user}", "--init-groups"]
        self.child = None

    def start(self):
        assert not self.alive(), "already running"
        with open(self.log, "ab") as log:
            self.child = subprocess.Popen(
                [*self.prefix, "--", *self.command],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=self.cwd, env=self.env, start_new_session=True)
        return self

    @property
    def pid(self):
        return self.child.pid

    def alive(self):
        return self.child is not None and self.child.poll() is None

    @property
    def exit_code(self):
        """None while it runs; negative: the signal that ended it."""
        return self.child.poll()

    def signal(self, number):
        if self.alive():
            os.kill(self.pid, number)

    def wait(self, timeout=10.0):
        """Waits for the end, returns the exit code; leaves the process alone when it does not end in time."""
        try:
            return self.child.wait(timeout)
        except subprocess.TimeoutExpired:
            raise wait.Timeout(f"{self.command[0]} did not end within {timeout:g} s:\n{self.log_tail()}") from None

    def end(self, number, timeout=10.0):
        """Sends the signal and waits; returns (exit code, seconds it took)."""
        begin = time.monotonic()
        self.signal(number)
        return self.wait(timeout), time.monotonic() - begin

    def kill(self):
        """kill -9."""
        self.signal(signal.SIGKILL)
        if self.child:
            self.child.wait()

    def freeze(self):
        """SIGSTOP; returns when each of its threads has stopped."""
        self.signal(signal.SIGSTOP)
        wait.until(lambda: _thread_states(self.pid) <= set("TtZX"))

    def thaw(self):
        self.signal(signal.SIGCONT)

    def log_text(self):
        return self.log.read_text(errors="replace") if self.log.exists() else ""

    def log_tail(self, lines=30):
        return "\n".join(self.log_text().splitlines()[-lines:])

    def log_lines(self, pattern):
        """The log lines in which the regular expression is found."""
        return [line for line in self.log_text().splitlines() if re.search(pattern, line)]

    def wait_for_log(self, pattern, timeout=10.0, count=1):
        """Waits until `count` log lines match; fails at once when the process ends before."""
        def found():
            ended = not self.alive()  # asked first: the last lines come before the end
            lines = self.log_lines(pattern)
            if len(lines) >= count:
                return lines
            what = f"{self.command[0]} ended ({self.exit_code}) before /{pattern}/ was logged"
            assert not ended, f"{what}:\n{self.log_tail()}"
            return None
        return wait.until(found, timeout, message=lambda: f"/{pattern}/ in the log:\n{self.log_tail()}")


def _thread_states(pid):
    """The states in which the threads are, by their letters in /proc."""
    states = set()
    for path in Path(f"/proc/{pid}/task").glob("*/stat"):
        try:
            states.add(path.read_text().rsplit(")", 1)[1].split()[0])
        except (FileNotFoundError, ProcessLookupError):
            continue  # that thread has ended
    return states
