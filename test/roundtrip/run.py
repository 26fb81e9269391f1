"""Round trips: random databases, their events, the tables rebuilt from the events, compared with the source.

    python3 test/roundtrip/run.py [--seeds 20] [--first SEED] [--format FORMAT] [--identity full|default] [--jobs 2]

Each seed is run with every format and identity, unless told otherwise. What the events are read with shares no code with
waljet. Last line: roundtrip: N passed, N failed
"""

import argparse
import random
import sys
import time
from collections import Counter
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

from harness.paths import MODULE, ROOT  # noqa: E402

from workers import carry_out  # noqa: E402

KEPT = ROOT / "build" / "roundtrip"
KINDS = (("debezium", "full"), ("wal-listener", "full"), ("debezium", "default"), ("wal-listener", "default"))


def main():
    options = parse_arguments()
    assert MODULE.exists(), "build waljet first: make"
    first = random.randrange(10**6) if options.first is None else options.first
    kinds = [kind for kind in KINDS if options.format in (kind[0], None) and options.identity in (kind[1], None)]
    tasks = [(seed, *kind, options.plain) for seed in range(first, first + options.seeds) for kind in kinds]
    print(f"seeds {first} to {first + options.seeds - 1}, each with {', '.join(map(' '.join, kinds))}", flush=True)
    begin = time.monotonic()
    results = []
    for result in carry_out(tasks, options.jobs):
        results.append(result)
        show(result)
        if result.differences or options.keep:
            keep(result)
    summarize(results, time.monotonic() - begin)
    passed = sum(not result.differences for result in results)
    print(f"roundtrip: {passed} passed, {len(tasks) - passed} failed")
    return 0 if passed == len(tasks) else 1


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--first", type=int, help="the first seed; drawn at random otherwise")
    parser.add_argument("--format", choices=("debezium", "wal-listener"))
    parser.add_argument("--identity", choices=("full", "default"))
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--plain", action="store_true", help="the default of every option that changes values")
    parser.add_argument("--keep", action="store_true", help="keep SQL and events of good seeds, too")
    return parser.parse_args()


def show(result):
    told = "FAILED" if result.differences else "ok"
    print(f"{title(result)}: {told}, {result.events} events, {result.rows} rows, {result.seconds:.1f} s", flush=True)
    for difference in result.differences[:4]:
        print("  " + difference.strip().replace("\n", "\n  ")[:3000])
    if result.differences:
        chosen = result.options
        print(f"  {chosen}\n  again: make roundtrip FIRST={result.seed} SEEDS=1; "
              f"SQL and events: {(KEPT / file_name(result)).relative_to(ROOT)}.*", flush=True)


def title(result):
    return f"{result.seed} {result.options.format} {result.options.identity} {result.encoding} by {result.by}"


def file_name(result):
    return f"{result.seed}-{result.options.format}-{result.options.identity}"


def keep(result):
    KEPT.mkdir(parents=True, exist_ok=True)
    (KEPT / f"{file_name(result)}.sql").write_text(f"-- {result.options}\n" + "\n".join(result.journal) + "\n")
    (KEPT / f"{file_name(result)}.jsonl").write_bytes(b"\n".join(result.lines) + b"\n")


def summarize(results, seconds):
    refused, projected = Counter(), Counter()
    for result in results:
        refused.update(result.failed_statements)
        projected.update(result.projected)
    total = {what: sum(getattr(result, what) for result in results) for what in ("events", "rows", "statements")}
    print(f"{total['statements']} statements ({sum(refused.values())} refused: {dict(refused)}), {total['events']} events, "
          f"{total['rows']} rows at the end; {seconds:.0f} s")
    for reason, columns in projected.most_common():
        print(f"  {columns} columns compared as far as the format goes: {reason}")


if __name__ == "__main__":
    sys.exit(main())
