"""The servers of one worker. They serve many trials, each with a database, slot, name and stream of its own."""

import time

import psycopg2
from harness import wait
from harness.cluster import NatsCluster
from harness.nats import NatsServer
from harness.natsclient import NatsError
from harness.postgres import PostgresServer, SIGNALS
from seat import Seat

FAST_STOP = 8.0  # seconds; beyond, the server is stopped at once: how long it may take is the business of another test
NATS_ERRORS = (OSError, NatsError, LookupError)


def current(info):
    """Whether STREAM.INFO's answer comes from a leader (a node that knows of none answers, too) whose replicas have all
    it has."""
    cluster = info["cluster"]
    return cluster.get("leader") and all(one["current"] and not one.get("offline") and not one.get("lag")
                                         for one in cluster.get("replicas", []))


class Rig:
    def __init__(self, template, clustered=False):
        self.clustered = clustered
        self.postgres = PostgresServer(template, logical_decoding_work_mem="64kB", max_connections=40,
                                       max_wal_senders=10, max_replication_slots=10)
        self.nats = NatsCluster() if clustered else NatsServer()
        self.seats = {}
        self._postgres_due = None  # when a stopping server is stopped at once
        self._postgres_pause = 0.0

    def start(self):
        self.postgres.start()
        self.nats.start()
        for name in ("A", "B"):
            self.seats[name] = Seat(name, self.postgres, self.brokers)
        return self

    def remove(self):
        for server in (*self.seats.values(), self.nats, self.postgres):
            server.remove()

    @property
    def brokers(self):
        return self.nats.nodes if self.clustered else [self.nats]

    def links(self, name):
        """Of "A-nats" or "A-postgres"."""
        seat, side = name.split("-")
        return self.seats[seat].nats_links if side == "nats" else [self.seats[seat].postgres_link]

    # ---- PostgreSQL, whose end is awaited beside other things ----

    def stop_postgres(self, mode, pause):
        """Down for `pause` seconds, then up again by watch()."""
        if self.postgres.process.alive() and not self._postgres_due:
            self.postgres.process.signal(SIGNALS[mode])
            self._postgres_due = time.monotonic() + FAST_STOP
            self._postgres_pause = pause

    def watch(self):
        if not self._postgres_due:
            return
        if self.postgres.process.alive():
            if time.monotonic() > self._postgres_due:
                self.postgres.stop("immediate")
            return
        wait.pause(self._postgres_pause)
        self.postgres.start()
        self._postgres_due = None

    def set_standby(self, away):
        """Whether commits wait for a standby that is not there."""
        self.postgres.settings["synchronous_standby_names"] = "away" if away else ""
        self.postgres._write_settings()  # for a server that is down just now
        self.admin("select pg_reload_conf()")

    def admin(self, sql, *parameters):
        """Rows; none where the server is not there just now."""
        try:
            return self.postgres.execute(sql, parameters)
        except psycopg2.Error:
            return []

    # ---- after the faults ----

    def heal(self, seats):
        """Everything runs, and every link is open."""
        for seat in self.seats.values():
            for link in (seat.postgres_link, *seat.nats_links):
                link.heal()
        for broker in self.brokers:
            broker.thaw()
        for broker in self.brokers:
            if not broker.process.alive():
                broker.start()
        while self._postgres_due:
            self.watch()
            wait.pause(0.01)
        self.postgres.configure(synchronous_standby_names="")
        for name in seats:
            seat = self.seats[name]
            seat.thaw()
            seat.disarm()
            if not seat.wanted:
                seat.start()

    def settled(self):
        return not self._postgres_due

    def nothing_late(self):
        """Everything that was held back by a link has arrived."""
        return not any(link.late() for seat in self.seats.values() for link in seat.nats_links)
