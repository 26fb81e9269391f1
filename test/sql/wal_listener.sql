-- Format wal-listener: one object a change, with the new and the old row.
\t \a
create table books (id int primary key, title text, price numeric(6,2));
call decode();

-- Every member in its order.
insert into books values (1, 'Dune "1"', 9.50);
select regexp_replace(regexp_replace(event,
                      '^\{"id":"[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}"', '{"id":_'),
                      '"commitTime":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"}$', '"commitTime":_}')
from raw_events('format', 'wal-listener') event;

-- DEFAULT: the old row is the key, where it changed or the row is gone. A key change is one update.
insert into books values (2, null, null);
update books set title = 'Emma' where id = 2;
update books set id = 3 where id = 2;
update books set id = 3, title = 'EMMA' where id = 3;
delete from books where id = 3;
truncate books;
select listener_events();

-- FULL.
alter table books replica identity full;
insert into books values (1, 'Dune', 9.50);
update books set title = null;
update books set id = 2;
delete from books;
select listener_events();

-- INDEX.
create table marks (id int primary key, code text not null unique, note text);
alter table marks replica identity using index marks_code_key;
insert into marks values (1, 'one', 'a');
update marks set note = 'b';
update marks set id = 2;
update marks set code = 'two';
delete from marks;
select listener_events();

-- NOTHING, and no key at all.
alter table marks replica identity nothing;
insert into marks values (1, 'one', 'a');
update marks set note = 'b', code = 'two';
delete from marks;
create table loose (note text);
insert into loose values ('a');
update loose set note = 'b';
delete from loose;
select listener_events();

-- Several tables of one TRUNCATE, a table of another schema, names that need an escape, no columns.
create schema "other ""schema""";
create table "other ""schema"""."a ""table""" ("a ""column""" int primary key, "Größe" text);
create table bare ();
insert into "other ""schema"""."a ""table""" values (1, 'x');
insert into bare default values;
truncate books, "other ""schema"""."a ""table""";
select listener_events();

-- Options that the formats share.
insert into books values (1, 'Dune', 1);
insert into marks values (2, 'two', 'b');
update marks set note = 'c' where id = 2;
truncate marks;
select listener_events('tables', 'marks', 'operations', 'insert,truncate');
select from pg_replication_origin_create('node b');
select from pg_replication_origin_session_setup('node b');
insert into books values (3, 'theirs', 1);
select from pg_replication_origin_session_reset();
insert into books values (4, 'ours', 1);
select listener_events('origin', 'none');
select from pg_replication_origin_drop('node b');

-- The time is that of the commit, and of all events of a transaction.
begin;
insert into books values (5, 'a', 1);
insert into books values (6, 'b', 1);
commit;
select count(*), count(distinct event::json->>'id'), count(distinct event::json->>'commitTime'),
       bool_and((event::json->>'commitTime')::timestamptz between now() - interval '1 hour' and clock_timestamp())
from raw_events('format', 'wal-listener') event;
drop table books, marks, loose, bare;
set client_min_messages = warning;
drop schema "other ""schema""" cascade;
