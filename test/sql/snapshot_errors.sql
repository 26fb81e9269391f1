-- What cannot be read says why.
\t \a
create extension waljet;
create table books (id int primary key, title text, price int);
insert into books values (1, 'Dune', 1);
create table loose (note text);
create view shelf as select * from books;
create table parts (id int primary key) partition by range (id);

select waljet.read('absent', 's', '{}', 'true', '0/1', 0);
select waljet.read('shelf', 's', '{}', 'true', '0/1', 0);
select waljet.read('parts', 's', '{}', 'true', '0/1', 0);
select waljet.read('books', 's', '{tables,loose}', 'true', '0/1', 0);
select waljet.read('books', 's', array['rules', '[{"table":"loose"}]'], 'true', '0/1', 0);
select waljet.read('books', 's', '{colour,red}', 'true', '0/1', 0);
select waljet.read('books', 's', '{format}', 'true', '0/1', 0);
select waljet.read('books', 's', '{format,null}', 'true', '0/1', 0);
select waljet.read('books', 's', '{format,xml}', 'true', '0/1', 0);
select waljet.read('books', 's', array['rules', '[{"table":"*","columns":{"hash":["title"]}}]'], 'true', '0/1', 0);
select waljet.read('books', 's', null, 'true', '0/1', 0);
select waljet.read(null, 's', '{}', 'true', '0/1', 0);
select waljet.read('books', 's', '{}', 'false', '0/1', 0);
select waljet.read('books', 's', '{}', 'true', '0/1', 0, 1, -1);
select waljet.read('books', 's', '{}', 'true', '0/1', 0, 1, 0, 4294967296);
select waljet.read('books', 's', '{}', 'true', '0/1', 0, rows_max => 5);
select waljet.read('books', 's', '{}', 'true', '0/1', 0, after => '', rows_max => -5);

-- Predicates are those of rules.
select waljet.read('books', 's', '{}', 'true', '0/1', 0, predicate => 'cost > 5');
select waljet.read('books', 's', '{}', 'true', '0/1', 0, predicate => 'price > ');
select waljet.read('books', 's', '{}', 'true', '0/1', 0, predicate => 'random() > 0.5');
select waljet.read('books', 's', '{}', 'true', '0/1', 0, predicate => 'exists (select from books)');
select waljet.read('books', 's', '{}', 'true', '0/1', 0, predicate => 'price');

-- Places belong to a key.
select waljet.read('loose', 's', '{}', 'true', '0/1', 0, after => '');
select waljet.read('books', 's', array['rules', '[{"table":"*","columns":{"mask":["id"]}}]'], 'true', '0/1', 0, after => '');
select substr(frame, 73, frame_number(frame, 44, 4)::int) as place
from waljet.read('books', 's', '{batch_bytes,0}', 'true', '0/1', 0, after => '', rows_max => 1) frame where get_byte(frame, 4) = 9 \gset
select waljet.read('books', 's', '{}', 'true', '0/1', 0, after => 'x');
select waljet.read('books', 's', '{}', 'true', '0/1', 0, after => '\x01');
select waljet.read('books', 's', '{}', 'true', '0/1', 0, after => :'place' || '\xff'::bytea);
select waljet.read('books', 's', '{}', 'true', '0/1', 0, after => set_bit(:'place'::bytea, 8, 1 - get_bit(:'place'::bytea, 8)));
select waljet.read('books', 's', '{}', 'true', '0/1', 0, after => substr(:'place'::bytea, 1, length(:'place'::bytea) - 1));
select count(*) from waljet.read('books', 's', '{}', 'true', '0/1', 0, after => :'place');

-- What there is to read.
select name, shown, keyed, unkeyed_reason, readable, file = file_now from waljet.tables('{}') order by name;
select name from waljet.tables('{}', 'books');
select name from waljet.tables('{}', 'public.b*');
select name from waljet.tables('{}', 'a.b.c');
select name from waljet.tables('{}', 'absent');
select name from waljet.tables('{colour,red}');
select name, keyed, unkeyed_reason from waljet.tables(array['rules', '[{"table":"books","columns":{"mask":["id"]}}]']);
create table low partition of parts for values from (0) to (10);
create table middle partition of parts for values from (10) to (20) partition by range (id);
create table leaf partition of middle default;
select name, shown from waljet.tables('{}', 'parts');
select name, shown from waljet.tables('{partition_root,on}', 'middle');
select name, shown from waljet.tables('{partition_root,on,tables,parts}');
create unlogged table unlogged (id int);
create temp table passing (id int);
create materialized view seen as select 1;
create table "Odd ""Name""" (id int primary key);
alter table "Odd ""Name""" replica identity nothing;
select name, shown, keyed, unkeyed_reason from waljet.tables('{}') where name not in ('public.books', 'public.loose') order by name;

insert into books select i, 'x', 1 from generate_series(2, 5000) i;
analyze books;
select rows_expected, blocks > 20 from waljet.tables('{}', 'books');

-- With the rights of the caller, all rows or none.
create role reader;
set role reader;
select waljet.read('books', 's', '{}', 'true', '0/1', 0);
select name, readable from waljet.tables('{}', 'books');
reset role;
grant select on books to reader;
set role reader;
select count(*) > 1 from waljet.read('books', 's', '{}', 'true', '0/1', 0);
select name, readable from waljet.tables('{}', 'books');
-- Only who could decode may hash: who can hash can try values.
reset role;
set waljet.hash_salt = 'pepper';
set role reader;
select count(*) from waljet.read('books', 's', array['rules', '[{"table":"*","columns":{"hash":["title"]}}]'], 'true', '0/1', 0);
reset role;
alter role reader replication;
set role reader;
select count(*) > 1 from waljet.read('books', 's', array['rules', '[{"table":"*","columns":{"hash":["title"]}}]'], 'true', '0/1', 0);
reset role;
reset waljet.hash_salt;
alter table books enable row level security;
create policy few on books using (id < 10);
set role reader;
select waljet.read('books', 's', '{}', 'true', '0/1', 0);
select readable from waljet.tables('{}', 'books');
select current_setting('row_security');
reset role;
drop owned by reader;
drop role reader;

-- The set of frames is expected in a query.
select waljet.tables('{}') is null limit 0;
drop table books, loose, parts, unlogged, passing, "Odd ""Name""" cascade;
drop materialized view seen;
drop extension waljet;
