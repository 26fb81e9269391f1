-- Of an old row of which only the key is logged, columns that cannot be NULL and have no default show Debezium's
-- fallback.
\t \a
create type mood as enum ('sad');
create type place as (x int);
create table strict (id int primary key, maybe int, i2 int2 not null, i4 int not null, i8 int8 not null,
  o oid not null, f4 real not null, f8 double precision not null, b boolean not null, n numeric not null,
  n2 numeric(10,2) not null, n0 numeric(5) not null, m money not null, t text not null, v varchar(5) not null,
  c char(3) not null, nm name not null, ch "char" not null, u uuid not null, j json not null, jb jsonb not null,
  x xml not null, e mood not null, ip inet not null, ci cidr not null, ma macaddr not null, by bytea not null,
  b1 bit not null, b3 bit(3) not null, vb varbit not null, d date not null, ti time not null, ti3 time(3) not null,
  tz timetz not null, ts timestamp not null, ts3 timestamp(3) not null, at timestamptz not null,
  at0 timestamptz(0) not null, span interval not null, pt point not null, r int4range not null,
  ts_vector tsvector not null, p place not null, a int[] not null, ta text[] not null, ma2 money[] not null);
create procedure add(id int) language sql as $$
  insert into strict values (id, 1, 1, 1, 1, 1, 1, 1, true, 1, 1, 1, 1, 'x', 'x', 'x', 'x', 'x', md5('')::uuid, '1',
    '1', '<a/>', 'sad', '::1', '::1', '08:00:2b:01:02:03', 'x', '1', '111', '1', '2020-01-01', '01:00', '01:00',
    '01:00Z', '2020-01-01', '2020-01-01', '2020-01-01Z', '2020-01-01Z', '1 day', '(1,1)', '[1,2)', 'a', row(1),
    '{1}', '{x}', '{1}')
$$;
call add(1);
call add(2);
call add(3);
call decode();

delete from strict where id = 1;
select modes('decimal', 'precise', 'double', 'string');
delete from strict where id = 2;
select modes from modes('time', 'adaptive', 'connect', 'isostring', 'microseconds', 'nanoseconds')
where modes ~ '^(d|ti|ti3|tz|ts|ts3|at|at0) ';
delete from strict where id = 3;
select columns from columns('interval', 'string', 'binary', 'hex') where columns ~ '^(span|by) ';
drop table strict;
drop procedure add;
drop type mood, place;
