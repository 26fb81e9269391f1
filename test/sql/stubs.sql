-- Frames: an event larger than max_event_bytes leaves as a stub in the same place.
\t \a
create table books (id int primary key, title text, body text);
call decode();

-- What a frame says, without what differs from run to run. The size is checked below.
create function told(limit_bytes int, variadic options text[] default '{}') returns setof text language sql as $$
  select format('%s %s %s.%s %s %s %s %s', get_byte(frame, 4), chr(nullif(get_byte(frame, 5), 0)),
                frame_number(frame, 16, 8), frame_number(frame, 24, 4), frame_subject(frame), frame_table(frame),
                regexp_replace(frame_headers(frame), '^Waljet-Oversize: \d+\n$', '<size>'),
                mask(frame_body(frame), '\1,"op":"\6"}'))
  from frames(variadic array['name', 'app', 'max_event_bytes', limit_bytes::text] || options) frame
  where get_byte(frame, 4) > 1
$$;

-- One transaction: what is small is whole, ordinals and parts stay, the commit ends it.
begin;
insert into books values (1, 'small', 'x');
insert into books values (2, 'large', repeat('x', 2000));
insert into books values (3, 'small', 'x');
update books set body = repeat('y', 2000) where id = 1;
update books set id = 4, body = repeat('z', 2000) where id = 3;
delete from books where id = 2;
commit;
select told(1000);

-- Position and xid are those of the transaction.
begin;
insert into books values (7, 'small', 'x');
insert into books values (8, 'large', repeat('x', 2000));
commit;
select array_agg(get_byte(frame, 4)) as kinds, count(distinct frame_number(frame, 8, 8)) as commit_lsns,
       count(distinct frame_number(frame, 28, 4)) as xids, array_agg(frame_number(frame, 32, 8) > 0) as ends
from frames('name', 'app', 'max_event_bytes', '1000') frame where get_byte(frame, 4) > 1;

-- Nothing but stubs: the commit comes all the same.
insert into books values (5, 'large', repeat('x', 2000));
select told(1000);

-- The size is that of the whole body, and what has just that size is whole.
insert into books values (6, 'large', repeat('x', 2000));
create temp table line as
select octet_length(data) as size from pg_logical_slot_peek_changes(golden(), null, null, 'name', 'app');
-- The hello frame is in front of the first event.
create function first_event(limit_bytes int) returns bytea language sql as $$
  select substr(data, 1 + frame_number(data, 0, 4)::int)
  from pg_logical_slot_peek_binary_changes(golden(), null, null, 'output', 'frames', 'name', 'app',
                                           'max_event_bytes', limit_bytes::text) limit 1
$$;
select get_byte(first_event(size), 4), frame_headers(first_event(size)) from line;
select get_byte(first_event(size - 1), 4),
       frame_headers(first_event(size - 1)) = format(E'Waljet-Oversize: %s\n', size) from line;
select count(*) from raw_events();

-- Old rows in full, a key that is not the first column, an index as identity.
create table pages (note text, chapter int, page text, body text, primary key (page, chapter));
alter table pages replica identity full;
insert into pages values ('new', 1, 'a', repeat('x', 2000));
update pages set note = 'changed';
update pages set page = 'b';
delete from pages;
select told(1000);
create table marks (note text, code text not null unique, body text);
alter table marks replica identity using index marks_code_key;
insert into marks values ('new', 'a"b', repeat('x', 2000));
update marks set code = 'c', body = repeat('y', 2000);
select told(1000);

-- Without a key: an empty object.
create table loose (note text, body text);
alter table loose replica identity full;
insert into loose values ('new', repeat('x', 2000));
update loose set note = 'changed';
delete from loose;
alter table loose replica identity nothing;
insert into loose values ('new', repeat('x', 2000));
update loose set body = repeat('y', 2000);
select told(1000);

-- A key column that is stored out of line and did not change.
create table notes (id text primary key, body text);
alter table notes alter id set storage external;
insert into notes values (repeat('k', 2100), 'x');
update notes set body = repeat('x', 4000);
select shorten(told(4000));

-- A stub that is too large itself has no columns. A truncation has none anyway.
delete from notes;
insert into notes values ('k', 'small');
update notes set id = 'l';
select told(2000);
insert into notes values (repeat('k', 2100), 'x');
select told(1);
truncate notes;
select told(1, 'operations', 'truncate');

-- Unchanged values take the room of their placeholder.
create table scans (id int primary key, note text, body text);
alter table scans alter body set storage external;
insert into scans values (1, 'new', repeat('x', 5000));
update scans set note = 'changed';
select told(1000);

drop function told(int, text[]), first_event(int);
drop table books, pages, marks, loose, notes, scans;
