"""Planted bugs, to prove that the harness sees them: python3 test/fault/mutants.py [--jobs 2] [NAME…]

Each is a replacement in one source file, compiled from a copy and linked with the rest of build/fault. The harness must
object to it in its scenario, and to nothing in the same scenario without it. Last line: N passed, N failed
"""

import argparse
import json
import random
import shlex
import subprocess
import sys
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "e2e")]

from harness.paths import ROOT  # noqa: E402

from schedule import Fault, Schedule, Work  # noqa: E402
from workers import carry_out, try_schedule  # noqa: E402

FAULT_BUILD = ROOT / "build" / "fault"
MUTANTS = ROOT / "build" / "mutants"


class Mutant(NamedTuple):
    name: str
    file: str  # in src/streamer
    text: str  # found there exactly once
    instead: str
    scenario: str
    shows: str | tuple  # how the verdict's words begin, one at least
    rare: bool = False  # it takes a moment that a run may miss: not among those chosen by chance


ALL = [
    Mutant("confirm-before-acknowledgement", "ack_window.cpp",
           "Lsn& place = entries_.empty() ? confirmable_ : entries_.back().checkpoint;",
           "Lsn& place = confirmable_;",
           "full", "other: confirmed"),
    Mutant("keepalive-confirmed-while-events-are-queued", "pump_input.cpp",
           "window_.add_checkpoint(item.lsn);",
           "confirmer_.on_storable({item.lsn, stored_sequence_});",
           "full", "other: confirmed"),
    Mutant("confirm-before-record", "confirmer.cpp",
           "if (mark.lsn > stored_.lsn) stored_ = mark;",
           "if (mark.lsn > stored_.lsn) waiting_.push_back({stored_ = mark, Instant{}});",
           "killed", "other: A asks for an operator"),
    Mutant("no-chain", "pump.cpp",
           "action.message.expected_sequence = chain_++;",
           "++chain_;",
           "late", "repeated"),
    Mutant("nothing-read-back-on-a-new-link", "pump_session.cpp",
           "if (settings_.policy.strict) take_found(survey, now);",
           "",
           "unheard", "repeated"),
    Mutant("nothing-skipped-at-start", "resume.cpp",
           "if (!policy_.strict || decision_.new_history) return;",
           "if (policy_.strict || !policy_.strict) return;",
           "killed", "repeated"),
    Mutant("one-skipped-on-resume", "resume.cpp",
           "if (all_up_to_ && position <= *all_up_to_) return Verdict::stored;",
           """if (all_up_to_ && position <= *all_up_to_) return Verdict::stored;
  if (!found_.empty() && position.commit_lsn == found_.back().last.commit_lsn &&
      position.ordinal == found_.back().last.ordinal + 1) {
    return Verdict::stored;
  }""",
           "inside", "lost"),
    Mutant("resume-without-ordinal", "resume.cpp",
           "if (all_up_to_ && position <= *all_up_to_) return Verdict::stored;",
           "if (last() && position.commit_lsn <= last()->commit_lsn) return Verdict::stored;",
           "inside", "lost"),
    Mutant("group-dropped-whole", "pump_input.cpp",
           """      ++begin;
      continue;""",
           """      begin = count;
      continue;""",
           "regrouped", "lost"),
    Mutant("group-published-whole", "pump_input.cpp",
           "const Frame part = part_of(frame, begin, end);",
           "const Frame part = part_of(frame, 0, end);",
           "regrouped", "repeated"),
    Mutant("only-the-last-of-a-group-found", "stored_place.cpp",
           "return is_group ? first->position : last.position;",
           "return is_group ? last.position : last.position;",
           "grouped", "repeated"),
    Mutant("grouped-anew-at-once", "resume.cpp",
           "return may_arrive && record.group_bytes <= sizes.most ? record.group_bytes : sizes.wanted;",
           "return may_arrive && record.group_bytes > sizes.most ? record.group_bytes : sizes.wanted;",
           "straggling", ("repeated", "disordered", "other: in the log of A"), rare=True),
    Mutant("rows-published-over-newer-events", "snapshot_chunks.cpp",
           "if (newer->empty()) newer = nullptr;",
           "newer = nullptr;",
           "hanging", "other: rebuilt"),
    Mutant("open-transactions-taken-as-shown", "visibility.cpp",
           "return wide < xmin_ || !std::binary_search(open_.begin(), open_.end(), wide);",
           "return true;",
           "hanging", "other: rebuilt"),
    Mutant("first-chunk-not-waited-with", "snapshot_chunks.cpp",
           "if (!unseen_.knows_all()) {",
           "if (!unseen_.knows_all() && snapshot.empty()) {",
           "hanging", "other: rebuilt"),
    Mutant("taken-rows-counted-as-stored", "snapshot_director.cpp",
           "if (rows && rows->batch.rows > 0) begun_rows_ = true;",
           """if (rows && rows->batch.rows > 0) begun_rows_ = true;
  apply(queue_.on_stored(UINT64_MAX));""",
           "interrupted", "other: rebuilt"),
    Mutant("complete-before-stored", "snapshot_chunks.cpp",
           "if (!wants_events() || place_ || chunk_ || !queue_.empty()) return;",
           "if (!wants_events() || place_ || chunk_) return;",
           "whole tables", "other: rebuilt"),
    Mutant("nothing-discarded-before-it-starts-over", "source_snapshot.cpp",
           "handoff_.request_snapshot({settings_.snapshot == SnapshotChoice::only, start_over});",
           "handoff_.request_snapshot({settings_.snapshot == SnapshotChoice::only, false});",
           "begun anew", "other: rebuilt"),
]

# A fault falls into the moment that matters in most runs, and on a busy machine not in all.
ATTEMPTS = 3

SMALL = Work(sessions=2, rows=1500, rows_max=20, pause=0.01, seconds=2.0)
EVERYWHERE = Work(sessions=6, rows=6000, rows_max=20, pause=0.004, seconds=2.5, spread=1000)
ON_DEMAND = Schedule(9, truncate=True, snapshot="demand", rows=1000, chunk=50, work=EVERYWHERE)
SCENARIOS = {
    # Long enough for a record to be due, and for an attempt after that, however the waits between attempts fall.
    "full": Schedule(1, work=replace(SMALL, seconds=3.5), faults=[Fault(0.4, 3.1, "full", "stream", "100 more")]),
    "late": Schedule(2, work=SMALL, faults=[Fault(0.3, 0.2, "late", "A-nats", "0.4 s later"),
                                            Fault(1.2, 0.2, "late", "A-nats", "0.4 s later")]),
    "unheard": Schedule(3, work=SMALL, faults=[Fault(0.3, 0.3, "hold down", "A-nats"), Fault(0.5, 0.0, "cut", "A-nats"),
                                               Fault(1.2, 0.3, "hold down", "A-nats"), Fault(1.4, 0.0, "cut", "A-nats")]),
    "killed": Schedule(4, work=SMALL, faults=[Fault(at, 0.1, "kill -9", "A") for at in (0.5, 1.0, 1.5)]),
    "inside": Schedule(5, flags=["--confirm-delay", "0s", "--max-pending", "32"],
                       work=Work(sessions=2, rows=3000, rows_max=400, large=True, pause=0.02, seconds=2.0),
                       faults=[Fault(0.3, 0.1, "failpoint", "A", "acknowledged:150:kill x4")]),
    # Each start wants other groups, and gets them within the same large transactions.
    "regrouped": Schedule(6, flags=["--confirm-delay", "0s", "--max-pending", "8"], groupings=("", "4KiB"),
                          work=Work(sessions=2, rows=6000, rows_max=900, large=True, pause=0.02, seconds=2.0),
                          faults=[Fault(0.3, 0.1, "failpoint", "A", "acknowledged:60:kill x9")]),
    "grouped": Schedule(7, groupings=("4KiB",), work=replace(SMALL, rows_max=100, rows=3000),
                        faults=[Fault(at, 0.1, "kill -9", "A") for at in (0.5, 1.0, 1.5)]),
    # What a killed streamer had under way arrives while its successor, with other groups, publishes.
    "straggling": Schedule(8, groupings=("", "1KiB", "2500"), work=replace(SMALL, rows_max=200, rows=6000, seconds=3.5),
                           faults=[fault for at in (0.4, 0.9, 1.4, 1.9, 2.4, 2.9) for fault in
                                   (Fault(at, 0.15, "late", "A-nats", "0.3 s later"), Fault(at + 0.14, 0.05, "kill -9", "A"))]),
    # Whatever commits while the standby is away is streamed, and not shown: once when the first chunk is due, then beside others.
    "hanging": replace(ON_DEMAND, seed=10, faults=[Fault(0.6, 0.0, "request", "job"), *(
        Fault(at, lasts, "away", "standby") for at, lasts in ((0.3, 0.8), (1.3, 0.3), (1.8, 0.3), (2.2, 0.2)))]),
    # One chunk is under way for so long that progress is written meanwhile.
    "interrupted": replace(ON_DEMAND, seed=11, flags=["--confirm-delay", "0s", "--max-pending", "1"], rows=300, chunk=100,
                           work=Work(sessions=1, rows_max=5, pause=2.0, seconds=3.2, spread=300),
                           faults=[Fault(0.0, 3.1, "limit", "A-nats", "20 kB/s"), Fault(0.1, 0.0, "request", "job"),
                                   Fault(2.9, 0.1, "kill -9", "A")]),
    "whole tables": replace(ON_DEMAND, seed=13, rows=300, chunk=10000, faults=[Fault(0.1, 0.0, "request", "job")],
                            work=replace(EVERYWHERE, sessions=2, pause=0.04)),
    "begun anew": Schedule(12, flags=["--confirm-delay", "0s", "--max-pending", "4"], truncate=True, snapshot="initial",
                           rows=1000, without_key=True, work=EVERYWHERE,
                           faults=[Fault(at, 0.1, "kill -9", "A") for at in (0.3, 0.9, 1.5)]),
}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--sample", type=int, help="so many of them, by chance")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    for mutant in ALL:
        source_of(mutant)  # of all, whichever are chosen: code that moves takes its mutants along
    chosen = [mutant for mutant in ALL if not options.names or mutant.name in options.names]
    if options.sample:
        likely = [mutant for mutant in chosen if not mutant.rare]
        chosen = random.sample(likely, min(options.sample, len(likely)))
    tasks = [partial(with_bug, mutant) for mutant in chosen]
    tasks += [partial(without_bug, scenario) for scenario in sorted({mutant.scenario for mutant in chosen})]
    good = list(carry_out(tasks, options.jobs))
    passed = sum(good)
    print(f"{passed} passed, {len(tasks) - passed} failed")
    return 0 if passed == len(tasks) else 1


def with_bug(mutant, rigs):
    """Whether the harness saw it; in a worker."""
    try:
        binary = build(mutant)
    except (AssertionError, subprocess.CalledProcessError) as error:
        return tell(f"{mutant.name}: NOT BUILT", [str(error)], False)
    schedule = replace(SCENARIOS[mutant.scenario], kind=f"mutant-{mutant.name}")
    for _ in range(ATTEMPTS):
        result = try_schedule(rigs, schedule, binary, bug=True)
        shown = [words for words in result.verdict.words if words.startswith(mutant.shows)]
        if shown:
            return tell(f"{mutant.name}: caught, {shown[0].splitlines()[0]:.140} ({result.seconds:.1f} s)", [], True)
    return tell(f"{mutant.name}: NOT CAUGHT, no word begins with {mutant.shows!r}", [*result.verdict.words, *result.diary], False)


def without_bug(name, rigs):
    schedule = replace(SCENARIOS[name], kind=f"scenario-{name}")
    result = try_schedule(rigs, schedule, FAULT_BUILD / "waljet")
    if result.verdict.passed:
        return tell(f"scenario {name} without a bug: ok, {result.verdict.events} events ({result.seconds:.1f} s)", [], True)
    return tell(f"scenario {name} without a bug: FAILED", [*result.verdict.words, *result.diary], False)


def tell(line, more, good):
    print("\n".join([line, *("  " + text for text in more)]), flush=True)
    return good


def source_of(mutant):
    """The file's path, and its text with the bug."""
    path = ROOT / "src" / "streamer" / mutant.file
    text = path.read_text()
    assert text.count(mutant.text) == 1, f"{path.relative_to(ROOT)} has this {text.count(mutant.text)} times: {mutant.text}"
    return path, text.replace(mutant.text, mutant.instead)


def build(mutant):
    """Compiles the mutated file, without optimization, and links it before the library that holds the good one."""
    source, text = source_of(mutant)
    directory = MUTANTS / mutant.name
    directory.mkdir(parents=True, exist_ok=True)
    copy = directory / mutant.file
    copy.write_text(text)
    entries = json.loads((FAULT_BUILD / "compile_commands.json").read_text())
    entry = next(entry for entry in entries if entry["file"] == str(source))
    words = [word for word in shlex.split(entry["command"]) if not word.startswith(("-O", "-g", "-W"))]
    words[words.index("-o") + 1] = str(directory / "mutant.o")
    words[words.index("-c") + 1] = str(copy)
    command(words, entry["directory"])
    words = shlex.split((FAULT_BUILD / "CMakeFiles" / "waljet.dir" / "link.txt").read_text())
    words[words.index("-o") + 1] = str(directory / "waljet")
    words.insert(words.index("libwaljet_streamer_core.a"), str(directory / "mutant.o"))
    command(words, FAULT_BUILD)
    return directory / "waljet"


def command(words, directory):
    done = subprocess.run(words, cwd=directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{' '.join(words)}\n{done.stdout}{done.stderr}"


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
