-- Option transactions: BEGIN and END around a transaction's events, and each event says its place between them.
\t \a
create table books (id int primary key, title text);
create table pages (id int primary key);
call decode();

-- Numbers that differ are replaced by _; what they have to do with each other is told below.
create function marked(variadic options text[] default '{}') returns setof text language sql as $$
  select regexp_replace(regexp_replace(event, '"source":\{.*?\},', ''), '"id":"\d+:\d+"|"ts_[mun]s":\d+', '_', 'g')
  from raw_events(variadic array['transactions', 'on'] || options) event
$$;

begin;
insert into books values (1, 'Dune'), (2, 'Emma');
insert into pages values (1);
update books set id = 3 where id = 1;
delete from pages;
commit;
insert into pages values (2);
select marked();

-- A transaction of which nothing is sent has no marker; nor has one without changes, or one that was rolled back.
begin;
insert into pages values (3);
commit;
begin;
commit;
begin;
insert into books values (8, 'undone');
rollback;
begin;
insert into pages values (4);
insert into books values (4, 'sent');
savepoint one;
insert into books values (5, 'undone');
rollback to one;
insert into pages values (5);
insert into books values (6, 'sent');
commit;
select marked('tables', 'books');
update books set title = 'not sent' where id = 4;
begin;
update books set title = 'not sent' where id = 4;
insert into books values (7, 'sent');
truncate pages;
commit;
select marked('operations', 'insert');

-- Truncates count a table each; messages under a name of their own, but only those of the transaction.
begin;
truncate books, pages;
select from pg_logical_emit_message(true, 'app', 'inside');
select from pg_logical_emit_message(false, 'app', 'outside');
insert into books values (1, 'x');
select from pg_logical_emit_message(true, 'other', 'not sent');
commit;
select from pg_logical_emit_message(true, 'app', 'alone');
select from pg_logical_emit_message(true, 'other', 'not sent');
select marked('operations', 'insert,truncate', 'messages', 'app');

-- Names as they are.
create schema "a ""schema""";
create table "a ""schema"""."Größe, 1" (id int primary key);
insert into "a ""schema"""."Größe, 1" values (1);
select marked();
drop table "a ""schema"""."Größe, 1";
drop schema "a ""schema""";

-- Ids: the xid, and the LSN of the operation itself: the start, each event's own, the end.
begin;
insert into books values (11, 'a');
insert into pages values (11);
insert into books values (12, 'b');
commit;
create temp table taken as
select n, j, split_part(coalesce(j->>'id', j->'transaction'->>'id'), ':', 1) as xid,
  split_part(coalesce(j->>'id', j->'transaction'->>'id'), ':', 2)::numeric as lsn
from raw_events('transactions', 'on') with ordinality e(event, n), lateral (select event::json) parsed(j);
select coalesce(j->>'status', j->'source'->>'table'), count(*) over (partition by xid) as same_xid,
       lsn >= lag(lsn) over (order by n) as in_order, lsn = (j->'source'->>'lsn')::numeric as own_lsn,
       xid = j->'source'->>'txId' as own_xid
from taken order by n;
-- The time of both markers is that of the commit.
select count(distinct coalesce(j->>'ts_ms', '0')) from taken where j->>'status' is not null;
select (select j->>'ts_ms' from taken where j->>'status' = 'END') = (select j->'source'->>'ts_ms' from taken
  where j->>'op' = 'c' limit 1);

-- Many tables.
do $$
begin
  for i in 1..50 loop
    execute format('create table many_%s (id int primary key)', i);
  end loop;
end $$;
select from raw_events();
do $$
begin
  for round in 1..3 loop
    for i in 1..50 loop
      execute format('insert into many_%s values (%s)', i, round);
    end loop;
  end loop;
end $$;
select j->>'event_count', json_array_length(j->'data_collections'), j->'data_collections'->0,
       j->'data_collections'->49, (select bool_and(c->>'event_count' = '3')
       from json_array_elements(j->'data_collections') c)
from raw_events('transactions', 'on') event, lateral (select event::json) parsed(j) where j->>'status' = 'END';
do $$
begin
  for i in 1..50 loop
    execute format('drop table many_%s', i);
  end loop;
end $$;
drop table books, pages, taken;
drop function marked;
