"""End to end: how fast `waljet run` brings a backlog into a stream on file, beside a C program that does nothing but publish.

In each round, on the same servers: waljet drains the backlog, one event a message; the bare publisher publishes messages of the
same subjects, headers and sizes into a fresh stream; then both again with the groups of `--grouping run`. All of it with strict
fencing, every default, and all acknowledgements awaited. What is in the stream is read back after each drain. The ceiling that
events a second are compared with is the bare publisher's rate of one event a message, with groups too.
"""

import tempfile
from pathlib import Path

import rig
from measure.result import Result, ratios_of

title = "Delivery: a backlog into a stream on file, end to end"
plotted = ("events",)

# About so many row changes: a round takes seconds.
SIZES = {
    "orders": {"full": 700_000, "quick": 70_000, "tiny": 14_000},
    "narrow": {"full": 1_000_000, "quick": 100_000, "tiny": 10_000},
    "mixed": {"full": 400_000, "quick": 50_000, "tiny": 5_000},
    "small": {"full": 200_000, "quick": 20_000, "tiny": 2_000},
}
WALJET = {"event": "waljet event", "run": "waljet run"}  # contestants, by grouping
BARE = {"event": "bare publisher", "run": "bare publisher, groups"}


def run(context):
    context.settings["delivery"] = "one stream on file with one replica, strict fencing, every other default of waljet run"
    results = []
    with rig.rig(context) as servers:
        for workload in context.workloads(*SIZES):
            context.say(f"  {workload.name}")
            with servers.backlog(workload, SIZES[workload.name][context.sizes]) as (written, end):
                rounds = _rounds(context, servers, written, end)
            results += _results(context, workload.name, written, rounds)
    return results


def _rounds(context, servers, written, end):
    """One dictionary a round: contestant's name to its Drain."""
    rounds = []
    with tempfile.TemporaryDirectory(prefix="waljet-bench.") as directory:
        for _ in range(context.rounds):
            drains = {}
            for mode, arguments in rig.modes().items():
                recording = Path(directory) / mode
                drain = servers.drain(end, *arguments)
                rig.verify(servers.read_back(drain.messages, recording=None if recording.exists() else recording), written)
                drains[WALJET[mode]] = drain
                drains[BARE[mode]] = servers.publish_bare(recording, servers.stream_config())
            rounds.append(drains)
    return rounds


def _results(context, workload, written, rounds):
    def result(contestant, metric, unit, value):
        return Result("delivery", workload, contestant, metric, unit, [value(drains[contestant]) for drains in rounds])

    def ratio_of_cpu(contestant, reference):
        return result(contestant, f"streamer CPU ÷ {reference}", "", lambda drain: drain.cpu[rig.CLIENT] / drain.cpu[reference])

    rates = {contestant: result(contestant, "events", "/s", lambda drain: written.events / drain.seconds)
             for contestant in rounds[0]}
    results = list(rates.values())
    for contestant in rounds[0]:
        for number, drains in enumerate(rounds):
            context.raw.append(drains[contestant].raw(part="delivery", workload=workload, contestant=contestant, round=number))
        results += [result(contestant, f"{process} CPU", "µs/event",
                           lambda drain, process=process: drain.cpu[process] * 1e6 / written.events)
                    for process in rounds[0][contestant].cpu]
        if contestant in WALJET.values():
            results += [ratios_of(rates[contestant], rates[BARE["event"]]),
                        ratio_of_cpu(contestant, "nats-server"), ratio_of_cpu(contestant, "walsender"),
                        result(contestant, "streamer peak RSS", "MB", lambda drain: drain.peak_rss_kb["streamer"] / 1024)]
    if WALJET["run"] in rates:
        results.append(ratios_of(rates[WALJET["run"]], rates[BARE["run"]]))
    return results
