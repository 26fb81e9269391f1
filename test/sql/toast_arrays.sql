-- What stands for an unchanged array has the shape of the type's arrays.
\t \a
create type mood as enum ('sad');
create table wide (id int primary key, note text, t text[], v varchar[], c char(10)[], u uuid[], e mood[], j json[],
                   jb jsonb[], b bytea[], i2 int2[], i4 int4[], i8 int8[], o oid[], f4 float4[], f8 float8[],
                   bool boolean[], n numeric[], n2 numeric(10,2)[], d date[], ti time[], ti3 time(3)[], tz timetz[],
                   ts timestamp[], ts3 timestamp(3)[], at timestamptz[], ip inet[], r int4range[], m money[],
                   span interval[], grid int[][]);
alter table wide set (toast_tuple_target = 128);
do $$
declare
  name text;
begin
  for name in select attname from pg_attribute where attrelid = 'wide'::regclass and attnum > 2 loop
    execute format('alter table wide alter %I set storage external', name);
  end loop;
end $$;
insert into wide
select 1, 'first', array_fill('x'::text, many), array_fill('x'::varchar, many), array_fill('x'::char(10), many),
       array_fill(md5('')::uuid, many), array_fill('sad'::mood, many), array_fill('1'::json, many),
       array_fill('1'::jsonb, many), array_fill('x'::bytea, many), array_fill(1::int2, many), array_fill(1, many),
       array_fill(1::int8, many), array_fill(1::oid, many), array_fill(1::float4, many),
       array_fill(1::float8, many), array_fill(true, many), array_fill(1.5, many), array_fill(1.5, many),
       array_fill('epoch'::date, many), array_fill('00:00'::time, many), array_fill('00:00'::time, many),
       array_fill('00:00Z'::timetz, many), array_fill('epoch'::timestamp, many),
       array_fill('epoch'::timestamp, many), array_fill('epoch'::timestamptz, many), array_fill('::1'::inet, many),
       array_fill('[1,2)'::int4range, many), array_fill(1::money, many), array_fill('1 day'::interval, many),
       array_fill(1, array[30, 30])
from (select array[1000] as many) size;
call decode();

update wide set note = 'second';
select columns();

-- In modes with other shapes.
update wide set note = 'third';
select columns('unavailable_value', 'no', 'decimal', 'double', 'binary', 'hex', 'time', 'isostring');
update wide set note = 'fourth';
select columns('unavailable_value', 'no', 'decimal', 'string', 'binary', 'base64-url-safe', 'time', 'connect');
update wide set note = 'fifth';
select columns('unavailable_value', 'ü', 'time', 'nanoseconds');
drop table wide;
drop type mood;
