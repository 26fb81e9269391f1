"""The program under test: `waljet run`."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

from .paths import WALJET
from .process import Process
from .rss import rss_kb


def clean_environment(**more):
    """The environment without anything that would reach libpq or waljet."""
    env = {name: value for name, value in os.environ.items() if not re.match(r"PG|WALJET_|NATS_", name)}
    return {**env, **more}


def waljet(*arguments, timeout=30.0, env=None, input=None):
    """Runs a waljet command to its end; returns the finished process (returncode, stdout, stderr)."""
    return subprocess.run([WALJET, *map(str, arguments)], capture_output=True, text=True, timeout=timeout, check=False,
                          env=clean_environment(**(env or {})), input=input)


class Streamer:
    """`waljet run --postgres … --nats …` and what else is given; restarts append to the same log."""

    def __init__(self, postgres, nats, *arguments, name="app", dbname="postgres", user="postgres", env=None,
                 binary=WALJET):
        self.directory = Path(tempfile.mkdtemp(prefix="waljet-run.", dir="/tmp"))
        self.name = name
        postgres = postgres if isinstance(postgres, str) else postgres.conninfo(dbname, user)
        nats = nats if isinstance(nats, str) else nats.url
        if "--confirm-delay" not in arguments:  # what is stored is confirmed at once
            arguments = ("--confirm-delay", "0s", *arguments)
        self.process = Process([binary, "run", "--postgres", postgres, "--nats", nats, "--name", name, *arguments],
                               self.directory / "waljet.log", env=clean_environment(**(env or {})))

    def start(self):
        self.process.start()
        return self

    def kill(self):
        """kill -9."""
        self.process.kill()

    def terminate(self, timeout=30.0):
        """SIGTERM; returns the exit code."""
        return self.process.end(signal.SIGTERM, timeout)[0]

    def interrupt(self, timeout=30.0):
        """SIGINT; returns the exit code."""
        return self.process.end(signal.SIGINT, timeout)[0]

    def wait(self, timeout=30.0):
        return self.process.wait(timeout)

    def alive(self):
        return self.process.alive()

    @property
    def pid(self):
        return self.process.pid

    @property
    def exit_code(self):
        return self.process.exit_code

    def wait_for_log(self, pattern, timeout=10.0, count=1):
        return self.process.wait_for_log(pattern, timeout, count)

    def log_text(self):
        return self.process.log_text()

    def rss_kb(self):
        return rss_kb(self.pid)

    def remove(self):
        self.process.kill()
        shutil.rmtree(self.directory)
