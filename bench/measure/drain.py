"""bench/tools/drain, a client that reads a slot as fast as the plugin writes."""

import json
import subprocess
from dataclasses import dataclass

from harness.process import Process

from .context import tool
from .result import NotVerified


@dataclass(frozen=True)
class Contestant:
    """An output plugin with its options; `kind` tells the client how to read it."""
    name: str
    plugin: str
    kind: str
    options: tuple = ()


PUBLICATION = "bench"  # for pgoutput, of all tables
NULL = Contestant("null", "bench_null", "null")
LINES = Contestant("waljet lines", "waljet", "lines")
FRAMES = Contestant("waljet frames", "waljet", "frames", ("output=frames",))
PGOUTPUT = Contestant("pgoutput", "pgoutput", "pgoutput", ("proto_version=1", f"publication_names={PUBLICATION}"))
WAL2JSON = Contestant("wal2json v2", "wal2json", "wal2json", ("format-version=2",))
DECODERBUFS = Contestant("decoderbufs", "decoderbufs", "decoderbufs")


def command(server, slot, contestant, until=None, dbname="postgres"):
    options = [word for option in contestant.options for word in ("-o", option)]
    end = ["--until", until] if until else []
    return [tool("drain"), "--postgres", server.conninfo(dbname), "--slot", slot, "--kind", contestant.kind, *end, *options]


def drain(server, slot, contestant, until, timeout=3600):
    """Reads the slot up to the position `until`, a text; returns the figures that bench/tools/drain.cpp tells."""
    done = subprocess.run([str(word) for word in command(server, slot, contestant, until)], capture_output=True, text=True,
                          timeout=timeout, check=False)
    if done.returncode != 0:
        raise NotVerified(f"{contestant.name}: {done.stderr}{server.process.log_tail()}")
    return json.loads(done.stdout.splitlines()[-1])


def start_drain(server, slot, contestant, log):
    """A running client that reads until it gets SIGTERM; its figures are the last line of the log then."""
    return Process(command(server, slot, contestant), log).start()


def verify(figures, contestant, written):
    """Raises NotVerified unless each change that was written arrived, and nothing else."""
    got = {"by_operation": {name: figures["by_operation"][name] for name in "cud"}, "key_sums": figures["key_sums"]}
    expected = {"by_operation": written.by_operation, "key_sums": written.key_sums}
    if contestant.kind == "null":
        expected = {name: dict.fromkeys("cud", 0) for name in expected}
    if got != expected or figures["by_operation"]["other"]:
        raise NotVerified(f"{contestant.name}: {figures['by_operation']} {got} instead of {expected}")
