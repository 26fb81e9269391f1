"""Initial snapshot: how fast `waljet run --snapshot only` brings what a table holds into a stream on file.

In each round, on the same servers: waljet reads the table by two connections and publishes a message a row, the bare publisher
publishes messages of the same subjects, headers and sizes into a fresh stream, then both again with groups. Every row that the
table holds is read back from the stream. The bare publisher's rate of one row a message is what rows a second are compared with.
"""

import tempfile
import time
from pathlib import Path

import rig
from measure.cpu import cpu_seconds, peak_rss_kb
from measure.result import NotVerified, Result, ratios_of

title = "Snapshot: what a table holds into a stream on file"
plotted = ("rows",)

ROWS = {"full": 1_000_000, "quick": 100_000, "tiny": 10_000}
WALJET = {"event": "waljet event", "run": "waljet run"}  # contestants, by grouping
BARE = {"event": "bare publisher", "run": "bare publisher, groups"}


def run(context):
    results = []
    for workload in context.workloads("orders"):
        with rig.rig(context) as servers:
            rows = ROWS[context.sizes]
            _fill(servers, workload, rows)
            results += _results(workload.name, rows, _rounds(context, servers, rows))
    return results


def _fill(servers, workload, rows):
    connection = servers.postgres.connect()
    workload.create(connection)
    with connection.cursor() as cursor:
        cursor.execute(workload.INSERT.format(first=1, last=rows))
        cursor.execute("create extension waljet")
        cursor.execute("analyze")
        cursor.execute("checkpoint")
    connection.close()


def _rounds(context, servers, rows):
    """One dictionary a round: contestant's name to its Drain."""
    rounds = []
    with tempfile.TemporaryDirectory(prefix="waljet-bench.") as directory:
        for number in range(context.rounds):
            drains = {}
            for mode, arguments in rig.modes().items():
                recording = Path(directory) / mode
                drain = _snapshot(servers, f"snapshot_{mode}_{number}", *arguments)
                sums = servers.read_back(drain.messages, recording=None if recording.exists() else recording)
                _verify(sums, rows)
                drains[WALJET[mode]] = drain
                drains[BARE[mode]] = servers.publish_bare(recording, servers.stream_config())
            for contestant, drain in drains.items():
                context.raw.append(drain.raw(part="snapshot", workload="orders", contestant=contestant, round=number))
            rounds.append(drains)
    return rounds


def _snapshot(servers, slot, *arguments):
    """`waljet run --snapshot only` of a slot that was never there, to its end."""
    servers.delete_stream()
    with servers.streamer(slot, "--snapshot", "only", *arguments) as streamer:
        nats_before = cpu_seconds(servers.nats.process.pid)
        streamer.start()
        peak, used = 0, 0.0
        while streamer.alive():
            try:
                peak, used = peak_rss_kb(streamer.pid), cpu_seconds(streamer.pid)
            except (FileNotFoundError, ProcessLookupError, TypeError):
                break
            time.sleep(rig.POLL)
        if streamer.process.wait(rig.PATIENCE) != 0:
            raise NotVerified(f"waljet run ended:\n{streamer.log_text()}")
    state = servers.stream_state()
    drain = rig.Drain(state["messages"], rig.seconds_of(state), 0.0)
    drain.cpu = {rig.CLIENT: used, "nats-server": cpu_seconds(servers.nats.process.pid) - nats_before}
    drain.peak_rss_kb = {"streamer": peak}
    return drain


def _verify(sums, rows):
    found = sums["operations"].get("r")
    expected = {"count": rows, "sum": rows * (rows + 1) // 2}
    if found != expected or sums["events"] != rows:
        raise NotVerified(f"{sums} in the stream, {expected} in the table")


def _results(workload, rows, rounds):
    def result(contestant, metric, unit, value):
        return Result("snapshot", workload, contestant, metric, unit, [value(drains[contestant]) for drains in rounds])

    rates = {contestant: result(contestant, "rows", "/s", lambda drain: rows / drain.seconds) for contestant in rounds[0]}
    results = list(rates.values())
    for contestant in rounds[0]:
        results += [result(contestant, f"{process} CPU", "µs/row",
                           lambda drain, process=process: drain.cpu[process] * 1e6 / rows)
                    for process in rounds[0][contestant].cpu]
        if contestant in WALJET.values():
            results += [ratios_of(rates[contestant], rates[BARE["event"]]),
                        result(contestant, "streamer peak RSS", "MB", lambda drain: drain.peak_rss_kb["streamer"] / 1024)]
    return results
