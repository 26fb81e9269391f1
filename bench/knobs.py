#!/usr/bin/env python3
"""What the settings of speed are worth: python3 bench/knobs.py [--sizes full|quick|tiny] [--rounds 3] [--only batch_bytes,…]

Each knob is turned through its values in turn, round by round, on one backlog; the tables in docs/performance.md come from here.
"""

import argparse
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "test" / "e2e")]

from harness.postgres import lsn_text  # noqa: E402

import delivery  # noqa: E402
import rig  # noqa: E402
import workloads  # noqa: E402
from measure import report  # noqa: E402
from measure.context import Context  # noqa: E402
from measure.drain import Contestant, drain, verify  # noqa: E402
from measure.result import Result  # noqa: E402


class Knob:
    """`measure(servers, written, end, value)` drains the backlog with the knob at a value and returns numbers by metric."""

    def __init__(self, name, workload, values, measure):
        self.name = name
        self.workload = workload
        self.values = values
        self.measure = measure


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--sizes", choices=("full", "quick", "tiny"), default="full")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default=",".join(knob.name for knob in KNOBS))
    options = parser.parse_args()
    context = Context(options.sizes)
    try:
        for knob in KNOBS:
            if knob.name in options.only.split(",") and (knob.name != "group_bytes" or "run" in rig.modes()):
                print("\n".join(report.tables(turn(context, knob, options))), flush=True)
    finally:
        context.close()


def turn(context, knob, options):
    workload = workloads.load(knob.workload)
    size = delivery.SIZES[knob.workload][options.sizes]
    rounds = []
    with rig.rig(context) as servers, servers.backlog(workload, size) as (written, end):
        for _ in range(options.rounds):
            rounds.append({value: knob.measure(servers, written, end, value) for value in knob.values})
    return [Result("knobs", f"{knob.name} ({knob.workload})", str(value), metric, "", [each[value][metric] for each in rounds])
            for value in knob.values for metric in rounds[0][value]]


# ---- what is measured ----

def plugin_alone(setting):
    """The walsender's CPU, frames drained by bench/tools/drain."""
    def measure(servers, written, end, value):
        options, commands = setting(value)
        for command in commands:
            servers.postgres.execute(command)
        contestant = Contestant("waljet", "waljet", "frames", ("output=frames", *options))
        slot = servers.copy_slot()
        figures = drain(servers.postgres, slot, contestant, lsn_text(end))
        servers.drop_slot(slot)
        verify(figures, contestant, written)
        return {"walsender µs/event": figures["cpu_s"] * 1e6 / written.events, "replication messages": figures["messages"]}
    return measure


def end_to_end(arguments):
    def measure(servers, written, end, value):
        found = servers.drain(end, *arguments(value))
        rig.verify(servers.read_back(found.messages), written)
        return {"events/s": written.events / found.seconds, "messages": found.messages,
                **{f"{process} µs/event": seconds * 1e6 / written.events for process, seconds in found.cpu.items()},
                "streamer peak RSS, MB": found.peak_rss_kb["streamer"] / 1024}
    return measure


def work_mem(value):
    return (), (f"alter system set logical_decoding_work_mem = '{value}'", "select pg_reload_conf()")


KNOBS = (
    Knob("batch_bytes", "orders", (0, 8192, 65536, 1048576), plugin_alone(lambda value: ((f"batch_bytes={value}",), ()))),
    Knob("logical_decoding_work_mem", "narrow", ("64MB", "1GB"), plugin_alone(work_mem)),
    Knob("max_pending", "orders", (256, 1024, 4096, 16384), end_to_end(lambda value: ("--max-pending", str(value)))),
    Knob("group_bytes", "orders", ("8KiB", "64KiB", "256KiB"),
         end_to_end(lambda value: ("--grouping", "run", "--group-bytes", value))),
)

if __name__ == "__main__":
    main()
