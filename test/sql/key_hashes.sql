-- The key hash of a frame: equal for events of one key of one table, different for others. Hashes are compared, never
-- shown: they differ from machine to machine.
\t \a
create function hashes(variadic options text[] default '{}')
returns table (n bigint, kind int, op text, name text, key text, hash bytea, old bytea) language sql as $$
  select row_number() over (), get_byte(frame, 4), chr(nullif(get_byte(frame, 5), 0)), frame_table(frame),
         frame_key(frame), nullif(key_hash(frame), '\x0000000000000000'), nullif(old_key_hash(frame), '\x0000000000000000')
  from frames(variadic array['name', 'app', 'operations', 'insert,update,delete,truncate'] || options) frame
  where get_byte(frame, 4) > 1
$$;
-- Each event, its hash as the number of the first event that has it, and the same of the old hash.
create function told(variadic options text[] default '{}') returns setof text language sql as $$
  with hashed as materialized (select * from hashes(variadic options))
  select format('%s: %s %s %s <%s> %s %s', n, kind, op, name, key,
                (select min(n) from hashed other where other.hash = each.hash),
                (select 'was ' || min(n) from hashed other where other.hash = each.old))
  from hashed each order by n
$$;

-- Two tables with the same key, and an event of each operation.
create table books (id int primary key, title text);
create table films (id int primary key, title text);
call decode();
begin;
insert into books values (1, 'Dune');
insert into films values (1, 'Dune');
update books set title = 'DUNE';
delete from films;
delete from books;
insert into books values (1, 'Emma'), (2, 'Ulysses');
truncate books, films;
commit;
select told();

-- Columns of a key are told apart, also where their text with slashes is the same.
create table paths (a text, b text, primary key (a, b));
insert into paths values ('a/b', 'c'), ('a', 'b/c'), ('', 'a/b/c'), ('a/b/c', ''), ('', '');
delete from paths where a = '';
select told();

-- A key is that of the identity's index. Without a key, and of a TRUNCATE, the hash is that of the table alone.
create table marks (id int primary key, code text not null unique, note text);
alter table marks replica identity using index marks_code_key;
create table loose (note text);
alter table loose replica identity full;
create table silent (id int primary key);
alter table silent replica identity nothing;
begin;
truncate marks, loose, silent;
insert into marks values (1, 'one', 'a');
update marks set id = 2;
insert into loose values ('a'), ('b');
delete from loose where note = 'a';
insert into silent values (1), (2);
commit;
select told();

-- A row that moves: two events with a key each, or one that has both and is in no group.
begin;
insert into films values (1, 'Dune'), (2, 'Emma');
update films set id = 3 where id = 1;
update films set title = upper(title);
insert into marks values (1, 'three', 'c');
update marks set code = 'four' where id = 1;
commit;
select told();
begin;
insert into films values (4, 'Dune'), (5, 'Emma');
update films set title = 'DUNE' where id = 4;
update films set id = 6 where id = 4;
update films set title = upper(title) where id > 4;
insert into loose values ('a');
update loose set note = 'c';
alter table films replica identity full;
update films set id = 7 where id = 6;
delete from films where id in (5, 7);
commit;
select told('format', 'wal-listener');
create table pages (url text primary key, hits int);
alter table pages alter url set storage external;
insert into pages values (repeat('u', 2500), 0);
update pages set hits = 1;
update pages set url = 'short';
select shorten(told('format', 'wal-listener'));
begin;
insert into films values (8, 'a'), (9, 'b');
update films set id = id + 10 where id > 7;
update films set title = 'c' where id > 10;
commit;
create temp table grouped as select n, frame from
  frames('name', 'app', 'format', 'wal-listener', 'group_bytes', '1000') with ordinality f(frame, n)
  where get_byte(frame, 4) = 2;
select chr(get_byte(frame, 5)) as op, frame_number(frame, 52, 4) as events, frame_key(frame) as key,
       key_hash(frame) = substr(frame, length(frame) - 7) as hash_of_last,
       old_key_hash(frame) <> '\x0000000000000000' as has_old from grouped order by n;

-- A stub has the hash of its event, and so has one that a predicate failed on. A key that a rule masks is hashed as it
-- is shown.
insert into books values (1, 'Dune'), (2, repeat('x', 3000));
delete from books;
select told('max_event_bytes', '1000');
insert into books values (0, 'a'), (1, 'b');
delete from books;
select told('rules', '[{"table": "books", "where": "10 / id > 1"}]');
insert into books values (1, 'Dune'), (2, 'Emma');
delete from books;
select told('rules', '[{"table": "books", "columns": {"mask": ["id"]}}]');

-- What has no table has no hash.
select from pg_logical_emit_message(true, 'app', 'x');
select told('messages', '*', 'transactions', 'on');

-- No setting changes it.
create table days (day date primary key);
insert into days values ('2020-02-01');
set datestyle = 'SQL, DMY';
delete from days;
reset datestyle;
select told();
drop table books, films, paths, marks, loose, silent, pages, days, grouped;
drop function told, hashes;
