"""What it costs the source that somebody reads its changes: pgbench's transactions a second, beside those of the bare decoding.

pgbench (TPC-B, 4 connections, prepared statements, all in memory) runs in turn with
  nothing          no slot at all
  null             a slot whose plugin emits nothing, drained by bench/tools/drain
  waljet           `waljet run` and nats-server on the same processors
  waljet's plugin  drained by bench/tools/drain: streamer and nats-server run elsewhere
A transaction is four events. Where all processors are busy each second that a reader uses is missing to pgbench: so it is without
fsync, where nothing waits for the disk. The last contestant tells what is left of that where only the walsender is beside the
database.
"""

import re
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path

from harness import wait
from harness.paths import PG_BIN
from harness.postgres import lsn

import rig
from measure.cpu import cpu_seconds
from measure.drain import NULL, Contestant, start_drain
from measure.result import NotVerified, Result, ratios_of

title = "Cost to the source: pgbench with a reader attached"
plotted = ("TPS",)

WORKLOADS = {  # and their settings
    "pgbench": {"fsync": "on"},
    "pgbench without fsync": {"fsync": "off"},
}
SECONDS = {"full": 10, "quick": 3, "tiny": 2}
SCALE = {"full": 20, "quick": 5, "tiny": 1}
CONNECTIONS = 4
NOTHING, NULL_SLOT, WALJET, PLUGIN = "nothing", "null", "waljet", "waljet's plugin"
ANY_ROWS = Contestant(PLUGIN, "waljet", "null", ("output=frames",))  # a client that looks at nothing


def run(context):
    context.settings["source_cost"] = f"pgbench -c {CONNECTIONS} -j 2 -M prepared, scale {SCALE[context.sizes]}"
    chosen = WORKLOADS if context.sizes == "full" else {"pgbench": WORKLOADS["pgbench"]}
    return [result for workload, settings in chosen.items() for result in _run(context, workload, settings)]


def _run(context, workload, settings):
    rounds = []
    with rig.rig(context, **settings) as servers, tempfile.TemporaryDirectory(prefix="waljet-bench.") as directory:
        _pgbench(servers, "-i", "-q", "-s", SCALE[context.sizes])
        for number in range(context.rounds):
            runs = {name: _measure(servers, reader, SECONDS[context.sizes], Path(directory)) for name, reader in READERS.items()}
            context.raw += [{"part": "source_cost", "workload": workload, "contestant": name, "round": number, **figures}
                            for name, figures in runs.items()]
            context.say(f"  {workload}, round {number + 1}: " +
                        ", ".join(f"{name} {figures['tps']:.0f}" for name, figures in runs.items()))
            rounds.append(runs)
    return _results(workload, rounds)


def _results(workload, rounds):
    def result(name, metric, unit, field):
        return Result("source_cost", workload, name, metric, unit, [runs[name][field] for runs in rounds])

    tps = {name: result(name, "TPS", "/s", "tps") for name in rounds[0]}
    results = list(tps.values())
    results += [ratios_of(tps[name], tps[NOTHING]) for name in (NULL_SLOT, WALJET, PLUGIN)]
    results += [ratios_of(tps[name], tps[NULL_SLOT]) for name in (WALJET, PLUGIN)]
    results += [result(name, "walsender CPU", "µs/transaction", "walsender_us") for name in (NULL_SLOT, WALJET, PLUGIN)]
    results += [result(name, "behind at the end", "MB", "behind_mb") for name in (NULL_SLOT, WALJET, PLUGIN)]
    return results


def _measure(servers, reader, seconds, directory):
    """TPS; of what reads, the walsender's CPU a transaction and how far behind it is when pgbench ends."""
    with reader(servers, directory) as slot:
        walsender = wait.until(lambda: servers.walsender(slot), 30) if slot else None
        before = cpu_seconds(walsender) if walsender else 0.0
        printed = _pgbench(servers, "-c", CONNECTIONS, "-j", "2", "-M", "prepared", "-T", seconds)
        if slot and servers.walsender(slot) != walsender:
            raise NotVerified(f"the reader has ended:\n{servers.postgres.process.log_tail()}")
        used = cpu_seconds(walsender) - before if walsender else 0.0
        behind = _behind(servers, walsender) if walsender else 0
        if walsender:
            wait.until(lambda: _behind(servers, walsender) == 0, 600)
    tps = float(re.search(r"tps = ([\d.]+)", printed)[1])
    transactions = int(re.search(r"actually processed: (\d+)", printed)[1])
    return {"tps": tps, "walsender_us": used * 1e6 / transactions, "behind_mb": behind / 1e6}


def _behind(servers, walsender):
    """Bytes of log that the walsender has not sent."""
    rows = servers.postgres.execute("select pg_current_wal_lsn(), sent_lsn from pg_stat_replication where pid = %s", (walsender,))
    if not rows:
        raise NotVerified("the walsender has ended")
    return max(0, lsn(rows[0][0]) - lsn(rows[0][1]))


def _pgbench(servers, *arguments):
    command = [PG_BIN / "pgbench", *arguments, *(() if "-i" in arguments else ("-n",)), servers.postgres.conninfo()]
    done = subprocess.run([str(word) for word in command], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise NotVerified(f"pgbench: {done.stdout}{done.stderr}")
    return done.stdout


# ---- who reads: each yields the slot that is read ----

@contextmanager
def _nobody(_servers, _directory):
    yield None


def _drained(contestant):
    @contextmanager
    def reader(servers, directory):
        slot = servers.fresh_slot(contestant.plugin)
        process = start_drain(servers.postgres, slot, contestant, directory / "drain.log")
        try:
            yield slot
        finally:
            process.kill()
        servers.drop_slot(slot)
    return reader


@contextmanager
def _waljet(servers, _directory):
    slot = servers.fresh_slot()
    servers.delete_stream()
    with servers.streamer(slot) as streamer:
        streamer.start()
        streamer.wait_for_log("ready: publishing", 30)
        yield slot
        servers.end(streamer)
    servers.drop_slot(slot)


READERS = {NOTHING: _nobody, NULL_SLOT: _drained(NULL), WALJET: _waljet, PLUGIN: _drained(ANY_ROWS)}
