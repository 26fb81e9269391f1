"""Worker processes, each with a PostgreSQL server of its own, that carry out trials."""

import ctypes
import multiprocessing
import signal
import sys

from harness.postgres import PostgresServer, Template

import trial


def carry_out(tasks, jobs):
    """Runs trial.run() with each of `tasks`, its arguments behind server and extensions; yields results as they come.

    Less comes when a worker breaks down.
    """
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
    server = None
    try:
        server = PostgresServer(template, autovacuum="off", max_connections=20, statement_timeout="60s")
        server.start()
        extensions = trial.prepare(server)
        while (task := queue.get()) is not None:
            results.put(trial.run(server, extensions, *task))
    except KeyboardInterrupt:
        pass
    finally:
        if server:
            server.remove()
        results.put(None)
