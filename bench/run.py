#!/usr/bin/env python3
"""The benchmark: python3 bench/run.py [--quick] [--only decoding,delivery] [--workloads orders] [--rounds 3] [--out DIR]

`make bench` and `make bench-quick` build first and run it. It prints a table a part and what the targets say, and writes
<date>-<commit>.json and plots of the same name. Exits 1 if something that arrived was not what was written, or a part failed;
a target that is missed is told, and no failure.
"""

import argparse
import datetime
import importlib
import re
import subprocess
import sys
import time
import traceback
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "test" / "e2e")]

from harness.paths import ROOT  # noqa: E402

import workloads  # noqa: E402
from measure import report  # noqa: E402
from measure.context import SOURCE_SETTINGS, Context  # noqa: E402
from measure.machine import machine, versions  # noqa: E402
from targets import judge  # noqa: E402

# Each is a module with run(context), which returns a list of results, `title`, and the names of metrics that are
# `plotted`. In this order: a part may use what one before it has found.
PARTS = ("decoding", "delivery", "snapshot", "latency", "footprint", "source_cost")


def main():
    options = parse_arguments()
    build()
    context = Context(options.sizes, options.rounds, options.workloads, say=say)
    context.settings["postgresql"] = {**SOURCE_SETTINGS, "logical_decoding_work_mem": "64MB, the default"}
    context.settings["workloads"] = {name: workloads.load(name).sentence for name in options.workloads}
    here, used = machine(), versions()
    print(f"{here['cpu']}, {here['cores']} cores; {used['postgresql']}; waljet {used['waljet']} at {used['commit']}"
          f"{', changed since' if used['dirty'] else ''}; sizes {context.sizes}, {context.rounds} rounds", flush=True)
    name = f"{datetime.datetime.now():%Y-%m-%dT%H%M}-{used['commit'] or 'unknown'}"
    try:
        results, errors = run_parts(options.only, context, options.out / name)
    finally:
        context.close()
    judged = judge(results, options.only, options.workloads, workloads.ALL)
    print("\n".join(report.judgements(judged)))
    path = options.out / f"{name}.json"
    report.write_json(path, {"date": name[:15], **report.document(context, here, used, results, judged, errors)})
    print(f"\n{path}")
    for error in errors:
        print(f"failed: {error['part']}: {error['error']}", file=sys.stderr)
    return 1 if errors else 0


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--quick", action="store_true", help="small sizes, 2 rounds: shows that it runs, and about where it stands")
    parser.add_argument("--sizes", choices=("full", "quick", "tiny"))
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--only", type=names_of(PARTS), default=PARTS, metavar="PART[,PART]", help=", ".join(PARTS))
    parser.add_argument("--workloads", type=names_of(workloads.ALL), default=workloads.ALL, metavar="NAME[,NAME]",
                        help=", ".join(workloads.ALL))
    parser.add_argument("--out", type=Path, default=HERE / "results", help="where the results are written")
    options = parser.parse_args()
    options.sizes = options.sizes or ("quick" if options.quick else "full")
    options.rounds = options.rounds or (2 if options.quick else 3)
    options.out.mkdir(parents=True, exist_ok=True)
    return options


def names_of(known):
    def parse(text):
        names = tuple(text.split(","))
        unknown = [name for name in names if name not in known]
        if unknown:
            raise argparse.ArgumentTypeError(f"no '{unknown[0]}': {', '.join(known)}")
        return names
    return parse


def build():
    """What only the benchmark needs; plugin and streamer are built by make."""
    if not (ROOT / "build" / "CMakeCache.txt").exists():
        sys.exit("bench/run.py: build first: make")
    for command in (["cmake", "--build", "build", "--target", "bench_tools", "--parallel", "2"],
                    ["make", "-s", "-C", "bench/plugins/null"]):
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            sys.exit(f"bench/run.py: {' '.join(command)}:\n{done.stdout}{done.stderr}")


def run_parts(names, context, files):
    """Returns results and errors of the parts; a part that fails does not keep the others from running."""
    results, errors = [], []
    for name in names:
        begin = time.monotonic()
        try:
            part = importlib.import_module(name)
            print(f"\n== {part.title}", flush=True)
            found = part.run(context)
            print("", *report.tables(found), sep="\n")
            if find_spec("matplotlib"):
                draw(part, found, f"{files}-{name}")
            else:
                print("No plots: matplotlib is not installed.")
            results += found
        except Exception as error:  # noqa: BLE001: whatever it is, the other parts are to run
            traceback.print_exc()
            errors.append({"part": name, "error": f"{type(error).__name__}: {error}"})
        print(f"-- {name}: {time.monotonic() - begin:.0f} s\n", flush=True)
    return results, errors


def draw(part, results, files):
    for metric in part.plotted:
        chosen = [result for result in results if result.metric == metric]
        if chosen:
            suffix = "" if len(part.plotted) == 1 else "-" + re.sub(r"[^a-z0-9]+", "-", metric.lower())
            report.plot(f"{files}{suffix}.svg", part.title, metric, chosen)


def say(text):
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
