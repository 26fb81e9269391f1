"""The oracle: the database's own record of what was committed, read through a test_decoding slot."""

import re
from dataclasses import dataclass, field

from .postgres import lsn

_CHANGE = re.compile(r"table (.*?): (INSERT|UPDATE|DELETE|TRUNCATE): ?(.*)", re.S)


@dataclass
class Transaction:
    """One committed transaction; changes are (table, operation, text) in the order in which they were made."""
    xid: int
    end_lsn: int = 0
    changes: list = field(default_factory=list)


class Oracle:
    """Create it before the first change that matters; each read() returns what was committed since the last one."""

    def __init__(self, server, dbname="postgres", slot="oracle"):
        self.server = server
        self.dbname = dbname
        self.slot = slot
        server.execute("select pg_create_logical_replication_slot(%s, 'test_decoding')", (slot,), dbname)

    def read(self):
        """Transactions in commit order, those without changes left out."""
        # Empty ones are not left out by the server: up to 15 it would write their messages before their BEGIN.
        rows = self.server.execute("select lsn, data from pg_logical_slot_get_changes(%s, null, null, 'include-xids', '1')",
                                   (self.slot,), self.dbname)
        return list(parse(rows))

    def drop(self):
        self.server.execute("select pg_drop_replication_slot(%s)", (self.slot,), self.dbname)


def parse(rows):
    transaction = None
    for position, data in rows:
        if data.startswith("BEGIN "):
            transaction = Transaction(int(data[6:]))
        elif data.startswith("COMMIT "):
            transaction.end_lsn = lsn(position)
            if transaction.changes:
                yield transaction
            transaction = None
        elif match := _CHANGE.fullmatch(data):
            transaction.changes.append(match.groups())
        elif data.startswith("message: "):
            if transaction:
                transaction.changes.append(("", "MESSAGE", data[9:]))
        else:
            raise ValueError(f"not understood: {data!r}")
