"""Samples a value all along a test, in a thread of its own."""

import threading
import time


class Sampler:
    """`with Sampler(function, 0.1) as sampler: …`, then sampler.samples: [(monotonic time, value), …].

    An exception of function() (the server is down just now) skips that sample and is kept in `errors`.
    """

    def __init__(self, function, interval=0.1):
        self.function = function
        self.interval = interval
        self.samples = []
        self.errors = []
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def _run(self):
        while True:
            try:
                self.samples.append((time.monotonic(), self.function()))
            except Exception as error:  # noqa: BLE001: whatever happens, the test goes on
                self.errors.append(error)
            if self._stop.wait(self.interval):
                return

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    @property
    def values(self):
        return [value for _, value in self.samples if value is not None]
