-- Kafka Connect schemas around events.
\t \a
create function schema_of(event text) returns json language sql as $$ select event::json->'schema' $$;

create function payload_of(event text) returns text language sql as $$
  select mask((event::json->'payload')::text, '\1,"source":{"schema":\2,"table":\3},"op":"\6"}')
$$;

-- The schemas of the columns of `after`, one a line.
create function column_schemas(event text) returns setof text language sql as $$
  select json_array_elements(schema_of(event)->'fields'->1->'fields')::text
$$;
create function column_schemas_of_all(variadic options text[] default '{}') returns setof text language sql as $$
  select column_schemas(event) from raw_events(variadic array['schemas', 'on'] || options) event
$$;
create function peek_named(name text) returns setof text language sql as $$
  select data from pg_logical_slot_peek_changes(golden(), null, null, 'name', name, 'schemas', 'on')
$$;
call decode();

-- Every member; one schema for all events of a table.
create table t (id serial primary key, name text);
insert into t (name) values ('x');
delete from t;
truncate t;
create temp table taken as
  select schema_of(event)::text as schema, payload_of(event) as payload
  from raw_events('schemas', 'on', 'operations', 'insert,delete,truncate') event;
select distinct schema from taken;
select payload from taken;
drop table t;

-- As of each change: nullability, default, type, labels.
create type mood as enum ('ok', 'it''s "fine"', 'a,b', 'back\slash');
alter type mood add value 'first' before 'ok';
create table living (id int primary key, note text default 'some', e mood default 'ok');
insert into living values (1, 'a');
alter table living alter note set not null, alter note set default 'none';
insert into living values (2);
alter table living alter note set default 'new', alter e drop default;
insert into living values (3);
alter table living alter note drop not null, alter note drop default, alter note type varchar(3) using 'old';
insert into living values (4);
begin;
alter type mood add value 'last';
insert into living values (5);
alter type mood rename value 'a,b' to 'a-b';
insert into living values (6, 'abc', 'a-b');
alter table living alter id type bigint;
insert into living values (7, 'abc');
commit;
create domain never_null as int not null default 6;
alter table living add column d never_null default 5;
insert into living values (8);
select column_schemas_of_all();
drop table living;
drop type mood, never_null;

-- Names of topics: characters, not bytes; what lies beyond U+FFFF counts twice in Java.
create schema "sch ema";
create table "sch ema"."tä_b.l-é😀" ("i""d 😀" int primary key);
create table "sch ema"."012345678901234567890123456789012345678901234567890123456789012" ();
insert into "sch ema"."tä_b.l-é😀" values (1);
insert into "sch ema"."012345678901234567890123456789012345678901234567890123456789012" default values;
select schemas.name, length(schemas.name)
from peek_named('näme') event,
     lateral (values (schema_of(event)->'fields'->0->>'name'), (schema_of(event)->'fields'->1->>'name'),
                     (schema_of(event)->>'name')) schemas(name);
select column_schemas_of_all();
drop table "sch ema"."tä_b.l-é😀", "sch ema"."012345678901234567890123456789012345678901234567890123456789012";
drop schema "sch ema";

-- A partition under the name and with the columns of its root.
create table root (id int, note text default 'root', primary key (id)) partition by range (id);
create table leaf (gone int, note text not null default 'leaf', id int not null);
alter table leaf drop column gone;
alter table root attach partition leaf for values from (0) to (10);
insert into root (id) values (1);
select schema_of(event)->>'name', column_schemas(event) from peek_events('schemas', 'on', 'partition_root', 'on') event;
select schema_of(event)->>'name', column_schemas(event) from raw_events('schemas', 'on') event;
drop table root;

-- A column for each that a table can have: the schema is written twice in each event.
do $$
begin
  execute (select format('create table wide (%s)', string_agg(format('column_%s numeric(10,2) not null default %s', n, n), ','))
           from generate_series(1, 1600) n);
end $$;
insert into wide default values;
select count(*), count(distinct f->>'field'), count(distinct f->>'default'), min(f->'parameters'->>'scale')
from raw_events('schemas', 'on') event, json_array_elements(schema_of(event)->'fields'->0->'fields') f;
drop table wide;

-- Messages and boundaries of transactions.
create table t (id int primary key);
begin;
insert into t values (1);
select 'logged' from pg_logical_emit_message(true, 'greeting', 'foobar');
commit;
select schema_of(event), event::json->'payload'->'message', event::json->'payload'->'status'
from peek_events('schemas', 'on', 'messages', '*', 'transactions', 'on') event
where event::json->'payload'->'after' is null;
select schema_of(event)->'fields'->4, event::json->'payload'->'message'
from raw_events('schemas', 'on', 'messages', '*', 'binary', 'hex', 'operations', 'delete') event;
drop table t;
drop function schema_of, payload_of, column_schemas, column_schemas_of_all, peek_named;
