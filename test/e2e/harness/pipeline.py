"""One source from its table of numbers to its stream: what most scenarios have in common."""

import base64
import json
import signal

from . import wait
from .natsclient import NatsError
from .numbers import Numbers, check_numbers
from .record import read_record

PATIENCE = 60.0  # for what is to happen on a machine that others use too


class Pipeline:
    """Each start() makes a new `waljet run` for the same source, with a log of its own."""

    def __init__(self, make_streamer, postgres, nats, *arguments, name="app", dbname="postgres", stream=None,
                 **stream_config):
        self.make_streamer = make_streamer
        self.postgres = postgres
        self.nats = nats
        self.arguments = arguments
        self.name = name
        self.dbname = dbname
        self.stream = stream or name
        self.slot_name = f"waljet_{name}"
        self.numbers = Numbers(postgres, dbname=dbname)
        self.streamer = None
        if stream_config:
            self.create_stream(**stream_config)

    # ---- the streamer ----

    def start(self, *more, postgres=None, nats=None):
        """Returns at once; the streamer before this one, if any, goes on."""
        self.streamer = self.make_streamer(postgres or self.postgres, nats or self.nats, *self.arguments, *more,
                                           name=self.name, dbname=self.dbname).start()
        return self.streamer

    def run(self, *more, **where):
        """Starts and waits until it is ready."""
        self.start(*more, **where)
        return self.ready()

    def ready(self):
        self.streamer.wait_for_log("ready: publishing", PATIENCE)
        return self.streamer

    def stop(self):
        """A clean end."""
        assert self.streamer.terminate() == 0, self.log_tail()

    def kill(self):
        self.streamer.kill()

    def log(self, pattern):
        return self.streamer.process.log_lines(pattern)

    def log_tail(self):
        return self.streamer.process.log_tail()

    def blocked(self, *words):
        """Waits until one line of the log has all these words, the operator's among them; it is up, and not ready."""
        pattern = "".join(f"(?=.*{word})" for word in words)
        self.streamer.wait_for_log(pattern, PATIENCE)
        assert self.streamer.alive()

    # ---- the source ----

    def write(self, *arguments, **options):
        return self.numbers.write(*arguments, **options)

    def slot(self):
        return self.postgres.slot(self.slot_name)

    def confirmed_position(self):
        return (self.slot() or {}).get("confirmed_flush_lsn") or 0

    def confirmed(self):
        """Waits until the slot is confirmed to where the log ends now."""
        end = self.postgres.wal_lsn()
        wait.until(lambda: self.confirmed_position() >= end, PATIENCE, interval=0.1,
                   message=lambda: f"{self.slot()}\n{self.log_tail()}")

    def recorded(self):
        """Waits until the record covers all that is in the stream now."""
        end = self.state()["last_seq"]
        wait.until(lambda: (self.record() or {}).get("stream_sequence", 0) >= end, PATIENCE, interval=0.05,
                   message=lambda: f"{self.record()}\n{self.log_tail()}")

    def end_walsender(self):
        """The server drops the replication connection."""
        self.postgres.execute("""select pg_terminate_backend(active_pid) from pg_replication_slots
                                 where slot_name = %s and active""", (self.slot_name,))

    # ---- the stream ----

    def create_stream(self, **config):
        """Where the server is still busy with deleting the one before, once more."""
        def create():
            try:
                return self.nats.stream_create(self.stream, [f"{self.stream}.>"], **config)
            except NatsError as error:
                if error.code == 10049:
                    return None
                raise
        wait.until(create)

    def delete_stream(self):
        self.nats.js_api(f"STREAM.DELETE.{self.stream}")

    def purge_stream(self):
        self.nats.js_api(f"STREAM.PURGE.{self.stream}")

    def messages(self, start=1):
        return self.nats.read_stream(self.stream, start)

    def state(self):
        return self.nats.stream_info(self.stream)["state"]

    def newest(self):
        """The number in the stream's last message, 0 where there is none."""
        try:
            answer = self.nats.js_api(f"STREAM.MSG.GET.{self.stream}", {"seq": self.state()["last_seq"]})
            return json.loads(base64.b64decode(answer["message"]["data"]))["after"]["id"]
        except (NatsError, TypeError):
            return 0

    def stored(self, last=None):
        """Waits until the last number is the stream's newest; returns it."""
        last = self.numbers.last() if last is None else last
        wait.until(lambda: self.newest() >= last, PATIENCE, interval=0.05,
                   message=lambda: f"number {last} stored, {self.newest()} seen\n{self.log_tail()}", retry=(OSError,))
        return last

    def stored_some(self, count=1):
        """Waits until the stream has grown by so many messages."""
        begin = self.state()["last_seq"]
        wait.until(lambda: self.state()["last_seq"] >= begin + count, PATIENCE, message=self.log_tail)

    def check(self, first=1, start=1):
        """All that was committed from `first` on is in the stream from sequence `start` on: once, in order; returns it.

        A streamer that runs is ended cleanly first: what it had not published yet is not forgotten.
        """
        last = self.stored()
        if self.streamer.alive():
            self.stop()
        messages = self.messages(start)
        check_numbers(messages, last, first)
        return messages

    def record(self):
        return read_record(self.nats, self.name)


def freeze(streamer):
    streamer.process.signal(signal.SIGSTOP)


def thaw(streamer):
    streamer.process.signal(signal.SIGCONT)
