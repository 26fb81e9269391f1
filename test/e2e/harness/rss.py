"""Resident memory of a process."""

import subprocess

from .paths import WALJET
from .sampler import Sampler


def within(kb, bound):
    """Whether that is so little; of a program that a sanitizer watches nothing can be said."""
    return _is_sanitized() or kb <= bound


def _is_sanitized():
    symbols = subprocess.run(["nm", "-D", WALJET], capture_output=True, check=True).stdout
    return b"__asan_" in symbols or b"__tsan_" in symbols


def rss_kb(pid):
    """Resident set in KiB, or None if there is no such process."""
    return _status_kb(pid, "VmRSS:")


def peak_kb(pid):
    """The largest that it has been."""
    return _status_kb(pid, "VmHWM:")


def _status_kb(pid, name):
    try:
        with open(f"/proc/{pid}/status") as status:
            for line in status:
                if line.startswith(name):
                    return int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return None


class RssSampler(Sampler):
    """Samples a running process; takes the pid at each sample, since the process may be restarted."""

    def __init__(self, process, interval=0.1):
        super().__init__(lambda: rss_kb(process.pid), interval)

    @property
    def peak_kb(self):
        return max(self.values, default=0)
