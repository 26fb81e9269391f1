"""Groups of events, as `--grouping run` stores them, taken apart again."""

import json

from . import verify
from .natsclient import Stored


def is_group(message):
    return "Waljet-Count" in message.headers


def lines_of(message):
    """The events' bodies."""
    return message.body.split(b"\n")


def check_group(message):
    """A group says what it is, and is one."""
    headers = message.headers
    assert headers["Content-Type"] == "application/x-ndjson", headers
    assert int(headers["Waljet-Count"]) == len(lines_of(message)) >= 2, headers
    first, last = verify.parse_id(headers["Waljet-First"]), verify.parse_id(headers["Waljet-Id"])
    assert (first["source"], first["lsn"]) == (last["source"], last["lsn"]), headers
    assert first["ordinal"] + first["part"] < last["ordinal"] + last["part"], headers


def bodies_of(messages):
    """All events' bodies in order, whatever is grouped."""
    for message in messages:
        if is_group(message):
            check_group(message)
            yield from lines_of(message)
        else:
            assert "Waljet-First" not in message.headers and b"\n" not in message.body, message
            yield message.body


def take_apart(messages, expected):
    """Messages of one event each, as if nothing had been grouped.

    Which events a group holds is told by its first and last ids: all that are `expected` between them, in order.
    """
    places = {}
    for event in expected:
        places.setdefault(event.xid, []).append((event.ordinal, event.part))
    for message in messages:
        if is_group(message):
            check_group(message)
            yield from _events_of(message, places)
        else:
            yield message


def _events_of(message, places):
    first, last = verify.parse_id(message.headers["Waljet-First"]), verify.parse_id(message.headers["Waljet-Id"])
    begin, end = ((int(one["ordinal"], 16), int(one["part"], 16)) for one in (first, last))
    lines = lines_of(message)
    known = places.get(json.loads(lines[0])["source"]["txId"], [])
    held = [place for place in known if begin <= place <= end]
    assert len(held) == len(lines), f"{message.headers}: {len(lines)} lines for {len(held)} events"
    for (ordinal, part), line in zip(held, lines):
        identity = f"{last['source']}:{last['lsn']}:{ordinal:08X}.{part:04X}"
        yield Stored(message.seq, message.subject, {"Waljet-Id": identity}, line)
