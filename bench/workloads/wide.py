"""Rows of two hundred columns."""

from . import Tally, next_key

name = "wide"
sentence = "200 columns of ten types, a tenth of them null; transactions of a 500-row insert and a 500-row update"
tables = ("wide",)
identity = "default"
sizes = {"full": 40_000, "quick": 4_000, "tiny": 1_000}

ROWS = 500
COLUMNS = 200
# Type and value, by the row's number i and the column's number n.
KINDS = (
    ("int", "i % 100000 + {n}"),
    ("text", "'text ' || left(md5(i::text || {n}), 12)"),
    ("bigint", "i::bigint * 1000003 + {n}"),
    ("numeric(12,2)", "i % 1000000 / 100.0 + {n}"),
    ("timestamptz", "timestamptz '2024-01-01 00:00:00+00' + i * interval '1.25 seconds' + {n} * interval '1 hour'"),
    ("boolean", "(i + {n}) % 3 = 0"),
    ("double precision", "i / 7.0::float8 + {n}"),
    ("varchar(40)", "left(md5('{n}' || i), 20)"),
    ("date", "date '2024-01-01' + (i + {n}) % 4000"),
    ("smallint", "(i + {n}) % 30000"),
)


def kind_of(n):
    return KINDS[n % len(KINDS)]


def create(connection):
    columns = "".join(f", c{n:03} {kind_of(n)[0]}" for n in range(1, COLUMNS))
    with connection.cursor() as cursor:
        # Rows stay whole: nothing is compressed or moved out of line.
        cursor.execute(f"create table wide (id int primary key{columns}) with (toast_tuple_target = 8160)")


def write(connection, size):
    values = "".join(f", case when (i + {n}) % 10 > 0 then {kind_of(n)[1].format(n=n)} end" for n in range(1, COLUMNS))
    tally = Tally()
    with connection.cursor() as cursor:
        first = next_key(cursor, "wide")
        for _ in range(max(1, round(size / (2 * ROWS)))):
            last = first + ROWS - 1
            cursor.execute("begin")
            cursor.execute(f"insert into wide select i{values} from generate_series({first}, {last}) i")
            cursor.execute("update wide set c010 = c010 + 1, c011 = c011 || '!' where id between %s and %s", (first, last))
            cursor.execute("commit")
            tally.changed("c", first, last)
            tally.changed("u", first, last)
            tally.committed()
            first = last + 1
    return tally.written()
