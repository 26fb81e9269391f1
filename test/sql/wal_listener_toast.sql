-- Format wal-listener: what the log does not hold is absent; unchanged out-of-line values are listed.
\t \a
create table docs (id int primary key, note text, body text, scan bytea, "my ""tags""" text[]);
alter table docs alter body set storage external, alter scan set storage external,
  alter "my ""tags""" set storage external;
insert into docs select n, 'first', repeat('x', 5000), convert_to(repeat('y', 5000), 'UTF8'),
  array[repeat('t', 5000)] from generate_series(1, 2) n;
call decode();

update docs set note = 'second' where id = 1;
update docs set note = 'third', body = 'short' where id = 1;
update docs set body = null, scan = null where id = 1;
-- The row moves to another key, the values stay where they are.
update docs set id = 3 where id = 2;
delete from docs where id = 3;
select shorten(listener_events());

-- Its first column may be among them, and all but the key.
create table pages (body text, more text, id int primary key);
alter table pages alter body set storage external, alter more set storage external;
insert into pages values (repeat('x', 5000), repeat('y', 5000), 1);
update pages set id = 2;
select shorten(listener_events());

-- FULL: unchanged values come from the old row.
alter table docs replica identity full;
insert into docs values (4, 'first', repeat('x', 5000), 'short', null);
update docs set note = 'second' where id = 4;
select shorten(listener_events());

-- A key stored out of line is in the log.
create table urls (url text primary key, hits int);
alter table urls alter url set storage external;
insert into urls values (repeat('u', 2500), 0);
update urls set hits = 1;
delete from urls;
select shorten(listener_events());
drop table docs, pages, urls;
