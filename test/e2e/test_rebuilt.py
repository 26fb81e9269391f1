"""The consumer of the snapshots' tests: it rebuilds tables from changes alone, and sees when something is wrong."""

import pytest

from harness import wait
from harness.churn import Churn, make_tables, shapes
from harness.pipeline import Pipeline
from harness.rebuilt import Rebuilt, source_tables

ROWS = 8000
WAYS = {
    "debezium": ((), True),
    "wal-listener, grouped, partition root": (("--format", "wal-listener", "--grouping", "run", "--partition-root", "on"), False),
}


def rebuilt_from(messages, postgres, leaves):
    return Rebuilt(source_tables(postgres, leaves=leaves), strict=True).take(messages)


@pytest.mark.parametrize("way", WAYS)
def test_tables_are_rebuilt_from_changes(postgres, nats, make_streamer, way):
    arguments, leaves = WAYS[way]
    app = Pipeline(make_streamer, postgres, nats, "--operations", "insert,update,delete,truncate", *arguments)
    app.run()
    chosen = shapes(ROWS)
    make_tables(postgres, chosen, ROWS)
    with Churn(postgres, chosen, ROWS, seed=1, rate=1000) as load:
        wait.until(lambda: load.changes > 3000, 60)
    app.confirmed()
    messages = app.messages()
    rebuilt = rebuilt_from(messages, postgres, leaves)
    assert not (found := rebuilt.differences(postgres)), "\n".join(found)
    assert rebuilt.events > ROWS + 2000
    for table in ("public.bare", "public.big", "public.large"):
        copy = rebuilt.copies[table]
        row = next(iter(copy.all()))
        if copy.table.key:
            copy.rows.popitem()
        else:
            del copy.rows[row]
    found = rebuilt.differences(postgres)
    assert [text.split(":")[0] for text in found] == ["public.bare", "public.big", "public.large"]
    assert all("only in the source" in text for text in found)
    without_one = [message for message in messages if message.seq != 50]
    with pytest.raises(AssertionError):
        again = rebuilt_from(without_one, postgres, leaves)
        assert not again.differences(postgres)
