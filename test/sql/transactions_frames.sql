-- Transaction markers in frames: kind 6, BEGIN in front of the first event, END at the commit's own position.
\t \a
create table books (id int primary key);
create table pages (id int primary key);
call decode();
create function told(variadic options text[]) returns table (kind int, op text, ordinal bigint, part bigint,
                                                            xid boolean, end_lsn boolean, subject text,
                                                            table_name text, key text, status text) language sql as $$
  select get_byte(frame, 4), chr(nullif(get_byte(frame, 5), 0)), frame_number(frame, 16, 8),
         frame_number(frame, 24, 4), frame_number(frame, 28, 4) > 0, frame_number(frame, 32, 8) > 0,
         frame_subject(frame), frame_table(frame), frame_key(frame), nullif(frame_body(frame), '')::json->>'status'
  from frames(variadic array['name', 'my app', 'transactions', 'on'] || options) frame where get_byte(frame, 4) > 1
$$;

begin;
insert into pages values (1);
insert into books values (1);
insert into pages values (2);
commit;
-- The ordinals are those without markers.
select * from told('subject', '{name}.{table}', 'tables', 'books');
insert into pages values (3);
select * from told('tables', 'books');

-- One position for a whole transaction but for the ordinals.
begin;
insert into books values (2), (3);
commit;
select count(distinct frame_number(frame, 8, 8)), count(*) from frames('transactions', 'on') frame
  where get_byte(frame, 4) > 1;

-- An event that leaves as a stub counts like any other.
create table notes (id int primary key, note text);
begin;
insert into notes values (1, 'small'), (2, repeat('x', 2000)), (3, 'small');
commit;
select get_byte(frame, 4) as kind, frame_number(frame, 16, 8) as ordinal,
       nullif(frame_body(frame), '')::json->'transaction'->>'total_order' as total_order,
       nullif(frame_body(frame), '')::json->>'event_count' as event_count
from frames('transactions', 'on', 'max_event_bytes', '1000') frame where get_byte(frame, 4) > 1;

-- Bodies are the lines.
begin;
insert into books values (4);
insert into pages values (4);
commit;
create function timeless(event text) returns text language sql as $$
  select regexp_replace(event, ',"ts_ms":\d+,"ts_us":\d+,"ts_ns":\d+}$', '')
$$;
create temp table lines as select n, timeless(data) as event
from pg_logical_slot_peek_changes(golden(), null, null, 'name', 'app', 'transactions', 'on')
     with ordinality l(lsn, xid, data, n);
select count(*), bool_and(timeless(frame_body(frame)) = event)
from (select row_number() over (order by n) as n, frame
      from frames('name', 'app', 'transactions', 'on') with ordinality f(frame, n)
      where get_byte(frame, 4) in (2, 6)) bodies join lines using (n);
drop table books, pages, notes, lines;
drop function timeless, told;
