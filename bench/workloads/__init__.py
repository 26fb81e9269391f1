"""What is written to the source: one workload a module, found by load(name).

A module has:
  name       as on the command line and in the results
  sentence   what it is, for the tables
  tables     names in schema public; the first column of each is its integer primary key `id`
  identity   the tables' replica identity
  sizes      {"full": …, "quick": …, "tiny": …}: about how many row changes write() makes
  create(connection)               makes the tables
  write(connection, size)          makes the changes, returns Written

A connection is one of psycopg2 in autocommit mode. Nothing is random: the same calls in the same order write the same rows.
write() may be called again: it goes on with keys above those that are there.
"""

import importlib
from dataclasses import dataclass

ALL = ("orders", "narrow", "mixed", "small", "wide", "toast")


@dataclass(frozen=True)
class Written:
    """What must arrive, by the operations c, u and d. No workload changes a primary key, truncates or rolls back."""
    by_operation: dict  # row changes
    key_sums: dict  # sum of `id` over these row changes
    transactions: int

    @property
    def events(self):
        return sum(self.by_operation.values())


class Tally:
    """Adds up what a write() does."""

    def __init__(self):
        self._counts = dict.fromkeys("cud", 0)
        self._sums = dict.fromkeys("cud", 0)
        self._transactions = 0

    def changed(self, operation, first, last, times=1, step=1):
        """Rows first, first + step, … up to last were changed, each so many times."""
        keys = range(first, last + 1, step)
        self._counts[operation] += times * len(keys)
        self._sums[operation] += times * sum_of(keys)

    def committed(self, transactions=1):
        self._transactions += transactions

    def written(self):
        return Written(self._counts, self._sums, self._transactions)


def load(name):
    if name not in ALL:
        raise ValueError(f"no workload '{name}': {', '.join(ALL)}")
    return importlib.import_module(f"{__name__}.{name}")


def next_key(cursor, table):
    """The first key that is free in the table."""
    cursor.execute(f"select coalesce(max(id), 0) + 1 from {table}")
    return cursor.fetchone()[0]


def sum_of(keys):
    """The sum of a range, without walking through it."""
    return len(keys) * (keys[0] + keys[-1]) // 2 if keys else 0
