"""`--oversize stub`: an event larger than NATS takes arrives as its key and size; nothing is held up."""

import json

from harness import wait


def test_a_stub_in_place_of_an_event_too_large(postgres, make_nats, make_streamer):
    nats = make_nats("max_payload: 64KB")
    postgres.execute("create table t (id int primary key, note text)")
    streamer = make_streamer(postgres, nats, "--oversize", "stub").start()
    streamer.wait_for_log("ready")
    sizes = [10, 60_000, 62_500, 64_400, 1_000_000, 10]
    with postgres.connect(autocommit=False) as connection, connection.cursor() as cursor:
        for number, size in enumerate(sizes, 1):
            cursor.execute("insert into t values (%s, repeat('x', %s))", (number, size))
    connection.close()
    wait.until(lambda: nats.stream_messages("app") == len(sizes), 20, message=streamer.process.log_tail)
    messages = nats.read_stream("app")
    bodies = [json.loads(message.body) for message in messages]
    assert [body["after"]["id"] for body in bodies] == [1, 2, 3, 4, 5, 6]
    stubs = [message for message in messages if "Waljet-Oversize" in message.headers]
    whole = [message for message in messages if "Waljet-Oversize" not in message.headers]
    assert all("note" in json.loads(message.body)["after"] for message in whole)
    assert all(list(json.loads(message.body)["after"]) == ["id"] for message in stubs)
    assert [int(message.headers["Waljet-Oversize"]) > 63_000 for message in stubs] == [True] * 2
    assert int(stubs[-1].headers["Waljet-Oversize"]) > 1_000_000
    streamer.wait_for_log("2 events were too large|1 events were too large")
    assert streamer.terminate() == 0
