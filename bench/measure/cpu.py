"""What a process has used so far."""

import time
from pathlib import Path


def cpu_seconds(pid):
    """User and system time of all its threads, by the process's own clock: /proc/PID/stat counts in ticks."""
    return time.clock_gettime(~pid << 3 | 2)  # as clock_getcpuclockid(3) makes them


def rss_kb(pid):
    """Resident memory, pages shared with others included."""
    return _status(pid, "VmRSS")


def peak_rss_kb(pid):
    """The most that it was resident since it began."""
    return _status(pid, "VmHWM")


def private_kb(pid):
    """Resident memory of its own. PostgreSQL's shared buffers are not in it: a backend's other resident pages grow with
    each buffer that it looks at."""
    return _status(pid, "RssAnon")


def _status(pid, name):
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith(name + ":"):
            return int(line.split()[1])
    raise ProcessLookupError(f"process {pid} has ended")
