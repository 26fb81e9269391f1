"""One transaction of as many small rows as there are to be."""

from . import Tally, next_key

name = "narrow"
sentence = "users(id, name, created_on), one transaction of inserts"
tables = ("users",)
identity = "default"
sizes = {"full": 10_000_000, "quick": 200_000, "tiny": 5_000}

INSERT = """
insert into users
select i, 'user ' || md5(i::text), timestamptz '2024-01-01 00:00:00+00' + i * interval '1 ms' from generate_series(%s, %s) i
"""


def create(connection):
    with connection.cursor() as cursor:
        cursor.execute("create table users (id serial primary key, name text, created_on timestamptz)")


def write(connection, size):
    tally = Tally()
    with connection.cursor() as cursor:
        first = next_key(cursor, "users")
        last = first + size - 1
        cursor.execute(INSERT, (first, last))
        tally.changed("c", first, last)
        tally.committed()
    return tally.written()
