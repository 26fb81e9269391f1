"""Compares what was committed with what is in the stream, and says what is wrong in numbers and in words."""

import bisect
from collections import Counter
from dataclasses import dataclass, field

from harness import verify

SHOWN = 5  # differences of a kind that are told in words


@dataclass
class Verdict:
    events: int = 0
    lost: int = 0
    repeated: int = 0
    disordered: int = 0
    other: int = 0
    rows: int = 0  # read by snapshots
    words: list = field(default_factory=list)

    @property
    def passed(self):
        return not (self.lost or self.repeated or self.disordered or self.other)

    def fault(self, kind, texts):
        setattr(self, kind, getattr(self, kind) + len(texts))
        self.words += [f"{kind}: {text}" for text in texts[:SHOWN]]
        if len(texts) > SHOWN:
            self.words.append(f"{kind}: … {len(texts)} in all")


def compare(verdict, transactions, messages, tables, truncate, late_max=0):
    """`late_max`: how many events may stand behind later ones, because of somebody else's messages in the stream."""
    expected = list(verify.expected_events(transactions, tables, truncate))
    stored = [(verify.stored_event(message), message) for message in messages]
    verdict.events = len(expected)
    _count(verdict, expected, stored)
    _contents(verdict, expected, stored)
    _order(verdict, expected, _once(stored), late_max)
    _ids(verdict, transactions, stored)


def _once(stored):
    """Without what is stored again."""
    first = {}
    for event, message in stored:
        first.setdefault(event.key, (event, message))
    return first.values()


def _count(verdict, expected, stored):
    wanted = {event.key for event in expected}
    found = Counter(event.key for event, _ in stored)
    last = max((number for number, event in enumerate(expected) if event.key in found), default=-1)
    verdict.fault("lost", [f"{_name(event)}" + (" and nothing after it is there" if number > last else "")
                           for number, event in enumerate(expected) if event.key not in found])
    seen = set()
    again = []
    for event, message in stored:
        if event.key in seen:
            again.append(f"{_name(event)} at stream sequence {message.seq}")
        seen.add(event.key)
    verdict.fault("repeated", again)
    verdict.fault("other", [f"invented: {_name(event)} at stream sequence {message.seq}"
                            for event, message in stored if event.key not in wanted])


def _contents(verdict, expected, stored):
    wanted = {event.key: event for event in expected}
    verdict.fault("other", [f"content at stream sequence {message.seq}:\n    expected {wanted[event.key]}\n    found    {event}"
                            for event, message in stored if event.key in wanted and event != wanted[event.key]])


def _order(verdict, expected, stored, late_max):
    """Events that are out of order: as few as must be taken out so that the others are in order."""
    place = {event.key: number for number, event in enumerate(expected)}
    known = [(event, message) for event, message in stored if event.key in place]
    kept = _ascending([place[event.key] for event, _ in known])
    wrong = [f"{_name(event)} at stream sequence {message.seq}"
             for number, (event, message) in enumerate(known) if number not in kept]
    if len(wrong) > late_max:
        verdict.fault("disordered", wrong)


def _ascending(numbers):
    """Indexes of a longest ascending subsequence."""
    tails, ends, before = [], [], {}  # lowest last number of a run of each length, its index, and the index before each
    for index, number in enumerate(numbers):
        length = bisect.bisect_left(tails, number)
        before[index] = ends[length - 1] if length else None
        tails[length:length + 1] = [number]
        ends[length:length + 1] = [index]
    kept, index = set(), ends[-1] if ends else None
    while index is not None:
        kept.add(index)
        index = before[index]
    return kept


def _ids(verdict, transactions, stored):
    """Of one source, and each with the commit LSN of its transaction; so they ascend where the events are in order."""
    ids = [message.headers["Waljet-Id"] for _, message in stored]
    if len({text.split(":")[0] for text in ids}) > 1:
        verdict.fault("other", ["ids of several sources"])
    identities = {}
    for event, message in stored:
        if identities.setdefault(event.key, message.headers["Waljet-Id"]) != message.headers["Waljet-Id"]:
            verdict.fault("other", [f"two ids for {_name(event)}"])
    if len(set(identities.values())) != len(identities):
        verdict.fault("other", ["one id for two events"])
    span, before = {}, 0
    for transaction in transactions:
        span[transaction.xid] = (before, transaction.end_lsn)
        before = transaction.end_lsn
    wrong = []
    for event, message in stored:
        lsn = int(message.headers["Waljet-Id"].split(":")[1], 16)
        since, end = span.get(event.xid, (0, 1 << 64))
        if not since <= lsn < end:
            wrong.append(f"{message.headers['Waljet-Id']} is not of its transaction, {since:X} to {end:X}")
    verdict.fault("other", wrong)


def check_confirmed(verdict, samples, transactions, messages, tables, truncate):
    """`samples` are (confirmed_flush_lsn, last stream sequence seen just after it)."""
    where = {verify.stored_event(message).key: message.seq for message in reversed(messages)}
    ends, due = [0], [0]  # by end LSN of a transaction: the highest stream sequence of an event up to there
    for transaction in transactions:
        last = max((where.get(event.key, 0) for event in verify.expected_events([transaction], tables, truncate)), default=0)
        ends.append(transaction.end_lsn)
        due.append(max(due[-1], last))
    verdict.fault("other", [f"confirmed {confirmed:X} with {stored} messages stored, {wanted} were due"
                            for confirmed, stored in samples
                            if (wanted := due[bisect.bisect_right(ends, confirmed) - 1]) > stored])


def _name(event):
    return f"{event.op} {event.table} xid {event.xid} ordinal {event.ordinal}.{event.part}"
