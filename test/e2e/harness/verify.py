"""Compares a stream with the database's own record: the same events, once each, in the same order."""

import bisect
import json
import re
from typing import NamedTuple

_COLUMN = re.compile(r"(\w+)\[[^\]]*\]:('(?:[^']|'')*'|\S+)")
_ID = re.compile(r"(?P<source>[A-Za-z0-9_=-]+\.[0-9A-F]{8}):(?P<lsn>[0-9A-F]{16}):(?P<ordinal>[0-9A-F]{8})\.(?P<part>[0-9A-F]{4})")


class Event(NamedTuple):
    xid: int
    ordinal: int  # of the change in its transaction, and the part: as in the event's id
    part: int
    table: str
    op: str
    before: tuple  # the row's columns, or ()
    after: tuple

    @property
    def key(self):
        """Tells which event it is, whatever its content."""
        return self[:3]


def _row(text):
    return tuple(value[1:-1].replace("''", "'") if value.startswith("'") else value
                 for _, value in _COLUMN.findall(text))


def _row_changes(operation, text):
    """(op, before, after) of each event of a change to a table with identity FULL whose key is the first column."""
    if operation == "INSERT":
        return [("c", (), _row(text))]
    if operation == "DELETE":
        return [("d", _row(text), ())]
    old, _, new = text.removeprefix("old-key: ").partition(" new-tuple: ")
    before, after = _row(old), _row(new)
    if before[0] == after[0]:
        return [("u", before, after)]
    return [("d", before, ()), ("c", (), after)]


def expected_events(transactions, tables=("public.load",), truncate=False):
    """What the record of these tables amounts to, in order; `truncate`: whether that operation is streamed."""
    for transaction in transactions:
        for ordinal, (names, operation, text) in enumerate(transaction.changes, 1):
            if operation == "TRUNCATE":
                for part, name in enumerate(names.split(", ") if truncate else ()):
                    if name in tables:
                        yield Event(transaction.xid, ordinal, part, name, "t", (), ())
            elif names in tables:
                for part, (op, before, after) in enumerate(_row_changes(operation, text)):
                    yield Event(transaction.xid, ordinal, part, names, op, before, after)


def _values(row):
    return () if row is None else tuple(str(value) for value in row.values())


def parse_id(text):
    """Its parts, as texts."""
    identity = _ID.fullmatch(text)
    assert identity, text
    return identity


def stored_event(message):
    body = json.loads(message.body)
    source = body["source"]
    identity = parse_id(message.headers["Waljet-Id"])
    return Event(source["txId"], int(identity["ordinal"], 16), int(identity["part"], 16), f"{source['schema']}.{source['table']}",
                 body["op"], _values(body.get("before")), _values(body.get("after")))


def check_stream(transactions, messages, tables=("public.load",), truncate=False):
    """Raises AssertionError at the first difference; returns the number of events."""
    count = 0
    stored = iter(messages)
    for count, event in enumerate(expected_events(transactions, tables, truncate), 1):
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


def check_confirmed(samples, transactions, messages, tables=("public.load",), truncate=False):
    """`samples` are (confirmed_flush_lsn, last stream sequence seen just after it): everything confirmed was stored.

    `messages` are what check_stream() takes; where some were stored late, it takes them in the order of their events.
    """
    ends, due = [0], [0]  # by end LSN of a transaction: the highest stream sequence of an event up to there
    sequence = iter(message.seq for message in messages)
    for transaction in transactions:
        last = due[-1]
        for _ in expected_events([transaction], tables, truncate):
            last = max(last, next(sequence))
        ends.append(transaction.end_lsn)
        due.append(last)
    for confirmed, stored in samples:
        wanted = due[bisect.bisect_right(ends, confirmed) - 1]
        assert wanted <= stored, f"confirmed {confirmed:X} with {stored} events stored, {wanted} were due"
