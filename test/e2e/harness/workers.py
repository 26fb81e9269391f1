"""Worker processes that carry out tasks, each with servers of its own."""

import ctypes
import multiprocessing
import signal
import sys

from harness.postgres import Template


def carry_out(tasks, jobs, equip, run):
    """Yields run(equipment, task) of each task as it comes, equip(template) being each worker's equipment.

    Equipment has remove(). Less comes when a worker breaks down.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # by way of the finally below
    template = Template()
    queue, results = multiprocessing.Queue(), multiprocessing.Queue()
    workers = [multiprocessing.Process(target=_work, args=(template, queue, results, equip, run))
               for _ in range(min(jobs, len(tasks)))]
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


def _work(template, queue, results, equip, run):
    ctypes.CDLL(None).prctl(1, signal.SIGTERM)  # PR_SET_PDEATHSIG: do not outlive the run
    equipment = None
    try:
        equipment = equip(template)
        while (task := queue.get()) is not None:
            results.put(run(equipment, task))
    except KeyboardInterrupt:
        pass
    finally:
        if equipment:
            equipment.remove()
        results.put(None)
