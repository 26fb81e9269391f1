"""Runs trials: python3 test/fault/run.py --seeds 20 [--first 1] [--jobs 2] [--kind default|window|cluster|grouped|snapshot|mixed]

`make fault` builds and runs it. Last line: N passed, N failed
"""

import argparse
import os
import random
import sys
import time
from functools import partial
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

from harness.paths import ROOT  # noqa: E402

import ledger  # noqa: E402
from schedule import KINDS, generate  # noqa: E402
from trial import KEPT  # noqa: E402
from workers import carry_out, try_schedule  # noqa: E402

BINARY = Path(os.environ.get("WALJET_BINARY", ROOT / "build" / "fault" / "waljet"))
MIXED = ("default",) * 4 + ("grouped",) * 2 + ("snapshot",) * 2 + ("window",) + ("cluster",)


def main():
    options = parse_arguments()
    first = random.randrange(10**6) if options.first is None else options.first
    last = first + options.seeds - 1
    schedules = [generate(kind_of(options.kind, seed), seed) for seed in range(first, last + 1)]
    schedules.sort(key=lambda schedule: schedule.kind == "cluster", reverse=True)  # the long ones first
    print(f"seeds {first} to {last}, {options.kind}, {BINARY}", flush=True)
    begin = time.monotonic()
    results = []
    for result in carry_out([partial(one, schedule, options.keep) for schedule in schedules], options.jobs):
        results.append(result)
        show(result, options.verbose)
    missing = len(schedules) - len(results)
    failed = sum(not result.verdict.passed for result in results) + missing
    if options.record:
        ledger.append(options.kind, first, last, [result.verdict for result in results], missing, time.monotonic() - begin)
    print(f"{time.monotonic() - begin:.0f} s, {sum(result.seconds for result in results) / max(1, len(results)):.1f} s a seed")
    print(f"{len(schedules) - failed} passed, {failed} failed")
    return 1 if failed else 0


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, help="the first seed; drawn at random otherwise")
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--kind", choices=(*KINDS, "mixed"), default="default")
    parser.add_argument("--record", action="store_true", help="add a line to the ledger")
    parser.add_argument("--verbose", action="store_true", help="show each schedule, and what was done when")
    parser.add_argument("--keep", action="store_true", help="keep the logs of good trials, too")
    return parser.parse_args()


def kind_of(kind, seed):
    return MIXED[seed % len(MIXED)] if kind == "mixed" else kind


def one(schedule, keep, rigs):
    return try_schedule(rigs, schedule, BINARY, keep)


def show(result, verbose):
    verdict, schedule = result.verdict, result.schedule
    told = "ok" if verdict.passed else "FAILED"
    rows = f" and {verdict.rows} rows" if verdict.rows else ""
    print(f"{result.name}: {told}, {verdict.events} events{rows}, {result.seconds:.1f} s", flush=True)
    if verbose or not verdict.passed:
        print("\n".join([str(schedule), *("  " + line for line in verdict.words)]))
    if verbose:
        print("\n".join("  " + line for line in result.diary))
    if not verdict.passed:
        print(f"  again: make fault KIND={schedule.kind} FIRST={schedule.seed} SEEDS=1; "
              f"logs: {KEPT.relative_to(ROOT)}/{schedule.kind}-{schedule.seed}", flush=True)


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
