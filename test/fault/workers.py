"""What a worker needs for trials: servers; and what a task is made of."""

import time
import traceback
from typing import NamedTuple

from harness import workers

from judge import Verdict
from rig import Rig
from trial import Trial

TRIALS_OF_A_RIG = 60  # then its servers are made anew: their logs do not grow for ever


class Result(NamedTuple):
    schedule: object
    verdict: Verdict
    diary: list
    seconds: float

    @property
    def name(self):
        return f"{self.schedule.kind} seed {self.schedule.seed}"


def try_schedule(rigs, schedule, binary, keep=False, bug=False):
    """One trial; an error of the harness itself is a failed one. With a `bug` failing is what is expected of it."""
    begin = time.monotonic()
    trial = None
    try:
        rig = rigs.take(schedule.kind == "cluster")
        trial = Trial(rig, schedule, binary, f"s{schedule.seed}t{rigs.count}", keep)
        verdict = trial.run()
    except Exception:  # noqa: BLE001
        verdict = Verdict()
        verdict.fault("other", [traceback.format_exc()])
    if not verdict.passed and not bug:
        rigs.remove()  # whatever state is left
    return Result(schedule, verdict, trial.diary if trial else [], time.monotonic() - begin)


class Rigs:
    """One rig without and one with a cluster, made when needed."""

    def __init__(self, template):
        self.template = template
        self.count = 0
        self._rigs = {}
        self._uses = {}

    def take(self, clustered):
        self.count += 1
        if self._uses.get(clustered, 0) >= TRIALS_OF_A_RIG and clustered in self._rigs:
            self._rigs.pop(clustered).remove()
        if clustered not in self._rigs:
            self._rigs[clustered] = rig = Rig(self.template, clustered)
            rig.start()
            self._uses[clustered] = 0
        self._uses[clustered] += 1
        return self._rigs[clustered]

    def remove(self):
        while self._rigs:
            self._rigs.popitem()[1].remove()


def carry_out(tasks, jobs):
    """Calls each task with a worker's Rigs; yields what they return as it comes. Less comes when a worker breaks down."""
    yield from workers.carry_out(tasks, jobs, Rigs, lambda rigs, task: task(rigs))
