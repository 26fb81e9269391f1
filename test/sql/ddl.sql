-- Each event shows its table as it was at the time of the change.
\t \a
create table people (id int primary key, name text);
alter table people replica identity full;
insert into people values (1, 'Ada'), (2, 'Bob'), (3, 'Cy');
call decode();

-- Rows from before a column was added have its default.
alter table people add column age int default 42, add column city text;
update people set name = 'ADA' where id = 1;
delete from people where id = 2;
insert into people values (4, 'Di', 7, 'Oslo');
select events();

-- Dropped, and added again under the same name.
alter table people drop column name;
update people set city = 'Bonn' where id = 1;
alter table people add column name text;
insert into people values (5, 50, 'Rome', 'Eve');
delete from people where id = 3;
select events();

-- Renames of column, table and schema, all read later.
create schema old_house;
alter table people set schema old_house;
insert into old_house.people values (6);
alter table old_house.people rename column city to town;
insert into old_house.people values (7);
alter table old_house.people rename to folks;
insert into old_house.folks values (8);
alter schema old_house rename to new_house;
insert into new_house.folks values (9);
select events();

-- In the middle of a transaction.
begin;
insert into new_house.folks values (10);
alter schema new_house rename to third_house;
insert into third_house.folks values (11);
alter table third_house.folks rename to neighbours;
insert into third_house.neighbours values (12);
alter table third_house.neighbours add column extra int not null default 5;
insert into third_house.neighbours values (13);
alter table third_house.neighbours alter column age type text;
insert into third_house.neighbours values (14, 'old');
commit;
select events();

-- Rolled back names are never seen.
begin;
savepoint s;
alter table third_house.neighbours rename to never;
alter table third_house.never drop column extra;
insert into third_house.never values (15);
rollback to s;
insert into third_house.neighbours values (16);
commit;
begin;
alter schema third_house rename to never;
rollback;
insert into third_house.neighbours values (17);
select events();

-- A type renamed or changed under the table.
create type level as enum ('low', 'high');
create table alarms (id int primary key, l level);
insert into alarms values (1, 'low');
alter type level rename to severity;
insert into alarms values (2, 'low');
alter type severity rename value 'low' to 'minor';
insert into alarms values (3, 'minor');
select events();

-- The identity changes between and within transactions.
update alarms set l = 'high' where id = 1;
begin;
alter table alarms replica identity full;
update alarms set l = 'minor' where id = 1;
alter table alarms replica identity default;
update alarms set id = 4 where id = 1;
commit;
select events();

-- Tables that are gone when they are read.
create table short_lived (id int primary key);
insert into short_lived values (1);
drop table short_lived, alarms;
drop type severity;
select events();
set client_min_messages = warning;
drop schema third_house cascade;
