"""Snapshots: the command that asks for them, the job that tells how far one is, its messages in the stream."""

import base64
import json
import re
from collections import Counter

from . import wait
from .natsclient import NatsError
from .pipeline import PATIENCE, Pipeline
from .rebuilt import Rebuilt, bodies, is_discard, is_event, is_row, source_tables
from .record import BUCKET, MESSAGE_NOT_FOUND
from .sampler import Sampler
from .streamer import waljet

OVER = ("complete", "cancelled", "failed")
READERS = "application_name = 'waljet snapshot'"  # in pg_stat_activity: the sessions that read rows
EXTENSION = "create extension if not exists waljet"
OPERATIONS = ("--operations", "insert,update,delete,truncate")  # whoever rebuilds tables has to see them emptied
MEMORY_KB = 48 * 1024  # of waljet, however much there is to read
LOCKS = """
    select application_name, mode, relation::regclass::text from pg_locks join pg_stat_activity using (pid)
    where application_name like 'waljet%' and locktype = 'relation' and mode <> 'AccessShareLock'
"""

_PLACE = r"(?P<lsn>[0-9A-F]{16}):(?P<ordinal>[0-9A-F]{8})\.(?P<part>[0-9A-F]{4})"
_ROW_ID = re.compile(rf"(?P<source>[A-Za-z0-9_=-]+\.[0-9A-F]{{8}}):snapshot:{_PLACE}")
_EVENT_ID = re.compile(rf"(?P<source>[A-Za-z0-9_=-]+\.[0-9A-F]{{8}}):{_PLACE}")
_POSITION = re.compile(_PLACE)


def read_job(nats, name="app"):
    """The job of the source of this name as a dict, or None."""
    info = nats.stream_info(BUCKET)
    if not info or not info["state"]["messages"]:  # nats-server 2.9 breaks down when asked for a message while it makes a stream
        return None
    try:
        answer = nats.js_api(f"STREAM.MSG.GET.{BUCKET}", {"last_by_subj": f"$KV.waljet.{name}.*.snapshot"})
    except NatsError as error:
        if error.code == MESSAGE_NOT_FOUND:
            return None
        raise
    return json.loads(base64.b64decode(answer["message"]["data"]))


def snapshot(postgres, nats, *arguments, name="app", dbname="postgres", user="postgres", timeout=60.0, env=None):
    """`waljet snapshot …` to its end; returns the finished process."""
    return waljet("snapshot", *arguments, "--postgres", postgres.conninfo(dbname, user), "--nats", nats.url, "--name", name,
                  timeout=timeout, env=env)


class SnapshotPipeline(Pipeline):
    """A source whose database has the extension."""

    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.postgres.execute(EXTENSION, dbname=self.dbname)

    # ---- the command ----

    def command(self, *arguments, **options):
        return snapshot(self.postgres, self.nats, *arguments, name=self.name, dbname=self.dbname, **options)

    def request(self, tables, *arguments):
        """Asks for a snapshot of these tables and does not wait for it."""
        done = self.command("--tables", tables, "--no-wait", *arguments)
        assert done.returncode == 0, f"{done.stdout}{done.stderr}\n{self.log_tail()}"

    # ---- the job ----

    def job(self):
        return read_job(self.nats, self.name)

    def job_state(self):
        return (self.job() or {}).get("state")

    def job_becomes(self, *states, timeout=PATIENCE):
        """Waits for one of these states; fails at once when the job ends in another way."""
        def seen():
            state = self.job_state()
            assert state not in ("failed", "cancelled") or state in states, f"{self.job()}\n{self.log_tail()}"
            return state if state in states else None
        return wait.until(seen, timeout, interval=0.05, retry=(OSError, NatsError),
                          message=lambda: f"{self._job_or_error()}\n{self.log_tail()}")

    def complete(self, timeout=PATIENCE):
        return self.job_becomes("complete", timeout=timeout)

    def _job_or_error(self):
        try:
            return self.job()
        except (OSError, NatsError) as error:
            return error

    # ---- who reads ----

    def readers(self):
        """The backends that read rows now."""
        rows = self.postgres.execute(f"select pid from pg_stat_activity where {READERS} and query ~ 'waljet.read'")
        return [pid for pid, in rows]

    # ---- the stream ----

    def rows_stored(self, subjects="*.*.*.read"):
        """How many messages of rows there are."""
        info = self.nats.js_api(f"STREAM.INFO.{self.stream}", {"subjects_filter": subjects}, check=False)
        return sum((info.get("state", {}).get("subjects") or {}).values())

    def rows_stored_some(self, count=1, timeout=PATIENCE):
        wait.until(lambda: self.rows_stored() >= count, timeout, retry=(OSError, NatsError),
                   message=lambda: f"{count} rows stored\n{self.log_tail()}")

    def rebuild(self, strict=False, leaves=True, schemas=("public",)):
        """What a consumer has that reads the stream to its end."""
        tables = source_tables(self.postgres, self.dbname, schemas, leaves)
        with self.nats.client() as client:
            messages = Messages(client.iterate_stream(self.stream))
            rebuilt = Rebuilt(tables, strict).take(messages)
        rebuilt.messages = messages
        return rebuilt

    def check_rebuilt(self, **options):
        """Everything committed is stored, and what a consumer has equals the tables; returns what it has."""
        self.confirmed()
        return self.check_copies(**options)

    def check_copies(self, **options):
        """What a consumer has equals the tables; returns it."""
        rebuilt = self.rebuild(**options)
        assert not (found := rebuilt.differences(self.postgres, self.dbname)), "\n".join([*found, self.log_tail()])
        return rebuilt


class Messages:
    """Passes messages on and checks what is true of any stream with rows in it: ids are unique, places ascend."""

    def __init__(self, messages):
        self._messages = messages
        self._ids = set()
        self._place = None
        self.ends = []  # (Waljet-Snapshot, number of the message of rows) of each that has it, discards left out
        self.discards = []  # subjects
        self.row_messages = 0
        self.event_messages = 0
        self.last_row = self.first_event = None  # stream sequences
        self.subjects = Counter()  # last tokens

    def __iter__(self):
        for message in self._messages:
            if is_event(message):
                self._check(message)
            yield message

    def _check(self, message):
        identity = message.headers["Waljet-Id"]
        assert identity not in self._ids, f"twice: {identity}"
        self._ids.add(identity)
        place = self._row(message) if is_row(message) else self._event(message)
        assert self._place is None or self._place < place, f"stream sequence {message.seq}: {place} behind {self._place}"
        self._place = place
        self.subjects[message.subject.rsplit(".", 1)[1]] += 1

    def _row(self, message):
        headers = message.headers
        assert _ROW_ID.fullmatch(headers["Waljet-Id"]), headers
        if "Waljet-Count" in headers:
            first = _ROW_ID.fullmatch(headers["Waljet-First"])
            assert first and first["lsn"] == _ROW_ID.fullmatch(headers["Waljet-Id"])["lsn"], headers
            assert int(headers["Waljet-Count"]) == len(bodies(message)) >= 2, headers
        place = _POSITION.fullmatch(headers["Waljet-Position"])
        assert place, headers
        if is_discard(message):
            self.discards.append(message.subject)
        else:
            self.row_messages += 1
            self.last_row = message.seq
            if "Waljet-Snapshot" in headers:
                self.ends.append((headers["Waljet-Snapshot"], self.row_messages))
        return place.groups()

    def _event(self, message):
        headers = message.headers
        identity = _EVENT_ID.fullmatch(headers["Waljet-Id"])
        assert identity, headers
        assert "Waljet-Snapshot" not in headers and "Waljet-Position" not in headers, headers
        self.event_messages += 1
        self.first_event = self.first_event or message.seq
        return identity.groups()[1:]

    def check_ends(self):
        """One snapshot: its first and last rows are marked."""
        assert self.ends == [("first", 1), ("last", self.row_messages)], self.ends


# ---- what there is to read, and who is in whose way ----

def simple_tables(postgres, *names, rows, size=20):
    for name in names:
        postgres.psql(f"create table {name} (id bigint primary key, note text);"
                      f"insert into {name} select n, repeat('x', {size}) || n from generate_series(1, {rows}) n;")


def harmful_locks(postgres):
    """A sampler of locks that could be in somebody's way."""
    return Sampler(lambda: postgres.execute(LOCKS) or None, 0.05)
