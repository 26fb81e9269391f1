"""What an output plugin costs the source: CPU of the walsender that drains a backlog, plugin beside plugin.

The backlog is written once. Every drain reads it through a copy of a slot that was created before.
"""

import subprocess
from pathlib import Path

from harness import wait
from harness.paths import PG_CONFIG
from measure.drain import DECODERBUFS, FRAMES, LINES, NULL, PGOUTPUT, PUBLICATION, WAL2JSON, drain, verify
from measure.result import NotVerified, Result, ratios_of

title = "Decoding: the walsender's CPU, plugin beside plugin"
plotted = ("CPU an event",)

EVERYONE = (NULL, LINES, FRAMES, PGOUTPUT, WAL2JSON, DECODERBUFS)
FEW = (NULL, LINES, FRAMES, PGOUTPUT)  # of ten million rows
REFERENCES = (NULL, PGOUTPUT, WAL2JSON)
METRICS = {  # name: unit, and the number from a drain's figures
    "CPU": ("s", lambda figures, events: figures["cpu_s"]),
    "CPU an event": ("µs", lambda figures, events: figures["cpu_s"] / events * 1e6),
    "wall": ("s", lambda figures, events: figures["wall_s"]),
    "events": ("/s", lambda figures, events: events / figures["wall_s"]),
    "output": ("MB", lambda figures, events: figures["bytes"] / 1e6),
    "messages": ("", lambda figures, events: figures["messages"]),
}


def run(context):
    context.settings["decoding"] = {one.name: " ".join(one.options) or "its defaults" for one in EVERYONE}
    results = []
    for workload in context.workloads("orders", "narrow", "mixed", "small", "wide", "toast"):
        contestants = available(FEW if workload.name == "narrow" else EVERYONE, context)
        results += run_workload(context, workload, contestants)
    return results


def available(contestants, context):
    """Those whose plugin is there: Debian does not have all of them for every major version."""
    libraries = Path(subprocess.check_output([PG_CONFIG, "--pkglibdir"], text=True).strip())
    ours = (NULL, LINES, FRAMES)
    present = [one for one in contestants if one in ours or (libraries / f"{one.plugin}.so").exists()]
    for one in set(contestants) - set(present):
        context.say(f"  {one.name} is not installed and left out")
    return present


def run_workload(context, workload, contestants):
    with context.postgres() as server:
        written, until = write_backlog(context, server, workload)
        rounds = []
        for number in range(context.rounds):
            figures = {one.name: drain_copy(server, one, until, written) for one in contestants}
            compare_order(workload, figures)
            for name, each in figures.items():
                context.raw.append({"part": "decoding", "workload": workload.name, "contestant": name, "round": number, **each})
            context.say(f"  {workload.name} round {number + 1}: " +
                        ", ".join(f"{name} {each['cpu_s']:.2f} s" for name, each in figures.items()))
            rounds.append(figures)
    return results_of(workload, contestants, rounds, written.events)


def write_backlog(context, server, workload):
    """Returns what was written and the position behind it."""
    connection = server.connect()
    workload.create(connection)
    server.execute(f"create publication {PUBLICATION} for all tables")
    server.execute("select pg_create_logical_replication_slot('start', 'bench_null')")
    written = workload.write(connection, context.size(workload))
    until = server.execute("select pg_current_wal_insert_lsn()")[0][0]
    server.execute("checkpoint")  # now, not while something is measured; it also writes what the position is reached by
    connection.close()
    context.say(f"  {workload.name}: {written.events} changes in {written.transactions} transactions")
    return written, until


def drain_copy(server, contestant, until, written):
    server.execute("select pg_copy_logical_replication_slot('start', 'copy', false, %s)", (contestant.plugin,))
    figures = drain(server, "copy", contestant, until)
    wait.until(lambda: not server.slot("copy")["active"], message="the walsender ends")
    server.execute("select pg_drop_replication_slot('copy')")
    verify(figures, contestant, written)
    figures["memory"] = in_steps(figures["memory"], written.events)
    return figures


def in_steps(samples, events, steps=10):
    """Of many [events, KiB] those where another tenth of the events was reached."""
    return [next((sample for sample in samples if sample[0] >= events * step / steps), samples[-1])
            for step in range(1, steps)] if samples else []


def compare_order(workload, figures):
    """All plugins that emit anything must have told the same changes in the same order."""
    orders = {each["order"] for name, each in figures.items() if name != NULL.name}
    if len(orders) > 1:
        raise NotVerified(f"{workload.name}: the plugins do not agree on the order of changes")


# ---- results ----

def results_of(workload, contestants, rounds, events):
    results = []
    for one in contestants:
        for metric, (unit, number_of) in METRICS.items():
            results.append(result(workload, one, metric, unit, [number_of(figures[one.name], events) for figures in rounds]))
        if workload.name == "narrow" and one is not NULL:
            results += memory_of(workload, one, [figures[one.name] for figures in rounds])
    return results + ratios_to_references(workload, contestants, results)


def memory_of(workload, contestant, rounds):
    """Peak, and growth after the first tenth of the rows: the first fills what is kept for the whole session."""
    series = [[kib for _, kib in figures["memory"]] for figures in rounds]
    if not all(series):
        return []  # too short to be sampled
    return [
        result(workload, contestant, "memory peak", "MB", [max(values) / 1024 for values in series]),
        result(workload, contestant, "memory growth", "MB", [max(0, max(values) - values[0]) / 1024 for values in series]),
    ]


def ratios_to_references(workload, contestants, results):
    cpu = {each.contestant: each for each in results if each.metric == "CPU"}
    return [ratios_of(cpu[one.name], cpu[reference.name])
            for one in contestants for reference in REFERENCES if reference in contestants and one is not reference]


def result(workload, contestant, metric, unit, values):
    return Result("decoding", workload.name, contestant.name, metric, unit, values)
