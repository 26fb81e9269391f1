"""A private nats-server."""

import shutil
import signal
import tempfile
from pathlib import Path

from . import wait
from .natsclient import NatsClient, NatsError
from .paths import NATS_SERVER
from .port import free_port
from .process import Process


class NatsServer:
    """Listens on 127.0.0.1, JetStream on file unless jetstream=False; `config` is more text for its configuration file.

    Port and store stay the same over stop, kill and start. `login` is what the test's own clients say to CONNECT, `tls`
    how they encrypt.
    """

    def __init__(self, config="", jetstream=True, login=None, tls=None):
        self.directory = Path(tempfile.mkdtemp(prefix="waljet-nats.", dir="/tmp"))
        self.config = config
        self.jetstream = jetstream
        self.login = login or {}
        self.tls = tls
        self.port = free_port()
        self.process = Process([NATS_SERVER, "-c", self.directory / "nats.conf"], self.directory / "nats.log",
                               death_signal="TERM")
        self._used = False

    @property
    def url(self):
        return f"nats://127.0.0.1:{self.port}"

    def _write_config(self):
        lines = [f"listen: 127.0.0.1:{self.port}"]
        if self.jetstream:
            lines.append(f'jetstream {{ store_dir: "{self.directory}/store" }}')
        (self.directory / "nats.conf").write_text("\n".join([*lines, self.config, ""]))

    def start(self, timeout=30.0):
        for _ in range(5):
            self._write_config()
            self.process.start()
            wait.until(lambda: self.is_ready() or not self.process.alive(), timeout, message=self.process.log_tail)
            if self.process.alive():
                self._used = True
                return self
            taken = "address already in use" in self.process.log_tail()
            assert taken and not self._used, f"nats-server did not start:\n{self.process.log_tail()}"
            self.port = free_port()
        raise AssertionError(f"nats-server did not start:\n{self.process.log_tail()}")

    def is_ready(self):
        try:
            with self.client(timeout=1.0) as client:
                return not self.jetstream or "error" not in client.js_api("INFO", check=False)
        except NatsError as error:
            return "Authorization" in str(error)  # it listens; who may come in is the test's business
        except OSError:
            return False

    def stop(self, timeout=20.0):
        return self.process.end(signal.SIGTERM, timeout)[1] if self.process.alive() else 0.0

    def kill(self):
        """kill -9; start() afterwards finds port and store unchanged."""
        self.process.kill()

    def restart(self):
        self.stop()
        return self.start()

    def reconfigure(self, config):
        """New configuration text, in force at once where nats-server can reload it."""
        self.config = config
        self._write_config()
        reloaded = len(self.process.log_lines("Reloaded server configuration"))
        self.process.signal(signal.SIGHUP)
        self.process.wait_for_log("Reloaded server configuration", count=reloaded + 1)

    def freeze(self):
        """SIGSTOP: the connections stay open, nothing answers."""
        self.process.freeze()

    def thaw(self):
        self.process.thaw()

    def remove(self):
        if self.process.alive():
            self.thaw()
            self.process.kill()
        shutil.rmtree(self.directory)

    def client(self, timeout=10.0):
        """A NatsClient; close it, or use it in a with statement."""
        return NatsClient("127.0.0.1", self.port, timeout, self.tls, **self.login)

    # ---- JetStream, each in a connection of its own ----

    def js_api(self, subject, request=None, check=True):
        with self.client() as client:
            return client.js_api(subject, request, check)

    def stream_create(self, name, subjects, **config):
        with self.client() as client:
            return client.stream_create(name, subjects, **config)

    def stream_info(self, name):
        """The answer of STREAM.INFO, or None where there is no such stream."""
        with self.client() as client:
            return client.stream_info(name)

    def stream_messages(self, name):
        """How many messages the stream holds; 0 where there is none."""
        info = self.stream_info(name)
        return info["state"]["messages"] if info else 0

    def read_stream(self, name, start=1):
        with self.client() as client:
            return client.read_stream(name, start)
