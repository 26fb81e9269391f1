-- Binary frames carry the same events as lines do, and what the streamer needs of them.
\t \a
create table books (id int primary key, title text);
call decode();

insert into books values (1, 'Dune'), (2, 'Emma');
update books set id = 3 where id = 1;

-- Without the time of writing, which differs.
create function timeless(event text) returns text language sql as $$
  select regexp_replace(event, ',"ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+}$', '')
$$;
create temp table lines as
select row_number() over () as n, timeless(data) as event
from pg_logical_slot_peek_changes(golden(), null, null, 'name', 'app');
create temp table taken as
select n, frame, get_byte(frame, 4) as kind
from frames('name', 'app') with ordinality f(frame, n);

-- Once a session, and first: version of the format, source, version of the plugin.
select frame_number(frame, 6, 2), substr(frame, 9, 64) = decode(repeat('00', 64), 'hex'),
       regexp_replace(convert_from(substr(frame, 73), 'UTF8'), '[0-9A-F]{8}\n\d+\.\d+\.\d+', '<hash>, <version>')
from taken where kind = 1;

select kind, chr(nullif(get_byte(frame, 5), 0)) as op, frame_number(frame, 16, 8) as ordinal,
       frame_number(frame, 24, 4) as part, frame_subject(frame), frame_table(frame), frame_key(frame)
from taken order by n;

-- Bodies are the lines.
select count(*), count(*) filter (where timeless(body) = event)
from (select row_number() over (order by n) as n, frame_body(frame) as body from taken where kind = 2) bodies
join lines using (n);

-- The end LSN is in the commit alone, behind the commit LSN that all frames of a transaction share.
select frame_number(frame, 8, 8) = lag(frame_number(frame, 8, 8)) over (order by n) as same_transaction,
       nullif(frame_number(frame, 32, 8), 0) > frame_number(frame, 8, 8) as ends_behind
from taken where kind > 1 order by n;
select bool_and(frame_number(frame, 28, 4) > 0) as xid from taken where kind > 1;

-- What sends nothing has no frame, not even a hello.
create table other (id int primary key);
insert into other values (1);
select count(*) from frames('name', 'app', 'tables', 'books');

-- The key is the text of its columns, one behind the other: of the new row where there is one. Like values it
-- depends on no setting. Without a key, and of a TRUNCATE, there is none.
create function keys(variadic options text[] default '{}') returns setof text language sql as $$
  select format('%s %s <%s>', chr(nullif(get_byte(frame, 5), 0)), frame_table(frame), frame_key(frame))
  from frames(variadic array['name', 'app', 'operations', 'insert,update,delete,truncate'] || options) frame
  where get_byte(frame, 4) = 2
$$;
create table visits (note text, day date, who text, span interval, primary key (who, day, span));
set datestyle = 'SQL, DMY';
set intervalstyle = 'iso_8601';
insert into visits values ('a', '2020-02-01', 'x/y', '1 day 02:00'), (null, '0044-03-15 BC', 'größer', '0');
update visits set note = 'b' where who = 'x/y';
update visits set who = '' where who = 'x/y';
delete from visits where who = '';
truncate visits;
select keys();
insert into visits values ('a', '2020-02-01', 'x', '1 mon');
update visits set who = 'y';
select keys('format', 'wal-listener');
reset datestyle;
reset intervalstyle;
create table loose (note text);
alter table loose replica identity full;
insert into loose values ('a');
delete from loose;
create table marks (id int primary key, code text not null unique, note text);
alter table marks replica identity using index marks_code_key;
insert into marks values (1, 'one', 'a');
update marks set id = 2;
update marks set code = 'two';
delete from marks;
alter table visits replica identity full;
insert into visits values ('a', '2020-02-01', 'full', '0');
update visits set note = 'b';
delete from visits;
select keys();
-- Also where its value is stored out of line and did not change.
create table pages (url text primary key, hits int);
alter table pages alter url set storage external;
insert into pages values (repeat('u', 2500), 0);
update pages set hits = 1;
select shorten(keys());

-- Subjects made of the key: its token, and the hash of that token, FNV-1a, as nats-server's partition() has it.
-- Without a key = stands in its place and the table's name is hashed.
create function hash(token text) returns bigint language plpgsql as $$
declare
  bytes bytea := convert_to(token, 'UTF8');
  value bigint := 2166136261;
begin
  for i in 0..length(bytes) - 1 loop
    value := ((value # get_byte(bytes, i)) * 16777619::numeric % 4294967296)::bigint;
  end loop;
  return value;
end $$;
select hash('a') = 3826002220 as as_published;
create function parts(template text) returns table (op text, key text, subject text) language sql as $$
  select chr(get_byte(frame, 5)), frame_key(frame), frame_subject(frame)
  from frames('name', 'app', 'operations', 'insert,update,delete,truncate', 'subject', template) frame
  where get_byte(frame, 4) = 2
$$;
insert into visits values ('a', '2020-02-01', 'größer.*', '0'), ('b', '2020-02-01', '', '1 day');
update visits set who = '>' where who = '';
insert into loose values ('x');
truncate loose, marks;
insert into marks values (1, repeat('k', 250)), (2, repeat('l', 255)), (3, repeat('m', 256)), (4, repeat('ü', 100));
create temp table taken_parts as select row_number() over () as n, * from parts('cdc.{table}.{key}.{partition:100}');
create function token(subject text) returns text language sql as $$ select split_part(subject, '.', 3) $$;
select n, op, split_part(subject, '.', 2), left(token(subject), 50), length(token(subject)),
       split_part(subject, '.', 4)::int = hashed % 100 as as_hashed
from taken_parts, hash(case token(subject) when '=' then 'public.' || split_part(subject, '.', 2)
                                           else token(subject) end) hashed
order by n;
-- A token of more than 255 bytes ends with the hash of the whole.
select n, right(token(subject), 10) = '=h' || lpad(to_hex(hash(replace(key, 'ü', '=C3=BC'))), 8, '0')
from taken_parts where length(replace(key, 'ü', '=C3=BC')) > 255 order by n;
drop table books, other, visits, loose, marks, pages;
drop function timeless, keys, parts, hash, token;
