"""Samples (confirmed_flush_lsn, last stream sequence read after it) all along a trial, whatever is down."""

import threading
import time

import psycopg2
from harness.natsclient import NatsError
from harness.postgres import lsn


class Watcher:
    def __init__(self, rig, source, interval=0.025):
        self.rig = rig
        self.source = source
        self.interval = interval
        self.timed = []  # (time, confirmed_flush_lsn, stream sequence)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._postgres = self._nats = None

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._stop.set()
        self._thread.join()

    @property
    def samples(self):
        return [(confirmed, stored) for _, confirmed, stored in self.timed]

    def _run(self):
        while not self._stop.wait(self.interval):
            try:
                confirmed = self._confirmed()
                if confirmed is not None:
                    self.timed.append((time.monotonic(), confirmed, self._stored()))
            except psycopg2.Error:
                self._postgres = None
            except (OSError, NatsError, LookupError):
                if self._nats:
                    self._nats.close()
                self._nats = None
        for connection in (self._postgres, self._nats):
            if connection:
                connection.close()

    def _confirmed(self):
        self._postgres = self._postgres or self.rig.postgres.connect()
        with self._postgres.cursor() as cursor:
            cursor.execute("select confirmed_flush_lsn from pg_replication_slots where slot_name = %s",
                           (f"waljet_{self.source}",))
            row = cursor.fetchone()
        return lsn(row[0]) if row else None

    def _stored(self):
        self._nats = self._nats or self.rig.nats.client(timeout=3.0)
        info = self._nats.stream_info(self.source)
        return info["state"]["last_seq"] if info else 0
