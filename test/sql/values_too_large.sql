-- Lines: an event larger than max_event_bytes is sent without its largest values.
\t \a
create table books (id int primary key, title text, body text, scan bytea, tags text[], price numeric,
                    printed date);
call decode();
create function told(limit_bytes int, variadic options text[] default '{}') returns setof text
language sql as $$
  select shorten(events(variadic array['max_event_bytes', limit_bytes::text] || options))
$$;
insert into books values (1, repeat('t', 300), repeat('b', 500), decode(repeat('00', 600), 'hex'),
                          array[repeat('a', 400)], 1.5, '2026-01-01');
-- The largest goes first: the bytes, which are 802 with quotes in base64 and 34 when left out, then the
-- body, the array, the title.
create temp table whole as
select octet_length(data) as size from pg_logical_slot_peek_changes(golden(), null, null, 'name', 'app');
create function shown(limit_bytes int) returns setof text language sql as $$
  select shorten(mask(data, '\1,"op":"\6"}'))
  from pg_logical_slot_peek_changes(golden(), null, null, 'name', 'app', 'max_event_bytes', limit_bytes::text)
$$;
select shown(size) from whole;
select shown(size - 1) from whole;
select shown(size - 768) from whole;
select shown(size - 769) from whole;
select shown(size - 1244) from whole;
select shown(size - 1245) from whole;
select shown(size - 1622) from whole;
select shown(size - 1623) from whole;
-- More than that cannot be left out: numbers and the like are small.
select shown(1);
select count(*) from raw_events();

-- On both sides alike, even where only one is large; null stays null.
alter table books replica identity full;
update books set body = 'short';
update books set body = null, scan = null, tags = null, title = null;
select told(1200);

-- The key comes last.
create table pages (id text primary key, note text, body text);
insert into pages values (repeat('k', 1500), repeat('n', 1000), 'small');
select told(2500);
insert into pages values (repeat('l', 1500), repeat('n', 1000), 'small');
select told(1800);
delete from pages where note is not null;
select told(1000);

-- One line an event, whatever was left out before.
insert into pages values ('a', 'first', 'x'), ('b', 'second', repeat('x', 3000)), ('c', 'third', 'y');
select told(1000);

-- In format wal-listener alike.
insert into pages values ('d', 'fourth', repeat('x', 3000));
update pages set note = repeat('n', 3000) where id = 'a';
select listener_events('max_event_bytes', '1000');
create table documents (j jsonb, js jsonb[], b bytea, n numeric);
insert into documents values (to_jsonb(repeat('j', 2000)), array[to_jsonb(repeat('j', 2000))],
  decode(repeat('00', 2000), 'hex'), 1.50);
select listener_events('max_event_bytes', '500');

-- Whatever is large in the other modes.
insert into documents (b) values (decode(repeat('00', 2000), 'hex'));
select columns('binary', 'bytes', 'max_event_bytes', '1000');
insert into documents (b) values (decode(repeat('00', 2000), 'hex'));
select columns('binary', 'base64', 'max_event_bytes', '1000');
insert into documents (b) values (decode(repeat('00', 2000), 'hex'));
select columns('binary', 'base64-url-safe', 'max_event_bytes', '1000');
insert into documents (b) values (decode(repeat('00', 2000), 'hex'));
select columns('binary', 'hex', 'max_event_bytes', '1000');

drop function told, shown;
drop table books, pages, documents, whole;
