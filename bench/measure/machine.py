"""What the numbers were measured on and with."""

import os
import platform
import re
import subprocess
from pathlib import Path

from harness.paths import NATS_SERVER, PG_BIN, ROOT


def machine():
    cpu = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text())
    memory = re.search(r"MemTotal:\s*(\d+)", Path("/proc/meminfo").read_text())
    return {
        "cpu": cpu.group(1) if cpu else platform.machine(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_mb": int(memory.group(1)) // 1024,
        "kernel": platform.release(),
        "filesystem": _output("stat", "-f", "-c", "%T", "/tmp"),
        "load_at_start": os.getloadavg()[0],
    }


def versions():
    git = ("git", "-C", ROOT, "-c", f"safe.directory={ROOT}")
    found = {
        "waljet": (ROOT / "VERSION").read_text().strip(),
        "commit": _output(*git, "rev-parse", "--short=10", "HEAD"),
        "dirty": bool(_output(*git, "status", "--porcelain", "--", ".", ":!bench/results")),
        "compiler": _output("c++", "--version").split("\n")[0],
        "postgresql": _output(PG_BIN / "postgres", "-V"),
        "nats-server": _output(NATS_SERVER, "--version") if NATS_SERVER else "",
        "libnats": _output("pkg-config", "--modversion", "libnats"),
    }
    major = re.search(r"\d+", found["postgresql"]).group()
    for package in (f"postgresql-{major}-wal2json", f"postgresql-{major}-decoderbufs"):
        found[package.split("-")[-1]] = _output("dpkg-query", "-W", "-f", "${Version}", package)
    return found


def _output(*command):
    """What a command prints; nothing where it fails: a machine without git or dpkg can be measured on all the same."""
    try:
        return subprocess.run([str(word) for word in command], capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
