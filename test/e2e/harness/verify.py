"""Compares a stream with the database's own record: the same events, once each, in the same order."""

import json
import re
from typing import NamedTuple

_COLUMN = re.compile(r"(\w+)\[[^\]]*\]:('(?:[^']|'')*'|\S+)")
_ID = re.compile(r"(?P<source>[A-Za-z0-9_=-]+\.[0-9A-F]{8}):(?P<lsn>[0-9A-F]{16}):(?P<ordinal>[0-9A-F]{8})\.(?P<part>[0-9A-F]{4})")


class Event(NamedTuple):
    xid: int
    op: str
    before: tuple  # the row's columns, or ()
    after: tuple


def _row(text):
    return tuple(value[1:-1].replace("''", "'") if value.startswith("'") else value
                 for _, value in _COLUMN.findall(text))


def _expected_of(xid, operation, text):
    """The events of one change to a table with identity FULL whose key is the first column."""
    if operation == "INSERT":
        yield Event(xid, "c", (), _row(text))
    elif operation == "DELETE":
        yield Event(xid, "d", _row(text), ())
    else:
        old, _, new = text.removeprefix("old-key: ").partition(" new-tuple: ")
        before, after = _row(old), _row(new)
        if before[0] == after[0]:
            yield Event(xid, "u", before, after)
        else:
            yield Event(xid, "d", before, ())
            yield Event(xid, "c", (), after)


def expected_events(transactions, table="public.load"):
    """What the record of a table amounts to, in order."""
    for transaction in transactions:
        for name, operation, text in transaction.changes:
            if name == table:
                yield from _expected_of(transaction.xid, operation, text)


def _values(row):
    return () if row is None else tuple(str(value) for value in row.values())


def stored_event(message):
    body = json.loads(message.body)
    return Event(body["source"]["txId"], body["op"], _values(body["before"]), _values(body["after"]))


def check_stream(transactions, messages, table="public.load"):
    """Raises AssertionError at the first difference; returns the number of events."""
    count = 0
    stored = iter(messages)
    for count, event in enumerate(expected_events(transactions, table), 1):
        message = next(stored, None)
        assert message is not None, f"lost: event {count} and what follows, {event}"
        found = stored_event(message)
        assert found == event, f"event {count} (stream sequence {message.seq}):\nexpected {event}\nfound    {found}"
    surplus = next(stored, None)
    assert surplus is None, f"repeated or invented: stream sequence {surplus.seq}, {stored_event(surplus)}"
    check_ids(messages)
    return count


def check_ids(messages):
    """Ids are well formed, of one source, unique and ascending as bytes."""
    ids = [message.headers["Waljet-Id"] for message in messages]
    for previous, current in zip(ids, ids[1:]):
        assert previous < current, f"ids out of order: {previous}, {current}"
    matches = [_ID.fullmatch(text) for text in ids]
    assert all(matches), next(text for text, match in zip(ids, matches) if not match)
    assert len({match["source"] for match in matches}) <= 1


def check_confirmed(samples, transactions, messages, table="public.load"):
    """`samples` are (confirmed_flush_lsn, last stream sequence seen just after it): everything confirmed was stored."""
    ends = []  # (end LSN of a transaction, stream sequence of its last event)
    sequence = iter(message.seq for message in messages)
    for transaction in transactions:
        last = 0
        for _ in expected_events([transaction], table):
            last = next(sequence)
        if last:
            ends.append((transaction.end_lsn, last))
    for confirmed, stored in samples:
        due = max((last for end, last in ends if end <= confirmed), default=0)
        assert due <= stored, f"confirmed {confirmed:X} with {stored} events stored, {due} were due"
