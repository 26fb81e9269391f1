"""Worker processes, each with servers of its own, that carry out tasks; and what a task is made of."""

import ctypes
import multiprocessing
import signal
import sys
import time
import traceback
from typing import NamedTuple

from harness.postgres import Template

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
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # by way of the finally below
    template = Template()
    queue, results = multiprocessing.Queue(), multiprocessing.Queue()
    workers = [multiprocessing.Process(target=_work, args=(template, queue, results)) for _ in range(min(jobs, len(tasks)))]
    for task in [*tasks, *[None] * len(workers)]:
        queue.put(task)
    try:
        for worker in workers:
            worker.start()
        ended = 0
        while ended < len(workers):
            result = results.get()
            if result is None:
                ended += 1
            else:
                yield result
    finally:
        for worker in workers:
            if worker.is_alive():
                worker.terminate()
            worker.join()
        queue.cancel_join_thread()
        template.remove()


def _work(template, queue, results):
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: do not outlive the run
    rigs = Rigs(template)
    try:
        while (task := queue.get()) is not None:
            results.put(task(rigs))
    except KeyboardInterrupt:
        pass
    finally:
        rigs.remove()
        results.put(None)
