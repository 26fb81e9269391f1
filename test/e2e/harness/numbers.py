"""Rows numbered 1, 2, 3, … written by one session: what a stream must hold is plain to see."""

import json
import threading

import psycopg2

from . import verify

TABLE = "create table if not exists {table} (id bigint primary key, note text)"


class Numbers:
    """write() commits rows now; `with numbers.writing(): …` all along, over any outage of the server."""

    def __init__(self, postgres, table="numbers", dbname="postgres", size=100):
        self.postgres = postgres
        self.table = table
        self.dbname = dbname
        self.size = size  # bytes of a row's text
        postgres.execute(TABLE.format(table=table), dbname=dbname)

    def last(self):
        """The last number committed, 0 for none; asked from the database: a commit's answer may be lost."""
        return self.postgres.execute(f"select coalesce(max(id), 0) from {self.table}", dbname=self.dbname)[0][0]

    def write(self, count, per_transaction=0):
        """Commits so many rows, all in one transaction unless told otherwise; returns the last number."""
        last = self.last()
        end = last + count
        connection = self.postgres.connect(self.dbname)
        while last < end:
            last = self._insert(connection, last, min(per_transaction or count, end - last))
        connection.close()
        return last

    def _insert(self, connection, last, rows):
        with connection.cursor() as cursor:
            cursor.execute(f"insert into {self.table} select i, repeat('x', %s) from generate_series(%s, %s) i",
                           (self.size, last + 1, last + rows))
        return last + rows

    def writing(self, pause=0.002, sizes=(1, 1, 7, 1, 40)):
        """Commits transactions of these sizes in turn, with a pause after each, until the with statement ends."""
        return _Writing(self, pause, sizes)


class _Writing:
    def __init__(self, numbers, pause, sizes):
        self.numbers = numbers
        self.pause = pause
        self.sizes = sizes
        self.error = None
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.stop.set()
        self.thread.join()
        if self.error and not kind:
            raise self.error

    def _run(self):
        while not self.stop.is_set():
            try:
                self._session()
            except psycopg2.Error as error:
                if error.pgcode and not error.pgcode.startswith("57"):  # else the server is away
                    self.error = error
                    return
                self.stop.wait(0.05)

    def _session(self):
        last = self.numbers.last()
        connection = self.numbers.postgres.connect(self.numbers.dbname)
        try:
            count = 0
            while not self.stop.wait(self.pause):
                last = self.numbers._insert(connection, last, self.sizes[count % len(self.sizes)])
                count += 1
        finally:
            connection.close()


def number_of(message):
    return json.loads(message.body)["after"]["id"]


def numbers_of(messages):
    return [number_of(message) for message in messages]


def check_numbers(messages, last, first=1):
    """The messages are the rows first … last, once each, in order, with ids of one source that ascend."""
    found = numbers_of(messages)
    for expected, number, message in zip(range(first, last + 1), found, messages):
        where = f"stream sequence {message.seq} (of {first} to {last})"
        assert number == expected, f"{where}: expected {expected}, found {number}"
    assert len(found) == last + 1 - first, f"{first} to {last} expected, {len(found)} found, ending with {found[-3:]}"
    verify.check_ids(messages)
