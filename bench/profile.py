#!/usr/bin/env python3
"""Where the time goes: python3 bench/profile.py [--workloads orders] [--sizes full|quick|tiny] [--out build/profile]

Drains a backlog as bench/delivery.py does, while perf samples the walsender, then the streamer, in each grouping. Writes for
each <workload>-<grouping>-<process>: a flame graph (.svg), the functions that take most (.txt), and folded stacks (.folded).
`make profile` builds first and runs it.

perf unwinds by the debug information (DWARF): PostgreSQL and the libraries of Debian are built without frame pointers. The
samples are of the processor's clock, since virtual machines often have no counters; sleeping and waking of threads shows as
finish_task_switch.
"""

import argparse
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "test" / "e2e")]

from harness import wait  # noqa: E402
from harness.paths import ROOT  # noqa: E402

import delivery  # noqa: E402
import flamegraph  # noqa: E402
import rig  # noqa: E402
from measure.context import Context  # noqa: E402

PROCESSES = ("walsender", "streamer")
SAMPLES_PER_SECOND = 999  # not 1000: in step with nothing
STACK_BYTES = 8192  # of each sample's stack, to be unwound afterwards


def main():
    options = parse_arguments()
    options.out.mkdir(parents=True, exist_ok=True)
    context = Context(options.sizes, chosen=tuple(options.workloads.split(",")))
    try:
        with rig.rig(context) as servers:
            for workload in context.workloads(*delivery.SIZES):
                with servers.backlog(workload, delivery.SIZES[workload.name][options.sizes]) as (_, end):
                    for mode, arguments in rig.modes().items():
                        for process in PROCESSES:
                            profile(servers, end, arguments, process, options.out / f"{workload.name}-{mode}-{process}")
    finally:
        context.close()


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--workloads", default="orders", metavar="NAME[,NAME]", help=", ".join(delivery.SIZES))
    parser.add_argument("--sizes", choices=("full", "quick", "tiny"), default="full")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "profile")
    return parser.parse_args()


def profile(servers, end, arguments, process, files):
    """One drain with one process sampled, from its start to the last stored message."""
    slot = servers.copy_slot()
    servers.delete_stream()
    with tempfile.NamedTemporaryFile() as samples, servers.streamer(slot, *arguments) as streamer:
        streamer.start()
        walsender = wait.until(lambda: servers.walsender(slot), 30, interval=0.002, message=streamer.log_text)
        pid = walsender if process == "walsender" else streamer.pid
        perf = subprocess.Popen(["perf", "record", "-q", "-e", "cpu-clock", "-F", str(SAMPLES_PER_SECOND), "-p", str(pid),
                                 "-o", samples.name, "--call-graph", f"dwarf,{STACK_BYTES}"], stderr=subprocess.PIPE, text=True)
        servers.drained(walsender, end, streamer)
        perf.send_signal(signal.SIGINT)
        complaint = perf.communicate()[1]
        servers.end(streamer)
        script = subprocess.run(["perf", "script", "--no-inline", "-i", samples.name, "-F", "comm,ip,sym,dso"],
                                capture_output=True, text=True, check=False)
    servers.drop_slot(slot)
    stacks, objects = flamegraph.fold(script.stdout.splitlines())
    if not stacks:
        sys.exit(f"bench/profile.py: no samples: {complaint}{script.stderr}")
    files.with_suffix(".svg").write_text(flamegraph.svg(stacks, objects, files.name))
    files.with_suffix(".txt").write_text(flamegraph.top_table(stacks, objects))
    files.with_suffix(".folded").write_text("".join(f"{';'.join(stack)} {count}\n" for stack, count in sorted(stacks.items())))
    print(f"{files}.svg: {sum(stacks.values())} samples", flush=True)


if __name__ == "__main__":
    main()
