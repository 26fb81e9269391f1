-- The schema that each type has, in each mode, and a value beside it.
\t \a
create function schemas(variadic options text[] default '{}') returns setof text language sql as $$
  select format('%s  %s', field, event::json->'payload'->'after'->(field->>'field'))
  from peek_events(variadic array['schemas', 'on'] || options) with ordinality peeked(event, n),
       json_array_elements(event::json->'schema'->'fields'->1->'fields') with ordinality each(field, place)
  order by n, place
$$;

-- Only the columns that an option changes.
create function changed_schemas(variadic options text[]) returns setof text language sql as $$
  select * from schemas(variadic options) except all select * from schemas() order by 1
$$;
call decode();

set client_min_messages = warning;
create extension hstore;
create extension citext;
create extension ltree;
create extension isn;
reset client_min_messages;
create type mood as enum ('ok', 'it''s "fine"', 'a,b', 'back\slash');
create type place as (street text, number int);
create domain price as numeric(8, 3);
create domain short_bits as bit(3);
create table every_type (
  b boolean, i2 smallint, i4 int not null, i8 bigint, o oid, r real, d double precision,
  n numeric, n102 numeric(10,2), n30 numeric(3), p price, m money,
  ch char(3), vc varchar(9), t text, na name, c "char", ci citext,
  by bytea, b1 bit, b7 bit(7), vb1 varbit(1), vb9 varbit(9), vb varbit, sb short_bits,
  da date, ti time, ti3 time(3), tz timetz, ts timestamp, ts0 timestamp(0), tstz timestamptz, tstz2 timestamptz(2),
  iv interval, u uuid, j json, jb jsonb, x xml, e mood, tv tsvector, tq tsquery, lt ltree, isb isbn, hs hstore,
  ip inet, ci4 cidr, ma macaddr, ma8 macaddr8, r4 int4range, rn numrange, rt tstzrange, ps point, bx box, cr circle,
  pl place, ls pg_lsn, xi xid, rc regclass, jp jsonpath);
insert into every_type values (
  true, 1, 2, 3, 4, 1.5, 2.5, 1.50, 1.5, 5, 1.5, 1.5, 'a', 'b', 'c', 'd', 'e', 'f',
  '\xfbff', B'1', B'1000000', B'1', B'101', B'101', B'011',
  '2017-09-15', '04:05:11.789', '04:05:11.789', '04:05:11.789+02', '2019-07-09 02:28:57.123456', '2019-07-09 02:28:57',
  '2019-07-09 02:28:57.123456+00', '2019-07-09 02:28:57.12+00', '1 year 2 days 3.5 seconds',
  'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '{"a" : 1}', '{"a" : 1}', '<a/>', 'it''s "fine"', 'a b', 'a & b', 'a.b',
  '978-0-393-04002-9', 'k=>v', '192.168.2.0/12', '192.168.100.128/25', '08-00-2b-01-02-03', '08-00-2b-01-02-03-04-05',
  '[1,2)', '[1,2)', '[2019-03-31 15:30:00+00,)', '(1,2)', '(1,1),(0,0)', '<(0,0),1>', '(a,1)', '0/1', '7', 'pg_class', '$.a');
select * from schemas();
select * from changed_schemas('decimal', 'double');
select * from changed_schemas('decimal', 'string');
select * from changed_schemas('time', 'adaptive_time_microseconds');
select * from changed_schemas('time', 'connect');
select * from changed_schemas('time', 'isostring');
select * from changed_schemas('time', 'microseconds');
select * from changed_schemas('time', 'nanoseconds');
select * from changed_schemas('interval', 'string');
select * from changed_schemas('binary', 'base64');
select * from changed_schemas('binary', 'base64-url-safe');
select * from changed_schemas('binary', 'hex');
select * from changed_schemas('hstore', 'map');
drop table every_type;
select raw_events('operations', 'truncate');

-- Arrays: those that Debezium sends as such, and those that are the server's text.
create table arrays (
  i int[], i8 bigint[], o oid[], t text[], ch char(3)[], n numeric[], n102 numeric(10,2)[], r real[], d float8[], b boolean[],
  da date[], ti time[], ti3 time(3)[], tz timetz[], ts timestamp[], ts3 timestamp(3)[], tstz timestamptz[], u uuid[],
  j json[], jb jsonb[], by bytea[], hs hstore[], ci citext[], lt ltree[], e mood[], ip inet[], r4 int4range[],
  m money[], iv interval[], vb varbit[], x xml[], na name[], ps point[], p price[], pl place[], ov oidvector);
insert into arrays (i, n102, by, e, iv) values ('{1,NULL}', '{1.5}', '{"\\xfb"}', '{ok,NULL}', '{1 day}');
select * from schemas();
select * from changed_schemas('decimal', 'double');
select * from changed_schemas('time', 'connect');
select * from changed_schemas('binary', 'hex');
select * from changed_schemas('hstore', 'map');
drop table arrays;
select raw_events('operations', 'truncate');

-- Types of other extensions go by their names.
do $$
declare
  name text;
begin
  set local client_min_messages = error;
  foreach name in array array['geometry', 'geography', 'vector', 'halfvec', 'sparsevec'] loop
    execute format('create type %I', name);
    execute format('create function %I(cstring) returns %I language internal strict immutable as ''textin''', name || '_in', name);
    execute format('create function %I(%I) returns cstring language internal strict immutable as ''textout''', name || '_out', name);
    execute format('create type %I (input = %I, output = %I, like = text)', name, name || '_in', name || '_out');
  end loop;
end $$;
create table spatial (g geometry, gn geometry not null, gg geography not null, gs geometry[], v vector, h halfvec,
                      s sparsevec not null, vs vector[]);
insert into spatial (g, gn, gg, v, h, s) values (
  '0101000020730C00001C7C613255DE6540787AA52C435C42C0', '0101000000000000000000F03F0000000000000040',
  '0101000020E6100000000000000000F03F0000000000000040', '[1,2,3]', '[101,102]', '{1:201,9:209}/3000');
select * from schemas();
drop table spatial;
set client_min_messages = warning;
drop type geometry, geography, vector, halfvec, sparsevec cascade;
drop type mood, place;
drop domain price, short_bits;
drop extension hstore, citext, ltree, isn;
drop function schemas, changed_schemas;
