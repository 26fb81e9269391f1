"""A business table of ten columns with the whole old row in the log."""

from . import Tally, next_key

name = "orders"
sentence = "10 columns, whole old rows in the log; transactions of 7000 changes, statements of 500 rows"
tables = ("orders",)
identity = "full"
sizes = {"full": 700_000, "quick": 70_000, "tiny": 14_000}

INSERTS, UPDATES, DELETES = 6, 6, 2  # statements of a transaction, in this order
ROWS = 500  # that a statement changes

CREATE = """
create table orders (
  id int primary key,
  customer text not null,
  amount numeric(12,2) not null,
  created_at timestamptz not null,
  status varchar(20) not null,
  reference uuid not null,
  paid boolean not null,
  weight double precision,
  quantity int,
  details jsonb);
alter table orders replica identity full
"""

INSERT = """
insert into orders
select i, 'customer ' || md5(i::text), (i % 1000000)::numeric / 100 + i % 7,
  timestamptz '2024-01-01 00:00:00+00' + i * interval '1.000417 seconds',
  (array['new', 'packed', 'shipped', 'returned'])[i % 4 + 1],
  md5('reference ' || i)::uuid, i % 3 = 0,
  case when i % 10 = 0 then null else i / 7.0::float8 end, i % 90,
  jsonb_build_object('sku', md5('sku ' || i), 'gift', i % 5 = 0, 'tags', jsonb_build_array('a' || i % 10, 'b'),
    'price', i % 1000 / 10.0)
from generate_series({first}, {last}) i
"""
UPDATE = """
update orders set status = 'changed ' || id % 9, amount = amount + 1.25, paid = not paid where id between {first} and {last}
"""
DELETE = "delete from orders where id between {first} and {last}"


def create(connection):
    with connection.cursor() as cursor:
        cursor.execute(CREATE)


def write(connection, size):
    tally = Tally()
    with connection.cursor() as cursor:
        first = next_key(cursor, "orders")
        for _ in range(max(1, round(size / ((INSERTS + UPDATES + DELETES) * ROWS)))):
            cursor.execute("begin")
            for operation, statement, count in (("c", INSERT, INSERTS), ("u", UPDATE, UPDATES), ("d", DELETE, DELETES)):
                for begin in range(first, first + count * ROWS, ROWS):
                    cursor.execute(statement.format(first=begin, last=begin + ROWS - 1))
                    tally.changed(operation, begin, begin + ROWS - 1)
            cursor.execute("commit")
            tally.committed()
            first += INSERTS * ROWS
    return tally.written()
