-- A transaction of many rows, spilled to disk, comes whole and in order.
\t \a
create table items (id int primary key, filler text);
call decode();

begin;
insert into items select n, repeat('x', 100) from generate_series(1, 20000) n;
update items set filler = null where id % 1000 = 0;
delete from items where id % 2000 = 0;
commit;
create temp table taken as select n, event::jsonb as event from raw_events() with ordinality r(event, n);
select event->>'op' as op, count(*), min(n), max(n) from taken group by 1 order by 3;
select bool_and(id > previous) from (
  select (event->'after'->>'id')::int as id, lag((event->'after'->>'id')::int) over (order by n) as previous
  from taken where event->>'op' = 'c') ids;
drop table items;
