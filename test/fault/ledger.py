"""The ledger: one line for each recorded run, kept in the repository."""

import re
import subprocess
from datetime import datetime, timezone
from pathlib import Path

from harness.paths import NATS_SERVER, PG_BIN, ROOT

LEDGER = Path(__file__).resolve().parent / "results" / "ledger.md"
HEAD = """# Fault runs

One line a run, written by `make fault RECORD=1`; a `+` after the commit: with changes that were not yet committed.

| date | commit | PostgreSQL | nats-server | libnats | kind | seeds | events | lost | repeated | out of order | failed seeds | s a seed |
|---|---|---|---|---|---|---|---|---|---|---|---|---|
"""


def append(kind, first, last, verdicts, missing, seconds):
    if not LEDGER.exists():
        LEDGER.parent.mkdir(exist_ok=True)
        LEDGER.write_text(HEAD)
    total = {name: sum(getattr(verdict, name) for verdict in verdicts) for name in ("events", "lost", "repeated", "disordered")}
    failed = missing + sum(not verdict.passed for verdict in verdicts)
    cells = [datetime.now(timezone.utc).strftime("%Y-%m-%d %H:%M"), _commit(), _version(PG_BIN / "postgres", "-V"),
             _version(NATS_SERVER, "--version"), _version("pkg-config", "--modversion", "libnats"), kind, f"{first}..{last}",
             *total.values(), failed, f"{seconds / (len(verdicts) + missing):.1f}"]
    with open(LEDGER, "a", encoding="utf-8") as file:
        print("| " + " | ".join(map(str, cells)) + " |", file=file)


def _run(*command):
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()


def _commit():
    git = ("git", "-c", f"safe.directory={ROOT}")
    changed = _run(*git, "status", "--porcelain", "--untracked-files=no", "--", "src", "test/fault", "test/e2e/harness")
    return _run(*git, "rev-parse", "--short", "HEAD") + "+" * bool(changed)


def _version(*command):
    return re.search(r"\d+(\.\d+)+", _run(*map(str, command))).group()
