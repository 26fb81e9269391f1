-- Defaults of columns: in schemas, and in old images of which the log holds the key alone.
\t \a
-- `name default`, the bytes of the default's JSON as they are.
create function defaults(variadic options text[] default '{}') returns setof text language sql as $$
  select format('%s %s', field->>'field', coalesce((field->'default')::text, '-'))
  from peek_events(variadic array['schemas', 'on'] || options) with ordinality peeked(event, n),
       json_array_elements(event::json->'schema'->'fields'->1->'fields') with ordinality each(field, place)
  order by n, place
$$;

-- Only the columns that an option changes.
create function changed_defaults(variadic options text[]) returns setof text language sql as $$
  select * from defaults(variadic options) except all select * from defaults() order by 1
$$;

-- `name value` of old images.
create function before(variadic options text[] default '{}') returns setof text language sql as $$
  select format('%s %s', key, value)
  from peek_events(variadic array['operations', 'delete'] || options) event, json_each(event::json->'before') with ordinality each(key, value, place)
  order by place
$$;
create function changed_before(variadic options text[]) returns setof text language sql as $$
  select * from before(variadic options) except all select * from before() order by 1
$$;

-- Whoever calls it fails.
create function boom() returns text language plpgsql immutable as $$ begin raise 'boom'; end $$;
create function boom(anyelement) returns int language plpgsql immutable as $$ begin raise 'boom'; end $$;
call decode();

-- Constants.
create type mood as enum ('ok', 'it''s "fine"');
create table constants (
  b boolean default true, i2 smallint default -1, i4 int default '7', i8 bigint default 5, i8l bigint default 9223372036854775807,
  i4r int default 1.5, r real default 1.5, d float8 default 1e21, di float8 default 3, dn float8 default 'NaN',
  n numeric(10,2) default 1.5, ni numeric(6,4) default 22, nr numeric(10,2) default 1.555, nn numeric(10,2) default 'NaN', vn numeric default 1.5,
  t text default 'it''s "äö" 😀', te text default '', tn text default 'line
break\slash', ti text default 7, vc varchar(64) default 'NULL', vl varchar(3) default 'longer than it may be', ch char(5) default 'ab',
  j json default '{"a" : 1}', jb jsonb default '{"a" : "ä"}', x xml default '<a b="c"/>', u uuid default 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
  b1 bit default B'1', bc bit(4) default 7::bit(4), bb boolean default 1::boolean, b7 bit(7) default B'1000000', vb varbit default B'101', vb0 varbit default B'',
  da date default '2017-09-15', dai date default 'infinity', ti3 time(3) default '04:05:11.789', ts timestamp default '2019-07-09 02:28:57.123456',
  ts0 timestamp(0) default '2019-07-09 02:28:57.6', tsd timestamp default date '2019-07-09', tsi timestamp default '-infinity',
  tz timestamptz default '2019-07-09 02:28:57.1+02', tz2 timestamptz(2) default '2019-07-09 02:28:57.126+02', iv interval default '1 year 2 days',
  e mood default 'it''s "fine"', ec mood default 'ok'::mood);
insert into constants (vl) values ('');
select defaults();
select changed_defaults('decimal', 'double');
select changed_defaults('decimal', 'string');
select changed_defaults('time', 'connect');
select changed_defaults('time', 'isostring');
select changed_defaults('interval', 'string');
drop table constants;
select raw_events('operations', 'truncate');

-- Calls: nobody knows the result before the call, and nobody makes it.
create schema other;
create function other.make_uuid() returns uuid language sql as 'select gen_random_uuid()';
create sequence numbers;
create table calls (
  s smallserial, i serial, l bigserial, i2 int default nextval('numbers'), r real default random(), d float8 default random() * 10,
  n numeric(10,2) default random(), vn numeric default random(), b boolean default pg_is_in_recovery(), bi bit(4) default set_bit(B'0000', 0, 1), b1 bit default set_bit(B'0', 0, 1),
  t text default lower('ABC'), vc varchar(10) default boom(), ch char(3) default left('abc', 1), cu text default current_user, co int default coalesce(1, 2),
  g int default greatest(1, 2), u uuid default gen_random_uuid(), u2 uuid default other.make_uuid(), j json default to_json(1), jb jsonb default jsonb_build_object('a', 1),
  x xml default xmlelement(name a), da date default current_date, dn date default now(), ti time default localtime, ti3 time(3) default current_time, ts timestamp default localtimestamp,
  tn timestamp default now(), ts3 timestamp(3) default current_timestamp, tz timestamptz default now(), tz2 timestamptz(2) default current_timestamp, tz0 timestamptz(0) default clock_timestamp(),
  tu timestamp default timezone('utc', now()), tp timestamptz default now() + interval '1 day', iv interval default age(now()), e mood default enum_first(null::mood));
insert into calls (vc) values ('');
select defaults();
select changed_defaults('decimal', 'double');
select changed_defaults('decimal', 'string');
select changed_defaults('time', 'connect');
select changed_defaults('time', 'isostring');
select changed_defaults('time', 'nanoseconds');
select changed_defaults('interval', 'string');
drop table calls;
select raw_events('operations', 'truncate');

-- No default, or none that Debezium knows: other expressions, casts that fail or that depend on settings, other types.
create cast (mood as int) with function boom(anyelement) as implicit;
create domain answer as int default 42;
set client_min_messages = warning;
create extension citext;
reset client_min_messages;
create table unknown (
  none int, n int default null, nc int default null::int, nv varchar(64) default null, nx numeric(5,2) default null::numeric, e1 int default 60 * 60 * 24, e2 text default 'a' || 'b',
  e3 int default case when true then 1 end, e4 boolean default (not true), e5 int default '5'::text::int,
  f1 smallint default 100000, f2 numeric(2) default 1000, f3 bit(3) default B'1', f4 int default 'ok'::mood,
  s1 timestamptz default timestamp '2020-01-01', d1 answer, d2 answer default 7, g1 int generated always as (1 + 2) stored,
  i1 int generated always as identity, i2 int generated by default as identity,
  o1 bytea default '\x01', o2 inet default '127.0.0.1', o3 money default 1, o4 timetz default '12:00+00', o5 citext default 'a', o6 int[] default '{1}',
  o7 point default '(1,2)', o8 oid default 1, o9 name default 'a', o10 "char" default 'a', o11 int4range default '[1,2)');
insert into unknown (f1, f2, f3, f4) values (1, 1, B'111', 1);
select defaults();
drop table unknown;
select raw_events('operations', 'truncate');

-- Old images of which the log holds the key alone: null where it may be, else the default, else a value of the type.
create table defaulted (
  id int primary key, a int default 1, b int not null default 2, c serial, t text not null default 'text', tn text not null default boom(),
  n numeric(10,2) not null default 1.5, ts timestamp not null default now(), tz timestamptz(3) not null default now(), e mood not null default 'ok', o bytea not null default '\x01',
  g int not null generated always as (7) stored, u uuid not null default gen_random_uuid(), j json not null default '[]', ch char(3) not null default 'a', d answer not null default 7);
insert into defaulted (id, tn) values (1, '');
delete from defaulted;
select before();
select raw_events('operations', 'truncate');
drop table defaulted;

create table fallbacks (
  id int primary key, b boolean not null, i2 smallint not null, i4 int not null, i8 bigint not null, o oid not null, r real not null, d float8 not null,
  n numeric not null, n2 numeric(10,2) not null, n0 numeric(3) not null, m money not null, t text not null, vc varchar(3) not null, ch char(3) not null, na name not null,
  c "char" not null, ci citext not null, by bytea not null, b1 bit not null, b7 bit(7) not null, vb varbit not null, da date not null, ti time not null, ti3 time(3) not null,
  tz timetz not null, ts timestamp not null, ts3 timestamp(3) not null, tstz timestamptz not null, iv interval not null, u uuid not null, j json not null, jb jsonb not null,
  x xml not null, e mood not null, ip inet not null, ma macaddr not null, r4 int4range not null, ps point not null, tv tsvector not null, bx box not null,
  a int[] not null, an answer not null);
insert into fallbacks values (
  1, true, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 'a', 'a', 'a', 'a', 'a', 'a', '\x01', B'1', B'1111111', B'1', '2020-01-01', '12:00', '12:00', '12:00+00', '2020-01-01', '2020-01-01', '2020-01-01',
  '1 day', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '1', '1', '<a/>', 'ok', '127.0.0.1', '08:00:2b:01:02:03', '[1,2)', '(1,2)', 'a', '(1,1),(0,0)', '{1}', 1);
delete from fallbacks;
select before();
select changed_before('decimal', 'double');
select changed_before('decimal', 'string');
select changed_before('time', 'isostring');
select changed_before('interval', 'string');
drop table fallbacks;
select raw_events('operations', 'truncate');
set client_min_messages = warning;
drop extension citext;
drop type mood cascade;
drop domain answer;
drop schema other cascade;
drop sequence numbers;
drop function defaults, changed_defaults, before, changed_before, boom(), boom(anyelement);
