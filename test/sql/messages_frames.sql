-- Messages in frames: kind 4 under a subject of their own. One outside a transaction carries its end LSN, and no
-- commit follows.
\t \a
create table books (id int primary key);
call decode();

select from pg_logical_emit_message(false, 'app', 'before');
begin;
insert into books values (1);
select from pg_logical_emit_message(true, 'my app', 'first');
select from pg_logical_emit_message(false, 'app.x', 'outside');
select from pg_logical_emit_message(true, '', 'second');
commit;
select from pg_logical_emit_message(true, 'app', 'alone');
select from pg_logical_emit_message(true, 'other', 'filtered but counted');
create temp table taken as
select n, frame, get_byte(frame, 4) as kind
from frames('name', 'app', 'messages', '*', 'subject', 'cdc.{table}') with ordinality f(frame, n);
select kind, chr(nullif(get_byte(frame, 5), 0)) as op, frame_number(frame, 16, 8) as ordinal,
       frame_number(frame, 24, 4) as part, frame_number(frame, 28, 4) > 0 as xid,
       frame_number(frame, 32, 8) > 0 as end_lsn, frame_subject(frame), frame_table(frame), frame_key(frame),
       frame_headers(frame)
from taken where kind > 1 order by n;
select n, frame_number(frame, 32, 8) > frame_number(frame, 8, 8) as ends_behind,
       frame_number(frame, 32, 8) = (nullif(frame_body(frame), '')::json->'source'->>'lsn')::bigint as lsn_is_its_end,
       nullif(frame_body(frame), '')::json->'source'->>'txId' is null as no_xid
from taken where kind = 4 and frame_number(frame, 32, 8) > 0 order by n;

-- Bodies are the lines.
create function timeless(event text) returns text language sql as $$
  select regexp_replace(event, '"ts_[mun]s":\d+', '', 'g')
$$;
begin;
select from pg_logical_emit_message(true, 'app', 'inside');
select from pg_logical_emit_message(false, 'app', 'outside');
commit;
create temp table lines as select n, timeless(data) as event
from pg_logical_slot_peek_changes(golden(), null, null, 'name', 'app', 'messages', '*') with ordinality l(lsn, xid,
  data, n);
select count(*), bool_and(timeless(frame_body(frame)) = event)
from (select row_number() over (order by n) as n, frame
      from frames('name', 'app', 'messages', '*') with ordinality f(frame, n)
      where get_byte(frame, 4) = 4) bodies join lines using (n);

-- Counted, whether sent or not: an event has the ordinal that it has anyway.
begin;
insert into books values (2);
select from pg_logical_emit_message(true, 'app', 'x');
select from pg_logical_emit_message(false, 'app', 'x');
insert into books values (3);
commit;
create function ordinals(variadic options text[]) returns setof text language sql as $$
  select format('%s %s', get_byte(frame, 4), frame_number(frame, 16, 8))
  from frames(variadic array['name', 'app'] || options) frame where get_byte(frame, 4) > 1
$$;
select ordinals('messages', 'none');
begin;
insert into books values (4);
select from pg_logical_emit_message(true, 'app', 'x');
select from pg_logical_emit_message(false, 'app', 'x');
insert into books values (5);
commit;
select ordinals('messages', 'app');

-- One that is too large leaves as a stub in the same place, with a marker for its content.
begin;
insert into books values (6);
select from pg_logical_emit_message(true, 'app', repeat('x', 2000));
select from pg_logical_emit_message(false, 'app', repeat('x', 2000));
commit;
select get_byte(frame, 4) as kind, chr(nullif(get_byte(frame, 5), 0)) as op, frame_number(frame, 16, 8) as ordinal,
       frame_number(frame, 32, 8) > 0 as end_lsn, frame_subject(frame),
       frame_headers(frame) ~ '^Waljet-Oversize: \d+\n$', nullif(frame_body(frame), '')::json->'message' as message
from frames('name', 'app', 'messages', '*', 'max_event_bytes', '1000') frame where get_byte(frame, 4) > 1;
select from pg_logical_emit_message(true, 'app', repeat('x', 2000));
select event::json->'message' from raw_events('messages', '*', 'max_event_bytes', '1000') event;
drop table books, taken, lines;
drop function timeless, ordinals;
