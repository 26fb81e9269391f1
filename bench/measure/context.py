"""What a part is run with: sizes, rounds, servers."""

import shutil
from contextlib import contextmanager
from dataclasses import dataclass, field

import workloads
from harness.nats import NatsServer
from harness.paths import ROOT
from harness.postgres import PostgresServer, Template, known_settings

TOOLS = ROOT / "build" / "bench"  # where the programs of bench/tools are built
NULL_PLUGIN = ROOT / "build" / "bench" / "null" / "bench_null.so"

# Nothing happens in the source beside what is measured: no checkpoint, no vacuum. All else is as PostgreSQL ships it.
SOURCE_SETTINGS = {
    "shared_buffers": "512MB",
    "max_wal_size": "100GB",
    "checkpoint_timeout": "1d",
    "autovacuum": "off",
    "wal_sender_timeout": "0",
    "max_replication_slots": 100,
    "max_wal_senders": 20,
}
PLUGINS = "pgoutput, test_decoding, wal2json, decoderbufs, waljet, bench_null"


@dataclass
class Context:
    sizes: str = "full"  # full, quick or tiny
    rounds: int = 3
    chosen: tuple = workloads.ALL
    say: callable = print  # says how far a part has come
    found: dict = field(default_factory=dict)  # what a part leaves for those behind it: "drain capacity" for example
    raw: list = field(default_factory=list)  # one dictionary of JSON values a round, for the file of results
    settings: dict = field(default_factory=dict)  # what a part wants to be told in the results

    def __post_init__(self):
        self._template = None

    def workloads(self, *names):
        """The modules of those named that were asked for, in this order."""
        return [workloads.load(name) for name in names if name in self.chosen]

    def size(self, workload):
        return workload.sizes[self.sizes]

    @contextmanager
    def postgres(self, **settings):
        """A running server that knows all the plugins, removed in the end."""
        if self._template is None:
            self._template = Template()
        from_plugins = {"output_plugin_libraries": PLUGINS} if "output_plugin_libraries" in known_settings() else {}
        server = PostgresServer(self._template, **{**SOURCE_SETTINGS, **from_plugins, **settings})
        try:
            shutil.copy(NULL_PLUGIN, server.library)
            (server.library / NULL_PLUGIN.name).chmod(0o755)
            yield server.start()
        finally:
            server.remove()

    @contextmanager
    def nats(self, config=""):
        """A running nats-server with JetStream in files, removed in the end."""
        server = NatsServer(config)
        try:
            yield server.start()
        finally:
            server.remove()

    def close(self):
        if self._template:
            self._template.remove()



def tool(name):
    """The path of a program of bench/tools."""
    path = TOOLS / name
    assert path.exists(), f"{path} is not built"
    return path
