"""An event as every reader gives it."""

from dataclasses import dataclass, field


class BadEvent(Exception):
    """An event that is not as its format says."""


UNAVAILABLE = object()  # stands for a value that was not logged as it did not change


@dataclass
class Event:
    """`old` and `new` are JSON members by column, as far as the event has them; None where it has no such row."""
    action: str  # insert, update, delete, truncate
    table: tuple  # schema, name
    old: dict = None
    new: dict = None
    unchanged: tuple = ()  # columns named as unchanged and left out of `new`
    change: object = None  # tells apart the changes that the server handed to the plugin
    schema: dict = field(default=None, repr=False)


def demand(condition, words):
    if not condition:
        raise BadEvent(words)
