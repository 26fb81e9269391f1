-- A column's type changes: each event has the form of the type as of its change.
\t \a
create table items (id int primary key, v int, n numeric(10,2), at timestamp(3), note text default 'none');
alter table items replica identity full;
insert into items values (0, 5, 1.50, '2020-01-02 03:04:05.678');
call decode();

-- Between transactions, with a rewrite each.
insert into items values (1, 7, 1.50, '2020-01-02 03:04:05.678');
alter table items alter v type bigint;
insert into items values (2, 9007199254740993, 1.50, '2020-01-02 03:04:05.678');
alter table items alter v type text using 'v' || v;
insert into items values (3, 'seven', 1.50, '2020-01-02 03:04:05.678');
alter table items alter v type jsonb using to_jsonb(v);
insert into items values (4, '{"a":7}', 1.50, '2020-01-02 03:04:05.678');
update items set note = 'x' where id = 0;
select events();

-- Another scale, another precision: other bytes for the same number.
alter table items alter n type numeric(10,4);
insert into items values (5, null, 1.50, '2020-01-02 03:04:05.678');
alter table items alter n type numeric(12,4);  -- no rewrite
insert into items values (6, null, 1.50, '2020-01-02 03:04:05.678');
alter table items alter n type numeric;
insert into items values (7, null, 1.50, '2020-01-02 03:04:05.678');
alter table items alter at type timestamp(6);
insert into items values (8, null, null, '2020-01-02 03:04:05.678');
alter table items alter at type timestamp(2);
insert into items values (9, null, null, '2020-01-02 03:04:05.678');
alter table items alter at type timestamptz using at at time zone 'UTC';
insert into items values (10, null, null, '2020-01-02 03:04:05.678Z');
alter table items alter at type date using (at at time zone 'UTC')::date;
insert into items values (11, null, null, '2020-01-02');
delete from items where id in (5, 8);
select events();

-- In the middle of a transaction; what is rolled back is never seen.
begin;
insert into items values (12, '1', 1.50, '2020-01-02');
alter table items alter n type numeric(10,1), alter v type text using v::text;
insert into items values (13, '1', 1.50, '2020-01-02');
savepoint s;
alter table items alter n type int, alter v type int using length(v);
insert into items values (14, 1, 1.5, '2020-01-02');
rollback to s;
insert into items values (15, '1', 1.50, '2020-01-02');
commit;
begin;
alter table items alter at type text;
insert into items values (16, '1', 1.50, '2020-01-02');
rollback;
insert into items values (17, '1', 1.50, '2020-01-02');
select events();

-- Without a key change, key and type at once.
begin;
update items set note = 'y' where id = 17;
alter table items alter id type text;
update items set note = 'z' where id = '17';
update items set id = 'seventeen' where id = '17';
commit;
select events();
drop table items;

-- Dropped and made again under the same name, table and type.
create type size as enum ('s', 'm');
create table shirts (id int primary key, s size);
insert into shirts values (1, 's');
begin;
insert into shirts values (2, 'm');
drop table shirts;
drop type size;
create type size as (w int, h int);
create table shirts (s size, id bigint primary key, extra text);
insert into shirts values ('(1,2)', 3);
drop table shirts;
drop type size;
create domain size as int;
create table shirts (id text primary key, s size);
insert into shirts values ('four', 4);
commit;
select events();

-- A domain's constraints and name: an old image of which the log holds nothing has null, or a value where null is forbidden.
delete from shirts;
insert into shirts values ('five', 5), ('six', 6), ('seven', 7), ('eight', 8);
select from raw_events();
delete from shirts where id = 'five';
alter domain size set not null;
delete from shirts where id = 'six';
alter domain size rename to extent;
delete from shirts where id = 'seven';
begin;
alter domain extent drop not null;
delete from shirts where id = 'eight';
insert into shirts values ('nine', 9);
savepoint s;
alter domain extent set not null;
rollback to s;
delete from shirts where id = 'nine';
commit;
select events();
drop table shirts;
drop domain extent;

-- A composite type gets and loses attributes.
create type pair as (a int, b text);
create table pairs (id int primary key, p pair);
insert into pairs values (1, '(1,x)');
alter type pair add attribute c date;
insert into pairs values (2, '(2,y,2020-01-02)');
alter type pair drop attribute b;
insert into pairs values (3, '(3,2020-01-02)');
alter type pair rename attribute c to d;
update pairs set id = id + 10;
select events();
drop table pairs;
drop type pair;

-- A type with a meaning by its name loses it.
set client_min_messages = warning;
create type vector;
create function vector_in(cstring) returns vector language internal immutable strict as 'textin';
create function vector_out(vector) returns cstring language internal immutable strict as 'textout';
create type vector (input = vector_in, output = vector_out, like = text);
create table vectors (id int primary key, v vector);
insert into vectors values (1, '[1,2]');
alter type vector rename to spear;
insert into vectors values (2, '[1,2]');
begin;
alter type spear rename to vector;
insert into vectors values (3, '[1,2]');
rollback;
insert into vectors values (4, '[1,2]');
-- And another function that makes its text.
create or replace function vector_out(spear) returns cstring language internal immutable strict as 'byteaout';
insert into vectors values (5, '[1,2]');
select events();
drop table vectors;
drop type spear cascade;
