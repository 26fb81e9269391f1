-- Option publications: tables, operations, row filters and column lists of publications.
\t \a
set client_min_messages = warning;
create schema audit;
create table users (id int primary key, name text, email text, note text);
create table orders (id int primary key, amount int);
create table audit.log (id int primary key, note text);
create table other (id int primary key);
create publication everything for all tables;
create publication inserts for table users, orders with (publish = 'insert');
create publication removals for table users with (publish = 'delete, truncate');
create publication of_schema for tables in schema audit;
create publication narrow for table users (id, name);
create publication narrower for table users (id);
create publication keyless for table users (name) with (publish = 'insert');
create publication large for table orders where (amount > 100);
create publication small for table orders where (amount < 10);
create publication large_inserts for table orders where (amount > 100) with (publish = 'insert');
create publication "Odd, name" for table other;
call decode();
create function sent(publications text, variadic options text[] default '{}') returns setof text language sql as $$
  select coalesce(mask(data, '\1 \3 \6'), data)
  from pg_logical_slot_peek_changes(golden(), null, null, variadic array['name', 'app', 'publications', publications] || options) data
$$;
insert into users values (1, 'Ann', 'ann@example.org', 'n');
update users set note = 'm';
delete from users;
truncate users;
insert into orders values (1, 5), (2, 50), (3, 500);
insert into audit.log values (1, 'x');
insert into other values (1);

-- Tables and operations.
select sent('everything');
select sent('inserts');
select sent('removals');
select sent('inserts,removals');
select sent('of_schema');
select sent('"Odd, name" , OF_SCHEMA');
-- Columns. Where publications contradict each other only the key is sent; of inserts alone there may be none.
select sent('narrow');
select sent('narrow, narrower');
select sent('narrow, everything');
select sent('keyless');
-- Rows: the filters of several are alternatives, none is all rows.
select sent('large');
select sent('large, small');
select sent('large, inserts');
select raw_events('tables', 'nobody') is null;
alter table orders replica identity full;
update orders set amount = amount * 100;
update orders set amount = 5;
delete from orders;
select sent('large');
select sent('large, small');
select sent('large_inserts, removals');
select raw_events('tables', 'nobody') is null;

-- Publications are those of the change.
insert into orders values (10, 500);
alter publication large set table orders where (amount > 1000), other;
insert into orders values (11, 500);
insert into other values (2);
alter publication large set (publish = 'insert');
insert into orders values (12, 5000);
delete from orders;
begin;
alter publication large drop table orders;
insert into orders values (13, 5000);
rollback;
alter publication of_schema add tables in schema public;
insert into orders values (14, 5000);
drop publication small;
create publication small for table orders;
insert into orders values (15, 5000);
select sent('large');
select sent('of_schema');
select sent('small');
select raw_events('tables', 'nobody') is null;

-- Partitions: by their own names, or as the root.
create table measures (id int, at date, v int, note text, primary key (id, at)) partition by range (at);
create table early (note text, v int, at date not null, id int not null, primary key (id, at));
create table late (like early including all) partition by range (at);
create table latest partition of late default;
alter table measures attach partition early for values from ('2026-01-01') to ('2026-07-01');
alter table measures attach partition late for values from ('2026-07-01') to ('2027-01-01');
create publication by_leaf for table measures;
create publication by_root for table measures (id, at, v) where (id > 1) with (publish_via_partition_root = true);
create publication by_middle for table late with (publish_via_partition_root = true);
create publication all_by_root for all tables with (publish_via_partition_root = true);
insert into measures values (1, '2026-01-02', 5, 'a'), (2, '2026-08-02', 50, 'b'), (3, '2026-01-02', 50, 'c');
update measures set v = v + 10;
truncate measures;
truncate early;
select sent('by_leaf');
select sent('by_root');
select sent('by_middle');
select sent('by_leaf, by_middle');
select sent('by_middle, by_root');
select sent('all_by_root');

-- Refused.
create function refusal(variadic options text[]) returns setof text language plpgsql as $$
declare
  detail text;
  hint text;
begin
  perform pg_logical_slot_peek_changes(golden(), null, null, variadic options);
  return next 'accepted';
exception when others then
  get stacked diagnostics detail = pg_exception_detail, hint = pg_exception_hint;
  return next sqlstate || ' ' || sqlerrm;
  return next '  detail: ' || detail;
  return next '  hint: ' || hint;
end $$;
select refusal('publications', '');
select refusal('publications', 'everything,');
select refusal('publications', '"everything');
select refusal('publications', 'nosuch');
select refusal('publications', 'everything', 'tables', 'users');
select refusal('publications', 'everything', 'exclude_tables', 'users');
select refusal('publications', 'everything', 'operations', 'insert');
select refusal('publications', 'everything', 'partition_root', 'off');
select refusal('publications', 'everything', 'rules', '[{"table":"*"}]');
drop publication everything, inserts, removals, of_schema, narrow, narrower, keyless, large, small, large_inserts, "Odd, name",
  by_leaf, by_root, by_middle, all_by_root;
drop schema audit cascade;
drop table users, orders, other, measures;
drop function sent, refusal;
