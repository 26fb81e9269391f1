"""Large texts, stored out of line."""

from . import Tally, next_key

name = "toast"
sentence = "two texts of 64 KiB, one compressed, one not; each inserted row is updated twice without a change of the texts"
tables = ("documents",)
identity = "default"
sizes = {"full": 6_000, "quick": 600, "tiny": 60}

ROWS = 20  # that a transaction inserts
UPDATES = 2  # of each row

CREATE = """
create table documents (id int primary key, version int not null, prose text not null, noise text not null);
alter table documents alter noise set storage external
"""
INSERT = """
insert into documents
select i, 0, left(repeat('document ' || i || ', a line of "prose" that repeats itself' || chr(10), 2000), 65536),
  (select string_agg(md5(i || ' ' || j), '') from generate_series(1, 2048) j)
from generate_series(%s, %s) i
"""


def create(connection):
    with connection.cursor() as cursor:
        cursor.execute(CREATE)


def write(connection, size):
    tally = Tally()
    with connection.cursor() as cursor:
        first = next_key(cursor, "documents")
        for _ in range(max(1, round(size / (ROWS * (1 + UPDATES))))):
            last = first + ROWS - 1
            cursor.execute("begin")
            cursor.execute(INSERT, (first, last))
            for _ in range(UPDATES):
                cursor.execute("update documents set version = version + 1 where id between %s and %s", (first, last))
            cursor.execute("commit")
            tally.changed("c", first, last)
            tally.changed("u", first, last, times=UPDATES)
            tally.committed()
            first = last + 1
    return tally.written()
