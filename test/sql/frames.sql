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
select frame_number(frame, 6, 2), substr(frame, 9, 48) = decode(repeat('00', 48), 'hex'),
       regexp_replace(convert_from(substr(frame, 57), 'UTF8'), '[0-9A-F]{8}\n\d+\.\d+\.\d+', '<hash>, <version>')
from taken where kind = 1;

select kind, chr(nullif(get_byte(frame, 5), 0)) as op, frame_number(frame, 16, 8) as ordinal,
       frame_number(frame, 24, 4) as part, frame_subject(frame),
       convert_from(substr(frame, 57 + frame_number(frame, 40, 2)::int, frame_number(frame, 42, 2)::int), 'UTF8')
from taken order by n;

-- Bodies are the lines.
select count(*), count(*) filter (where timeless(body) = event)
from (select row_number() over (order by n) as n,
             convert_from(substr(frame, 57 + (frame_number(frame, 40, 2) + frame_number(frame, 42, 2))::int), 'UTF8')
               as body
      from taken where kind = 2) bodies
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
drop table books, other;
drop function timeless;
