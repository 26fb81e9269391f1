"""Rows of several sizes in transactions of one hundred and a few."""

from . import Tally, next_key

name = "mixed"
sentence = "rows of about 100, 200, 400 and 1600 bytes; transactions of a 100-row insert, a one-row update, a one-row delete"
tables = ("records",)
identity = "default"
sizes = {"full": 204_000, "quick": 20_400, "tiny": 2_040}

ROWS = 100  # that a transaction inserts

CREATE = """
create table records (
  id bigint primary key,
  title text not null,
  price numeric not null,
  created_at timestamptz not null,
  data jsonb not null)
"""
# The other columns take about 70 bytes. Digits of MD5, so that nothing is compressed or stored out of line.
INSERT = """
insert into records
select i, 'record ' || i, i / 100.0, timestamptz '2024-01-01 00:00:00+00' + i * interval '1 second',
  jsonb_build_object('n', i, 'pad', left(repeat(md5(i::text), 50), (array[30, 130, 330, 1530])[i % 4 + 1]))
from generate_series({first}, {last}) i
"""
UPDATE = "update records set price = price + 1, data = data || '{\"seen\": true}' where id = %s"
DELETE = "delete from records where id = %s"


def create(connection):
    with connection.cursor() as cursor:
        cursor.execute(CREATE)
        cursor.execute("alter table records alter data set storage main")


def write(connection, size):
    tally = Tally()
    with connection.cursor() as cursor:
        first = next_key(cursor, "records")
        for _ in range(max(1, round(size / (ROWS + 2)))):
            last = first + ROWS - 1
            cursor.execute("begin")
            cursor.execute(INSERT.format(first=first, last=last))
            cursor.execute(UPDATE, (first + 1,))
            cursor.execute(DELETE, (first + 2,))
            cursor.execute("commit")
            tally.changed("c", first, last)
            tally.changed("u", first + 1, first + 1)
            tally.changed("d", first + 2, first + 2)
            tally.committed()
            first = last + 1
    return tally.written()
