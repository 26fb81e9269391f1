"""How each fault of a schedule begins and ends."""

from harness import wait
from harness.snapshots import READERS
from harness.store import restore_store, save_store
from rig import NATS_ERRORS, current
from seat import Failpoint


class Faults:
    """begin(fault) and end(fault), in the order of their times; ready(fault) tells whether the end may come already."""

    def __init__(self, rig, source, seats, backlog=None):
        self.rig = rig
        self.source = source
        self.backlog = backlog
        self.seats = [rig.seats[name] for name in seats]
        self._struck = {}  # fault: what it was found to hit
        self._limited = False

    def begin(self, fault):
        self._method("begin", fault)(fault)

    def end(self, fault):
        method = self._method("end", fault)
        if method:
            method(fault)

    def finish(self):
        """After the servers are up again: what could not be ended in its time."""
        wait.until(lambda: self._end_full(None) or not self._limited, 30)

    def ready(self, fault):
        return fault.what not in ("zombie", "cut off") or self._taken_over(fault)

    def _method(self, part, fault):
        if fault.what in ("kill -9", "freeze", "restart"):
            kind = "seat" if fault.target in self.rig.seats else "broker"
        elif "-" in fault.target:
            kind = "link"
        else:
            kind = fault.what.replace(" ", "_")
        name = f"_{part}_{kind}"
        return getattr(self, name) if part == "begin" else getattr(self, name, None)

    # ---- a streamer ----

    def _begin_seat(self, fault):
        seat = self.rig.seats[fault.target]
        if fault.what == "freeze":
            seat.freeze()
        else:
            seat.kill()

    def _end_seat(self, fault):
        seat = self.rig.seats[fault.target]
        if fault.what == "freeze":
            seat.thaw()
        else:
            seat.start()

    def _begin_stop(self, fault):
        self.rig.seats[fault.target].terminate()

    def _end_stop(self, fault):
        self.rig.seats[fault.target].start()

    def _begin_failpoint(self, fault):
        seat = self.rig.seats[fault.target]
        order, times = fault.more.split(" x")
        seat.kill()
        seat.arm(Failpoint(order, again=int(times) - 1, after=fault.lasts))
        seat.start()

    def _begin_drain(self, fault):
        self._begin_failpoint(fault)

    def _end_drain(self, fault):
        seat = self.rig.seats[fault.target]
        seat.terminate()
        seat.start()

    # ---- NATS ----

    def _broker(self, fault):
        """"nats", or a node by its role at the fault's beginning; None where another node is not up to date: nats-server
        2.9 loses acknowledged messages when a leader dies while another node catches up."""
        if not self.rig.clustered:
            return self.rig.nats
        if fault not in self._struck:
            self._struck[fault] = self._node(fault.target)
        return self._struck[fault]

    def _node(self, role):
        cluster = self.rig.nats
        try:
            with cluster.client(timeout=1.0) as client:
                info = client.stream_info(self.source)
        except NATS_ERRORS:
            return None
        if not info or not current(info):
            return None
        return cluster.node(info["cluster"]["leader"] if role == "leader" else info["cluster"]["replicas"][0]["name"])

    def _begin_broker(self, fault):
        broker = self._broker(fault)
        if not broker:
            return
        if fault.what == "freeze":
            broker.freeze()
        elif fault.what == "kill -9":
            broker.kill()
        else:
            broker.stop()

    def _end_broker(self, fault):
        broker = self._broker(fault)
        if not broker:
            return
        if fault.what == "freeze":
            broker.thaw()
        else:
            broker.start()

    def _begin_power_loss(self, fault):
        """What is written from now on does not reach the disk."""
        self.rig.nats.kill()
        self._struck[fault] = save_store(self.rig.nats)
        self.rig.nats.start()

    def _end_power_loss(self, fault):
        lost = {"stream": [self.source], "bucket": ["KV_waljet"], "both": [self.source, "KV_waljet"]}[fault.more]
        self.rig.nats.kill()
        for stream in lost:
            restore_store(self.rig.nats, self._struck[fault], stream)
        self.rig.nats.start()

    def _begin_step_down(self, fault):
        stream = self.source if fault.more == "stream" else "KV_waljet"
        try:
            self.rig.nats.js_api(f"STREAM.LEADER.STEPDOWN.{stream}", check=False)
        except (OSError, LookupError):
            pass

    def _begin_full(self, fault):
        """The stream takes a few more messages, then nothing, while the bucket with the record does. (Were it full at
        once, messages stored between question and answer would be too many, and the oldest removed.)"""
        room = int(fault.more.split()[0])
        self._limited = self._limit(lambda state: {"discard": "new", "max_msgs": state["messages"] + room})

    def _end_full(self, _):
        if self._limited:
            self._limited = not self._limit(lambda _: {"discard": "old", "max_msgs": -1})

    def _limit(self, change):
        """Whether it was done: the server may be away."""
        try:
            with self.rig.nats.client(timeout=1.0) as client:
                info = client.stream_info(self.source)
                client.js_api(f"STREAM.UPDATE.{self.source}", {**info["config"], **change(info["state"])})
            return True
        except NATS_ERRORS:
            return False

    # ---- PostgreSQL ----

    def _begin_immediate(self, fault):
        self.rig.stop_postgres(fault.what, fault.lasts)

    def _begin_fast(self, fault):
        self.rig.stop_postgres(fault.what, fault.lasts)

    def _begin_terminate(self, fault):
        if fault.target == "readers":
            self.rig.admin(f"select pg_terminate_backend(pid) from pg_stat_activity where datname = %s and {READERS}", self.source)
            return
        self.rig.admin("select pg_terminate_backend(active_pid) from pg_replication_slots where slot_name = %s",
                       f"waljet_{self.source}")

    def _begin_away(self, _):
        self.rig.set_standby(away=True)

    def _end_away(self, _):
        self.rig.set_standby(away=False)

    # ---- snapshots ----

    def _begin_request(self, fault):
        self.backlog.request(*(("--rate", fault.more.split()[0]) if fault.more else ()))

    def _begin_pause(self, _):
        self.backlog.command("pause")

    def _end_pause(self, _):
        self.backlog.command("resume")

    # ---- links ----

    def _begin_link(self, fault):
        for link in self.rig.links(fault.target):
            if fault.what == "late":
                link.hold("up")
            elif fault.what in ("cut", "half-open"):
                link.cut(keep_server=fault.what == "half-open")
            elif fault.what == "refuse":
                link.refuse()
                link.cut()
            elif fault.what == "delay":
                seconds = float(fault.more.split()[0]) / 1000
                link.delay(seconds, seconds / 2)
            elif fault.what == "limit":
                link.limit(int(fault.more.split()[0]) * 1000)
            else:
                link.hold(*fault.what.split()[1:])

    def _end_link(self, fault):
        for link in self.rig.links(fault.target):
            if fault.what == "late":
                link.cut_late(float(fault.more.split()[0]))
            else:
                link.heal()

    # ---- two streamers ----

    def _active(self):
        """Name and walsender's pid of the streamer that has the slot, or None."""
        rows = self.rig.admin("""select application_name, pid from pg_stat_activity, pg_replication_slots
                                 where pid = active_pid and slot_name = %s""", f"waljet_{self.source}")
        return rows[0] if rows else None

    def _oust(self, fault, how):
        """Does something to the active streamer and ends its walsender, so that the slot is free for the other one."""
        active = self._active()
        if active:
            seat = self._struck[fault] = self.rig.seats[active[0]]
            how(seat)
            self.rig.admin("select pg_terminate_backend(%s)", active[1])

    def _taken_over(self, fault):
        active = self._active()
        return fault not in self._struck or active and active[0] != self._struck[fault].name

    def _begin_zombie(self, fault):
        self._oust(fault, lambda seat: seat.freeze())

    def _end_zombie(self, fault):
        if fault in self._struck:
            self._struck[fault].thaw()

    def _begin_cut_off(self, fault):
        self._oust(fault, lambda seat: seat.postgres_link.hold())

    def _end_cut_off(self, fault):
        if fault in self._struck:
            self._struck[fault].postgres_link.heal()
