"""Both formats through the whole pipeline: bodies as documented, the same whenever they are sent again."""

import json
import re
import uuid

import pytest

from harness import wait
from harness.recvlogical import strict_json

CHANGES = """
    insert into books values (1, 'Dune', 9.90, '{"a": [1, 2.50]}', null), (2, 'Emma', 'NaN', null, repeat('x', 5000));
    update books set title = 'Dune 2' where id = 1;
    update books set price = 0 where id = 2;
    update books set id = 3 where id = 1;
    delete from books where id = 2;
    insert into plain values ('no key');
    update plain set line = 'still none';
    delete from plain;
    begin; insert into books values (4, 'x', 1); update books set title = 'y'; commit;
    truncate books, plain;
"""


@pytest.fixture
def books(postgres):
    postgres.psql("""create table books (id int primary key, title text not null, price numeric(6,2), extra jsonb, blob text);
                     alter table books alter blob set storage external;
                     create table plain (line text)""")
    return postgres


def ready(streamer):
    streamer.start().wait_for_log("ready: publishing", 30)
    return streamer


def stored(nats, streamer, count):
    wait.until(lambda: nats.stream_messages("app") >= count, 30, message=streamer.process.log_tail)
    return nats.read_stream("app")


def test_wal_listener(books, nats, make_streamer):
    streamer = ready(make_streamer(books, nats, "--format", "wal-listener"))
    books.psql(CHANGES)
    messages = stored(nats, streamer, 14)
    assert streamer.terminate() == 0
    events = [strict_json(message.body) for message in messages]
    for message, event in zip(messages, events):
        members = ["id", "schema", "table", "action", "data", "dataOld", "commitTime"]
        assert list(event) in (members, [*members, "unchanged"])
        assert event["id"] == str(uuid.uuid5(uuid.NAMESPACE_URL, message.headers["Waljet-Id"]))
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", event["commitTime"])
        assert message.subject == f"app.public.{event['table']}.{event['action'].lower()}"
        assert b"\n" not in message.body
    assert len({event["id"] for event in events}) == len(events) == 14
    assert [(event["table"], event["action"]) for event in events] == [
        ("books", "INSERT"), ("books", "INSERT"), ("books", "UPDATE"), ("books", "UPDATE"), ("books", "UPDATE"),
        ("books", "DELETE"), ("plain", "INSERT"), ("plain", "UPDATE"), ("plain", "DELETE"), ("books", "INSERT"),
        ("books", "UPDATE"), ("books", "UPDATE"), ("books", "TRUNCATE"), ("plain", "TRUNCATE")]
    assert events[0]["data"] == {"id": 1, "title": "Dune", "price": 9.90, "extra": {"a": [1, 2.50]}, "blob": None}
    assert b'"price":9.90,"extra":{"a": [1, 2.50]}' in messages[0].body  # numbers are exact, digit for digit
    assert events[1]["data"]["price"] == "NaN"
    assert (events[2]["data"]["title"], events[2]["dataOld"]) == ("Dune 2", {})
    assert events[3]["unchanged"] == ["blob"] and "blob" not in events[3]["data"]
    assert (events[4]["data"]["id"], events[4]["dataOld"]) == (3, {"id": 1})
    assert (events[5]["data"], events[5]["dataOld"]) == ({}, {"id": 2})
    assert [event["data"] for event in events[6:9]] == [{"line": "no key"}, {"line": "still none"}, {}]
    assert all(event["data"] == event["dataOld"] == {} for event in events[12:])
    assert len({event["commitTime"] for event in events[9:12]}) == 1


@pytest.mark.parametrize("form", ["debezium", "wal-listener"])
def test_what_is_sent_again_is_the_same(books, nats, make_streamer, form):
    """Killed before anything is confirmed: the stream has each event once, and what the slot sends again is what it has."""
    def peeked():
        rows = books.execute("""select data from pg_logical_slot_peek_changes('waljet_app', null, null, 'name', 'app',
                                'format', %s, 'operations', 'insert,update,delete,truncate')""", (form,))
        return [timeless(line) for line, in rows]

    def timeless(body):
        return re.sub(r'"ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+\}$', "", body)
    arguments = ("--format", form, "--operations", "insert,update,delete,truncate", "--confirm-delay", "900s")
    streamer = ready(make_streamer(books, nats, *arguments))
    events = 0
    for _ in range(3):
        books.psql(CHANGES)
        events += 15 if form == "debezium" else 14
        stored(nats, streamer, events)
        streamer.kill()
        sent_again = peeked()
        assert len(sent_again) == events
        streamer = ready(make_streamer(books, nats, *arguments))
    books.psql("insert into plain values ('the last')")
    messages = stored(nats, streamer, events + 1)
    assert streamer.terminate() == 0
    bodies = [timeless(message.body.decode()) for message in messages]
    assert bodies[:-1] == sent_again
    assert bodies == peeked()
    ids = [message.headers["Waljet-Id"] for message in messages]
    assert ids == sorted(set(ids))
    if form == "wal-listener":
        names = [str(uuid.uuid5(uuid.NAMESPACE_URL, identity)) for identity in ids]
        assert [json.loads(body)["id"] for body in bodies] == names


def test_a_format_that_is_unknown_is_refused(books, nats, make_streamer):
    streamer = make_streamer(books, nats, "--format", "avro").start()
    assert streamer.wait(20) == 2
    assert "format" in streamer.log_text() and "wal-listener" in streamer.log_text()
