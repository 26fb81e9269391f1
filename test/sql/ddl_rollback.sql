-- What is rolled back is never seen: each change of the catalog between two rows, undone by a
-- savepoint, and again by its transaction.
\t \a
create schema house;
create schema garden;
create type mood as enum ('sad', 'glad');
create domain width as int;
create table house.t (id int primary key, a int, m mood, w width, gone int);
alter table house.t drop gone;
create table house.parts (id int primary key, a int) partition by range (id);
create table house.part partition of house.parts for values from (0) to (1000);
create table house.later (id int primary key, a int);
call decode();

create procedure undone(change text) language plpgsql as $$
declare
  id int := (select coalesce(max(t.id), 0) from house.t);
  text_of_undo constant text := 'undone';
begin
  insert into house.t values (id + 1, 1, 'sad', 1);
  insert into house.parts values (id % 500 + 1, 1);
  begin
    execute change;
    raise exception using message = text_of_undo;
  exception when others then
    if sqlerrm <> text_of_undo then raise; end if;
  end;
  insert into house.t values (id + 2, 2, 'sad', 2);
  delete from house.parts;
end $$;

-- Each of these events must look like the others.
create temp table changes (n serial, change text);
insert into changes (change) values
  ('alter table house.t add b int default 5; insert into house.t values (-1)'),
  ('alter table house.t drop a; insert into house.t values (-1)'),
  ('alter table house.t rename a to b; insert into house.t values (-1)'),
  ('alter table house.t alter a type text; insert into house.t values (-1, ''x'')'),
  ('alter table house.t alter a type bigint, alter id type bigint; insert into house.t values (-1)'),
  ('alter table house.t rename to u; insert into house.u values (-1)'),
  ('alter table house.t set schema garden; insert into garden.t values (-1)'),
  ('alter schema house rename to home; insert into home.t values (-1)'),
  ('alter type mood rename to temper; insert into house.t values (-1, 1, ''sad'')'),
  ('alter type mood rename value ''sad'' to ''blue''; insert into house.t values (-1, 1, ''blue'')'),
  ('alter type mood set schema garden; insert into house.t values (-1, 1, ''sad'')'),
  ('alter domain width set not null; insert into house.t values (-1, 1, ''sad'', 1)'),
  ('alter domain width rename to breadth; insert into house.t values (-1)'),
  ('alter table house.t replica identity full; delete from house.t'),
  ('alter table house.t replica identity nothing; delete from house.t'),
  ('alter table house.t drop constraint t_pkey; delete from house.t'),
  ('alter table house.t alter a set default 7; insert into house.t values (-1)'),
  ('alter table house.t set unlogged; insert into house.t values (-1)'),
  ('drop table house.t; create table house.t (x text); insert into house.t values (''x'')'),
  ('truncate house.t; insert into house.t values (-1)'),
  ('alter table house.parts rename to pieces; insert into house.pieces values (999)'),
  ('alter table house.parts detach partition house.part; insert into house.part values (999)'),
  ('alter table house.parts attach partition house.later for values from (1000) to (2000); insert into house.parts values (1999)'),
  ('alter table house.parts rename a to b; insert into house.parts values (999)'),
  ('drop table house.part; insert into house.later values (1)');
do $$
declare
  change text;
begin
  for change in select c.change from changes c order by n loop
    call undone(change);
    commit;
  end loop;
end $$;
-- And undone by the end of the transaction.
do $$
declare
  change text;
begin
  for change in select c.change from changes c order by n loop
    execute change;
    rollback;
    insert into house.t select coalesce(max(id), 0) + 1, 3, 'sad', 3 from house.t;
    insert into house.parts values (1, 3);
    delete from house.parts;
    commit;
  end loop;
end $$;
create temp table taken as
select n, event from events('partition_root', 'on') with ordinality taken(event, n);
select count(*), regexp_replace(event, '"id":\d+', '"id":_') from taken group by 2 order by 2;
-- In order, with no gap.
select count(*), count(distinct id), min(id), max(id)
from (select (event::json->'after'->>'id')::int from taken where event like '%"table":"t"%') row(id);
set client_min_messages = warning;
drop schema house, garden cascade;
drop type mood;
drop domain width;
drop procedure undone;
