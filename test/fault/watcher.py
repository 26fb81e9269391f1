"""Samples (confirmed_flush_lsn, last stream sequence read after it) all along a trial, whatever is down."""

import psycopg2
from harness.natsclient import NatsError
from harness.postgres import lsn
from harness.sampler import Sampler


class Watcher:
    def __init__(self, rig, source, interval=0.025):
        self.rig = rig
        self.source = source
        self._sampler = Sampler(self._sample, interval)
        self._postgres = self._nats = None

    def __enter__(self):
        self._sampler.__enter__()
        return self

    def __exit__(self, *_):
        self._sampler.__exit__()
        for connection in (self._postgres, self._nats):
            if connection:
                connection.close()

    @property
    def timed(self):
        """(time, confirmed_flush_lsn, stream sequence)"""
        return [(at, *sample) for at, sample in self._sampler.samples if sample]

    @property
    def samples(self):
        return self._sampler.values

    def _sample(self):
        """Connections last from one sample to the next, until one fails."""
        try:
            confirmed = self._confirmed()
            return None if confirmed is None else (confirmed, self._stored())
        except psycopg2.Error:
            self._postgres = None
            raise
        except (OSError, NatsError, LookupError):
            if self._nats:
                self._nats.close()
            self._nats = None
            raise

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
