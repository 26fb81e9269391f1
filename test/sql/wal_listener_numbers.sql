-- Format wal-listener: numbers are exact.
\t \a
create table numbers (id int primary key, s smallint, l bigint, o oid, r real, d double precision, n numeric,
  n2 numeric(10,2));
call decode();

insert into numbers values (1, 1, 1234567890123, 4000000000, 3.3, 4.44, 10.1111, 10.1);
insert into numbers values (2, -32768, -9223372036854775808, 0, 3, 3, 22.2200, -0.01);
insert into numbers values (3, 32767, 9223372036854775807, 4294967295, 0.1, 0.30000000000000004,
  123456789012345678901234567890.0123456789, 99999999.99);
insert into numbers values (4, 0, 0, 1, 'NaN', 'NaN', 'NaN', 'NaN');
insert into numbers (id, r, d, n) values (5, 'Infinity', 'Infinity', 1e40), (6, '-Infinity', '-Infinity', 1e-40),
  (7, '-0', '-0', 0.000);
insert into numbers (id, r, d, n) values (8, 1e21, 1e21, -1), (9, 1e-45, 5e-324, 100), (10, 16777216, 1e-7, -0.5),
                                         (11, 3.4028235e38, 1.7976931348623157e308, 1e5), (12, 1e15, 1e15, 0.1),
                                         (13, 1e16, 1e16, 1), (14, 0.0001, 0.00001, 9);
select columns('format', 'wal-listener');

-- As long as they get, digit for digit.
insert into numbers (id, n) values (20, '1e131071'), (21, '-1e-16383'),
  (22, repeat('7', 131072)::numeric + ('0.' || repeat('3', 16383))::numeric);
select value::numeric = n, length(value), left(value, 3), right(value, 3)
from raw_events('format', 'wal-listener') event, columns_of(event), numbers
where name = 'n' and id = (event::json->'data'->>'id')::int order by id;

-- Inside jsonb too.
create table documents (j jsonb);
insert into documents values ('[1.10, 12345678901234567890123, 1e-20, -0.0, 1e400]');
select shorten(columns('format', 'wal-listener'));
drop table numbers, documents;
