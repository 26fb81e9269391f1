"""Logical messages and transaction boundaries through the whole pipeline: in their place, once, whatever is killed."""

import base64
import json
import threading

import pytest

from harness import verify, wait
from harness.pipeline import PATIENCE, Pipeline
from harness.postgres import lsn, lsn_text
from harness.recvlogical import strict_json
from harness.streamer import waljet

SHORT_WINDOW = 100_000_000  # ns, the least that nats-server takes: nothing leans on it
HELD_BACK = ("--confirm-delay", "60s")  # the slot stays behind: what it sends again is to be skipped
BOTH = ("--messages", "*", "--transactions", "on")
BOUNDARY = "app.=transaction"

PREFIX_TOKENS = {
    "outbox": "outbox",
    "Out_box-2": "Out_box-2",
    "with.dots and spaces": "with=2Edots=20and=20spaces",
    "größe": "gr=C3=B6=C3=9Fe",
    "*": "=2A",
    ">": "=3E",
    "$JS/=41": "=24JS=2F=3D41",
    "\t\u2028\U0001f600": "=09=E2=80=A8=F0=9F=98=80",
    "": "=00",
    "p" * 255: "p" * 255,
    "p" * 256: "p" * 245 + "=h82c9d1c5",
}


def emit(cursor, transactional, prefix, content):
    """Returns where the message's record ends."""
    cursor.execute("select pg_logical_emit_message(%s, %s, %s::text)", (transactional, prefix, content))
    return lsn(cursor.fetchone()[0])


def content_of(message):
    """The text in a message's event; None for other events."""
    body = json.loads(message.body)
    return base64.b64decode(body["message"]["content"]).decode() if body.get("op") == "m" else None


def label(message):
    """What the tests below write down of an event: `row 3`, `BEGIN`, or the text of a message."""
    body = json.loads(message.body)
    if "status" in body:
        return body["status"]
    return f"row {body['after']['id']}" if body["op"] == "c" else content_of(message)


def grown_to(app, count):
    wait.until(lambda: app.state()["last_seq"] >= count, PATIENCE, interval=0.05,
               message=lambda: f"{count} stored, {app.state()}\n{app.log_tail()}")


class Load:
    """Transactions with messages in them and around them, by one session; `labels`: what they amount to, in commit order."""

    def __init__(self, app, boundaries=False):
        self.app = app
        self.boundaries = boundaries
        self.labels = []
        self.last = app.numbers.last()
        self.stopped = threading.Event()
        self.error = None
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.stopped.set()
        self.thread.join()
        if self.error and not kind:
            raise self.error

    def _run(self):
        connection = self.app.postgres.connect()
        try:
            while not self.stopped.wait(0.002):
                self.round(connection)
        except Exception as error:  # noqa: BLE001: of the thread, raised where it is joined
            self.error = error
        finally:
            connection.close()

    def round(self, connection):
        """Two rows; a message behind them, one inside a transaction and one that does not wait for its end, one undone."""
        first, second = self.last + 1, self.last + 2
        with connection.cursor() as cursor:
            cursor.execute("begin")
            self._insert(cursor, first)
            emit(cursor, False, "now", f"now {first}")
            emit(cursor, True, "inside", f"inside {first}")
            self._insert(cursor, second)
            cursor.execute("commit")
            emit(cursor, False, "behind", f"behind {second}")
            cursor.execute("begin")
            emit(cursor, True, "undone", f"undone {second}")
            emit(cursor, False, "kept", f"kept {second}")
            cursor.execute("rollback")
        inside = [f"row {first}", f"inside {first}", f"row {second}"]
        if self.boundaries:
            inside = ["BEGIN", *inside, "END"]
        self.labels += [f"now {first}", *inside, f"behind {second}", f"kept {second}"]
        self.last = second

    @staticmethod
    def _insert(cursor, number):
        cursor.execute("insert into numbers values (%s, 'x')", (number,))


def check_labels(app, load):
    """Ends the streamer cleanly; the stream holds what was written: once, in order; returns it."""
    grown_to(app, len(load.labels))
    app.stop()
    messages = app.messages()
    found = [label(message) for message in messages]
    for number, (expected, seen) in enumerate(zip(load.labels, found), 1):
        assert expected == seen, f"event {number}: expected {expected}, found {seen}"
    assert len(found) == len(load.labels)
    verify.check_ids(messages)
    return messages


# ---- messages ----

def test_each_prefix_has_its_subject(postgres, nats, make_streamer):
    """Inside and outside of a transaction; the token of the last one is FNV-1a's, computed elsewhere."""
    app = Pipeline(make_streamer, postgres, nats, "--messages", "*")
    app.run()
    connection = postgres.connect()
    with connection.cursor() as cursor:
        cursor.execute("begin")
        for number, prefix in enumerate(PREFIX_TOKENS):
            emit(cursor, True, prefix, f"inside {number}")
        cursor.execute("commit")
        for number, prefix in enumerate(PREFIX_TOKENS):
            emit(cursor, False, prefix, f"outside {number}")
    connection.close()
    count = len(PREFIX_TOKENS)
    grown_to(app, 2 * count)
    app.stop()
    messages = app.messages()
    assert [message.subject for message in messages] == 2 * [f"app.=message.{token}" for token in PREFIX_TOKENS.values()]
    events = [strict_json(message.body) for message in messages]
    assert [event["message"]["prefix"] for event in events] == 2 * list(PREFIX_TOKENS)
    assert [content_of(message) for message in messages] == [
        f"{where} {number}" for where in ("inside", "outside") for number in range(count)]
    assert len({event["source"]["txId"] for event in events[:count]}) == 1 and events[0]["source"]["txId"]
    assert {event["source"]["txId"] for event in events[count:]} == {None}
    verify.check_ids(messages)


def test_only_the_prefixes_asked_for(postgres, nats, make_streamer):
    app = Pipeline(make_streamer, postgres, nats, "--messages", "outbox,größe")
    app.run()
    for transactional in ("true", "false"):
        for prefix in ("outbox", "outbox2", "Outbox", "größe", ""):
            postgres.execute(f"select pg_logical_emit_message({transactional}, %s, 'x')", (prefix,))
    app.write(1)
    app.stored()
    app.stop()
    tokens = ["outbox", "gr=C3=B6=C3=9Fe"] * 2
    assert [message.subject for message in app.messages()] == [
        *[f"app.=message.{token}" for token in tokens], "app.public.numbers.insert"]


@pytest.mark.parametrize("arguments", [(), HELD_BACK])
def test_messages_over_crashes(postgres, nats, make_streamer, arguments):
    """kill -9 of waljet, and once of NATS, between row changes and messages: each once, in commit order."""
    app = Pipeline(make_streamer, postgres, nats, "--messages", "*", *arguments, duplicate_window=SHORT_WINDOW)
    app.run()
    with Load(app) as load:
        for some in (1, 50, 2, 111, 7):
            app.stored_some(some)
            app.kill()
            app.run()
        app.stored_some(20)
        nats.kill()
        nats.start()
        app.stored_some(20)
    check_labels(app, load)


def test_a_message_alone_moves_the_slot(postgres, nats, make_streamer):
    """Beyond its end once it is stored; while it is not stored, not even beyond its beginning."""
    app = Pipeline(make_streamer, postgres, nats, "--messages", "*")
    app.run()
    app.write(3)
    app.stored()
    app.confirmed()
    for number in range(2):
        before = postgres.wal_lsn()
        nats.freeze()
        connection = postgres.connect()
        with connection.cursor() as cursor:
            end = emit(cursor, False, "alone", str(number))
        connection.close()
        flushed = "select pg_current_wal_flush_lsn() >= %s::pg_lsn"
        wait.until(lambda end=end: postgres.execute(flushed, (lsn_text(end),))[0][0], 20)
        wait.always(lambda end=end: app.confirmed_position() < end, 0.5, message=app.log_tail)
        nats.thaw()
        wait.until(lambda end=end: app.confirmed_position() >= end, PATIENCE, message=app.log_tail)
        assert before < end
        assert app.state()["last_seq"] == 4 + number
    app.stop()
    assert [content_of(message) for message in app.messages(4)] == ["0", "1"]


# ---- transactions ----

def check_transactions(messages):
    """Between BEGIN and END the events of one transaction and nothing else, counted right; returns their sizes."""
    sizes = []
    events = None  # of the transaction that is open
    for message in messages:
        body = strict_json(message.body)
        if "status" not in body:
            assert message.subject != BOUNDARY
            if events is None:
                assert body["transaction"] is None and body["op"] == "m", f"outside of boundaries: {body}"
            else:
                events.append(body)
            continue
        assert message.subject == BOUNDARY
        if body["status"] == "BEGIN":
            assert events is None, "a transaction inside another"
            assert body["event_count"] is None and body["data_collections"] is None
            xid, events = body["id"].split(":")[0], []
        else:
            assert body["status"] == "END" and body["id"].split(":")[0] == xid
            check_one_transaction(int(xid), events, body)
            sizes.append(len(events))
            events = None
    assert events is None, "a transaction without its end"
    return sizes


def check_one_transaction(xid, events, end):
    counts = {}
    for order, event in enumerate(events, 1):
        source = event["source"]
        table = "LOGICAL_DECODING_MESSAGE" if event["op"] == "m" else f"{source['schema']}.{source['table']}"
        counts[table] = counts.get(table, 0) + 1
        place = event["transaction"]
        assert source["txId"] == xid and place["id"].split(":")[0] == str(xid)
        assert (place["total_order"], place["data_collection_order"]) == (order, counts[table])
    assert end["event_count"] == len(events) > 0
    assert {entry["data_collection"]: entry["event_count"] for entry in end["data_collections"]} == counts


def test_boundaries_and_counts(postgres, nats, make_streamer):
    """Of a transaction with several tables and statements, one that is filtered as a whole, an empty and an undone one."""
    app = Pipeline(make_streamer, postgres, nats, "--transactions", "on", "--exclude-tables", "hidden")
    postgres.psql("create table books (id int primary key, title text); create table hidden (id int)")
    app.run()
    postgres.psql("""
        begin; insert into books values (1, 'a'), (2, 'b'); insert into numbers values (1, 'x'); insert into hidden values (1);
               update books set title = 'c' where id = 1; savepoint s; delete from books; rollback to s;
               update books set id = 3 where id = 2; delete from numbers; commit;
        insert into hidden values (2);
        begin; commit;
        begin; insert into books values (9); rollback;
        insert into numbers values (2, 'alone');""")
    grown_to(app, 12)
    app.stop()
    messages = app.messages()
    assert check_transactions(messages) == [7, 1]
    assert [message.subject.removeprefix("app.") for message in messages] == [
        "=transaction", "public.books.insert", "public.books.insert", "public.numbers.insert", "public.books.update",
        "public.books.delete", "public.books.insert", "public.numbers.delete", "=transaction",
        "=transaction", "public.numbers.insert", "=transaction"]
    verify.check_ids(messages)


@pytest.mark.parametrize("arguments", [(), HELD_BACK])
def test_a_large_transaction_over_crashes(postgres, nats, make_streamer, arguments):
    """kill -9 in the middle of it, each time with its BEGIN stored and its END not."""
    app = Pipeline(make_streamer, postgres, nats, "--transactions", "on", *arguments, duplicate_window=SHORT_WINDOW)
    app.run()
    app.write(9, per_transaction=3)
    app.write(40_000)
    app.write(6, per_transaction=2)
    total = 40_015 + 2 * 7
    for _ in range(2):
        app.stored_some(1000)
        app.kill()
        assert 20 < app.state()["last_seq"] < 40_000  # or it was not in the middle
        app.start()
    grown_to(app, total)
    app.stop()
    messages = app.messages()
    assert check_transactions(messages) == [3, 3, 3, 40_000, 2, 2, 2]
    rows = [json.loads(message.body)["after"]["id"] for message in messages if message.subject != BOUNDARY]
    assert rows == list(range(1, 40_016))
    verify.check_ids(messages)


# ---- both ----

def test_clean_restarts_publish_nothing_twice(postgres, nats, make_streamer):
    """Seen by a plain subscriber, at which everything published arrives, stored or not."""
    app = Pipeline(make_streamer, postgres, nats, *BOTH)
    app.run()
    with nats.client() as client:
        arrivals = client.subscribe("app.>")
        client.ping()
        with Load(app, boundaries=True) as load:
            for _ in range(6):
                app.stored_some(20)
                app.stop()
                app.run()
                client.ping()  # takes what has arrived
        messages = check_labels(app, load)
        client.ping()
        published = [message.headers["Waljet-Id"] for message in client.queues[arrivals]]
    assert published == [message.headers["Waljet-Id"] for message in messages]
    assert set(check_transactions(messages)) == {3}


def test_switched_on_and_off_between_runs(postgres, nats, make_streamer):
    """What is sent again under other options is known for what it is: no row twice, none left out."""
    app = Pipeline(make_streamer, postgres, nats, *HELD_BACK)
    connection = postgres.connect()
    load = Load(app)
    for number, options in enumerate([(), BOTH, ("--messages", "*"), ("--transactions", "on"), BOTH]):
        app.run(*options)
        load.labels, load.boundaries = [], "--transactions" in options
        load.round(connection)
        wanted = [text for text in load.labels if "--messages" in options or text.split()[0] in ("row", "BEGIN", "END")]
        wait.until(lambda wanted=wanted: [label(message) for message in app.messages()][-len(wanted):] == wanted, PATIENCE,
                   interval=0.1, message=app.log_tail)
        app.kill() if number % 2 else app.stop()
    connection.close()
    messages = app.messages()
    assert len({message.headers["Waljet-Id"] for message in messages}) == len(messages)
    rows = [text for text in map(label, messages) if text.startswith("row")]
    assert rows == [f"row {number}" for number in range(1, load.last + 1)]


def test_a_stream_must_take_their_subjects(postgres, nats, make_streamer):
    """One for the events of tables alone is refused, with what it lacks named; with both off it is taken."""
    nats.stream_create("app", ["app.*.*.*"])
    where = ("run", "--postgres", postgres.conninfo(), "--nats", nats.url, "--name", "app")
    messages, boundaries = ("--messages", "outbox"), ("--transactions", "on")
    for options, lacking in ((messages, ["app.=message.*"]), (boundaries, [BOUNDARY]),
                             ((*messages, *boundaries), ["app.=message.*", BOUNDARY])):
        done = waljet(*where, *options)
        assert done.returncode == 1, done.stderr
        assert all(text in done.stderr for text in ("stream app takes app.*.*.*", *lacking)), done.stderr
        assert postgres.slot("waljet_app") is None
    app = Pipeline(make_streamer, postgres, nats)
    app.run("--messages", "off", "--transactions", "off")
    app.write(3)
    app.check()
    nats.js_api("STREAM.UPDATE.app", {"name": "app", "storage": "file", "subjects": ["app.*.*.*", "app.=message.*", BOUNDARY]})
    app.run(*BOTH)
    postgres.execute("select pg_logical_emit_message(true, 'outbox', 'x')")
    grown_to(app, 6)
    app.stop()
    assert [message.subject for message in app.messages(4)] == [BOUNDARY, "app.=message.outbox", BOUNDARY]


def test_neither_with_wal_listener(postgres, nats):
    for option in (("--messages", "*"), ("--transactions", "on")):
        done = waljet("run", "--postgres", postgres.conninfo(), "--nats", nats.url, "--name", "app", "--format", "wal-listener",
                      *option)
        assert done.returncode == 2 and option[0][2:] in done.stderr, done.stderr
        assert postgres.slot("waljet_app") is None and nats.stream_info("app") is None
