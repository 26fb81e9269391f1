"""Transactions of one row each."""

from . import Tally, next_key

name = "small"
sentence = "transactions of one inserted row"
tables = ("events",)
identity = "default"
sizes = {"full": 200_000, "quick": 20_000, "tiny": 2_000}

# The server commits in a loop by itself: no client could be as fast.
WRITE = """
do $$
begin
  for i in {first}..{last} loop
    insert into events values (i, 'event ' || md5(i::text), timestamptz '2024-01-01 00:00:00+00' + i * interval '1 second');
    commit;
  end loop;
end $$
"""


def create(connection):
    with connection.cursor() as cursor:
        cursor.execute("create table events (id int primary key, name text not null, created_at timestamptz not null)")


def write(connection, size):
    tally = Tally()
    with connection.cursor() as cursor:
        first = next_key(cursor, "events")
        last = first + size - 1
        cursor.execute("set synchronous_commit = off")
        cursor.execute(WRITE.format(first=first, last=last))
        cursor.execute("reset synchronous_commit")
        tally.changed("c", first, last)
        tally.committed(size)
    return tally.written()
